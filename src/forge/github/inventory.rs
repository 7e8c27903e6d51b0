//! What the App is installed on, and which deliveries failed.
//! Source: docs.github.com, "REST API endpoints for GitHub Apps", "… for GitHub
//! App webhooks" and "… for branches".

use std::collections::HashSet;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;

use super::GitHub;
use super::api::RepositoryApi;
use super::evidence::{on_tips, state};
use super::payload::{Installation, PullRequest, Repository, Tip};
use super::slug;
use super::token::Purpose;
use super::webhook::{Failed, recovered};
use crate::forge::support::answer;
use crate::forge::support::reading::Id;
use crate::forge::support::url::encoded;
use crate::forge::{Branch, ForgeError, Inventory, PullRequestState};
use crate::model::delivery::VerifiedDelivery;
use crate::model::event::EventRepository;
use crate::model::oid::ObjectId;
use crate::model::refs::RefName;
use crate::model::repo::{ForgeKind, RepositoryName};

/// Most failed deliveries that are read at once; older ones are left to the
/// comparison of pull requests and branches.
const MAX_RECOVERED: usize = 1000;

#[async_trait]
impl Inventory for GitHub {
    async fn repositories(&self) -> Result<Vec<EventRepository>, ForgeError> {
        let path = "/app/installations?per_page=100";
        let installations: Vec<Installed> = self.api.list_as_app(path, |_| false).await?;
        let mut all = Vec::new();
        for installed in installations {
            // GitHub gives no access to a suspended one; nothing there can be guarded.
            if installed.suspended_at.is_some() {
                continue;
            }
            let api = self.api.of_installation(installed.id.0, Purpose::Metadata).await?;
            let below = "/installation/repositories?per_page=100";
            let pages: Vec<Repositories> = api.pages(below).await?;
            for found in pages.into_iter().flat_map(|page| page.repositories) {
                let grant = Some(Installation { id: installed.id });
                all.push(found.named(grant).map_err(unreadable)?);
            }
        }
        Ok(all)
    }

    async fn repository(&self, name: &RepositoryName) -> Result<EventRepository, ForgeError> {
        let unknown = EventRepository {
            name: name.clone(),
            id: 0,
            grant: None,
            default_branch: None,
        };
        let path = format!("/repos/{}", slug::of(&unknown)?);
        let installation: Installation =
            self.api.get_as_app(&format!("{path}/installation")).await?;
        let api = self.api.of_installation(installation.id.0, Purpose::Metadata).await?;
        let found: Repository = api.get(&path).await?;
        found.named(Some(installation)).map_err(unreadable)
    }

    async fn open_pull_requests(
        &self,
        repository: &EventRepository,
    ) -> Result<Vec<PullRequestState>, ForgeError> {
        let api = self.api.repository(repository, Purpose::Evidence).await?;
        let found: Vec<PullRequest> = api.list("/pulls?state=open&per_page=100").await?;
        let states: Result<Vec<_>, _> = found.into_iter().map(state).collect();
        let mut open = states?;
        open.retain(|state| state.open);
        on_tips(&api, &mut open).await?;
        Ok(open)
    }

    async fn branches(&self, repository: &EventRepository) -> Result<Vec<Branch>, ForgeError> {
        let api = self.api.repository(repository, Purpose::Objects).await?;
        let listed: Vec<Listed> = api.list("/branches?protected=true&per_page=100").await?;
        let branches: Result<Vec<_>, _> = listed.into_iter().map(Listed::branch).collect();
        let mut branches = branches?;
        let default = match &repository.default_branch {
            Some(name) => Some(name.clone()),
            None => self.repository(&repository.name).await?.default_branch,
        };
        if let Some(name) = default
            && !branches.iter().any(|branch| branch.name == name)
        {
            branches.extend(default_branch(&api, name).await?);
        }
        Ok(branches)
    }

    async fn missed(&self, since: Timestamp) -> Result<Vec<VerifiedDelivery>, ForgeError> {
        let path = "/app/hook/deliveries?per_page=100";
        let older = |all: &[Attempt]| all.last().is_some_and(|last| last.delivered_at < since);
        let attempts = self.api.list_as_app(path, older).await?;
        let mut missed = Vec::new();
        for id in failed(attempts, since).into_iter().take(MAX_RECOVERED) {
            let path = format!("/app/hook/deliveries/{id}");
            let whole: Whole = self.api.get_as_app(&path).await?;
            let Some(payload) = whole.request.payload else {
                continue;
            };
            missed.extend(recovered(Failed {
                key: self.key.clone(),
                guid: whole.guid,
                event: whole.event,
                body: payload.to_string().into_bytes(),
                at: whole.delivered_at.min(self.api.now()),
            }));
        }
        // Oldest first, like deliveries come.
        missed.reverse();
        Ok(missed)
    }
}

/// The default branch; none if there is no such branch.
async fn default_branch(
    api: &RepositoryApi<'_>,
    name: RefName,
) -> Result<Option<Branch>, ForgeError> {
    let path = format!("/git/ref/heads/{}", encoded(name.short(), b"/"));
    let Some(found): Option<Pointer> = api.find(&path).await? else {
        return Ok(None);
    };
    let tip = ObjectId::parse(&found.object.sha);
    Ok(Some(Branch {
        name,
        tip: tip.map_err(|error| unreadable(format!("a branch: {error}")))?,
        protected: false,
    }))
}

/// The last attempts of deliveries of which no attempt got through, newest first.
fn failed(attempts: Vec<Attempt>, since: Timestamp) -> Vec<u64> {
    let mut settled = HashSet::new();
    for attempt in attempts.iter().filter(|attempt| attempt.status == "OK") {
        settled.insert(attempt.guid.clone());
    }
    let recent = attempts.into_iter().filter(|it| it.delivered_at >= since);
    recent
        .filter_map(|attempt| settled.insert(attempt.guid).then_some(attempt.id.0))
        .collect()
}

#[derive(Deserialize)]
struct Installed {
    id: Id,
    suspended_at: Option<String>,
}

#[derive(Deserialize)]
struct Repositories {
    repositories: Vec<Repository>,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    commit: Tip,
    protected: bool,
}

impl Listed {
    fn branch(self) -> Result<Branch, ForgeError> {
        let odd = |error: String| unreadable(format!("a branch: {error}"));
        Ok(Branch {
            name: RefName::branch(&self.name).map_err(|error| odd(error.to_string()))?,
            tip: ObjectId::parse(&self.commit.sha).map_err(|error| odd(error.to_string()))?,
            protected: self.protected,
        })
    }
}

#[derive(Deserialize)]
struct Pointer {
    object: Tip,
}

/// One attempt to deliver.
#[derive(Deserialize)]
struct Attempt {
    id: Id,
    guid: String,
    delivered_at: Timestamp,
    status: String,
}

/// An attempt with what was sent.
#[derive(Deserialize)]
struct Whole {
    guid: String,
    event: String,
    delivered_at: Timestamp,
    request: Sent,
}

#[derive(Deserialize)]
struct Sent {
    payload: Option<serde_json::Value>,
}

fn unreadable(reason: String) -> ForgeError {
    answer::unreadable(ForgeKind::GitHub, reason)
}

#[cfg(test)]
mod tests {
    use super::{Attempt, failed};
    use jiff::Timestamp;

    /// Attempts as `number guid second status`, newest first.
    fn left(since: i64, lines: &[&str]) -> Vec<u64> {
        let attempts = lines.iter().map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            let second: i64 = words[2].parse().expect("a second");
            serde_json::json!({ "id": words[0].parse::<u64>().expect("a number"),
                "guid": words[1], "status": words[3],
                "delivered_at": Timestamp::from_second(second).expect("a time").to_string() })
        });
        let attempts = serde_json::Value::Array(attempts.collect());
        let attempts: Vec<Attempt> = serde_json::from_value(attempts).expect("attempts");
        failed(attempts, Timestamp::from_second(since).expect("a time"))
    }

    #[test]
    fn a_delivery_is_missed_if_none_of_its_attempts_got_through() {
        let all = ["5 a 50 OK", "4 b 40 Timeout", "3 b 30 Timeout", "2 a 20 Failed", "1 c 10 Failed"];
        assert_eq!(left(0, &all), [4, 1]);
        assert_eq!(left(15, &all), [4]);
        assert!(left(0, &["2 a 2 Failed", "1 a 1 OK"]).is_empty());
    }
}

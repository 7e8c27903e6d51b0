//! What our account may write to, and what stands there now.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;

use super::payload::{PullRequest, Repository};
use super::{Stash, evidence, slug};
use crate::forge::support::answer::{refused, unreadable};
use crate::forge::support::url::query;
use crate::forge::{Branch, ForgeError, Inventory, PullRequestState};
use crate::model::delivery::VerifiedDelivery;
use crate::model::event::EventRepository;
use crate::model::oid::ObjectId;
use crate::model::refs::RefName;
use crate::model::repo::{ForgeKind, RepositoryName};

#[async_trait]
impl Inventory for Stash {
    async fn repositories(&self) -> Result<Vec<EventRepository>, ForgeError> {
        let path = "/api/latest/repos?permission=REPO_WRITE";
        let found: Vec<Repository> = self.api.list(path).await?;
        found.into_iter().map(named).collect()
    }

    async fn repository(&self, name: &RepositoryName) -> Result<EventRepository, ForgeError> {
        let path = format!("/api/latest/{}", slug::path(name)?);
        let mut found = named(self.api.get(&path).await?)?;
        let default: Option<Default> = self.api.find(&format!("{path}/default-branch")).await?;
        let default = default.map(|it| branch_name(&it.id)).transpose()?;
        found.default_branch = default;
        Ok(found)
    }

    async fn open_pull_requests(
        &self,
        repository: &EventRepository,
    ) -> Result<Vec<PullRequestState>, ForgeError> {
        let open = self.open(repository).await?;
        self.with_tips(repository, open).await
    }

    async fn branches(&self, repository: &EventRepository) -> Result<Vec<Branch>, ForgeError> {
        let path = slug::path(&repository.name)?;
        let restricted = format!("/branch-permissions/latest/{path}/restrictions");
        let restrictions: Option<Vec<Restriction>> = match self.admin.list(&restricted).await {
            Ok(all) => Some(all),
            // Only an administrator of the repository may read them. Without them
            // every branch may be restricted, and none is left out.
            Err(ForgeError::Refused { .. }) => None,
            Err(error) => return Err(error),
        };
        let all: Vec<Tip> = self.api.list(&format!("/api/latest/{path}/branches")).await?;
        let mut branches = Vec::new();
        for tip in all {
            let known = restrictions.as_ref();
            let protected = known.is_none_or(|all| all.iter().any(|it| it.covers(&tip.id)));
            if protected || tip.is_default {
                branches.push(Branch {
                    name: branch_name(&tip.id)?,
                    tip: tip.commit()?,
                    protected,
                });
            }
        }
        Ok(branches)
    }

    /// None: Stash keeps statistics of its webhooks and the last delivery of
    /// each, not what it could not deliver.
    async fn missed(&self, _: Timestamp) -> Result<Vec<VerifiedDelivery>, ForgeError> {
        Ok(Vec::new())
    }
}

impl Stash {
    /// The open pull requests into a repository, as they are listed.
    pub(super) async fn open(
        &self,
        repository: &EventRepository,
    ) -> Result<Vec<PullRequest>, ForgeError> {
        let path = slug::path(&repository.name)?;
        let filter = query(&[("state", "OPEN"), ("direction", "INCOMING")]);
        let path = format!("/api/latest/{path}/pull-requests{filter}");
        let mut all: Vec<PullRequest> = self.api.list(&path).await?;
        all.retain(|it| it.is_open() && evidence::is_into(it, repository));
        Ok(all)
    }

    /// The tip of a branch now.
    pub(super) async fn tip(
        &self,
        repository: &EventRepository,
        branch: &RefName,
    ) -> Result<ObjectId, ForgeError> {
        let path = slug::path(&repository.name)?;
        let short = branch.short().to_string();
        let filter = query(&[("filterText", short.as_str()), ("boostMatches", "true")]);
        let path = format!("/api/latest/{path}/branches{filter}");
        let same = |tip: &Tip| tip.id.as_bytes() == &**branch.as_bstr();
        match self.api.first(&path, same).await? {
            Some(tip) => tip.commit(),
            None => {
                let reason = format!("{}: there is no branch {branch}", repository.name);
                Err(refused(ForgeKind::Stash, reason))
            }
        }
    }
}

#[derive(Deserialize)]
struct Default {
    id: String,
}

/// A branch; `isDefault` is the field's name in answers, `default` in the description.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tip {
    id: String,
    latest_commit: String,
    #[serde(default, alias = "default")]
    is_default: bool,
}

impl Tip {
    fn commit(&self) -> Result<ObjectId, ForgeError> {
        let read = ObjectId::parse(&self.latest_commit);
        read.map_err(|error| odd(format!("the tip of a branch: {error}")))
    }
}

/// A branch permission.
#[derive(Deserialize)]
struct Restriction {
    matcher: Matcher,
}

#[derive(Deserialize)]
struct Matcher {
    id: String,
    #[serde(rename = "type")]
    kind: MatcherKind,
}

#[derive(Deserialize)]
struct MatcherKind {
    id: String,
}

impl Restriction {
    /// Whether the branch with this full name is restricted. Patterns and the
    /// branching model are the server's to resolve: they are taken to cover
    /// every branch, so that none is left out.
    fn covers(&self, branch: &str) -> bool {
        match self.matcher.kind.id.as_str() {
            "BRANCH" => self.matcher.id == branch,
            _ => true,
        }
    }
}

fn named(found: Repository) -> Result<EventRepository, ForgeError> {
    found.named().map_err(odd)
}

fn branch_name(id: &str) -> Result<RefName, ForgeError> {
    RefName::new(id).map_err(|error| odd(error.to_string()))
}

fn odd(reason: impl Into<String>) -> ForgeError {
    unreadable(ForgeKind::Stash, reason)
}

#[cfg(test)]
mod tests {
    use super::{Restriction, Tip};
    use serde_json::json;

    #[test]
    fn a_branch_is_restricted_by_its_name_or_by_what_cannot_be_resolved() {
        let restriction = |kind: &str, id: &str| -> Restriction {
            let it = json!({ "id": 1, "type": "pull-request-only",
                "matcher": { "id": id, "displayId": id, "type": { "id": kind, "name": kind } } });
            serde_json::from_value(it).expect("a restriction")
        };
        let main = restriction("BRANCH", "refs/heads/main");
        assert!(main.covers("refs/heads/main") && !main.covers("refs/heads/main2"));
        assert!(restriction("PATTERN", "release/*").covers("refs/heads/any"));
        assert!(restriction("MODEL_BRANCH", "production").covers("refs/heads/any"));
    }

    #[test]
    fn the_default_branch_is_known_by_either_name_of_the_field() {
        for field in ["isDefault", "default"] {
            let tip = json!({ "id": "refs/heads/main", "latestCommit": "1".repeat(40), field: true });
            let tip: Tip = serde_json::from_value(tip).expect("a branch");
            assert!(tip.is_default && tip.commit().is_ok());
        }
    }
}

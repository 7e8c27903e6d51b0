//! Pull requests and their approvals, as GitHub states them now.
//!
//! What is not read to its end, or cannot be bound to a head, does not count.

use std::collections::HashMap;

use async_trait::async_trait;
use serde::Deserialize;

use super::api::RepositoryApi;
use super::payload::{Account, PullRequest};
use super::token::Purpose;
use super::GitHub;
use crate::forge::support::answer;
use crate::forge::support::url::encoded;
use crate::forge::{Evidence, ForgeError, PullRequestState};
use crate::model::approval::Approval;
use crate::model::event::EventRepository;
use crate::model::oid::ObjectId;
use crate::model::principal::Actor;
use crate::model::refs::RefName;
use crate::model::repo::ForgeKind;
use crate::model::text::excerpt;

#[async_trait]
impl Evidence for GitHub {
    async fn pull_request(
        &self,
        repository: &EventRepository,
        number: u64,
    ) -> Result<PullRequestState, ForgeError> {
        let api = self.api.repository(repository, Purpose::Evidence).await?;
        let found: PullRequest = api.get(&format!("/pulls/{number}")).await?;
        let mut state = state(found)?;
        if state.open {
            state.base = tip(&api, &state.target).await?;
        }
        Ok(state)
    }

    async fn pull_requests_of(
        &self,
        repository: &EventRepository,
        head: ObjectId,
    ) -> Result<Vec<PullRequestState>, ForgeError> {
        let api = self.api.repository(repository, Purpose::Evidence).await?;
        let path = format!("/commits/{head}/pulls?per_page=100");
        // 404 and 422: the repository does not know the commit (yet).
        let associated: Option<Vec<PullRequest>> = match api.list(&path).await {
            Ok(found) => Some(found),
            Err(ForgeError::Refused { .. }) => None,
            Err(error) => return Err(error),
        };
        let mut open = open_with(head, associated.unwrap_or_default())?;
        if open.is_empty() {
            // Pull requests from forks are not always associated with their commits.
            let all = api.list("/pulls?state=open&per_page=100").await?;
            open = open_with(head, all)?;
        }
        on_tips(&api, &mut open).await?;
        Ok(open)
    }

    async fn approvals(
        &self,
        repository: &EventRepository,
        number: u64,
    ) -> Result<Vec<Approval>, ForgeError> {
        let api = self.api.repository(repository, Purpose::Evidence).await?;
        let path = format!("/pulls/{number}/reviews?per_page=100");
        standing(api.list(&path).await?)
    }

    async fn is_member(
        &self,
        repository: &EventRepository,
        group: &str,
        actor: &Actor,
    ) -> Result<bool, ForgeError> {
        let refused = |reason| answer::refused(ForgeKind::GitHub, reason);
        let Some((organisation, team)) = group.split_once('/') else {
            let shown = excerpt(group, 100);
            let reason = format!("{shown} is no team: write <organisation>/<team>");
            return Err(refused(reason));
        };
        let part = |text: &str| encoded(text.as_bytes(), b"");
        let team = format!("/orgs/{}/teams/{}", part(organisation), part(team));
        let api = self.api.repository(repository, Purpose::Members).await?;
        let path = format!("{team}/memberships/{}", part(&actor.login));
        if let Some(found) = api.find_at::<Membership>(path).await? {
            return Ok(found.state == "active");
        }
        // The same 404 for "no member" as for "no such team", or not for us.
        match api.find_at::<Team>(team).await? {
            Some(_) => Ok(false),
            None => {
                let shown = excerpt(group, 100);
                Err(refused(format!("there is no team {shown} that the App may see")))
            }
        }
    }
}

/// Puts each on the tip that its target has now; every target is asked for once.
pub(super) async fn on_tips(
    api: &RepositoryApi<'_>,
    open: &mut [PullRequestState],
) -> Result<(), ForgeError> {
    let mut tips = HashMap::new();
    for state in open {
        if !tips.contains_key(&state.target) {
            tips.insert(state.target.clone(), tip(api, &state.target).await?);
        }
        state.base = tips.get(&state.target).copied().unwrap_or(state.base);
    }
    Ok(())
}

pub(super) fn state(found: PullRequest) -> Result<PullRequestState, ForgeError> {
    let odd = |error: String| unreadable(format!("a pull request: {error}"));
    let branch = &found.base.branch;
    Ok(PullRequestState {
        number: found.number.0,
        open: found.state == "open",
        target: RefName::branch(branch).map_err(|error| odd(error.to_string()))?,
        base: ObjectId::parse(&found.base.sha).map_err(|error| odd(error.to_string()))?,
        head: ObjectId::parse(&found.head.sha).map_err(|error| odd(error.to_string()))?,
        actor: found.user.map(Account::actor).transpose().map_err(odd)?,
    })
}

fn open_with(head: ObjectId, found: Vec<PullRequest>) -> Result<Vec<PullRequestState>, ForgeError> {
    let mut open = Vec::new();
    for pull_request in found {
        let state = state(pull_request)?;
        if state.open && state.head == head {
            open.push(state);
        }
    }
    Ok(open)
}

/// A membership of a team, its child teams' members included; `pending` until
/// the invitation is accepted. Source: docs.github.com, "Team members".
#[derive(Deserialize)]
struct Membership {
    state: String,
}

#[derive(Deserialize)]
struct Team {
    #[serde(rename = "slug")]
    _slug: String,
}

#[derive(Deserialize)]
struct Branch {
    object: BranchTip,
}

#[derive(Deserialize)]
struct BranchTip {
    sha: String,
}

/// The tip of a branch now. A pull request's own `base.sha` is the tip at some
/// earlier time, and with it the policy of that time.
async fn tip(api: &RepositoryApi<'_>, branch: &RefName) -> Result<ObjectId, ForgeError> {
    let name = encoded(branch.short(), b"/");
    let branch: Branch = api.get(&format!("/git/ref/heads/{name}")).await?;
    ObjectId::parse(&branch.object.sha).map_err(|error| unreadable(format!("a branch: {error}")))
}

fn unreadable(reason: String) -> ForgeError {
    answer::unreadable(ForgeKind::GitHub, reason)
}

/// One review; the list is in the order of submission.
#[derive(Deserialize)]
struct Review {
    user: Option<Account>,
    state: String,
    commit_id: Option<String>,
}

/// Each account's last decisive review, if it approves. A comment takes nothing
/// back; what is not known to be harmless does.
fn standing(reviews: Vec<Review>) -> Result<Vec<Approval>, ForgeError> {
    let mut last: Vec<(Option<u64>, Option<Approval>)> = Vec::new();
    for review in reviews {
        let comment = matches!(review.state.as_str(), "COMMENTED" | "PENDING");
        let (false, Some(account)) = (comment, review.user) else {
            continue;
        };
        let actor = account.actor().map_err(unreadable)?;
        let number = actor.id;
        let approves = review.state == "APPROVED";
        let head = review.commit_id.filter(|_| approves);
        let head = head.map(ObjectId::parse).transpose();
        let head = head.map_err(|error| unreadable(format!("a review: {error}")))?;
        last.retain(|(of, _)| *of != number);
        last.push((number, head.map(|head| Approval { actor, head })));
    }
    Ok(last
        .into_iter()
        .filter_map(|(_, approval)| approval)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::standing;

    /// Reviews as `login state head-digit`, and who stands at the end for which head.
    fn stand(reviews: &[&str]) -> Vec<String> {
        let reviews = reviews.iter().map(|line| {
            let words: Vec<_> = line.split(' ').collect();
            let id = u64::from(words[0].as_bytes()[0]);
            let head = words.get(2).map(|digit| digit.repeat(40));
            let kind = if words[0].ends_with("[bot]") {
                "Bot"
            } else {
                "User"
            };
            let user = serde_json::json!({ "login": words[0], "id": id, "type": kind });
            serde_json::json!({ "user": user, "state": words[1], "commit_id": head })
        });
        let reviews = serde_json::Value::Array(reviews.collect());
        let standing = standing(serde_json::from_value(reviews).expect("reviews"));
        let shown = standing.expect("readable").into_iter().map(|it| {
            let robot = if it.actor.robot { " robot" } else { "" };
            format!("{} {}{robot}", it.actor, &it.head.short()[..1])
        });
        shown.collect()
    }

    #[test]
    fn the_last_decisive_word_of_each_account_counts() {
        assert_eq!(
            stand(&["alice APPROVED 1", "bob APPROVED 2"]),
            ["alice 1", "bob 2"]
        );
        assert_eq!(
            stand(&["alice APPROVED 1", "alice COMMENTED 2"]),
            ["alice 1"]
        );
        assert_eq!(
            stand(&["alice APPROVED 1", "alice APPROVED 2"]),
            ["alice 2"]
        );
        for taken_back in ["DISMISSED", "CHANGES_REQUESTED", "SOMETHING_NEW"] {
            let word = format!("alice {taken_back} 1");
            assert!(
                stand(&["alice APPROVED 1", &word]).is_empty(),
                "{taken_back}"
            );
            assert_eq!(stand(&[&word, "alice APPROVED 1"]), ["alice 1"]);
        }
    }

    #[test]
    fn an_approval_of_no_head_or_by_nobody_does_not_stand() {
        assert!(stand(&["alice APPROVED"]).is_empty());
        let ghost = serde_json::json!([{ "user": null, "state": "APPROVED",
            "commit_id": "1".repeat(40) }]);
        let reviews = serde_json::from_value(ghost).expect("reviews");
        assert!(standing(reviews).expect("readable").is_empty());
        assert_eq!(stand(&["robin[bot] APPROVED 1"]), ["robin[bot] 1 robot"]);
    }
}

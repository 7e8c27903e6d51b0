//! Pull requests, their approvals and the groups of accounts, as Stash states
//! them now.
//!
//! What is not read to its end, or cannot be bound to a head, does not count.

use std::collections::HashMap;

use async_trait::async_trait;

use super::payload::{Participant, PullRequest, User};
use super::{Stash, slug};
use crate::forge::support::answer::{refused, unreadable};
use crate::forge::support::url::query;
use crate::forge::{Evidence, ForgeError, PullRequestState};
use crate::model::approval::Approval;
use crate::model::event::EventRepository;
use crate::model::oid::ObjectId;
use crate::model::principal::Actor;
use crate::model::refs::RefName;
use crate::model::repo::ForgeKind;
use crate::model::text::excerpt;

const FORGE: ForgeKind = ForgeKind::Stash;

#[async_trait]
impl Evidence for Stash {
    async fn pull_request(
        &self,
        repository: &EventRepository,
        number: u64,
    ) -> Result<PullRequestState, ForgeError> {
        let mut state = state(self.pull(repository, number).await?)?;
        if state.open {
            state.base = self.tip(repository, &state.target).await?;
        }
        Ok(state)
    }

    async fn pull_requests_of(
        &self,
        repository: &EventRepository,
        head: ObjectId,
    ) -> Result<Vec<PullRequestState>, ForgeError> {
        let open = self.open_with(repository, head).await?;
        self.with_tips(repository, open).await
    }

    async fn approvals(
        &self,
        repository: &EventRepository,
        number: u64,
    ) -> Result<Vec<Approval>, ForgeError> {
        let found = self.pull(repository, number).await?;
        standing(found, &self.user)
    }

    async fn is_member(
        &self,
        _: &EventRepository,
        group: &str,
        actor: &Actor,
    ) -> Result<bool, ForgeError> {
        self.group_exists(group).await?;
        let filter = query(&[("context", group), ("filter", &actor.login)]);
        let path = format!("/api/latest/admin/groups/more-members{filter}");
        let found = self.admin.first(&path, |user| is(user, actor)).await?;
        Ok(found.is_some_and(|user: User| user.active != Some(false)))
    }
}

impl Stash {
    /// The pull request with this number, into this very repository.
    async fn pull(
        &self,
        repository: &EventRepository,
        number: u64,
    ) -> Result<PullRequest, ForgeError> {
        let found = self.pull_if_any(repository, number).await?;
        found.ok_or_else(|| {
            let reason = format!("{}: there is no pull request {number}", repository.name);
            refused(FORGE, reason)
        })
    }

    /// The same, where it may have been deleted.
    pub(super) async fn pull_if_any(
        &self,
        repository: &EventRepository,
        number: u64,
    ) -> Result<Option<PullRequest>, ForgeError> {
        let path = slug::path(&repository.name)?;
        let path = format!("/api/latest/{path}/pull-requests/{number}");
        let found: Option<PullRequest> = self.api.find(&path).await?;
        match found {
            Some(found) if !is_into(&found, repository) || found.id.0 != number => {
                let reason = format!("{path}: another repository has this name now");
                Err(refused(FORGE, reason))
            }
            found => Ok(found),
        }
    }

    /// The open pull requests with this head, as they are listed.
    pub(super) async fn open_with(
        &self,
        repository: &EventRepository,
        head: ObjectId,
    ) -> Result<Vec<PullRequest>, ForgeError> {
        let path = slug::path(&repository.name)?;
        let path = format!("/api/latest/{path}/commits/{head}/pull-requests");
        // Refused: an older server, or a commit that is not in this repository (yet).
        let mut found: Vec<PullRequest> = match self.api.list(&path).await {
            Ok(found) => found,
            Err(ForgeError::Refused { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        let hex = head.to_string();
        let wanted = |it: &PullRequest| {
            it.is_open() && is_into(it, repository) && it.from_ref.latest_commit == hex
        };
        found.retain(wanted);
        if found.is_empty() {
            // The index that answers above is filled later than the list.
            found = self.open(repository).await?;
            found.retain(wanted);
        }
        Ok(found)
    }

    /// The states, each with the tip that its target has now.
    pub(super) async fn with_tips(
        &self,
        repository: &EventRepository,
        open: Vec<PullRequest>,
    ) -> Result<Vec<PullRequestState>, ForgeError> {
        let mut tips = HashMap::new();
        let mut states = Vec::new();
        for found in open {
            let mut state = state(found)?;
            if !tips.contains_key(&state.target) {
                let tip = self.tip(repository, &state.target).await?;
                tips.insert(state.target.clone(), tip);
            }
            state.base = tips.get(&state.target).copied().unwrap_or(state.base);
            states.push(state);
        }
        Ok(states)
    }

    /// An unknown group has no members for Stash; for us that is no answer.
    async fn group_exists(&self, group: &str) -> Result<(), ForgeError> {
        let path = format!("/api/latest/groups{}", query(&[("filter", group)]));
        let same = |name: &String| name.to_lowercase() == group.to_lowercase();
        match self.api.first(&path, same).await? {
            Some(_) => Ok(()),
            None => {
                let reason = format!("there is no group \"{}\"", excerpt(group, 80));
                Err(refused(FORGE, reason))
            }
        }
    }
}

/// Whether this is the account: by its number, which stays.
fn is(user: &User, actor: &Actor) -> bool {
    match actor.id {
        Some(id) => user.number() == Some(id),
        None => user.name == actor.login,
    }
}

/// Whether the pull request is into the repository with this number. A name
/// can be given to another repository.
pub(super) fn is_into(found: &PullRequest, repository: &EventRepository) -> bool {
    found.to_ref.repository.id.0 == repository.id
}

fn state(found: PullRequest) -> Result<PullRequestState, ForgeError> {
    let author = found.author.clone().map(|author| author.user.actor());
    let odd = |error: String| unreadable(FORGE, format!("a pull request: {error}"));
    Ok(PullRequestState {
        number: found.id.0,
        open: found.is_open(),
        target: RefName::new(&found.to_ref.id).map_err(|error| odd(error.to_string()))?,
        base: commit(&found.to_ref.latest_commit).map_err(odd)?,
        head: commit(&found.from_ref.latest_commit).map_err(odd)?,
        actor: author.transpose().map_err(odd)?.flatten(),
    })
}

fn commit(hex: &str) -> Result<ObjectId, String> {
    ObjectId::parse(hex).map_err(|error| error.to_string())
}

/// The accounts whose status is an approval, with the commit that they saw
/// last. Without one it is not known what was approved. Our own account's
/// approval follows from a verdict and is never a ground for one.
fn standing(found: PullRequest, own: &str) -> Result<Vec<Approval>, ForgeError> {
    let odd = |error: String| unreadable(FORGE, format!("a reviewer: {error}"));
    let mut approvals: Vec<Approval> = Vec::new();
    let all: Vec<Participant> = [found.reviewers, found.participants].concat();
    for one in all {
        let approves = one.status.as_deref() == Some("APPROVED");
        let (true, Some(seen)) = (approves, &one.last_reviewed_commit) else {
            continue;
        };
        let head = commit(seen).map_err(odd)?;
        let ours = one.user.is_named(own);
        let Some(actor) = one.user.actor().map_err(odd)?.filter(|_| !ours) else {
            continue;
        };
        if !approvals.iter().any(|known| known.actor.id == actor.id) {
            approvals.push(Approval { actor, head });
        }
    }
    Ok(approvals)
}

#[cfg(test)]
mod tests {
    use super::{is, standing, state};
    use crate::forge::stash::payload::{PullRequest, User};
    use crate::model::principal::Actor;
    use crate::model::repo::ForgeKind;
    use serde_json::{Value, json};

    /// A pull request with reviewers `name status head-digit`.
    fn pull(reviewers: &[&str]) -> PullRequest {
        let reviewers = reviewers.iter().map(|line| {
            let words: Vec<_> = line.split(' ').collect();
            let id = u64::from(words[0].as_bytes()[0]);
            let seen = words.get(2).map(|digit| digit.repeat(40));
            let kind = if words[0] == "robin" { "SERVICE" } else { "NORMAL" };
            json!({ "user": { "name": words[0], "slug": words[0], "id": id, "type": kind },
                "role": "REVIEWER", "approved": true, "status": words[1],
                "lastReviewedCommit": seen })
        });
        let reviewers: Vec<Value> = reviewers.collect();
        let side = |branch: &str| {
            json!({ "id": format!("refs/heads/{branch}"), "latestCommit": "1".repeat(40),
                "repository": { "id": 7, "slug": "app", "project": { "key": "PROJ" } } })
        };
        let it = json!({ "id": 3, "state": "OPEN", "fromRef": side("a"), "toRef": side("main"),
            "reviewers": reviewers, "participants": reviewers });
        serde_json::from_value(it).expect("a pull request")
    }

    fn stand(reviewers: &[&str]) -> Vec<String> {
        let standing = standing(pull(reviewers), "Warden").expect("readable");
        let shown = standing.into_iter().map(|it| {
            let robot = if it.actor.robot { " robot" } else { "" };
            format!("{} {}{robot}", it.actor, &it.head.short()[..1])
        });
        shown.collect()
    }

    #[test]
    fn an_approval_counts_once_and_for_the_commit_that_was_seen() {
        let all = ["alice APPROVED 1", "bob NEEDS_WORK 1", "robin APPROVED 2"];
        assert_eq!(stand(&all), ["alice 1", "robin 2 robot"]);
        assert!(stand(&["alice APPROVED", "bob UNAPPROVED 1", "mallory approved 1"]).is_empty());
    }

    #[test]
    fn our_own_approval_is_no_ground_for_a_verdict() {
        assert_eq!(stand(&["warden APPROVED 1", "alice APPROVED 1"]), ["alice 1"]);
    }

    #[test]
    fn a_pull_request_without_an_author_is_nobodys() {
        let state = state(pull(&[])).expect("readable");
        assert!(state.open && state.actor.is_none());
        assert_eq!(state.target.short(), "main");
    }

    #[test]
    fn an_account_is_known_by_its_number() {
        let user = |name: &str, id: u64| -> User {
            serde_json::from_value(json!({ "name": name, "id": id })).expect("an account")
        };
        let actor = Actor {
            forge: ForgeKind::Stash,
            login: "alice".into(),
            id: Some(1),
            robot: false,
        };
        assert!(is(&user("renamed", 1), &actor) && !is(&user("alice", 2), &actor));
    }
}

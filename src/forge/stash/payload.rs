//! Stash's payloads and answers: the few fields that are needed, nothing else.
//!
//! Unknown fields are ignored and repeated ones refused. Dates are not read:
//! they are numbers before 10.3 and texts since. Lists of commits are capped:
//! they are not here. Source: "Event payload" of Bitbucket Data Center 5.x–9.x.

use serde::{Deserialize, Deserializer, de};

use super::slug;
use crate::forge::support::reading::{self, Id};
use crate::model::event::EventRepository;
use crate::model::principal::Actor;
use crate::model::repo::{ForgeKind, RepositoryName};

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) slug: Option<String>,
    /// Not positive for what is no person: an access key, the system.
    pub(super) id: Option<i64>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    /// False for an account that was taken out of use.
    pub(super) active: Option<bool>,
}

impl User {
    /// Its number, if it has one.
    pub(super) fn number(&self) -> Option<u64> {
        let id = u64::try_from(self.id?).ok();
        id.filter(|id| *id > 0)
    }

    /// Whether it has this name; Stash's names know no case.
    pub(super) fn is_named(&self, name: &str) -> bool {
        self.name.to_lowercase() == name.to_lowercase()
    }

    /// The account in our words; nothing for one without a number.
    pub(super) fn actor(self) -> Result<Option<Actor>, String> {
        let robot = self.kind.as_deref() == Some("SERVICE");
        let id = self.number().map(Id);
        let with = |id| reading::actor(ForgeKind::Stash, self.name, id, robot);
        id.map(with).transpose()
    }
}

#[derive(Deserialize)]
pub(super) struct Project {
    pub(super) key: String,
}

#[derive(Deserialize)]
pub(super) struct Repository {
    pub(super) id: Id,
    pub(super) slug: String,
    pub(super) project: Project,
}

impl Repository {
    /// The repository in our words, or why not.
    pub(super) fn named(self) -> Result<EventRepository, String> {
        let name = format!("{}/{}", self.project.key, self.slug);
        if slug::split(&name).is_none() {
            return Err("repository is not PROJ/slug or ~user/slug".into());
        }
        Ok(EventRepository {
            name: RepositoryName::new(name),
            id: self.id.0,
            grant: None,
            default_branch: None,
        })
    }
}

/// One ref that moved. Its `type` is not read: the ids decide.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Change {
    pub(super) ref_id: String,
    pub(super) from_hash: String,
    pub(super) to_hash: String,
}

/// Events `repo:refs_changed` and `mirror:repo_synchronized`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefsChanged {
    pub(super) event_key: String,
    pub(super) repository: Repository,
    pub(super) actor: Option<User>,
    #[serde(default)]
    pub(super) changes: Vec<Change>,
    /// Of a mirror: more refs moved than are listed.
    #[serde(default)]
    pub(super) ref_limit_exceeded: bool,
}

/// Where a pull request comes from.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Source {
    /// The full name of the branch.
    pub(super) id: String,
    pub(super) latest_commit: String,
    /// Nothing if the fork is gone.
    pub(super) repository: Option<Repository>,
}

/// Where a pull request goes to.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target {
    /// The full name of the branch.
    pub(super) id: String,
    pub(super) latest_commit: String,
    pub(super) repository: Repository,
}

/// What an account thinks of a pull request.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Participant {
    pub(super) user: User,
    pub(super) role: Option<String>,
    pub(super) status: Option<String>,
    pub(super) last_reviewed_commit: Option<String>,
}

/// A pull request, in payloads and in the API's answers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PullRequest {
    pub(super) id: Id,
    pub(super) state: String,
    pub(super) from_ref: Source,
    pub(super) to_ref: Target,
    pub(super) author: Option<Participant>,
    #[serde(default)]
    pub(super) reviewers: Vec<Participant>,
    #[serde(default)]
    pub(super) participants: Vec<Participant>,
}

impl PullRequest {
    /// Whether the account with this number wrote it.
    pub(super) fn is_by(&self, number: u64) -> bool {
        let author = self.author.as_ref();
        author.is_some_and(|it| it.user.number() == Some(number))
    }

    /// Whether it can still be merged.
    pub(super) fn is_open(&self) -> bool {
        self.state == "OPEN"
    }
}

/// Events `pr:…`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PullRequestEvent {
    pub(super) event_key: String,
    pub(super) actor: Option<User>,
    pub(super) pull_request: PullRequest,
    /// Of `pr:modified`: the target before, if it is another now.
    pub(super) previous_target: Option<de::IgnoredAny>,
    /// Of `pr:modified`: whether it was a draft, if it changed.
    pub(super) previous_draft: Option<de::IgnoredAny>,
}

/// What Stash up to 3.x and Bitbucket Server 4.x post after a push, unsigned.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostReceive {
    pub(super) repository: Repository,
    /// There must be such a list; nothing in it is read.
    #[serde(rename = "refChanges")]
    _ref_changes: Vec<de::IgnoredAny>,
    /// A signed delivery has it, and must not come this way.
    #[serde(default, rename = "eventKey", deserialize_with = "present")]
    pub(super) is_event: bool,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    de::IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// Only the name of an event.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Named {
    pub(super) event_key: String,
}

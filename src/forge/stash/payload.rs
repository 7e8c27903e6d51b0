//! Stash's payloads and answers: the few fields that are needed, nothing else.
//!
//! Unknown fields are ignored and repeated ones refused. Of dates, that of a
//! push alone is read: they are texts with an offset, or numbers of milliseconds,
//! as the version likes. Lists of commits are capped: they are not here. Source: "Event payload" of Bitbucket Data Center 5.x–9.x.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

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
    #[serde(default)]
    pub(super) date: Moment,
    /// Of a mirror: more refs moved than are listed.
    #[serde(default)]
    pub(super) ref_limit_exceeded: bool,
}

/// When something happened; nothing if it is written in a way that we do not know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Moment(pub(super) Option<Timestamp>);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let at = match Value::deserialize(deserializer)? {
            Value::String(text) => text
                .parse()
                .or_else(|_| Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", &text))
                .ok(),
            Value::Number(number) => number
                .as_i64()
                .and_then(|millis| Timestamp::from_millisecond(millis).ok()),
            _ => None,
        };
        Ok(Self(at))
    }
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

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn a_date_is_read_in_every_way_that_stash_writes_it_and_in_no_other() {
        let read = |text: &str| {
            let moment: Moment = serde_json::from_str(text).expect("never an error");
            moment.0.map(|at| at.to_string())
        };
        for known in [
            r#""2017-09-19T09:58:11+1000""#,
            r#""2017-09-18T23:58:11Z""#,
            r#""2017-09-19T09:58:11+10:00""#,
            r#""2017-09-18T18:58:11-0500""#,
            r#""2017-09-18T23:58:11.000+0000""#,
            "1505779091000",
        ] {
            let at = read(known);
            assert_eq!(at.as_deref(), Some("2017-09-18T23:58:11Z"), "{known}");
        }
        for odd in [
            r#""2017-09-19T09:58:11""#,
            r#""yesterday""#,
            r#""""#,
            "null",
            "true",
            "{}",
            "1.5",
            "9223372036854775807",
        ] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}

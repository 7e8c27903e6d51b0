//! GitHub's payloads: the few fields that are needed, nothing else.
//!
//! Unknown fields are ignored and repeated ones refused. Lists of commits and
//! files are capped and can be padded by an attacker: they are not here.
//! Source: npm `@octokit/openapi-webhooks`.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use super::slug;
use crate::forge::support::reading::{self, Id};
use crate::model::event::EventRepository;
use crate::model::principal::Actor;
use crate::model::refs::RefName;
use crate::model::repo::{ForgeKind, RepositoryName};

#[derive(Deserialize)]
pub(super) struct Installation {
    pub(super) id: Id,
}

#[derive(Deserialize)]
pub(super) struct Account {
    login: String,
    id: Id,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl Account {
    /// The account in our words, or why not.
    pub(super) fn actor(self) -> Result<Actor, String> {
        let robot = self.kind.as_deref() == Some("Bot");
        reading::actor(ForgeKind::GitHub, self.login, self.id, robot)
    }
}

#[derive(Deserialize)]
pub(super) struct Repository {
    id: Id,
    full_name: String,
    default_branch: Option<String>,
    /// When it was last pushed to: seconds in `push`, a text elsewhere.
    #[serde(default, deserialize_with = "moment")]
    pub(super) pushed_at: Option<Timestamp>,
}

/// A time in seconds or as RFC 3339 has it. It tells a push from its neighbours
/// and nothing else, so one that cannot be read is none.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(seconds) => seconds
            .as_i64()
            .filter(|seconds| *seconds > 0)
            .and_then(|seconds| Timestamp::from_second(seconds).ok()),
        Value::String(text) => text.parse().ok(),
        _ => None,
    })
}

impl Repository {
    /// The repository in our words, or why not.
    pub(super) fn named(self, grant: Option<Installation>) -> Result<EventRepository, String> {
        if !slug::is_slug(&self.full_name) {
            return Err("repository.full_name is not owner/name".into());
        }
        let default_branch = self.default_branch.map(RefName::branch).transpose();
        Ok(EventRepository {
            name: RepositoryName::new(self.full_name),
            id: self.id.0,
            grant: grant.map(|installation| installation.id.0),
            default_branch: default_branch.map_err(|error| error.to_string())?,
        })
    }
}

/// Event `push`.
#[derive(Deserialize)]
pub(super) struct Push {
    #[serde(rename = "ref")]
    pub(super) name: String,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) repository: Repository,
    pub(super) sender: Option<Account>,
    pub(super) installation: Option<Installation>,
}

#[derive(Deserialize)]
pub(super) struct Tip {
    pub(super) sha: String,
}

#[derive(Deserialize)]
pub(super) struct Base {
    pub(super) sha: String,
    #[serde(rename = "ref")]
    pub(super) branch: String,
}

/// A pull request, in payloads and in the API's answers.
#[derive(Deserialize)]
pub(super) struct PullRequest {
    pub(super) number: Id,
    pub(super) state: String,
    pub(super) head: Tip,
    pub(super) base: Base,
    pub(super) user: Option<Account>,
    #[serde(default, deserialize_with = "moment")]
    pub(super) updated_at: Option<Timestamp>,
}

#[derive(Deserialize, Default)]
pub(super) struct Changes {
    pub(super) base: Option<de::IgnoredAny>,
}

/// Events `pull_request` and `pull_request_review`.
#[derive(Deserialize)]
pub(super) struct PullRequestEvent {
    pub(super) action: String,
    pub(super) pull_request: PullRequest,
    pub(super) changes: Option<Changes>,
    /// Who did it; of `synchronize`, who pushed.
    pub(super) sender: Option<Account>,
    pub(super) repository: Repository,
    pub(super) installation: Option<Installation>,
}

#[derive(Deserialize)]
pub(super) struct App {
    pub(super) id: Id,
}

#[derive(Deserialize)]
pub(super) struct Check {
    pub(super) head_sha: String,
    pub(super) app: Option<App>,
}

/// Events `check_run` and `check_suite`.
#[derive(Deserialize)]
pub(super) struct CheckEvent {
    pub(super) action: String,
    #[serde(alias = "check_suite")]
    pub(super) check_run: Check,
    pub(super) repository: Repository,
    pub(super) installation: Option<Installation>,
}

#[derive(Deserialize)]
pub(super) struct MergeGroup {
    pub(super) head_sha: String,
    pub(super) base_sha: String,
    pub(super) base_ref: String,
}

/// Event `merge_group`.
#[derive(Deserialize)]
pub(super) struct MergeGroupEvent {
    pub(super) action: String,
    pub(super) merge_group: MergeGroup,
    pub(super) repository: Repository,
    pub(super) installation: Option<Installation>,
}

/// Events `installation` and `installation_repositories`.
#[derive(Deserialize)]
pub(super) struct InstallationEvent {
    pub(super) action: String,
    pub(super) installation: Installation,
}

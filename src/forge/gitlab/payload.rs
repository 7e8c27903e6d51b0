//! GitLab's payloads and answers: the few fields that are needed, nothing else.
//!
//! Unknown fields are ignored and repeated ones refused. Lists of commits hold
//! twenty at most and can be padded: they are not here.
//! Source: docs.gitlab.com, "Webhook events" and "System hooks".

use serde::Deserialize;

use super::slug;
use crate::forge::support::reading::{self, Id};
use crate::model::event::EventRepository;
use crate::model::principal::Actor;
use crate::model::refs::RefName;
use crate::model::repo::{ForgeKind, RepositoryName};

/// What a body says that it is. Every delivery of a system hook carries the
/// same header, so the body decides for all hooks.
#[derive(Deserialize)]
pub(super) struct Kind {
    object_kind: Option<String>,
    event_name: Option<String>,
}

impl Kind {
    /// The name of the event; nothing if the body has none.
    pub(super) fn name(&self) -> &str {
        let name = self.object_kind.as_ref().or(self.event_name.as_ref());
        name.map_or("", String::as_str)
    }
}

/// An account, in payloads and in the API's answers.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Account {
    pub(super) id: Id,
    pub(super) username: String,
    #[serde(default)]
    bot: Option<bool>,
    /// Of our own account alone: whether it administers the instance.
    #[serde(default)]
    pub(super) is_admin: Option<bool>,
}

impl Account {
    /// The account in our words, or why not.
    pub(super) fn actor(self) -> Result<Actor, String> {
        let robot = self.bot == Some(true) || is_robot(&self.username);
        reading::actor(ForgeKind::GitLab, self.username, self.id, robot)
    }
}

/// Names that GitLab itself gives to robots (docs.gitlab.com, "Project access
/// tokens", "Internal users"). Nobody else can take them while they exist, and
/// who is taken for a robot only loses by it.
fn is_robot(username: &str) -> bool {
    let numbered = |prefix: &str| {
        let rest = username.strip_prefix(prefix)?;
        let digits = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
        Some(digits.len() < rest.len() && digits.starts_with("_bot"))
    };
    username == "ghost"
        || numbered("project_") == Some(true)
        || numbered("group_") == Some(true)
        || username.starts_with("service_account_")
}

/// The project of a payload. Older system hooks leave out its number.
#[derive(Deserialize)]
pub(super) struct Project {
    id: Option<Id>,
    path_with_namespace: String,
    default_branch: Option<String>,
}

impl Project {
    /// The repository in our words, or why not. `number` is the project's as the
    /// event states it.
    pub(super) fn named(self, number: Id) -> Result<EventRepository, String> {
        if self.id.is_some_and(|id| id != number) {
            return Err("project.id is not the event's project".into());
        }
        repository(number, self.path_with_namespace, self.default_branch)
    }
}

/// A repository in our words, or why not.
pub(super) fn repository(
    id: Id,
    path: String,
    default_branch: Option<String>,
) -> Result<EventRepository, String> {
    if !slug::is_slug(&path) {
        return Err("path_with_namespace is not group/project".into());
    }
    let branch = default_branch.filter(|name| !name.is_empty());
    let branch = branch.map(RefName::branch).transpose();
    Ok(EventRepository {
        name: RepositoryName::new(path),
        id: id.0,
        grant: None,
        default_branch: branch.map_err(|error| error.to_string())?,
    })
}

/// One changed ref.
#[derive(Deserialize)]
pub(super) struct Change {
    #[serde(rename = "ref")]
    pub(super) name: String,
    pub(super) before: String,
    pub(super) after: String,
}

/// Who pushed.
#[derive(Deserialize)]
pub(super) struct Pusher {
    user_id: Option<Id>,
    user_username: Option<String>,
}

impl Pusher {
    /// The account in our words. `repository_update` has the number alone: `#7`
    /// is a name that no account can have.
    pub(super) fn actor(self) -> Result<Option<Actor>, String> {
        let Some(id) = self.user_id else {
            return Ok(None);
        };
        let name = self.user_username.filter(|name| !name.is_empty());
        let username = name.unwrap_or_else(|| format!("#{}", id.0));
        let account = Account {
            id,
            username,
            bot: None,
            is_admin: None,
        };
        account.actor().map(Some)
    }
}

/// Events `push` and `tag_push`.
#[derive(Deserialize)]
pub(super) struct Push {
    #[serde(flatten)]
    pub(super) change: Change,
    #[serde(flatten)]
    pub(super) pusher: Pusher,
    pub(super) project_id: Id,
    pub(super) project: Project,
}

/// Event `repository_update`: everything that one push changed.
#[derive(Deserialize)]
pub(super) struct RepositoryUpdate {
    pub(super) changes: Vec<Change>,
    #[serde(flatten)]
    pub(super) pusher: Pusher,
    pub(super) project_id: Id,
    pub(super) project: Project,
}

#[derive(Deserialize)]
pub(super) struct Commit {
    pub(super) id: String,
}

#[derive(Deserialize)]
pub(super) struct MergeRequestAttributes {
    pub(super) iid: Id,
    pub(super) target_branch: String,
    pub(super) target_project_id: Id,
    pub(super) last_commit: Option<Commit>,
    pub(super) state: String,
    pub(super) action: Option<String>,
    pub(super) author_id: Option<Id>,
    /// The head before; only there if the head moved.
    pub(super) oldrev: Option<String>,
}

/// Event `merge_request`.
#[derive(Deserialize)]
pub(super) struct MergeRequestEvent {
    pub(super) user: Option<Account>,
    pub(super) project: Project,
    pub(super) object_attributes: MergeRequestAttributes,
}

#[derive(Deserialize)]
pub(super) struct PipelineAttributes {
    pub(super) sha: String,
    pub(super) status: String,
    pub(super) source: Option<String>,
    pub(super) created_at: Option<String>,
}

/// Event `pipeline`.
#[derive(Deserialize)]
pub(super) struct PipelineEvent {
    pub(super) object_attributes: PipelineAttributes,
    pub(super) project: PipelineProject,
}

/// The project of a pipeline's payload, which has no other number.
#[derive(Deserialize)]
pub(super) struct PipelineProject {
    pub(super) id: Id,
    pub(super) path_with_namespace: String,
    pub(super) default_branch: Option<String>,
}

/// Events about projects and groups.
#[derive(Deserialize)]
pub(super) struct AccessEvent {
    path_with_namespace: Option<String>,
    full_path: Option<String>,
}

impl AccessEvent {
    /// What it is about.
    pub(super) fn path(&self) -> &str {
        let path = self.path_with_namespace.as_ref();
        path.or(self.full_path.as_ref()).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::is_robot;

    #[test]
    fn robots_are_known_by_the_names_that_gitlab_gives() {
        for robot in [
            "project_7_bot",
            "project_12_bot_a1b2",
            "group_3_bot2",
            "ghost",
        ] {
            assert!(is_robot(robot), "{robot}");
        }
        for person in ["alice", "project_bot", "project_x_bot", "group_3", "ghosts"] {
            assert!(!is_robot(person), "{person}");
        }
    }
}

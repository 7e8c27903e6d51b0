//! What happened, in the words of system hooks and of project hooks.

use serde_json::{Value, json};

use super::super::common::traffic::Sent;
use super::GitLab;
use super::hooks::Hook;
use super::state::State;

pub const NULL: &str = "0000000000000000000000000000000000000000";

/// One changed ref: name, old and new.
pub type Moved = (String, Option<String>, Option<String>);

/// Something that hooks tell.
#[derive(Clone)]
pub enum Event {
    Push(u64, String, Moved),
    /// All that one push changed: of system hooks alone.
    RepositoryUpdate(u64, String, Vec<Moved>),
    MergeRequest {
        project: u64,
        iid: u64,
        by: String,
        action: &'static str,
        /// What else `object_attributes` have.
        more: Value,
    },
    /// Of project hooks alone.
    Pipeline(u64),
    /// `project_rename` and the like: of system hooks alone.
    Project(u64, &'static str),
}

impl Event {
    pub fn project(&self, state: &State) -> u64 {
        match self {
            Self::Push(project, ..)
            | Self::RepositoryUpdate(project, ..)
            | Self::MergeRequest { project, .. }
            | Self::Project(project, _) => *project,
            Self::Pipeline(id) => state.pipeline(*id).project,
        }
    }

    /// Whether a hook tells it.
    pub fn is_for(&self, hook: &Hook, project: u64) -> bool {
        let chosen = match self {
            Self::Push(_, _, (name, ..)) if name.starts_with("refs/tags/") => hook.tag_push,
            Self::Push(..) => hook.push,
            Self::RepositoryUpdate(..) => hook.system && hook.repository_update,
            Self::MergeRequest { .. } => hook.merge_requests,
            Self::Pipeline(_) => !hook.system && hook.pipeline,
            Self::Project(..) => hook.system,
        };
        chosen && hook.project.is_none_or(|it| it == project)
    }

    /// The header of a project's hook; those of a system's all have the same.
    pub fn header(&self) -> &'static str {
        match self {
            Self::Push(_, _, (name, ..)) if name.starts_with("refs/tags/") => "Tag Push Hook",
            Self::Push(..) => "Push Hook",
            Self::MergeRequest { .. } => "Merge Request Hook",
            Self::Pipeline(_) => "Pipeline Hook",
            Self::RepositoryUpdate(..) | Self::Project(..) => "System Hook",
        }
    }
}

impl State {
    pub fn payload(&mut self, event: &Event, system: bool) -> Value {
        match event {
            Event::Push(project, by, moved) => self.push_payload(*project, by, moved, system),
            Event::RepositoryUpdate(project, by, moved) => {
                let changes = moved.iter().map(
                    |(name, old, new)| json!({ "before": id(old), "after": id(new), "ref": name }),
                );
                let changes: Vec<_> = changes.collect();
                let refs: Vec<_> = moved.iter().map(|(name, ..)| name).collect();
                let mut payload = self.pusher(by);
                payload["event_name"] = json!("repository_update");
                payload["project_id"] = json!(project);
                payload["project"] = self.project_in_event(*project, system);
                payload["changes"] = json!(changes);
                payload["refs"] = json!(refs);
                payload
            }
            Event::MergeRequest {
                project,
                iid,
                by,
                action,
                more,
            } => {
                let user = self.user(by);
                let mut attributes = self.attributes(*project, *iid);
                attributes["action"] = json!(action);
                for (name, value) in more.as_object().into_iter().flatten() {
                    attributes[name] = value.clone();
                }
                json!({ "object_kind": "merge_request", "event_type": "merge_request",
                    "user": user, "project": self.project_in_event(*project, false),
                    "object_attributes": attributes, "labels": [], "changes": {},
                    "assignees": [], "reviewers": [] })
            }
            Event::Pipeline(number) => {
                let it = self.pipeline(*number).clone();
                let at = it.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
                json!({ "object_kind": "pipeline", "object_attributes": { "id": it.id,
                        "iid": it.id, "ref": it.reference, "tag": false, "sha": it.sha,
                        "source": it.source, "status": self.pipeline_status(it.id),
                        "created_at": at, "finished_at": null },
                    "merge_request": null, "user": { "id": 1, "username": "root" },
                    "project": self.project_in_event(it.project, false), "builds": [] })
            }
            Event::Project(project, name) => {
                let it = self.with_id(*project);
                json!({ "event_name": name, "name": it.path, "path": it.path,
                    "path_with_namespace": it.path, "project_id": it.id, "owners": [],
                    "project_visibility": "private" })
            }
        }
    }

    fn push_payload(&mut self, project: u64, by: &str, moved: &Moved, system: bool) -> Value {
        let (name, old, new) = moved;
        let kind = match name.starts_with("refs/tags/") {
            true => "tag_push",
            false => "push",
        };
        let mut payload = self.pusher(by);
        let more = json!({ "event_name": kind, "before": id(old), "after": id(new), "ref": name,
            "ref_protected": false, "checkout_sha": new, "message": null, "project_id": project,
            "project": self.project_in_event(project, system), "commits": [],
            "total_commits_count": 0, "push_options": {} });
        for (name, value) in more.as_object().expect("an object") {
            payload[name] = value.clone();
        }
        if !system {
            payload["object_kind"] = json!(kind);
        }
        payload
    }

    fn pusher(&mut self, by: &str) -> Value {
        let id = self.account(by);
        json!({ "user_id": id, "user_name": by, "user_username": by, "user_email": "",
            "user_avatar": null })
    }

    fn user(&mut self, by: &str) -> Value {
        let id = self.account(by);
        json!({ "id": id, "name": by, "username": by, "avatar_url": null, "email": "[REDACTED]" })
    }

    fn attributes(&mut self, project: u64, iid: u64) -> Value {
        let it = self.merge_request(project, iid).clone();
        let author = self.account(&it.author);
        json!({ "id": 5000 + iid, "iid": iid, "title": it.title, "description": "",
            "state": it.state, "draft": it.draft, "work_in_progress": it.draft,
            "author_id": author, "source_branch": it.source_branch,
            "target_branch": it.target_branch, "source_project_id": it.source_project,
            "target_project_id": project, "last_commit": { "id": it.sha, "message": "",
                "author": { "name": it.author, "email": "[REDACTED]" } },
            "merge_status": "can_be_merged",
            "detailed_merge_status": self.detailed_merge_status(project, &it),
            "blocking_discussions_resolved": it.open_discussions() == 0,
            "source": self.project_in_event(it.source_project, false),
            "target": self.project_in_event(project, false) })
    }
}

fn id(it: &Option<String>) -> &str {
    it.as_deref().unwrap_or(NULL)
}

impl GitLab {
    /// Lets every hook tell it that is to.
    pub(super) async fn tells(&self, event: Event) -> Vec<Sent> {
        let all: Vec<_> = {
            let mut state = self.state();
            let project = event.project(&state);
            let hooks: Vec<_> = state.hooks.clone();
            let hooks = hooks.into_iter().filter(|it| event.is_for(it, project));
            hooks
                .map(|hook| {
                    let payload = state.payload(&event, hook.system);
                    (hook, payload, project)
                })
                .collect()
        };
        let mut sent = Vec::new();
        for (hook, payload, project) in all {
            let header = match hook.system {
                true => "System Hook",
                false => event.header(),
            };
            sent.push(self.posts(&hook, header, &payload, Some(project)).await);
        }
        sent
    }

    /// Tells what API requests caused, a little later, as GitLab does.
    pub(super) fn tells_what_followed(&self) {
        let all = std::mem::take(&mut self.state().outbox);
        if all.is_empty() {
            return;
        }
        let forge = self.clone();
        tokio::spawn(async move {
            for event in all {
                forge.tells(event).await;
            }
        });
    }
}

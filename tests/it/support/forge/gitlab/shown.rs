//! How GitLab shows what it remembers, in answers and in deliveries.

use serde_json::{Value, json};

use super::git;
use super::state::{MergeRequest, Project, State};

impl State {
    /// An account that exists; `own` if it is the one that asks.
    pub fn account_json(&self, username: &str, own: bool) -> Value {
        let mut all = self.accounts.iter();
        let it = all.find(|it| it.username == username);
        let it = it.unwrap_or_else(|| panic!("no account {username}"));
        let mut shown = json!({ "id": it.id, "username": username, "name": username,
            "state": "active", "locked": false, "avatar_url": null,
            "web_url": format!("{}/{username}", self.url) });
        if own {
            shown["bot"] = json!(username.contains("_bot"));
            shown["email"] = json!(format!("{username}@example.com"));
        }
        if own && it.admin {
            shown["is_admin"] = json!(true);
        }
        shown
    }

    /// An account as everybody may see it who asks for it alone.
    pub fn user_json(&self, id: &str) -> Option<Value> {
        let mut all = self.accounts.iter();
        let it = all.find(|it| it.id.to_string() == id)?;
        let mut shown = self.account_json(&it.username, false);
        shown["bot"] = json!(self.robots.contains(&it.username));
        Some(shown)
    }

    pub fn project_url(&self, id: u64) -> String {
        format!("{}/{}", self.url, self.with_id(id).path)
    }

    pub fn project_json(&self, it: &Project) -> Value {
        let (group, name) = it.path.rsplit_once('/').expect("group/project");
        let mut shown = json!({ "id": it.id, "name": name, "path": name,
            "path_with_namespace": it.path, "name_with_namespace": it.path,
            "default_branch": default_branch(it), "visibility": "private", "archived": false,
            "namespace": { "id": 50, "path": group, "full_path": group },
            "http_url_to_repo": format!("{}/{}.git", self.url, it.path),
            "web_url": self.project_url(it.id) });
        for (name, value) in &it.settings {
            shown[name] = value.clone();
        }
        if !self.licensed {
            let fields = shown.as_object_mut().expect("an object");
            fields.remove("only_allow_merge_if_all_status_checks_passed");
            fields.remove("merge_trains_enabled");
        }
        if let Some(origin) = it.forked_from {
            shown["forked_from_project"] = json!({ "id": origin });
        }
        shown
    }

    /// The project as deliveries have it; those of system hooks leave some out.
    pub fn project_in_event(&self, id: u64, system: bool) -> Value {
        let it = self.with_id(id);
        let (group, name) = it.path.rsplit_once('/').expect("group/project");
        let mut shown = json!({ "name": name, "description": "", "namespace": group,
            "web_url": self.project_url(id), "avatar_url": null, "visibility_level": 0,
            "git_ssh_url": format!("git@127.0.0.1:{}.git", it.path),
            "git_http_url": format!("{}/{}.git", self.url, it.path),
            "path_with_namespace": it.path, "default_branch": default_branch(it) });
        if !system {
            shown["id"] = id.into();
            shown["ci_config_path"] = it.settings["ci_config_path"].clone();
        }
        shown
    }

    /// The merge request as answers have it; lists leave some out.
    pub fn merge_request_json(&self, project: u64, it: &MergeRequest, whole: bool) -> Value {
        let created = it.versions.first().map(|it| it.at.to_string());
        let updated = it.versions.last().map(|it| it.at.to_string());
        let mut shown = json!({ "id": 5000 + it.iid, "iid": it.iid, "project_id": project,
            "title": it.title, "description": "", "state": it.state, "draft": it.draft,
            "work_in_progress": it.draft, "created_at": created, "updated_at": updated,
            "source_branch": it.source_branch, "target_branch": it.target_branch,
            "source_project_id": it.source_project, "target_project_id": project,
            "author": self.account_json(&it.author, false), "sha": it.sha,
            "merge_commit_sha": null, "merge_status": "can_be_merged",
            "detailed_merge_status": self.detailed_merge_status(project, it),
            "blocking_discussions_resolved": it.open_discussions() == 0,
            "web_url": format!("{}/-/merge_requests/{}", self.project_url(project), it.iid) });
        if whole {
            let start = it.versions.last().map(|it| it.start.clone());
            shown["diff_refs"] =
                json!({ "base_sha": start, "start_sha": start, "head_sha": it.sha });
            let pipeline = self.head_pipeline(it).map(|it| self.pipeline_json(it));
            shown["head_pipeline"] = pipeline.clone().unwrap_or_default();
            shown["pipeline"] = pipeline.unwrap_or_default();
        }
        shown
    }
}

pub fn default_branch(it: &Project) -> String {
    let head = git::git(&it.folder, &["symbolic-ref", "--short", "HEAD"]);
    head.trim().to_owned()
}

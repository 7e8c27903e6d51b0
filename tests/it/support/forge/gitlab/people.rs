//! What people do on the forge, and the deliveries that follow.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::events::{Event, Moved};
use super::state::{DEVELOPER, MergeRequest, Project, Version};
use super::{GitLab, Proposal, Sent, WARDEN, git};

/// More branches, or more tags, in one push, and none is told by itself.
const PUSH_EVENT_HOOKS_LIMIT: usize = 3;

impl GitLab {
    /// A new, empty repository `group/name`; gives its bare folder.
    pub fn create_repository(&self, name: &str) -> PathBuf {
        let folder = format!("gitlab__{}.git", name.replace('/', "__"));
        let folder = self.0.folder.join(folder);
        std::fs::create_dir_all(&folder).expect("make a folder");
        git::git(&folder, &["init", "-q", "--bare", "-b", "main"]);
        self.adopts_repository(name, &folder);
        folder
    }

    /// A bare repository that exists already becomes one of the forge's.
    pub fn adopts_repository(&self, name: &str, folder: &Path) {
        self.has_repository(name, folder, None);
        self.gives_role(name, WARDEN, DEVELOPER);
    }

    /// A fork of a repository by an account, in which we are nobody; gives its
    /// bare folder.
    pub fn fork(&self, name: &str, by: &str) -> PathBuf {
        let short = name.rsplit('/').next().expect("group/name");
        let origin = self.path(name);
        let folder = self.0.folder.join(format!("gitlab__{by}__{short}.git"));
        let (from, to) = (origin.to_string_lossy(), folder.to_string_lossy());
        git::git(&origin, &["clone", "-q", "--bare", &from, &to]);
        let id = self.repository_id(name);
        self.has_repository(&format!("{by}/{short}"), &folder, Some(id));
        self.state().account(by);
        folder
    }

    fn has_repository(&self, name: &str, folder: &Path, forked_from: Option<u64>) {
        for key in [
            "uploadpack.allowReachableSHA1InWant",
            "uploadpack.allowTipSHA1InWant",
        ] {
            git::git(folder, &["config", key, "true"]);
        }
        let mut state = self.state();
        let id = 9000 + state.projects.len() as u64;
        let settings = json!({ "merge_trains_enabled": false, "only_allow_merge_if_pipeline_succeeds": false,
            "allow_merge_on_skipped_pipeline": null, "merge_method": "merge",
            "only_allow_merge_if_all_discussions_are_resolved": false,
            "only_allow_merge_if_all_status_checks_passed": false, "ci_config_path": "",
            "forking_access_level": "enabled", "merge_trains_enabled": false });
        let settings: Map<String, Value> = serde_json::from_value(settings).expect("an object");
        state.projects.push(Project {
            id,
            path: name.into(),
            folder: folder.to_owned(),
            forked_from,
            refs: git::refs(folder),
            members: BTreeMap::new(),
            settings,
            protected: Vec::new(),
            checks: Vec::new(),
            merge_requests: Vec::new(),
        });
    }

    /// An account has this role in a project; 0 is none.
    pub fn gives_role(&self, name: &str, user: &str, role: u64) {
        let mut state = self.state();
        state.account(user);
        let members = &mut state.project_mut(name).members;
        match role {
            0 => members.remove(user),
            role => members.insert(user.into(), role),
        };
    }

    /// An account of this name is a robot: of a token, or a service account.
    pub fn has_robot(&self, user: &str) -> u64 {
        let mut state = self.state();
        state.robots.insert(user.to_owned());
        state.account(user)
    }

    /// A setting of the whole installation.
    pub fn has_setting(&self, name: &str, value: impl Into<Value>) {
        self.state().settings[name] = value.into();
    }

    /// Renames a project. Its number stays, and the old path finds nothing.
    pub async fn rename_repository(&self, from: &str, to: &str) {
        let id = {
            let mut state = self.state();
            let it = state.project_mut(from);
            it.path = to.into();
            it.id
        };
        self.tells(Event::Project(id, "project_rename")).await;
    }

    /// The bare folder of a repository.
    pub fn path(&self, name: &str) -> PathBuf {
        self.state().project(name).folder.clone()
    }

    /// The project's number.
    pub fn repository_id(&self, name: &str) -> u64 {
        self.state().project(name).id
    }

    /// The account's number.
    pub fn account_id(&self, user: &str) -> u64 {
        self.state().account(user)
    }

    /// `by` pushes these refspecs from a working copy. Panics if git refuses.
    pub async fn push(&self, name: &str, by: &str, from: &Path, refspecs: &[&str]) -> Vec<Sent> {
        let folder = self.path(name);
        let url = folder.to_string_lossy();
        let args = [&["push", "-q", &url][..], refspecs].concat();
        git::git(from, &args);
        self.notices(name, by).await
    }

    /// Notices what was pushed to the bare folder since the last time, and
    /// tells it: one event for each ref (none for branches, or for tags, if more
    /// than three were pushed), one for all together, and one for each merge
    /// request whose head moved.
    pub async fn notices(&self, name: &str, by: &str) -> Vec<Sent> {
        let after = git::refs(&self.path(name));
        let (project, before) = {
            let mut state = self.state();
            state.account(by);
            let it = state.project_mut(name);
            (it.id, std::mem::replace(&mut it.refs, after.clone()))
        };
        let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        let moved = names.into_iter().filter_map(|name| {
            let (old, new) = (before.get(name), after.get(name));
            (old != new).then(|| (name.clone(), old.cloned(), new.cloned()))
        });
        let moved: Vec<Moved> = moved.collect();
        let many = |prefix: &str| {
            let of_kind = moved.iter().filter(|(name, ..)| name.starts_with(prefix));
            of_kind.count() > PUSH_EVENT_HOOKS_LIMIT
        };
        let (many_branches, many_tags) = (many("refs/heads/"), many("refs/tags/"));
        if !moved.is_empty() {
            self.streams_push(name, by).await;
        }
        let mut sent = Vec::new();
        for it in &moved {
            let silent = match it.0.starts_with("refs/tags/") {
                true => many_tags,
                false => many_branches,
            };
            if !silent {
                let event = Event::Push(project, by.into(), it.clone());
                sent.extend(self.tells(event).await);
            }
        }
        if !moved.is_empty() {
            let event = Event::RepositoryUpdate(project, by.into(), moved.clone());
            sent.extend(self.tells(event).await);
        }
        for (name, _, new) in &moved {
            if let (Some(branch), Some(new)) = (name.strip_prefix("refs/heads/"), new) {
                sent.extend(self.moves_heads(project, by, branch, new).await);
            }
        }
        sent
    }

    async fn moves_heads(&self, from: u64, by: &str, branch: &str, new: &str) -> Vec<Sent> {
        let mut moved = Vec::new();
        for project in &self.state().projects {
            for it in &project.merge_requests {
                let same = it.source_project == from && it.source_branch == branch;
                if same && it.state == "opened" && it.sha != new {
                    moved.push((project.id, it.iid, it.sha.clone()));
                }
            }
        }
        let mut sent = Vec::new();
        for (project, iid, old) in moved {
            self.takes_head(project, iid);
            let more = json!({ "oldrev": old });
            sent.extend(
                self.tells_merge_request(project, iid, (by, "update"), more)
                    .await,
            );
        }
        sent
    }

    /// Reads the head and the target's tip again: a new version. The head's
    /// objects stay under `refs/merge-requests/N/head` of the target project.
    fn takes_head(&self, project: u64, iid: u64) {
        let mut state = self.state();
        let it = state.merge_request(project, iid).clone();
        let into = state.with_id(project).folder.clone();
        let from = state.with_id(it.source_project).folder.clone();
        let kept = format!("refs/merge-requests/{iid}/head");
        let refspec = format!("+refs/heads/{}:{kept}", it.source_branch);
        git::git(&into, &["fetch", "-q", &from.to_string_lossy(), &refspec]);
        let head = git::git(&into, &["rev-parse", &kept]);
        let target = format!("refs/heads/{}", it.target_branch);
        let start = git::git(&into, &["rev-parse", &target]);
        let at = state.now();
        let it = state.merge_request_mut(project, iid);
        it.sha.clone_from(&head);
        it.versions.push(Version { head, start, at });
    }

    /// Opens a merge request; gives its number.
    pub async fn open_pull_request(&self, name: &str, proposal: Proposal) -> u64 {
        let author = proposal.author.clone();
        let (project, iid) = {
            let mut state = self.state();
            state.account(&author);
            let into = state.project(name).id;
            let from = proposal.fork.as_deref().unwrap_or(name);
            let from = state.project(from).id;
            let all = &mut state.project_mut(name).merge_requests;
            let iid = all.len() as u64 + 1;
            all.push(MergeRequest {
                iid,
                state: "opened",
                title: format!("Change {}", proposal.head),
                draft: false,
                author: proposal.author,
                source_project: from,
                source_branch: proposal.head,
                target_branch: proposal.base,
                sha: String::new(),
                versions: Vec::new(),
                approvals: Vec::new(),
                notes: Vec::new(),
                discussions: Vec::new(),
                responses: Vec::new(),
            });
            (into, iid)
        };
        self.takes_head(project, iid);
        self.tells_merge_request(project, iid, (&author, "open"), json!({}))
            .await;
        iid
    }

    /// The head of a merge request.
    pub fn head(&self, name: &str, iid: u64) -> String {
        let state = self.state();
        let project = state.project(name).id;
        state.merge_request(project, iid).sha.clone()
    }

    /// Changes the branch that a merge request is for.
    pub async fn retarget(&self, name: &str, iid: u64, into: &str) -> Vec<Sent> {
        let project = self.repository_id(name);
        self.state().merge_request_mut(project, iid).target_branch = into.into();
        self.takes_head(project, iid);
        self.tells_merge_request(project, iid, ("alice", "update"), json!({}))
            .await
    }

    /// Changes the title of a merge request.
    pub async fn retitles(&self, name: &str, iid: u64, title: &str) -> Vec<Sent> {
        let project = self.repository_id(name);
        self.state().merge_request_mut(project, iid).title = title.into();
        self.tells_merge_request(project, iid, ("alice", "update"), json!({}))
            .await
    }

    /// Closes a merge request without merging it.
    pub async fn close(&self, name: &str, iid: u64) -> Vec<Sent> {
        let project = self.repository_id(name);
        self.state().merge_request_mut(project, iid).state = "closed";
        self.tells_merge_request(project, iid, ("alice", "close"), json!({}))
            .await
    }

    /// Approves it as it is. GitLab lets everybody, the author too, on Free.
    pub async fn approve(&self, name: &str, iid: u64, by: &str) -> Vec<Sent> {
        let project = self.repository_id(name);
        self.state().approves(project, iid, by);
        self.tells_merge_request(project, iid, (by, "approved"), json!({}))
            .await
    }

    /// Somebody revokes the approval that they gave.
    pub async fn dismiss(&self, name: &str, iid: u64, of: &str) -> Vec<Sent> {
        let project = self.repository_id(name);
        self.state().unapproves(project, iid, of);
        self.tells_merge_request(project, iid, (of, "unapproved"), json!({}))
            .await
    }

    async fn tells_merge_request(
        &self,
        project: u64,
        iid: u64,
        (by, action): (&str, &'static str),
        more: Value,
    ) -> Vec<Sent> {
        let by = by.to_owned();
        self.tells(Event::MergeRequest {
            project,
            iid,
            by,
            action,
            more,
        })
        .await
    }
}

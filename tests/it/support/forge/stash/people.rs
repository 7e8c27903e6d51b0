//! What people do on the forge, and the deliveries that follow.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::common::git;
use super::super::common::people::{Proposal, ReviewState};
use super::super::common::traffic::Sent;
use super::state::{Pull, Repository};
use super::{Stash, WARDEN, pulls};

const NULL: &str = "0000000000000000000000000000000000000000";

impl Stash {
    /// A new, empty repository `project/slug`; gives its bare folder.
    pub fn create_repository(&self, name: &str) -> PathBuf {
        let folder = format!("{}.git", name.replace('/', "__"));
        let path = self.0.folder.join(folder);
        std::fs::create_dir_all(&path).expect("make a folder");
        git::git(&path, &["init", "-q", "--bare", "-b", "main"]);
        self.has_repository(name, &path, false);
        path
    }

    /// A bare repository that exists already becomes one of the forge's.
    pub fn adopts_repository(&self, name: &str, path: &Path) {
        self.has_repository(name, path, false);
    }

    /// A personal fork of a repository; gives its bare folder.
    pub fn fork(&self, name: &str, by: &str) -> PathBuf {
        let (_, slug) = name.split_once('/').expect("project/slug");
        let origin = self.path(name);
        let path = self.0.folder.join(format!("{by}__{slug}.git"));
        let (from, to) = (origin.to_string_lossy(), path.to_string_lossy());
        git::git(&origin, &["clone", "-q", "--bare", &from, &to]);
        self.has_repository(&format!("~{by}/{slug}"), &path, true);
        path
    }

    fn has_repository(&self, name: &str, path: &Path, fork: bool) {
        for key in [
            "uploadpack.allowReachableSHA1InWant",
            "uploadpack.allowTipSHA1InWant",
        ] {
            git::git(path, &["config", key, "true"]);
        }
        let (project, slug) = name.split_once('/').expect("project/slug");
        let project = match project.starts_with('~') {
            true => project.to_owned(),
            false => project.to_uppercase(),
        };
        let mut state = self.state();
        state.account("alice");
        let id = 9000 + state.repositories.len() as u64;
        state.repositories.push(Repository {
            id,
            project,
            slug: slug.into(),
            path: path.to_owned(),
            fork,
            refs: git::refs(path),
            pulls: Vec::new(),
            required: Vec::new(),
            permissions: vec![(WARDEN.into(), "REPO_WRITE")],
            restrictions: Vec::new(),
            exempt: None,
            default_reviewers: Vec::new(),
            scripts: Some(Vec::new()),
            webhooks: Vec::new(),
            hooks: std::collections::BTreeMap::new(),
        });
    }

    /// The repository has another slug from now on.
    pub async fn rename_repository(&self, name: &str, slug: &str) -> Sent {
        let (old, new) = {
            let mut state = self.state();
            let id = state.repository(name).id;
            let old = state.repository_json(id);
            state.repository_mut(name).slug = slug.into();
            (old, state.repository_json(id))
        };
        self.tells("repo:modified", "alice", json!({ "old": old, "new": new }))
            .await
    }

    /// The account may do this in the repository: `NONE`, `REPO_READ`,
    /// `REPO_WRITE`, `REPO_ADMIN`.
    pub fn grants(&self, name: &str, user: &str, permission: &'static str) {
        let mut state = self.state();
        state.account(user);
        let all = &mut state.repository_mut(name).permissions;
        all.retain(|(it, _)| it != user);
        all.push((user.into(), permission));
    }

    /// Only by pull request may this branch change.
    pub fn restricts(&self, name: &str, branch: &str) {
        let id = format!("refs/heads/{branch}");
        let restriction = json!({ "id": 1, "type": "pull-request-only", "matcher": {
            "id": id, "displayId": branch, "type": { "id": "BRANCH", "name": "Branch" } } });
        self.state()
            .repository_mut(name)
            .restrictions
            .push(restriction);
    }

    /// A group has these members.
    pub fn has_group(&self, group: &str, members: &[&str]) {
        let mut state = self.state();
        for member in members {
            state.account(member);
        }
        let members = members.iter().map(|it| (*it).to_owned()).collect();
        state.groups.push((group.into(), members));
    }

    /// The repository's bare folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.state().repository(name).path.clone()
    }

    /// The repository's number.
    pub fn repository_id(&self, name: &str) -> u64 {
        self.state().repository(name).id
    }

    /// `by` pushes these refspecs from a working copy. Panics if git refuses.
    pub async fn push(&self, name: &str, by: &str, from: &Path, refspecs: &[&str]) -> Vec<Sent> {
        let path = self.path(name);
        let url = path.to_string_lossy();
        let args: Vec<&str> = [&["push", "-q", &url], refspecs].concat();
        git::git(from, &args);
        self.notices(name, by).await
    }

    /// Notices what was pushed to the bare folder since the last time, and
    /// tells it: one delivery for all refs, and `pr:from_ref_updated` for pull
    /// requests whose head moved.
    pub async fn notices(&self, name: &str, by: &str) -> Vec<Sent> {
        self.notices_as("repo:refs_changed", name, by).await
    }

    /// The same on a mirror, which says so in its own words.
    pub async fn synchronizes_mirror(&self, name: &str) -> Vec<Sent> {
        self.notices_as("mirror:repo_synchronized", name, "alice")
            .await
    }

    async fn notices_as(&self, event: &str, name: &str, by: &str) -> Vec<Sent> {
        let after = git::refs(&self.path(name));
        let (before, id) = {
            let mut state = self.state();
            let kept = state.repository_mut(name);
            (std::mem::replace(&mut kept.refs, after.clone()), kept.id)
        };
        let names: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
        let moved = names
            .into_iter()
            .filter(|it| before.get(*it) != after.get(*it));
        let changes = moved.map(|it| change(it, before.get(it), after.get(it)));
        let changes: Vec<Value> = changes.collect();
        if changes.is_empty() {
            return Vec::new();
        }
        let repository = self.state().repository_json(id);
        let payload = json!({ "repository": repository, "changes": changes, "commits": [] });
        let mut sent = vec![self.tells(event, by, payload).await];
        for (into, number, previous) in self.outdated(id, &after) {
            self.takes_head(&into, number);
            let more = (by, json!({ "previousFromHash": previous }));
            sent.push(
                self.tells_pull("pr:from_ref_updated", &into, number, more)
                    .await,
            );
        }
        sent
    }

    /// Open pull requests from this repository whose head is not the tip.
    fn outdated(
        &self,
        from: u64,
        tips: &std::collections::BTreeMap<String, String>,
    ) -> Vec<(String, u64, String)> {
        let state = self.state();
        let mut all = Vec::new();
        for repository in &state.repositories {
            for it in repository
                .pulls
                .iter()
                .filter(|it| it.state == "OPEN" && it.from == from)
            {
                let tip = tips.get(&format!("refs/heads/{}", it.from_branch));
                if tip.is_some_and(|tip| *tip != it.head) {
                    let name = format!("{}/{}", repository.project, repository.slug);
                    all.push((name, it.number, it.head.clone()));
                }
            }
        }
        all
    }

    /// Reads the head again, and keeps its objects in the target repository
    /// under `refs/pull-requests/N/from`.
    fn takes_head(&self, name: &str, number: u64) {
        let (into, from, branch) = {
            let state = self.state();
            let it = state.pull(name, number);
            let from = state.with_id(it.from).path.clone();
            (
                state.repository(name).path.clone(),
                from,
                it.from_branch.clone(),
            )
        };
        let kept = format!("refs/pull-requests/{number}/from");
        let refspec = format!("+refs/heads/{branch}:{kept}");
        git::git(&into, &["fetch", "-q", &from.to_string_lossy(), &refspec]);
        let head = git::git(&into, &["rev-parse", &kept]);
        let mut state = self.state();
        let pull = state.pull_mut(name, number);
        pull.head = head;
        pull.version += 1;
    }

    /// Opens a pull request; gives its number.
    pub async fn open_pull_request(&self, name: &str, proposal: Proposal) -> u64 {
        let author = proposal.author.clone();
        let number = {
            let mut state = self.state();
            state.account(&author);
            let from = proposal.fork.as_deref().unwrap_or(name);
            let from = state.repository(from).id;
            let all = &mut state.repository_mut(name).pulls;
            let number = all.len() as u64 + 1;
            all.push(Pull {
                number,
                version: 0,
                state: "OPEN",
                author: proposal.author,
                from,
                from_branch: proposal.head,
                head: String::new(),
                to_branch: proposal.base,
                reviews: Vec::new(),
            });
            number
        };
        self.takes_head(name, number);
        self.tells_pull("pr:opened", name, number, (&author, json!({})))
            .await;
        number
    }

    /// The head of a pull request.
    pub fn head(&self, name: &str, number: u64) -> String {
        self.state().pull(name, number).head.clone()
    }

    /// Changes the branch that a pull request is for.
    pub async fn retarget(&self, name: &str, number: u64, base: &str) -> Sent {
        let before = {
            let mut state = self.state();
            let before = state.pull_json(name, number)["toRef"].take();
            let pull = state.pull_mut(name, number);
            pull.to_branch = base.into();
            pull.version += 1;
            before
        };
        let more = ("alice", json!({ "previousTarget": before }));
        self.tells_pull("pr:modified", name, number, more).await
    }

    /// Declines a pull request.
    pub async fn close(&self, name: &str, number: u64) -> Sent {
        self.state().pull_mut(name, number).state = "DECLINED";
        self.tells_pull("pr:declined", name, number, ("alice", json!({})))
            .await
    }

    /// Approves the head as it is.
    pub async fn approve(&self, name: &str, number: u64, by: &str) -> Sent {
        self.review(name, number, by, ReviewState::Approves).await
    }

    /// Reviews the head as it is.
    pub async fn review(&self, name: &str, number: u64, by: &str, says: ReviewState) -> Sent {
        let status = match says {
            ReviewState::Approves => "APPROVED",
            ReviewState::RequestsChanges => "NEEDS_WORK",
            ReviewState::Comments => {
                let more = (by, json!({ "comment": { "id": 1, "text": "words" } }));
                return self
                    .tells_pull("pr:comment:added", name, number, more)
                    .await;
            }
        };
        self.says(name, number, by, status).await
    }

    /// An account takes its approval back.
    pub async fn dismiss(&self, name: &str, number: u64, of: &str) -> Sent {
        self.says(name, number, of, "UNAPPROVED").await
    }

    /// Somebody removes a reviewer, and what the reviewer said.
    pub async fn removes_reviewer(&self, name: &str, number: u64, user: &str) -> Sent {
        self.state()
            .pull_mut(name, number)
            .reviews
            .retain(|it| it.user != user);
        self.tells_pull("pr:reviewer:updated", name, number, ("alice", json!({})))
            .await
    }

    /// What an account says as a reviewer: role, status, and the commit seen.
    pub fn word(
        &self,
        name: &str,
        number: u64,
        of: &str,
    ) -> Option<(String, String, Option<String>)> {
        let state = self.state();
        let mut all = state.pull(name, number).reviews.iter();
        let found = all.find(|it| it.user == of)?;
        Some((found.role.into(), found.status.clone(), found.seen.clone()))
    }

    async fn says(&self, name: &str, number: u64, by: &str, status: &str) -> Sent {
        let (event, participant) = {
            let mut state = self.state();
            state.account(by);
            state.pull_mut(name, number).word(by, status);
            let event = pulls::event_of(status, state.is_at_least(8, 10));
            (event, state.participant_json(name, number, by))
        };
        let more = (by, json!({ "participant": participant }));
        self.tells_pull(event, name, number, more).await
    }

    pub(super) async fn tells_pull(
        &self,
        event: &str,
        name: &str,
        number: u64,
        (by, mut payload): (&str, Value),
    ) -> Sent {
        payload["pullRequest"] = self.state().pull_json(name, number);
        self.tells(event, by, payload).await
    }
}

/// One ref of a push.
fn change(name: &str, old: Option<&String>, new: Option<&String>) -> Value {
    let id = |it: Option<&String>| it.cloned().unwrap_or_else(|| NULL.into());
    let kind = match (old, new) {
        (None, _) => "ADD",
        (_, None) => "DELETE",
        _ => "UPDATE",
    };
    let (of, short) = match name.strip_prefix("refs/tags/") {
        Some(short) => ("TAG", short),
        None => ("BRANCH", name.strip_prefix("refs/heads/").unwrap_or(name)),
    };
    json!({ "ref": { "id": name, "displayId": short, "type": of }, "refId": name,
        "fromHash": id(old), "toHash": id(new), "type": kind })
}

//! What people do on the forge, and the deliveries that follow.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::common::git;
use super::super::common::people::{Proposal, ReviewState};
use super::super::common::traffic::Sent;
use super::GitHub;
use super::state::{PullRequest, Repository, Review};

const NULL: &str = "0000000000000000000000000000000000000000";

impl GitHub {
    /// A new, empty repository `owner/name`; gives its bare folder.
    pub fn create_repository(&self, full_name: &str) -> PathBuf {
        let path = self
            .0
            .folder
            .join(format!("{}.git", full_name.replace('/', "__")));
        std::fs::create_dir_all(&path).expect("make a folder");
        git::git(&path, &["init", "-q", "--bare", "-b", "main"]);
        self.has_repository(full_name, &path, false);
        path
    }

    /// A bare repository that exists already becomes one of the forge's.
    pub fn adopts_repository(&self, full_name: &str, path: &Path) {
        self.has_repository(full_name, path, false);
    }

    /// A fork of a repository by an account; gives its bare folder.
    pub fn fork(&self, full_name: &str, by: &str) -> PathBuf {
        let (_, name) = full_name.split_once('/').expect("owner/name");
        let origin = self.path(full_name);
        let path = self.0.folder.join(format!("{by}__{name}.git"));
        let (from, to) = (origin.to_string_lossy(), path.to_string_lossy());
        git::git(&origin, &["clone", "-q", "--bare", &from, &to]);
        self.has_repository(&format!("{by}/{name}"), &path, true);
        path
    }

    fn has_repository(&self, full_name: &str, path: &Path, fork: bool) {
        for key in [
            "uploadpack.allowReachableSHA1InWant",
            "uploadpack.allowTipSHA1InWant",
        ] {
            git::git(path, &["config", key, "true"]);
        }
        let mut state = self.state();
        let id = 9000 + state.repositories.len() as u64;
        state.repositories.push(Repository {
            id,
            full_name: full_name.into(),
            path: path.to_owned(),
            fork,
            refs: git::refs(path),
            pull_requests: Vec::new(),
            required: Vec::new(),
            rulesets: Vec::new(),
            classic: std::collections::BTreeMap::new(),
            statuses: Vec::new(),
            bypasses: Vec::new(),
            pre_receive: None,
        });
    }

    /// Renames a repository; its API answers redirect from the old name.
    pub fn rename_repository(&self, from: &str, to: &str) {
        let mut state = self.state();
        let it = state.repository_mut(from);
        it.full_name = to.into();
        for pull_request in &mut it.pull_requests {
            if pull_request.head_repository == from {
                pull_request.head_repository = to.into();
            }
        }
        let id = it.id;
        state.renamed.push((from.into(), id));
    }

    /// The bare folder of a repository.
    pub fn path(&self, full_name: &str) -> PathBuf {
        self.state().repository(full_name).path.clone()
    }

    /// The repository's number.
    pub fn repository_id(&self, full_name: &str) -> u64 {
        self.state().repository(full_name).id
    }

    /// `by` pushes these refspecs from a working copy. Panics if git refuses.
    pub async fn push(
        &self,
        full_name: &str,
        by: &str,
        from: &Path,
        refspecs: &[&str],
    ) -> Vec<Sent> {
        let path = self.path(full_name);
        let url = path.to_string_lossy();
        let args: Vec<&str> = ["push", "-q", &url]
            .into_iter()
            .chain(refspecs.iter().copied())
            .collect();
        git::git(from, &args);
        self.notices(full_name, by).await
    }

    /// Notices what was pushed to the bare folder since the last time, and
    /// tells it: one delivery for each ref (none for tags if more than three
    /// were pushed), and `synchronize` for pull requests whose head moved.
    pub async fn notices(&self, full_name: &str, by: &str) -> Vec<Sent> {
        let after = git::refs(&self.path(full_name));
        let before = std::mem::replace(
            &mut self.state().repository_mut(full_name).refs,
            after.clone(),
        );
        let names = before.keys().chain(after.keys());
        let names: std::collections::BTreeSet<_> = names.collect();
        let moved: Vec<_> = names
            .into_iter()
            .filter(|it| before.get(*it) != after.get(*it))
            .collect();
        let tags = moved
            .iter()
            .filter(|it| it.starts_with("refs/tags/"))
            .count();
        let mut sent = Vec::new();
        for name in moved {
            if name.starts_with("refs/tags/") && tags > 3 {
                continue;
            }
            let (old, new) = (before.get(name), after.get(name));
            sent.push(self.tells_push(full_name, by, name, old, new).await);
            if let (Some(branch), Some(new)) = (name.strip_prefix("refs/heads/"), new) {
                sent.extend(self.synchronizes(full_name, by, branch, new).await);
            }
        }
        sent
    }

    async fn tells_push(
        &self,
        full_name: &str,
        by: &str,
        name: &str,
        old: Option<&String>,
        new: Option<&String>,
    ) -> Sent {
        let id = |it: Option<&String>| it.cloned().unwrap_or_else(|| NULL.into());
        let payload = json!({
            "ref": name, "before": id(old), "after": id(new), "created": old.is_none(),
            "deleted": new.is_none(), "forced": false, "base_ref": null, "compare": "",
            "commits": [], "head_commit": null,
            "pusher": { "name": by, "email": format!("{by}@example.com") },
        });
        self.tells("push", full_name, by, payload).await
    }

    async fn synchronizes(&self, full_name: &str, by: &str, branch: &str, new: &str) -> Vec<Sent> {
        let mut moved = Vec::new();
        for repository in &self.state().repositories {
            for it in &repository.pull_requests {
                let same = it.head_repository == full_name && it.head_branch == branch;
                if same && it.state == "open" && it.head != new {
                    moved.push((repository.full_name.clone(), it.number, it.head.clone()));
                }
            }
        }
        let mut sent = Vec::new();
        for (base, number, before) in moved {
            self.takes_head(&base, number);
            let more = json!({ "before": before, "after": new });
            sent.push(
                self.tells_pull_request(&base, number, by, "synchronize", more)
                    .await,
            );
        }
        sent
    }

    /// Reads the head and the base's tip again, and keeps the head's objects
    /// under `refs/pull/N/head` of the target repository.
    fn takes_head(&self, full_name: &str, number: u64) {
        let it = self.state().pull_request(full_name, number).clone();
        let (into, from) = (self.path(full_name), self.path(&it.head_repository));
        let branch = |name: &str| format!("refs/heads/{name}");
        let refspec = format!("+{}:refs/pull/{number}/head", branch(&it.head_branch));
        git::git(&into, &["fetch", "-q", &from.to_string_lossy(), &refspec]);
        let head = git::git(&into, &["rev-parse", &format!("refs/pull/{number}/head")]);
        let base = git::git(&into, &["rev-parse", &branch(&it.base_branch)]);
        let mut state = self.state();
        let kept = state.pull_request_mut(full_name, number);
        (kept.head, kept.base) = (head, base);
    }

    /// Opens a pull request; gives its number.
    pub async fn open_pull_request(&self, full_name: &str, proposal: Proposal) -> u64 {
        let author = proposal.author.clone();
        let number = {
            let mut state = self.state();
            let all = &mut state.repository_mut(full_name).pull_requests;
            let number = all.len() as u64 + 1;
            all.push(PullRequest {
                number,
                state: "open",
                draft: false,
                merged: false,
                author: proposal.author,
                head_repository: proposal.fork.unwrap_or_else(|| full_name.into()),
                head_branch: proposal.head,
                head: String::new(),
                base_branch: proposal.base,
                base: String::new(),
                reviews: Vec::new(),
            });
            number
        };
        self.takes_head(full_name, number);
        self.tells_pull_request(full_name, number, &author, "opened", json!({}))
            .await;
        number
    }

    /// The head of a pull request.
    pub fn head(&self, full_name: &str, number: u64) -> String {
        self.state().pull_request(full_name, number).head.clone()
    }

    /// Changes the branch that a pull request is for.
    pub async fn retarget(&self, full_name: &str, number: u64, base: &str) -> Sent {
        let from = {
            let mut state = self.state();
            let it = state.pull_request_mut(full_name, number);
            std::mem::replace(&mut it.base_branch, base.into())
        };
        self.takes_head(full_name, number);
        let more = json!({ "changes": { "base": { "ref": { "from": from } } } });
        self.tells_pull_request(full_name, number, "alice", "edited", more)
            .await
    }

    /// Closes a pull request without merging it.
    pub async fn close(&self, full_name: &str, number: u64) -> Sent {
        self.state().pull_request_mut(full_name, number).state = "closed";
        self.tells_pull_request(full_name, number, "alice", "closed", json!({}))
            .await
    }

    /// Approves the head as it is.
    pub async fn approve(&self, full_name: &str, number: u64, by: &str) -> Sent {
        self.review(full_name, number, by, ReviewState::Approves)
            .await
    }

    /// Reviews the head as it is.
    pub async fn review(&self, full_name: &str, number: u64, by: &str, says: ReviewState) -> Sent {
        let state = match says {
            ReviewState::Approves => "APPROVED",
            ReviewState::RequestsChanges => "CHANGES_REQUESTED",
            ReviewState::Comments => "COMMENTED",
        };
        let review = {
            let mut all = self.state();
            let it = all.pull_request_mut(full_name, number);
            let review = Review {
                id: number * 1000 + it.reviews.len() as u64,
                login: by.into(),
                state,
                commit: it.head.clone(),
            };
            it.reviews.push(review.clone());
            review
        };
        self.tells_review(full_name, number, by, "submitted", &review)
            .await
    }

    /// Somebody dismisses the last review of an account.
    pub async fn dismiss(&self, full_name: &str, number: u64, of: &str) -> Sent {
        let review = {
            let mut all = self.state();
            let reviews = &mut all.pull_request_mut(full_name, number).reviews;
            let last = reviews.iter_mut().rev().find(|it| it.login == of);
            let last = last.expect("a review to dismiss");
            last.state = "DISMISSED";
            last.clone()
        };
        self.tells_review(full_name, number, "alice", "dismissed", &review)
            .await
    }

    /// Presses "Re-run" on a check run.
    pub async fn rerequests(&self, full_name: &str, check_run: u64) -> Sent {
        let payload = {
            let state = self.state();
            let run = state.check_runs.iter().find(|it| it.id == check_run);
            let run = run.expect("a check run");
            json!({ "action": "rerequested", "check_run": {
                "id": run.id, "name": run.name, "head_sha": run.head,
                "app": { "id": run.app_id }, "pull_requests": [] } })
        };
        self.tells("check_run", full_name, "alice", payload).await
    }

    pub(super) async fn tells_pull_request(
        &self,
        full_name: &str,
        number: u64,
        by: &str,
        action: &str,
        more: Value,
    ) -> Sent {
        let pull_request = self.state().pull_request_json(full_name, number);
        let mut payload = more;
        payload["action"] = action.into();
        payload["number"] = number.into();
        payload["pull_request"] = pull_request;
        self.tells("pull_request", full_name, by, payload).await
    }

    async fn tells_review(
        &self,
        full_name: &str,
        number: u64,
        by: &str,
        action: &str,
        review: &Review,
    ) -> Sent {
        let payload = {
            let mut state = self.state();
            let pull_request = state.pull_request_json(full_name, number);
            let mut review = state.review_json(review);
            let lower = review["state"].as_str().unwrap_or("").to_lowercase();
            review["state"] = lower.into();
            json!({ "action": action, "review": review, "pull_request": pull_request })
        };
        self.tells("pull_request_review", full_name, by, payload)
            .await
    }
}

//! Protected branches, merging and the merge queue.

use serde_json::json;

use super::super::common::git;
use super::super::common::people::Merge;
use super::GitHub;

impl GitHub {
    /// Protects a branch: this check is required, and only our App's counts.
    pub fn require_check(&self, full_name: &str, branch: &str, context: &str) {
        let mut state = self.state();
        let required = &mut state.repository_mut(full_name).required;
        required.push((branch.into(), context.into()));
    }

    /// Why a pull request cannot be merged now, if it cannot.
    pub fn blocked_by(&self, full_name: &str, number: u64) -> Option<String> {
        let it = self.state().pull_request(full_name, number).clone();
        if it.state != "open" {
            return Some("the pull request is closed".into());
        }
        self.unmet(full_name, &it.base_branch, &it.head)
    }

    /// The first required check of the branch that this head does not have.
    fn unmet(&self, full_name: &str, branch: &str, head: &str) -> Option<String> {
        let state = self.state();
        let required = state.repository(full_name).required_checks(branch);
        required.iter().find_map(|(context, app)| {
            let here =
                state.check_runs.iter().rev().filter(|it| {
                    it.repository == full_name && it.head == head && it.name == *context
                });
            let here: Vec<_> = here.collect();
            let ours = here
                .iter()
                .find(|it| app.is_none_or(|app| it.app_id == app));
            match ours {
                Some(run) if run.passes() => None,
                Some(run) if run.status != "completed" => Some(format!(
                    "Required status check \"{context}\" is in progress."
                )),
                Some(_) => Some(format!("Required status check \"{context}\" is failing.")),
                None if here.is_empty() => {
                    Some(format!("Required status check \"{context}\" is expected."))
                }
                None => Some(format!(
                    "Required status check \"{context}\" was not set by the expected GitHub App."
                )),
            }
        })
    }

    /// Presses the merge button.
    pub async fn merge(&self, full_name: &str, number: u64) -> Merge {
        if let Some(reason) = self.blocked_by(full_name, number) {
            return Merge::Blocked { reason };
        }
        let it = self.state().pull_request(full_name, number).clone();
        let path = self.path(full_name);
        let target = format!("refs/heads/{}", it.base_branch);
        let base = git::git(&path, &["rev-parse", &target]);
        let commit = match self.merge_commit(full_name, number, &base) {
            Ok(commit) => commit,
            Err(reason) => return Merge::Blocked { reason },
        };
        git::git(&path, &["update-ref", &target, &commit, &base]);
        {
            let mut state = self.state();
            let kept = state.pull_request_mut(full_name, number);
            (kept.state, kept.merged) = ("closed", true);
        }
        self.tells_pull_request(full_name, number, "alice", "closed", json!({}))
            .await;
        self.notices(full_name, "alice").await;
        Merge::Merged { commit }
    }

    /// Puts a pull request into the merge queue: a temporary branch with the
    /// merge, and a delivery that asks for checks on it. Gives the group's head.
    pub async fn enqueue(&self, full_name: &str, number: u64) -> String {
        let it = self.state().pull_request(full_name, number).clone();
        let path = self.path(full_name);
        let target = format!("refs/heads/{}", it.base_branch);
        let base = git::git(&path, &["rev-parse", &target]);
        let head = self
            .merge_commit(full_name, number, &base)
            .expect("no conflict");
        let queued = format!(
            "refs/heads/gh-readonly-queue/{}/pr-{number}-{base}",
            it.base_branch
        );
        git::git(&path, &["update-ref", &queued, &head]);
        self.state().repository_mut(full_name).refs = git::refs(&path);
        let payload = json!({ "action": "checks_requested", "merge_group": {
            "head_sha": head, "head_ref": queued, "base_sha": base, "base_ref": target } });
        self.tells("merge_group", full_name, "alice", payload).await;
        head
    }

    fn merge_commit(&self, full_name: &str, number: u64, base: &str) -> Result<String, String> {
        let it = self.state().pull_request(full_name, number).clone();
        let path = self.path(full_name);
        let tree = git::try_git(&path, &["merge-tree", "--write-tree", base, &it.head])
            .map_err(|_| "Merge conflict".to_owned())?;
        let message = format!("Merge pull request #{number} from {}", it.head_branch);
        let args = [
            "commit-tree",
            &tree,
            "-p",
            base,
            "-p",
            &it.head,
            "-m",
            &message,
        ];
        git::try_git(&path, &args)
    }
}

//! Protected branches, what holds a merge back, and merging.

use serde_json::json;

use super::events::Event;
use super::state::{DEVELOPER, MergeRequest, Protected, State};
use super::{GitLab, Merge, git};

impl State {
    /// Why a merge request cannot be merged, in GitLab's word; or `mergeable`.
    pub fn detailed_merge_status(&self, project: u64, it: &MergeRequest) -> &'static str {
        let settings = &self.with_id(project).settings;
        let on = |name: &str| settings.get(name).is_some_and(|it| it == true);
        if it.state != "opened" {
            return "not_open";
        }
        if it.draft {
            return "draft_status";
        }
        if on("only_allow_merge_if_all_discussions_are_resolved") && it.open_discussions() > 0 {
            return "discussions_not_resolved";
        }
        if on("only_allow_merge_if_pipeline_succeeds") {
            let said = self.head_pipeline(it).map(|it| self.pipeline_status(it.id));
            match said {
                Some("success") => {}
                Some("skipped") if on("allow_merge_on_skipped_pipeline") => {}
                Some("running" | "pending" | "created") => return "ci_still_running",
                _ => return "ci_must_pass",
            }
        }
        let all = on("only_allow_merge_if_all_status_checks_passed") && self.licensed;
        let mut checks = self.checks_of(project, it).into_iter();
        if all && checks.any(|(_, status)| status != "passed") {
            return "status_checks_must_pass";
        }
        "mergeable"
    }
}

impl GitLab {
    /// Pipelines must succeed and threads be resolved; the branch takes merges
    /// of Developers and nobody's pushes; and where it is licensed, a check of
    /// this name must pass. Without it GitLab holds nothing back for a status
    /// that nobody has posted yet.
    pub fn require_check(&self, name: &str, branch: &str, context: &str) {
        let licensed = {
            let mut state = self.state();
            let project = state.project_mut(name);
            for setting in [
                "only_allow_merge_if_pipeline_succeeds",
                "only_allow_merge_if_all_discussions_are_resolved",
            ] {
                project.settings.insert(setting.into(), true.into());
            }
            state.licensed
        };
        self.protects(name, branch, (0, DEVELOPER));
        if licensed {
            self.has_status_check(name, branch, context);
        }
    }

    /// These roles and higher may push to a branch and merge into it.
    pub fn protects(&self, name: &str, branch: &str, (push, merge): (u64, u64)) {
        let mut state = self.state();
        let all = &mut state.project_mut(name).protected;
        all.retain(|it| it.name != branch);
        let id = all.iter().map(|it| it.id).max().unwrap_or(0) + 1;
        all.push(Protected {
            id,
            name: branch.into(),
            push,
            merge,
            force: false,
        });
    }

    /// A setting of a project has this value.
    pub fn sets(&self, name: &str, setting: &str, value: impl Into<serde_json::Value>) {
        let mut state = self.state();
        let settings = &mut state.project_mut(name).settings;
        settings.insert(setting.into(), value.into());
    }

    /// Why a merge request cannot be merged now, if it cannot.
    pub fn blocked_by(&self, name: &str, iid: u64) -> Option<String> {
        let state = self.state();
        let project = state.project(name).id;
        let it = state.merge_request(project, iid);
        let status = state.detailed_merge_status(project, it);
        (status != "mergeable").then(|| status.to_owned())
    }

    /// Presses the merge button.
    pub async fn merge(&self, name: &str, iid: u64) -> Merge {
        if let Some(reason) = self.blocked_by(name, iid) {
            return Merge::Blocked { reason };
        }
        let (project, it) = {
            let state = self.state();
            let project = state.project(name).id;
            (project, state.merge_request(project, iid).clone())
        };
        let folder = self.path(name);
        let target = format!("refs/heads/{}", it.target_branch);
        let base = git::git(&folder, &["rev-parse", &target]);
        let tree = git::try_git(&folder, &["merge-tree", "--write-tree", &base, &it.sha]);
        let Ok(tree) = tree else {
            let reason = "conflict".to_owned();
            return Merge::Blocked { reason };
        };
        let message = format!(
            "Merge branch '{}' into '{}'",
            it.source_branch, it.target_branch
        );
        let parents = ["-p", &base, "-p", &it.sha, "-m", &message];
        let commit = [&["commit-tree", &tree][..], &parents].concat();
        let commit = git::git(&folder, &commit);
        git::git(&folder, &["update-ref", &target, &commit, &base]);
        self.state().merge_request_mut(project, iid).state = "merged";
        self.tells(Event::MergeRequest {
            project,
            iid,
            by: "alice".into(),
            action: "merge",
            more: json!({ "merge_commit_sha": commit }),
        })
        .await;
        self.notices(name, "alice").await;
        Merge::Merged { commit }
    }
}

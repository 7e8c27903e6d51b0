//! Merge checks and the merge button.

use serde_json::json;

use super::super::common::git;
use super::super::common::people::Merge;
use super::state::State;
use super::{Stash, WARDEN};

impl Stash {
    /// Into this branch, a successful build with this parent is required, and
    /// the approval of our account; "needs work" is a veto.
    pub fn require_check(&self, name: &str, branch: &str, context: &str) {
        let mut state = self.state();
        let required = &mut state.repository_mut(name).required;
        required.push((branch.into(), context.into()));
    }

    /// Why a pull request cannot be merged now, if it cannot.
    pub fn blocked_by(&self, name: &str, number: u64) -> Option<String> {
        let state = self.state();
        if state.pull(name, number).state != "OPEN" {
            return Some("the pull request is not open".into());
        }
        let vetoes = state.vetoes(name, number);
        (!vetoes.is_empty()).then(|| vetoes.join("; "))
    }

    /// Presses the merge button.
    pub async fn merge(&self, name: &str, number: u64) -> Merge {
        if let Some(reason) = self.blocked_by(name, number) {
            return Merge::Blocked { reason };
        }
        let pull = self.state().pull(name, number).clone();
        let path = self.path(name);
        let target = format!("refs/heads/{}", pull.to_branch);
        let base = git::git(&path, &["rev-parse", &target]);
        let tree = git::try_git(&path, &["merge-tree", "--write-tree", &base, &pull.head]);
        let Ok(tree) = tree else {
            return Merge::Blocked {
                reason: "Merge conflict".into(),
            };
        };
        let message = format!("Merge pull request #{number}");
        let args = [
            "commit-tree",
            &tree,
            "-p",
            &base,
            "-p",
            &pull.head,
            "-m",
            &message,
        ];
        let commit = git::git(&path, &args);
        git::git(&path, &["update-ref", &target, &commit, &base]);
        self.state().pull_mut(name, number).state = "MERGED";
        self.tells_pull("pr:merged", name, number, ("alice", json!({})))
            .await;
        self.notices(name, "alice").await;
        Merge::Merged { commit }
    }
}

impl State {
    /// What the merge checks say against it.
    pub fn vetoes(&self, name: &str, number: u64) -> Vec<String> {
        let (repository, pull) = (self.repository(name), self.pull(name, number));
        let required = repository.required.iter();
        let required: Vec<_> = required.filter(|(to, _)| *to == pull.to_branch).collect();
        let mut vetoes = Vec::new();
        for (_, parent) in &required {
            let here = self.builds.iter().filter(|it| {
                it.repository == Some(repository.id)
                    && it.commit == pull.head
                    && it.parent.as_ref() == Some(parent)
            });
            // Of each key, the last one counts.
            let mut last = std::collections::BTreeMap::new();
            for it in here {
                last.insert(&it.key, &it.state);
            }
            if last.is_empty() || last.values().any(|it| *it != "SUCCESSFUL") {
                vetoes.push(format!("Required build \"{parent}\" is not successful."));
            }
        }
        let mut reviewers = pull.reviews.iter().filter(|it| it.role == "REVIEWER");
        let approves = reviewers.any(|it| it.user == WARDEN && it.status == "APPROVED");
        if !required.is_empty() && !approves && pull.author != WARDEN {
            vetoes.push(format!("{WARDEN} has not approved."));
        }
        let mut all = pull.reviews.iter();
        if !required.is_empty() && all.any(|it| it.status == "NEEDS_WORK") {
            vetoes.push("A reviewer says that it needs work.".into());
        }
        vetoes
    }
}

//! Where a status has to stand so that it counts, and whether it can.

use gitlab::api::projects::Project;
use serde::Deserialize;

use super::super::GitLab;
use super::super::api::built;
use super::super::evidence::Found;
use crate::forge::support::answer::refused;
use crate::forge::support::reading::Id;
use crate::forge::{ForgeError, Status, StatusSubject};
use crate::model::event::EventRepository;
use crate::model::refs::RefName;
use crate::model::repo::ForgeKind;

/// What the contexts of our statuses of merge requests begin with; the target
/// branch follows. What is changed, and how it was pushed.
const CHANGE: &str = "forgewarden/";
const AUTHENTICATION: &str = "forgewarden-auth/";

/// Most merge requests that one status is put on.
const MAX_PLACES: usize = 50;

/// Where a status is filed.
pub(super) struct Place {
    /// The ref: GitLab would choose any branch that has the commit.
    pub(super) name: String,
    /// The pipeline that the merge request waits for, if it is of this head here.
    pub(super) pipeline: Option<Id>,
    /// The merge request, if the status is for its present head and target: then
    /// the other gates move too.
    pub(super) gates: Option<u64>,
    /// Why the thread is needed; nothing if it is not.
    pub(super) thread: Option<Why>,
    /// The file that the project takes its CI configuration from, if not the usual.
    pub(super) ci_config: Option<String>,
}

/// Why a commit status alone does not block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The merge request comes from a fork, whose own pipeline decides.
    Fork,
    /// The pipeline that decides is of a merge result, which has another commit.
    MergeResult,
    /// The project waits for threads, and not for pipelines.
    Setting,
}

/// The settings of a project that matter here.
#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    only_allow_merge_if_pipeline_succeeds: Option<bool>,
    #[serde(default)]
    only_allow_merge_if_all_discussions_are_resolved: Option<bool>,
    #[serde(default)]
    ci_config_path: Option<String>,
}

impl GitLab {
    /// Every place where the status counts: one for each merge request into the
    /// same target with the same head. GitLab keeps a pipeline for each source
    /// branch; a second branch at this head would be merged past the status.
    pub(super) async fn places(
        &self,
        repository: &EventRepository,
        status: &Status,
    ) -> Result<Vec<Place>, ForgeError> {
        let number = match &status.subject {
            StatusSubject::PullRequest(number) => *number,
            StatusSubject::Ref(name) => return Ok(vec![of_ref(name)]),
        };
        let mut numbers = vec![number];
        for other in self.open_with(repository.id, status.head).await? {
            if other.iid.0 != number && is_for(status, &other) {
                numbers.push(other.iid.0);
            }
        }
        if numbers.len() > MAX_PLACES {
            let reason = format!("more than {MAX_PLACES} merge requests have this head and target");
            return Err(refused(ForgeKind::GitLab, reason));
        }
        let mut places = Vec::new();
        for number in numbers {
            let found = self.merge_request(repository.id, number).await?;
            places.push(of_merge_request(&found, status, number));
        }
        if places.iter().any(|place| place.gates.is_some()) {
            self.apply_settings(repository, &mut places).await?;
        }
        Ok(places)
    }

    async fn apply_settings(
        &self,
        repository: &EventRepository,
        places: &mut [Place],
    ) -> Result<(), ForgeError> {
        let project = Project::builder().project(repository.id).build();
        let settings: Settings = self.api.get(&built(project)?).await?;
        let threads = settings.only_allow_merge_if_all_discussions_are_resolved == Some(true);
        let pipelines = settings.only_allow_merge_if_pipeline_succeeds == Some(true);
        let usual = |path: &String| path.is_empty() || path == ".gitlab-ci.yml";
        let ci_config = settings.ci_config_path.filter(|path| !usual(path));
        for place in places {
            if threads && !pipelines {
                place.thread = place.thread.or(Some(Why::Setting));
            }
            place.ci_config.clone_from(&ci_config);
        }
        Ok(())
    }
}

/// Under its full name: GitLab's pipelines of branches have the short one. In the
/// pipeline that a merge request waits for, a red push would hold back what was
/// approved since, and a green one would pass for the status that is to come.
fn of_ref(name: &RefName) -> Place {
    Place {
        name: String::from_utf8_lossy(name.as_bstr()).into_owned(),
        pipeline: None,
        gates: None,
        thread: None,
        ci_config: None,
    }
}

fn of_merge_request(found: &Found, status: &Status, number: u64) -> Place {
    let fork = found.source_project_id != Some(found.project_id);
    let head = status.head.to_string();
    let here = found.head_pipeline.as_ref().filter(|pipeline| {
        let project = pipeline.project_id.unwrap_or(found.project_id);
        !fork && project == found.project_id && pipeline.sha == head
    });
    let of_result = found.head_pipeline.as_ref().is_some_and(|pipeline| {
        let name = pipeline.name.strip_prefix("refs/merge-requests/");
        name.is_some_and(|rest| rest.ends_with("/merge") || rest.ends_with("/train"))
    });
    let name = match here {
        Some(pipeline) => pipeline.name.clone(),
        None if fork => format!("refs/merge-requests/{number}/head"),
        None => found.source_branch.clone(),
    };
    // How it was pushed moves no gate: what is wrong is said at the other status too.
    let moves_gates = is_for(status, found) && !status.context.starts_with(AUTHENTICATION);
    let current = found.is_open() && found.sha.as_ref() == Some(&head) && moves_gates;
    Place {
        name,
        pipeline: here.map(|pipeline| pipeline.id),
        gates: current.then_some(number),
        thread: match (fork, of_result) {
            (true, _) => Some(Why::Fork),
            (false, true) => Some(Why::MergeResult),
            (false, false) => None,
        },
        ci_config: None,
    }
}

/// Whether the status is for the branch that is the target now: what is withdrawn
/// for an earlier target must not move the gates of the present one.
fn is_for(status: &Status, found: &Found) -> bool {
    let target = RefName::branch(&found.target_branch);
    let context = status.context.as_str();
    let of_change = context.strip_prefix(CHANGE);
    let name = of_change.or_else(|| context.strip_prefix(AUTHENTICATION));
    target.is_ok_and(|target| name == Some(target.short_text().as_str()))
}

#[cfg(test)]
mod tests {
    use super::{Why, of_merge_request};
    use crate::forge::{Status, StatusSubject};
    use crate::model::oid::ObjectId;
    use crate::model::verdict::Conclusion;
    use serde_json::{Value, json};

    const HEAD: &str = "1111111111111111111111111111111111111111";
    const OTHER: &str = "2222222222222222222222222222222222222222";

    fn status(context: &str) -> Status {
        Status {
            context: context.into(),
            head: ObjectId::parse(HEAD).expect("an id"),
            subject: StatusSubject::PullRequest(5),
            conclusion: Conclusion::Fail,
            title: String::new(),
            summary: String::new(),
            annotations: Vec::new(),
            details_url: String::new(),
            external_id: String::new(),
        }
    }

    fn place(from: u64, head: &str, pipeline: Value, context: &str) -> super::Place {
        let found = json!({ "iid": 5, "state": "opened", "target_branch": "main",
            "source_branch": "topic", "sha": head, "project_id": 7, "source_project_id": from,
            "head_pipeline": pipeline });
        let found = serde_json::from_value(found).expect("a merge request");
        of_merge_request(&found, &status(context), 5)
    }

    fn pipeline(project: u64, sha: &str, name: &str) -> Value {
        json!({ "id": 9, "sha": sha, "ref": name, "project_id": project })
    }

    #[test]
    fn a_status_goes_to_the_pipeline_that_the_merge_request_waits_for() {
        let main = "forgewarden/main";
        let none = place(7, HEAD, Value::Null, main);
        assert_eq!(
            (none.name.as_str(), none.pipeline, none.thread),
            ("topic", None, None)
        );
        let own = place(
            7,
            HEAD,
            pipeline(7, HEAD, "refs/merge-requests/5/head"),
            main,
        );
        assert_eq!(own.name, "refs/merge-requests/5/head");
        assert_eq!(own.pipeline.map(|id| id.0), Some(9));
        let earlier = place(7, HEAD, pipeline(7, OTHER, "topic"), main);
        assert_eq!((earlier.pipeline, earlier.thread), (None, None));
    }

    #[test]
    fn where_another_pipeline_decides_a_thread_is_needed() {
        let main = "forgewarden/main";
        let fork = place(8, HEAD, pipeline(8, HEAD, "topic"), main);
        assert_eq!((fork.pipeline, fork.thread), (None, Some(Why::Fork)));
        assert_eq!(fork.name, "refs/merge-requests/5/head");
        let result = place(
            7,
            HEAD,
            pipeline(7, OTHER, "refs/merge-requests/5/merge"),
            main,
        );
        assert_eq!(
            (result.pipeline, result.thread),
            (None, Some(Why::MergeResult))
        );
    }

    #[test]
    fn only_the_present_head_and_target_move_the_gates() {
        assert_eq!(
            place(7, HEAD, Value::Null, "forgewarden/main").gates,
            Some(5)
        );
        assert_eq!(place(7, OTHER, Value::Null, "forgewarden/main").gates, None);
        assert_eq!(
            place(7, HEAD, Value::Null, "forgewarden/release").gates,
            None
        );
    }
}

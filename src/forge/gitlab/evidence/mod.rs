//! Merge requests and their approvals, as GitLab states them now.
//!
//! What is not read to its end, or cannot be bound to a head, does not count.

mod approvals;

use std::collections::HashMap;

use async_trait::async_trait;
use gitlab::api::groups::Group;
use gitlab::api::projects::Project;
use gitlab::api::projects::merge_requests::{MergeRequest, MergeRequestState, MergeRequests};
use gitlab::api::projects::repository::branches::Branch;
use gitlab::api::projects::repository::commits::MergeRequests as OfCommit;
use serde::Deserialize;

use super::GitLab;
use super::api::{Api, built};
use super::payload::{Account, Commit};
use crate::forge::support::answer::{self, refused, unavailable};
use crate::forge::support::reading::Id;
use crate::forge::support::url::encoded;
use crate::forge::{Evidence, ForgeError, PullRequestState};
use crate::model::approval::{Approval, ConfiguredFile};
use crate::model::event::EventRepository;
use crate::model::oid::ObjectId;
use crate::model::principal::Actor;
use crate::model::refs::RefName;
use crate::model::repo::ForgeKind;
use crate::model::text::excerpt;

const FORGE: ForgeKind = ForgeKind::GitLab;

#[async_trait]
impl Evidence for GitLab {
    async fn pull_request(
        &self,
        repository: &EventRepository,
        number: u64,
    ) -> Result<PullRequestState, ForgeError> {
        let found = self.merge_request(repository.id, number).await?;
        let mut state = state(found)?;
        if state.open {
            state.base = tip(&self.api, repository.id, &state.target).await?;
        }
        Ok(state)
    }

    async fn pull_requests_of(
        &self,
        repository: &EventRepository,
        head: ObjectId,
    ) -> Result<Vec<PullRequestState>, ForgeError> {
        let open = self.open_with(repository.id, head).await?;
        let open = open.into_iter().map(state).collect::<Result<_, _>>()?;
        self.with_tips(repository.id, open).await
    }

    async fn approvals(
        &self,
        repository: &EventRepository,
        number: u64,
    ) -> Result<Vec<Approval>, ForgeError> {
        approvals::standing(&self.api, repository.id, number).await
    }

    async fn is_member(
        &self,
        _: &EventRepository,
        group: &str,
        actor: &Actor,
    ) -> Result<bool, ForgeError> {
        let Some(user) = actor.id else {
            let reason = format!("{actor} has no number, so no group can be asked for it");
            return Err(refused(FORGE, reason));
        };
        if group.bytes().all(|byte| byte.is_ascii_digit()) {
            // GitLab would take it for the number of whatever group has it.
            let reason = format!("\"{}\" is not the path of a group", excerpt(group, 80));
            return Err(refused(FORGE, reason));
        }
        let path = encoded(group.as_bytes(), b"");
        let path = format!("/groups/{path}/members/all/{user}");
        if let Some(member) = self.api.find_at::<Member>(&path).await? {
            return Ok(member.id.0 == user && member.counts(self.api.now()));
        }
        // 404: no such member, or no such group. Only the first is an answer.
        let known: Option<GroupFound> = self
            .api
            .find(&built(Group::builder().group(group).build())?)
            .await?;
        match known {
            Some(found) if found.full_path.eq_ignore_ascii_case(group) => Ok(false),
            _ => {
                let group = excerpt(group, 80);
                let reason = format!("there is no group \"{group}\" that our account can see");
                Err(refused(FORGE, reason))
            }
        }
    }

    /// `ci_config_path` if it names a file of this project; one of another
    /// project or server is none of ours to read.
    async fn configured(
        &self,
        repository: &EventRepository,
    ) -> Result<Vec<ConfiguredFile>, ForgeError> {
        let project = Project::builder().project(repository.id).build();
        let settings: Settings = self.api.get(&built(project)?).await?;
        let path = settings.ci_config_path.unwrap_or_default();
        let elsewhere = path.contains('@') || path.contains("://");
        let own = (!path.is_empty() && !elsewhere).then(|| ConfiguredFile {
            path: path.trim_start_matches('/').to_owned(),
            system: "gitlab-ci",
        });
        Ok(own.into_iter().collect())
    }
}

/// The settings of a project that say which files count.
#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    ci_config_path: Option<String>,
}

impl GitLab {
    pub(super) async fn merge_request(
        &self,
        project: u64,
        number: u64,
    ) -> Result<Found, ForgeError> {
        let endpoint = MergeRequest::builder()
            .project(project)
            .merge_request(number)
            .build();
        self.api.get(&built(endpoint)?).await
    }

    /// The open merge requests into this project with this head.
    pub(super) async fn open_with(
        &self,
        project: u64,
        head: ObjectId,
    ) -> Result<Vec<Found>, ForgeError> {
        let of_commit = OfCommit::builder()
            .project(project)
            .sha(head.to_string())
            .build();
        // A refusal: the project does not know the commit (yet).
        let associated = match self.api.list(&built(of_commit)?).await {
            Err(ForgeError::Refused { .. }) => Vec::new(),
            found => found?,
        };
        let open = only_open_with(project, head, associated);
        if !open.is_empty() {
            return Ok(open);
        }
        // Merge requests from forks are not always associated with their commits.
        Ok(only_open_with(project, head, self.opened(project).await?))
    }

    async fn opened(&self, project: u64) -> Result<Vec<Found>, ForgeError> {
        let endpoint = MergeRequests::builder()
            .project(project)
            .state(MergeRequestState::Opened)
            .build();
        self.api.list(&built(endpoint)?).await
    }

    /// Every open merge request of a project, as it is now.
    pub(super) async fn all_open(&self, project: u64) -> Result<Vec<PullRequestState>, ForgeError> {
        let found = self.opened(project).await?;
        // One without a head is still being prepared, and comes with an event.
        let ready = found.into_iter().filter(|it| it.sha.is_some());
        let states = ready.map(state).collect::<Result<_, _>>()?;
        self.with_tips(project, states).await
    }

    async fn with_tips(
        &self,
        project: u64,
        mut states: Vec<PullRequestState>,
    ) -> Result<Vec<PullRequestState>, ForgeError> {
        let mut tips: HashMap<RefName, ObjectId> = HashMap::new();
        for state in &mut states {
            state.base = match tips.get(&state.target) {
                Some(known) => *known,
                None => {
                    let found = tip(&self.api, project, &state.target).await?;
                    tips.insert(state.target.clone(), found);
                    found
                }
            };
        }
        Ok(states)
    }
}

/// A merge request, as GitLab answers.
#[derive(Deserialize)]
pub(super) struct Found {
    pub(super) iid: Id,
    pub(super) state: String,
    pub(super) target_branch: String,
    pub(super) source_branch: String,
    /// The head; nothing while GitLab prepares the merge request.
    pub(super) sha: Option<String>,
    author: Option<Account>,
    pub(super) project_id: Id,
    /// Nothing if the fork is gone.
    pub(super) source_project_id: Option<Id>,
    pub(super) diff_refs: Option<DiffRefs>,
    /// Not in lists.
    pub(super) head_pipeline: Option<Pipeline>,
}

#[derive(Deserialize)]
pub(super) struct DiffRefs {
    start_sha: Option<String>,
}

/// The pipeline that a merge request waits for.
#[derive(Deserialize)]
pub(super) struct Pipeline {
    pub(super) id: Id,
    pub(super) sha: String,
    #[serde(rename = "ref")]
    pub(super) name: String,
    pub(super) project_id: Option<Id>,
}

impl Found {
    /// `locked` is a merge in progress.
    pub(super) fn is_open(&self) -> bool {
        self.state == "opened" || self.state == "locked"
    }
}

/// The base is that of the newest comparison: good enough for one that is
/// closed, since nothing is judged of it.
fn state(found: Found) -> Result<PullRequestState, ForgeError> {
    let odd = |error: String| answer::unreadable(FORGE, format!("a merge request: {error}"));
    let open = found.is_open();
    let Some(head) = &found.sha else {
        let reason = format!("merge request {} has no head yet", found.iid.0);
        return Err(unavailable(FORGE, reason));
    };
    let head = ObjectId::parse(head).map_err(|error| odd(error.to_string()))?;
    let start = found.diff_refs.and_then(|refs| refs.start_sha);
    let base = match start {
        Some(start) => ObjectId::parse(start).map_err(|error| odd(error.to_string()))?,
        // Replaced by the target's tip if it is open.
        None => head,
    };
    let target = RefName::branch(&found.target_branch);
    Ok(PullRequestState {
        number: found.iid.0,
        open,
        target: target.map_err(|error| odd(error.to_string()))?,
        base,
        head,
        actor: found.author.map(Account::actor).transpose().map_err(odd)?,
    })
}

fn only_open_with(project: u64, head: ObjectId, found: Vec<Found>) -> Vec<Found> {
    let head = head.to_string();
    let here = found.into_iter().filter(|it| {
        it.project_id.0 == project && it.is_open() && it.sha.as_deref() == Some(head.as_str())
    });
    here.collect()
}

#[derive(Deserialize)]
struct BranchFound {
    commit: Commit,
}

/// The tip of a branch now. A merge request's own `diff_refs` are of an earlier
/// time, and with them the policy of that time.
async fn tip(api: &Api, project: u64, branch: &RefName) -> Result<ObjectId, ForgeError> {
    let name = String::from_utf8_lossy(branch.short()).into_owned();
    let endpoint = Branch::builder().project(project).branch(name).build();
    let found: BranchFound = api.get(&built(endpoint)?).await?;
    let odd = |error| answer::unreadable(FORGE, format!("a branch: {error}"));
    ObjectId::parse(&found.commit.id).map_err(odd)
}

#[derive(Deserialize)]
struct GroupFound {
    full_path: String,
}

/// A member of a group, inherited ones too.
#[derive(Deserialize)]
struct Member {
    id: Id,
    state: String,
    membership_state: Option<String>,
    expires_at: Option<String>,
}

impl Member {
    /// Blocked, invited and expired members do not count. GitLab removes those
    /// who expired some time later.
    fn counts(&self, now: jiff::Timestamp) -> bool {
        let is_active = |state: &String| state == "active";
        let today = jiff::tz::Offset::UTC.to_datetime(now).date();
        let lasts = self.expires_at.as_ref().is_none_or(|date| {
            let date = date.parse::<jiff::civil::Date>();
            date.is_ok_and(|date| date > today)
        });
        is_active(&self.state) && self.membership_state.as_ref().is_none_or(is_active) && lasts
    }
}

#[cfg(test)]
mod tests {
    use super::Member;

    #[test]
    fn only_active_members_count() {
        let now = "2026-01-02T03:04:05Z".parse().expect("a time");
        let counts = |json: serde_json::Value| {
            let member: Member = serde_json::from_value(json).expect("a member");
            member.counts(now)
        };
        let json = |state: &str, until: Option<&str>| serde_json::json!({ "id": 3, "state": state, "expires_at": until });
        assert!(counts(json("active", None)));
        assert!(counts(json("active", Some("2026-01-03"))));
        assert!(!counts(json("active", Some("2026-01-02"))));
        assert!(!counts(json("active", Some("someday"))));
        assert!(!counts(json("blocked", None)));
    }
}

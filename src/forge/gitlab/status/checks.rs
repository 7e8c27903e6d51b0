//! The external status check, where the licence has it: GitLab itself waits for
//! our answer (docs.gitlab.com, "External status checks API"; Ultimate).
//!
//! A check counts as ours if its name is the context. Anybody who may approve
//! can answer it, so it is read back like a status.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::super::GitLab;
use crate::forge::support::reading::Id;
use crate::forge::{ForgeError, Status};
use crate::model::event::EventRepository;
use crate::model::text::excerpt;
use crate::model::verdict::Conclusion;

/// How long a project is remembered to have no licence.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(5);

/// The projects without a licence, and when GitLab said so.
#[derive(Default)]
pub(in super::super) struct KnownChecks(Mutex<HashMap<u64, Timestamp>>);

impl KnownChecks {
    fn are_none(&self, project: u64, now: Timestamp) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, at| now.duration_since(*at) < REMEMBERED);
        known.contains_key(&project)
    }

    fn remember_none(&self, project: u64, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(project, now);
    }
}

/// A check as it stands on a merge request.
#[derive(Deserialize)]
struct Check {
    id: Id,
    name: String,
    status: Option<String>,
}

impl Check {
    fn says(&self, conclusion: Conclusion) -> bool {
        self.status.as_deref() == Some(answer(conclusion))
    }
}

impl GitLab {
    /// Answers the check of this name, if the merge request waits for one.
    pub(super) async fn answer_check(
        &self,
        repository: &EventRepository,
        status: &Status,
        number: u64,
    ) -> Result<(), ForgeError> {
        let check = self.check(repository.id, status, number).await?;
        let Some(check) = check.filter(|it| !it.says(status.conclusion)) else {
            return Ok(());
        };
        let project = repository.id;
        let path = format!("/projects/{project}/merge_requests/{number}/status_check_responses");
        let body = serde_json::json!({
            "sha": status.head.to_string(),
            "external_status_check_id": check.id.0,
            "status": answer(status.conclusion),
        });
        let answer = self.api.send(Method::POST, path, &body).await?;
        answer.succeeded()
    }

    /// How the check of this name stands, if not as we answered.
    pub(super) async fn check_changed(
        &self,
        repository: &EventRepository,
        status: &Status,
        number: u64,
    ) -> Result<Option<String>, ForgeError> {
        let check = self.check(repository.id, status, number).await?;
        let changed = check.filter(|it| !it.says(status.conclusion));
        Ok(changed.map(|it| {
            let stands = excerpt(it.status.as_deref().unwrap_or("nothing"), 20);
            format!("the external status check says {stands}")
        }))
    }

    /// Read from the merge request: the project's own list is for maintainers
    /// alone, and knows nothing of its target branch.
    async fn check(
        &self,
        project: u64,
        status: &Status,
        number: u64,
    ) -> Result<Option<Check>, ForgeError> {
        let now = self.api.now();
        if self.checks.are_none(project, now) {
            return Ok(None);
        }
        let path = format!("/projects/{project}/merge_requests/{number}/status_checks");
        let Some(all) = self.api.list_if_allowed::<Check>(&path).await? else {
            self.checks.remember_none(project, now);
            return Ok(None);
        };
        Ok(all.into_iter().find(|it| it.name == status.context))
    }
}

/// The only mapping to the words of a check. Only a pass has passed.
fn answer(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Pending => "pending",
        Conclusion::Pass => "passed",
        Conclusion::Fail | Conclusion::Error => "failed",
    }
}

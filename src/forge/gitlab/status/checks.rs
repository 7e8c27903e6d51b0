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

/// How long a project's list of checks is remembered.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(5);

/// The checks of each project, and when they were asked for. None where there is
/// no licence.
#[derive(Default)]
pub(in super::super) struct KnownChecks(Mutex<HashMap<u64, (Timestamp, Vec<Check>)>>);

#[derive(Clone, Deserialize)]
struct Check {
    id: Id,
    name: String,
    /// How it stands on a merge request; not in a project's list.
    status: Option<String>,
}

impl GitLab {
    /// Answers the check of this name, if the project has one.
    pub(super) async fn answer_check(
        &self,
        repository: &EventRepository,
        status: &Status,
        number: u64,
    ) -> Result<(), ForgeError> {
        let Some(check) = self.check(repository.id, &status.context).await? else {
            return Ok(());
        };
        let project = repository.id;
        let path = format!("/projects/{project}/merge_requests/{number}/status_check_responses");
        let body = serde_json::json!({
            "sha": status.head.to_string(),
            "external_status_check_id": check.0,
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
        let Some(check) = self.check(repository.id, &status.context).await? else {
            return Ok(None);
        };
        let project = repository.id;
        let path = format!("/projects/{project}/merge_requests/{number}/status_checks");
        let all: Vec<Check> = self.api.list_at(&path).await?;
        let stands = all.into_iter().find(|it| it.id == check);
        let stands = stands.and_then(|it| it.status);
        if stands.as_deref() == Some(answer(status.conclusion)) {
            return Ok(None);
        }
        let stands = excerpt(stands.unwrap_or_else(|| "nothing".to_owned()), 20);
        Ok(Some(format!("the external status check says {stands}")))
    }

    async fn check(&self, project: u64, name: &str) -> Result<Option<Id>, ForgeError> {
        let of_name = |checks: &[Check]| {
            let mut checks = checks.iter();
            checks.find(|check| check.name == name).map(|it| it.id)
        };
        let now = self.api.now();
        {
            let known = self.checks.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((at, checks)) = known.get(&project)
                && now.duration_since(*at) < REMEMBERED
            {
                return Ok(of_name(checks));
            }
        }
        let path = format!("/projects/{project}/external_status_checks");
        let checks = self.api.list_if_allowed::<Check>(&path).await?;
        let checks = checks.unwrap_or_default();
        let found = of_name(&checks);
        let mut known = self.checks.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (at, _)| now.duration_since(*at) < REMEMBERED);
        known.insert(project, (now, checks));
        Ok(found)
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

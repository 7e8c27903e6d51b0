//! Rulesets, branch protection and the App itself: whether a failing check run
//! blocks, and what has to be set so that it does.
//!
//! Source: docs.github.com, "Available rules for rulesets", "About protected
//! branches", "REST API endpoints for rules", "… for GitHub App webhooks".

mod answers;
mod app;
mod authentication;
mod branch;
mod classic;
mod examine;
mod plan;
mod protection;
mod settings;

use async_trait::async_trait;

use super::GitHub;
use crate::forge::support::answer::refused;
use crate::forge::support::client::Call;
use crate::forge::support::steps::{by_hand, with_secret};
use crate::forge::{Action, Administration, Diagnosis, ForgeError, Scope, Step};
use crate::model::repo::ForgeKind;

/// The permissions without which we cannot do our work.
const PERMISSIONS: [(&str, &str); 3] = [
    ("checks", "write"),
    ("contents", "read"),
    ("pull_requests", "read"),
];

/// The permission that makes a ruleset take our App as the source of a check.
const SOURCE_PERMISSION: (&str, &str) = ("statuses", "write");

/// The permission and the event of a merge queue.
const QUEUE_PERMISSION: (&str, &str) = ("merge_queues", "read");
const QUEUE_EVENT: &str = "merge_group";

/// The events that must be subscribed to. Those of installations and, with
/// "Checks: write", of check runs come unasked.
const EVENTS: [&str; 3] = ["push", "pull_request", "pull_request_review"];

#[async_trait]
impl Administration for GitHub {
    async fn examine(&self, scope: &Scope) -> Vec<Diagnosis> {
        examine::lines(self, scope).await
    }

    async fn plan(&self, scope: &Scope) -> Result<Vec<Step>, ForgeError> {
        plan::steps(self, scope).await
    }

    async fn apply(&self, step: &Step) -> Result<(), ForgeError> {
        let (method, path, body) = match &step.action {
            Action::Request { method, path, body } => (method, path, body),
            Action::ByHand(how) => return Err(by_hand(ForgeKind::GitHub, step, how)),
        };
        let body = with_secret(body, self.webhook_secret.as_ref());
        let call = Call::write(ForgeKind::GitHub, method.clone(), path, &body)?;
        if path.starts_with("/app/") {
            return self.api.ask_as_app(call).await?.succeeded();
        }
        let Some(admin) = self.api.as_administrator(String::new()).await? else {
            let reason = format!(
                "{}: give an `admin_token` of somebody who administers the repository",
                step.title
            );
            return Err(refused(ForgeKind::GitHub, reason));
        };
        admin.ask(call).await?.succeeded()
    }
}

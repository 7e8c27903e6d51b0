//! Merge checks, required builds and branch permissions: whether a failing
//! status blocks, and what has to be set so that it does.
//!
//! Source: Atlassian's description of the REST API of Bitbucket Data Center 9.2
//! ("Builds and deployments", "Pull requests", "Repository", "Webhooks").

mod examine;
mod plan;
mod settings;

use async_trait::async_trait;

use super::Stash;
use crate::forge::support::steps::call;
use crate::forge::{Administration, Diagnosis, ForgeError, Scope, Step};
use crate::model::repo::ForgeKind;

/// The merge check that lets nobody merge what a reviewer marked as needing work.
const NEEDS_WORK_CHECK: &str =
    "com.atlassian.bitbucket.server.bitbucket-bundled-hooks:needs-work-merge-check";

/// The events that our webhook must bring.
const EVENTS: [&str; 12] = [
    "repo:refs_changed",
    "repo:modified",
    "pr:opened",
    "pr:from_ref_updated",
    "pr:modified",
    "pr:merged",
    "pr:declined",
    "pr:deleted",
    "pr:reviewer:updated",
    "pr:reviewer:approved",
    "pr:reviewer:unapproved",
    "pr:reviewer:needs_work",
];

#[async_trait]
impl Administration for Stash {
    async fn examine(&self, scope: &Scope) -> Vec<Diagnosis> {
        examine::lines(self, scope).await
    }

    async fn plan(&self, scope: &Scope) -> Result<Vec<Step>, ForgeError> {
        plan::steps(self, scope).await
    }

    async fn apply(&self, step: &Step) -> Result<(), ForgeError> {
        let call = call(ForgeKind::Stash, step, self.webhook_secret.as_ref())?;
        self.admin.call(call).await?.succeeded()
    }
}

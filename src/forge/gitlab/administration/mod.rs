//! Project settings, protected branches and hooks: whether a failing status
//! blocks, and what has to be set so that it does.
//!
//! Source: docs.gitlab.com, "Projects API", "Protected branches API", "Project
//! webhooks API", "System hooks API", "External status checks API".

mod examine;
mod plan;
mod settings;

use async_trait::async_trait;

use super::GitLab;
use crate::forge::support::steps::{by_hand, with_secret};
use crate::forge::{Action, Administration, Diagnosis, ForgeError, Scope, Step};
use crate::model::repo::ForgeKind;

#[async_trait]
impl Administration for GitLab {
    async fn examine(&self, scope: &Scope) -> Vec<Diagnosis> {
        examine::lines(self, scope).await
    }

    async fn plan(&self, scope: &Scope) -> Result<Vec<Step>, ForgeError> {
        plan::steps(self, scope).await
    }

    async fn apply(&self, step: &Step) -> Result<(), ForgeError> {
        match &step.action {
            Action::Request { method, path, body } => {
                let body = with_secret(body, self.hook_secret.secret());
                let answer = self.admin.send(method.clone(), path.clone(), &body).await?;
                answer.succeeded()
            }
            Action::ByHand(how) => Err(by_hand(ForgeKind::GitLab, step, how)),
        }
    }
}

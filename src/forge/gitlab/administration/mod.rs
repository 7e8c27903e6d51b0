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
use crate::forge::support::steps::call;
use crate::forge::{Administration, Diagnosis, ForgeError, Scope, Step};
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
        let call = call(ForgeKind::GitLab, step, self.hook_secret.secret())?;
        self.admin.call(call).await?.succeeded()
    }
}

//! Project settings, protected branches and hooks: whether a failing status blocks.

use async_trait::async_trait;

use super::GitLab;
use crate::forge::support::answer::refused;
use crate::forge::{Administration, Diagnosis, ForgeError, Level, Scope, Step};
use crate::model::repo::ForgeKind;

#[async_trait]
impl Administration for GitLab {
    async fn examine(&self, scope: &Scope) -> Vec<Diagnosis> {
        vec![Diagnosis {
            id: "not-examined",
            level: Level::Unknown,
            place: scope.repository.name.to_string(),
            message: "GitLab's settings are not read yet".to_owned(),
            remedy: String::new(),
        }]
    }

    async fn plan(&self, _: &Scope) -> Result<Vec<Step>, ForgeError> {
        Err(refused(ForgeKind::GitLab, "not planned yet"))
    }

    async fn apply(&self, _: &Step) -> Result<(), ForgeError> {
        Err(refused(ForgeKind::GitLab, "not applied yet"))
    }
}

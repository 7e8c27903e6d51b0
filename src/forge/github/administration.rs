//! Branch protection and rulesets: whether a failing check run blocks.

use async_trait::async_trait;

use super::GitHub;
use crate::forge::support::answer::refused;
use crate::forge::{Administration, Diagnosis, ForgeError, Level, Scope, Step};
use crate::model::repo::ForgeKind;

#[async_trait]
impl Administration for GitHub {
    async fn examine(&self, scope: &Scope) -> Vec<Diagnosis> {
        vec![Diagnosis {
            id: "not-examined",
            level: Level::Unknown,
            place: scope.repository.name.to_string(),
            message: "GitHub's settings are not read yet".to_owned(),
            remedy: String::new(),
        }]
    }

    async fn plan(&self, _: &Scope) -> Result<Vec<Step>, ForgeError> {
        Err(refused(ForgeKind::GitHub, "not planned yet"))
    }

    async fn apply(&self, _: &Step) -> Result<(), ForgeError> {
        Err(refused(ForgeKind::GitHub, "not applied yet"))
    }
}

//! Merge checks, required builds and hook scripts: whether a failing status blocks.

use async_trait::async_trait;

use super::Stash;
use crate::forge::support::answer::refused;
use crate::forge::{Administration, Diagnosis, ForgeError, Level, Scope, Step};
use crate::model::repo::ForgeKind;

#[async_trait]
impl Administration for Stash {
    async fn examine(&self, scope: &Scope) -> Vec<Diagnosis> {
        vec![Diagnosis {
            id: "not-examined",
            level: Level::Unknown,
            place: scope.repository.name.to_string(),
            message: "Stash's settings are not read yet".to_owned(),
            remedy: String::new(),
        }]
    }

    async fn plan(&self, _: &Scope) -> Result<Vec<Step>, ForgeError> {
        Err(refused(ForgeKind::Stash, "not planned yet"))
    }

    async fn apply(&self, _: &Step) -> Result<(), ForgeError> {
        Err(refused(ForgeKind::Stash, "not applied yet"))
    }
}

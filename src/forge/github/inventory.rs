//! What the App is installed on, and which deliveries failed.

use async_trait::async_trait;
use jiff::Timestamp;

use super::GitHub;
use crate::forge::support::answer::refused;
use crate::forge::{Branch, ForgeError, Inventory, PullRequestState};
use crate::model::delivery::VerifiedDelivery;
use crate::model::event::EventRepository;
use crate::model::repo::{ForgeKind, RepositoryName};

fn not_yet() -> ForgeError {
    refused(ForgeKind::GitHub, "not listed yet")
}

#[async_trait]
impl Inventory for GitHub {
    async fn repositories(&self) -> Result<Vec<EventRepository>, ForgeError> {
        Err(not_yet())
    }

    async fn repository(&self, _: &RepositoryName) -> Result<EventRepository, ForgeError> {
        Err(not_yet())
    }

    async fn open_pull_requests(
        &self,
        _: &EventRepository,
    ) -> Result<Vec<PullRequestState>, ForgeError> {
        Err(not_yet())
    }

    async fn branches(&self, _: &EventRepository) -> Result<Vec<Branch>, ForgeError> {
        Err(not_yet())
    }

    async fn missed(&self, _: Timestamp) -> Result<Vec<VerifiedDelivery>, ForgeError> {
        Err(not_yet())
    }
}

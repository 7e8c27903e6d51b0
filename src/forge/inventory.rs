//! What is there to guard, and what did we miss? No forge delivers twice by
//! itself, so the worker compares this with its own verdicts.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{ForgeError, PullRequestState};
use crate::model::delivery::VerifiedDelivery;
use crate::model::event::EventRepository;
use crate::model::oid::ObjectId;
use crate::model::refs::RefName;
use crate::model::repo::RepositoryName;

/// A branch as the forge's API states it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Its full name.
    pub name: RefName,
    /// Where it stands.
    pub tip: ObjectId,
    /// Whether the forge restricts who may change it.
    pub protected: bool,
}

/// Lists. Every list is read to its end, or it is an error.
#[async_trait]
pub trait Inventory: Send + Sync {
    /// Every repository that the instance guards.
    async fn repositories(&self) -> Result<Vec<EventRepository>, ForgeError>;

    /// The repository with this name, for whoever types it.
    async fn repository(&self, name: &RepositoryName) -> Result<EventRepository, ForgeError>;

    /// Every open pull request of a repository, as it is now.
    async fn open_pull_requests(
        &self,
        repository: &EventRepository,
    ) -> Result<Vec<PullRequestState>, ForgeError>;

    /// The protected branches, and the default branch.
    async fn branches(&self, repository: &EventRepository) -> Result<Vec<Branch>, ForgeError>;

    /// Deliveries since then that did not reach us, where the forge keeps them:
    /// read over its authenticated API, so they are as good as delivered.
    async fn missed(&self, since: Timestamp) -> Result<Vec<VerifiedDelivery>, ForgeError>;
}

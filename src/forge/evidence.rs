//! What does the forge know about a pull request, now?

use async_trait::async_trait;

use super::ForgeError;
use crate::model::approval::{Approval, ConfiguredFile};
use crate::model::event::EventRepository;
use crate::model::oid::ObjectId;
use crate::model::principal::Actor;
use crate::model::refs::RefName;

/// A pull request as the forge's API states it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequestState {
    /// Its number.
    pub number: u64,
    /// Whether it is open.
    pub open: bool,
    /// The branch that it would change.
    pub target: RefName,
    /// The tip of that branch.
    pub base: ObjectId,
    /// Its head.
    pub head: ObjectId,
    /// Whose it is.
    pub actor: Option<Actor>,
}

/// Asks the forge. Every list is read to its end, or it is an error.
#[async_trait]
pub trait Evidence: Send + Sync {
    /// The pull request as it is now.
    async fn pull_request(
        &self,
        repository: &EventRepository,
        number: u64,
    ) -> Result<PullRequestState, ForgeError>;

    /// The open pull requests whose head this is.
    async fn pull_requests_of(
        &self,
        repository: &EventRepository,
        head: ObjectId,
    ) -> Result<Vec<PullRequestState>, ForgeError>;

    /// The standing approvals of a pull request: the last word of each account,
    /// with the head it was given for.
    async fn approvals(
        &self,
        repository: &EventRepository,
        number: u64,
    ) -> Result<Vec<Approval>, ForgeError>;

    /// Whether an account is a member of a group of the forge, now: a team of
    /// an organisation (`acme/security`), a group with its inherited members
    /// (`acme/platform`), a group of the directory (`security`). What the forge
    /// does not know is an error, never a "no" that looks like an answer.
    async fn is_member(
        &self,
        repository: &EventRepository,
        group: &str,
        actor: &Actor,
    ) -> Result<bool, ForgeError>;

    /// The files of the repository that its settings make part of the build
    /// environment, wherever they lie. None on a forge that has no such setting.
    async fn configured(
        &self,
        _repository: &EventRepository,
    ) -> Result<Vec<ConfiguredFile>, ForgeError> {
        Ok(Vec::new())
    }
}

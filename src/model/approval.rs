//! Approvals of a pull request, bound to the head that was approved.

use serde::{Deserialize, Serialize};

use super::oid::ObjectId;
use super::principal::Actor;

/// One account's standing approval. Dismissed and withdrawn ones are not listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who approved.
    pub actor: Actor,
    /// The head that was approved. It counts for that head alone.
    pub head: ObjectId,
}

/// What is known about approvals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approvals {
    /// There is no pull request to approve: a push.
    None,
    /// All standing approvals.
    Known(Vec<Approval>),
    /// The forge could not be asked; why.
    Unknown(String),
}

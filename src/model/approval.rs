//! Approvals of a pull request, bound to the head that was approved, and what
//! the forge says about those who gave them.

use serde::{Deserialize, Serialize};

use super::authentication::Pushes;
use super::directory::Group;
use super::imported::Imported;
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Approvals {
    /// There is no pull request to approve: a push.
    #[default]
    None,
    /// All standing approvals.
    Known(Vec<Approval>),
    /// The forge could not be asked; why.
    Unknown(String),
}

/// Whether an account is in a group of its forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The account.
    pub actor: Actor,
    /// The group.
    pub group: Group,
    /// Whether it is a member; or why that is not known, as a clause.
    pub member: Result<bool, String>,
}

/// A pull request in a merge group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constituent {
    /// Its head, which is a parent of one of the group's merges.
    pub head: ObjectId,
    /// Whose it is.
    pub actor: Option<Actor>,
    /// Its standing approvals.
    pub approvals: Vec<Approval>,
    /// Who pushed any of its commits.
    pub pushers: Vec<Actor>,
}

/// A file of the build environment that a forge is configured to read, wherever
/// it lies in the repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConfiguredFile {
    /// Its path from the root.
    pub path: String,
    /// The key of its system: `gitlab-ci`.
    pub system: &'static str,
}

/// What is known about a change besides its objects. A forge or a server tells
/// most of it; what the command line judges has only what other scanners found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// The approvals.
    pub approvals: Approvals,
    /// Who pushed the head, or any other commit that is judged, as far as the
    /// forge told us. They approve nothing here.
    pub pushers: Vec<Actor>,
    /// The open pull requests that a merge group would merge, as far as their
    /// own commits are in it.
    pub constituents: Vec<Constituent>,
    /// In which groups the approvers are.
    pub memberships: Vec<Membership>,
    /// Files that the forge reads besides those with a usual name.
    pub configured: Vec<ConfiguredFile>,
    /// The pushes that brought the change, each with what is said of how it was
    /// authenticated. The hook knows its own.
    pub pushes: Pushes,
    /// What other scanners found before and after it.
    pub imported: Imported,
}

impl Circumstances {
    /// Whether an account is in a group. What nobody asked is not known.
    ///
    /// # Errors
    /// Why it is not known, as a clause.
    pub fn is_member(&self, actor: &Actor, group: &Group) -> Result<bool, &str> {
        let mut known = self.memberships.iter();
        let found = known.find(|it| it.actor == *actor && it.group == *group);
        match found.map(|it| &it.member) {
            Some(Ok(member)) => Ok(*member),
            Some(Err(why)) => Err(why),
            None => Err("the forge was not asked"),
        }
    }
}

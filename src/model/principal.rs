//! Who: principals of the policy, actors on a forge. E-mail addresses and names
//! in commits are claims and live in [`super::object::Identity`].

use std::fmt;

use serde::{Deserialize, Serialize};

use super::repo::ForgeKind;

/// A person or robot in the policy. Thresholds count principals.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PrincipalId(String);

impl PrincipalId {
    /// Takes the name as the policy gives it.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PrincipalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::text::Escaped(self.0.as_bytes()).fmt(f)
    }
}

/// The forge account that did something, as the forge states it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Actor {
    /// The forge that vouches for the account.
    pub forge: ForgeKind,
    /// The account's name, which its owner can change.
    pub login: String,
    /// The account's number, which stays.
    pub id: Option<u64>,
    /// Whether the forge says that it is a robot.
    pub robot: bool,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::text::Escaped(self.login.as_bytes()).fmt(f)
    }
}

//! Names of principals and teams in a check's configuration.

use serde::{Deserialize, Serialize};

/// A principal of the policy, or all members of a team: `team:<name>`.
///
/// The policy's reader knows the format `principal-selector` and refuses names
/// that the policy does not define; `Directory::members` resolves the rest.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
#[schemars(inline, extend("format" = "principal-selector"))]
pub struct PrincipalSelector(String);

impl PrincipalSelector {
    /// Takes the text as the policy gives it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The texts of some selectors, as `Directory::members` takes them.
pub(crate) fn texts<'a>(
    selectors: impl IntoIterator<Item = &'a PrincipalSelector>,
) -> impl Iterator<Item = &'a str> {
    selectors.into_iter().map(PrincipalSelector::as_str)
}

//! Forges and the repositories on them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A hosting product, or plain git.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ForgeKind {
    /// github.com, GHE.com and GitHub Enterprise Server.
    GitHub,
    /// gitlab.com and self-managed GitLab.
    GitLab,
    /// Stash, today Bitbucket Data Center.
    #[serde(alias = "bitbucket-dc")]
    Stash,
    /// A bare repository without a forge.
    Git,
}

impl ForgeKind {
    /// The word used in configuration.
    pub fn key(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
            Self::Stash => "stash",
            Self::Git => "git",
        }
    }
}

impl fmt::Display for ForgeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GitHub => "GitHub",
            Self::GitLab => "GitLab",
            Self::Stash => "Stash (Bitbucket Data Center)",
            Self::Git => "git",
        })
    }
}

/// The name of a repository inside its instance: `owner/name`,
/// `group/sub/name`, `PROJ/slug`, or what the operator calls it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RepositoryName(String);

impl RepositoryName {
    /// Takes the name as it is.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::text::Escaped(self.0.as_bytes()).fmt(f)
    }
}

//! The build environment: which changed files belong to it.

use std::fmt;

use bstr::BString;
use serde::{Deserialize, Serialize};

use super::oid::ObjectId;

/// What a file of the build environment can do (reference: the tiers of the file map).
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
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Decides who may change CI and what counts as a check: code owners,
    /// Forgewarden's own policy, Jenkins configuration as code.
    ControlPlane,
    /// Executed by the CI, container or orchestration system itself.
    Executed,
    /// Executed by an executed file: scripts, Makefiles, local actions.
    Reached,
    /// Steers where things come from or which checks run: registry settings,
    /// scanner settings, git attributes.
    Steering,
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ControlPlane => "control plane",
            Self::Executed => "executed by CI",
            Self::Reached => "called from CI",
            Self::Steering => "steers CI",
        })
    }
}

/// What a change did to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// Its content or mode changed.
    Modified,
    /// It is gone.
    Removed,
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Added => "added",
            Self::Modified => "modified",
            Self::Removed => "removed",
        })
    }
}

/// A way in which a path of the build environment is not the plain file it seems to be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Oddity {
    /// The path is recognised only after folding letter case or Unicode.
    Lookalike {
        /// The path that it imitates.
        of: BString,
    },
    /// A symbolic link stands at the path.
    Symlink,
    /// A submodule stands at the path or above it.
    Gitlink,
    /// The content is a Git LFS pointer: the runner sees something else.
    LfsPointer,
    /// The file does not parse, or is over a bound.
    Unparsable {
        /// Why, as a clause.
        reason: String,
        /// Line, from 1.
        line: Option<u32>,
        /// Column, from 1.
        column: Option<u32>,
    },
}

/// One changed path of the build environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CiChange {
    /// The path, as bytes.
    pub path: BString,
    /// The key of the system that the file belongs to: `github-actions`, `docker`, …
    pub system: &'static str,
    /// What the file can do.
    pub tier: Tier,
    /// What happened to it over the whole update.
    pub kind: ChangeKind,
    /// The revisions that changed it, newest first; empty if only the net
    /// difference shows it (a merge that took one side).
    pub revisions: Vec<ObjectId>,
    /// What is odd about it at any of those revisions.
    pub oddities: Vec<Oddity>,
}

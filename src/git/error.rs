//! What can go wrong when a repository is read, in the project's words.

use crate::model::oid::ObjectId;
use crate::model::text::{escape, excerpt};

use super::objects::ObjectKind;

/// Why a repository or something in it could not be read. None of these is
/// ever a reason to let a change pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitError {
    /// There is no repository at the place.
    #[error("{path} is not a git repository: name the folder that holds `HEAD` or `.git`")]
    NotARepository {
        /// The place, safe to show.
        path: String,
    },
    /// The repository belongs to another user, who could steer what is read.
    #[error(
        "{path} belongs to another user: run as its owner, or name it in git's setting safe.directory"
    )]
    ForeignOwner {
        /// The place, safe to show.
        path: String,
    },
    /// The repository's object ids are SHA-256.
    #[error(
        "{path} is a SHA-256 repository (extensions.objectFormat); only SHA-1 ones can be read"
    )]
    UnsupportedHash {
        /// The place, safe to show.
        path: String,
    },
    /// The history is cut off, so a commit's parents may be hidden.
    #[error("{path} is a shallow clone, which hides history: run `git fetch --unshallow` in it")]
    Shallow {
        /// The place, safe to show.
        path: String,
    },
    /// The repository uses a format that cannot be read, such as reftable.
    #[error("{path} cannot be read: {reason}; clone it anew with `git clone --mirror`")]
    Unsupported {
        /// The place, safe to show.
        path: String,
        /// The library's reason.
        reason: String,
    },
    /// An object is not in the repository.
    #[error("object {id} is missing: the repository is incomplete; check it with `git fsck`")]
    Missing {
        /// The object.
        id: ObjectId,
    },
    /// An object is of another kind than its place needs.
    #[error("object {id} is a {found} where a {expected} is needed")]
    WrongKind {
        /// The object.
        id: ObjectId,
        /// What is needed.
        expected: ObjectKind,
        /// What it is.
        found: ObjectKind,
    },
    /// An object is there and is not what git would write.
    #[error("object {id} cannot be read: {reason}; see `git cat-file -p {id}` and `git fsck`")]
    Unreadable {
        /// The object.
        id: ObjectId,
        /// What is wrong, as a clause.
        reason: String,
    },
    /// More than is read.
    #[error("over the bound of {limit} {what}")]
    OverBound {
        /// What is counted, in the plural.
        what: &'static str,
        /// The bound.
        limit: u64,
    },
    /// A revision that names no commit.
    #[error("no such revision: {spec}")]
    NoSuchRevision {
        /// What was asked for, safe to show.
        spec: String,
    },
    /// A setting of the repository that cannot be read.
    #[error("the setting {key} cannot be read: {reason}; see `git config --local {key}`")]
    BadSetting {
        /// Its key.
        key: String,
        /// What is wrong.
        reason: String,
    },
    /// A ref that cannot be read, or names what is not a ref.
    #[error("{name} cannot be read: {reason}")]
    BadReference {
        /// Its name, safe to show.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// Anything else that the library says.
    #[error("git: {0}")]
    Library(String),
}

impl GitError {
    pub(super) fn unreadable(id: ObjectId, reason: impl Into<String>) -> Self {
        Self::Unreadable {
            id,
            reason: reason.into(),
        }
    }

    pub(super) fn over(what: &'static str, limit: impl TryInto<u64>) -> Self {
        let limit = limit.try_into().unwrap_or(u64::MAX);
        Self::OverBound { what, limit }
    }

    pub(super) fn no_such(spec: &str) -> Self {
        Self::NoSuchRevision {
            spec: excerpt(spec, 200),
        }
    }
}

impl From<git2::Error> for GitError {
    fn from(error: git2::Error) -> Self {
        Self::Library(escape(error.message()))
    }
}

//! The object store: raw bytes by id, of the kind and size that is asked for.
//!
//! libgit2 checks each object's hash as it is read, with the SHA-1 that detects
//! collisions; `strict_hash_verification` is its default and is set again here,
//! because everything else rests on it: a wrong byte in the store must not be
//! judged under another object's id.
//!
//! libgit2's cache of small objects stays on: the trees of neighbouring
//! revisions are mostly the same, and libgit2 bounds it (256 MB a process).

use std::fmt;
use std::sync::Once;

use git2::{ErrorCode, ObjectType, Odb, Oid};

use crate::model::oid::ObjectId;
use crate::model::text::escape;

use super::error::GitError;

/// The four kinds of git object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// A commit.
    Commit,
    /// An annotated tag.
    Tag,
    /// A folder.
    Tree,
    /// A file's content.
    Blob,
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Commit => "commit",
            Self::Tag => "tag",
            Self::Tree => "tree",
            Self::Blob => "blob",
        })
    }
}

/// Reads objects of one repository.
pub(super) struct Objects<'repo> {
    odb: Odb<'repo>,
}

impl<'repo> Objects<'repo> {
    pub(super) fn of(repository: &'repo git2::Repository) -> Result<Self, GitError> {
        static STRICT: Once = Once::new();
        STRICT.call_once(|| git2::opts::strict_hash_verification(true));
        Ok(Self {
            odb: repository.odb()?,
        })
    }

    /// The kind and size, without reading the content.
    pub(super) fn header(&self, id: ObjectId) -> Result<(ObjectKind, u64), GitError> {
        let (size, kind) = self
            .odb
            .read_header(to_oid(id)?)
            .map_err(|error| unread(id, &error))?;
        let kind = match kind {
            ObjectType::Commit => ObjectKind::Commit,
            ObjectType::Tag => ObjectKind::Tag,
            ObjectType::Tree => ObjectKind::Tree,
            ObjectType::Blob => ObjectKind::Blob,
            ObjectType::Any => return Err(GitError::unreadable(id, "its kind is unknown")),
        };
        Ok((kind, size as u64))
    }

    /// The content of an object of this kind, if it has at most `limit` bytes.
    /// Kind and size are looked up before the content is unpacked.
    pub(super) fn read(
        &self,
        id: ObjectId,
        expected: ObjectKind,
        limit: u64,
    ) -> Result<Vec<u8>, GitError> {
        let (found, size) = self.header(id)?;
        if found != expected {
            return Err(GitError::WrongKind {
                id,
                expected,
                found,
            });
        }
        if size > limit {
            return Err(GitError::over(bytes_of(expected), limit));
        }
        let object = self
            .odb
            .read(to_oid(id)?)
            .map_err(|error| unread(id, &error))?;
        Ok(object.data().to_vec())
    }
}

fn bytes_of(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Commit => "bytes of a commit",
        ObjectKind::Tag => "bytes of a tag",
        ObjectKind::Tree => "bytes of a folder's list",
        ObjectKind::Blob => "bytes of a file",
    }
}

/// libgit2's form of an id. It reads SHA-1 repositories only, so an id of the
/// other length is of no object.
fn to_oid(id: ObjectId) -> Result<Oid, GitError> {
    Oid::from_bytes(id.as_bytes()).map_err(|_| GitError::Missing { id })
}

/// Our form of an id; the null id is an error.
pub(super) fn from_oid(oid: Oid) -> Result<ObjectId, GitError> {
    match ObjectId::from_bytes(oid.as_bytes()) {
        Ok(Some(id)) => Ok(id),
        Ok(None) | Err(_) => Err(GitError::Library("a null object id".to_owned())),
    }
}

fn unread(id: ObjectId, error: &git2::Error) -> GitError {
    match error.code() {
        ErrorCode::NotFound => GitError::Missing { id },
        ErrorCode::HashsumMismatch => GitError::unreadable(id, "its content does not have this id"),
        _ => GitError::unreadable(id, escape(error.message())),
    }
}

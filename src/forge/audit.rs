//! How was a push authenticated? What the forge's own records and settings say.
//!
//! A webhook tells nothing of it. A forge's audit log or stream may, without
//! naming ref or commit; the settings of the installation may rule a method out.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Delivery, ForgeError, Refused, Unreadable};
use crate::model::authentication::{Evidence, Method};
use crate::model::principal::Actor;

/// What one record of a forge says of one push. It names no ref and no commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// The record's own id: the same record, told twice, counts once.
    pub id: String,
    /// The repository, as the record names it.
    pub repository: RecordedRepository,
    /// Who pushed; a deploy key has no account.
    pub actor: Option<Actor>,
    /// When, as the forge states it.
    pub at: Timestamp,
    /// What it says of the authentication.
    pub evidence: Evidence,
}

/// A repository in a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordedRepository {
    /// By its number, which survives renames.
    Number(u64),
    /// By its name at that time.
    Name(String),
}

/// What the settings of an installation say of every push, with the time at
/// which they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guarantee {
    /// Stable name of the setting, in kebab case: `passwords-for-git`.
    pub id: &'static str,
    /// The organisation or group for whose repositories it holds; nothing if for all.
    pub scope: Option<String>,
    /// The methods that remain possible; nothing if the setting rules none out.
    pub leaves: Option<BTreeSet<Method>>,
    /// What was read, as a sentence without a full stop, no secret.
    pub says: String,
    /// When it was read.
    pub read_at: Timestamp,
}

/// Why a streamed delivery is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// It is not the forge's.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It is, and cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// Asks and hears the forge about authentication.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Whether records of pushes are polled or streamed to us, so that it is
    /// worth waiting for one.
    fn expects_records(&self) -> bool;

    /// Authenticates a streamed delivery over its raw bytes, in constant time,
    /// and only then reads it. Records that are about no push are left out.
    ///
    /// # Errors
    /// It is not the forge's, or not all of it can be read.
    fn streamed(&self, delivery: &Delivery) -> Result<Vec<AuditRecord>, StreamError>;

    /// The records of pushes since then, where the log is polled; else none.
    async fn records(&self, since: Timestamp) -> Result<Vec<AuditRecord>, ForgeError>;

    /// What kind of account pushed says: a robot has no password. Nothing if
    /// that tells nothing. What a name looks like tells nothing.
    async fn account(&self, actor: &Actor, at: Timestamp) -> Result<Option<Evidence>, ForgeError>;

    /// What the settings rule out, and where they fail to. What cannot be read
    /// is a guarantee that rules nothing out, and says why.
    async fn guarantees(&self) -> Result<Vec<Guarantee>, ForgeError>;
}

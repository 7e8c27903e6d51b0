//! Two versions of the build environment, to be compared.

use std::sync::Arc;

use super::Blueprint;
use crate::model::oid::ObjectId;

/// What one revision, or the whole update, did to the build environment. Holds
/// the entry files that it touches, itself or through what they read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildChange {
    /// The revision; `None` for the net difference of the update.
    pub revision: Option<ObjectId>,
    /// How it was: once for each parent or base, sorted by path.
    pub before: Vec<Vec<Arc<Blueprint>>>,
    /// How it is, sorted by path.
    pub after: Vec<Arc<Blueprint>>,
}

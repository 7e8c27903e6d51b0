//! Bounds on what is judged. Over a bound the verdict is an error.

use std::time::Duration;

use super::file::LimitsTable;

/// Bounds on what is judged; `[limits]` in the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most new commits that one request may bring; 5000 unless stated.
    pub commits: usize,
    /// Most refs that one push may move; 1000 unless stated.
    pub refs: usize,
    /// Most changed paths of one ref update; 10 000 unless stated.
    pub changed_paths: usize,
    /// Largest file of the build environment that is read, in bytes; 1 MiB unless stated.
    pub blob_bytes: u64,
    /// How long the pre-receive hook may take; 4 s unless stated.
    pub hook_deadline: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self::from(&LimitsTable::default())
    }
}

impl From<&LimitsTable> for Limits {
    fn from(table: &LimitsTable) -> Self {
        Self {
            commits: table.commits,
            refs: table.refs,
            changed_paths: table.changed_paths,
            blob_bytes: table.blob_bytes,
            hook_deadline: table.hook_deadline.0,
        }
    }
}

//! The read-only view of a repository: its refs, its objects, which commits are
//! new and which paths they change.
//!
//! Nothing outside this module touches git2, and nothing in here knows what a
//! policy, a signature's validity or a CI file is. Of libgit2 only refs,
//! settings and the object store are used: commits, tags and trees are parsed
//! here, strictly and from their raw bytes, and history is walked over those
//! parsed commits. So the commits that are listed, the parents they are listed
//! by and the bytes whose signature is checked come from one reader, and
//! neither replace refs nor grafts nor a commit-graph file change what is seen
//! (libgit2's own commits do follow `info/grafts`).
//!
//! Every read is bounded, and a bound that is reached is an error that names
//! it. An object that is missing or cannot be read is an error, never "no change".

mod changes;
mod commit;
mod error;
mod graph;
mod headers;
mod identity;
mod objects;
mod repository;
mod tag;
mod tree;
mod trees;

pub use changes::TreeChange;
pub use error::GitError;
pub use headers::kind_of as signature_kind;
pub use objects::ObjectKind;
pub use repository::Repository;
pub use tree::{Entry, EntryMode};
pub use trees::{Reached, Trees};

/// Largest commit or tag object that is read, in bytes. Merges that embed
/// signed tags stay far below it.
pub const MAX_OBJECT_BYTES: u64 = 1 << 20;

/// Largest tree object that is read, in bytes: some 400,000 names in one folder.
pub const MAX_TREE_BYTES: u64 = 16 << 20;

/// Most folders above a file. Real repositories stay below 40.
pub const MAX_TREE_DEPTH: usize = 256;

/// Longest path, in bytes (Linux's `PATH_MAX`).
pub const MAX_PATH_BYTES: usize = 4096;

/// Most tree bytes that one comparison reads, each tree counted as at least
/// [`MIN_TREE_CHARGE`]. A first push of 400,000 files needs some 20 MB.
pub const MAX_COMPARED_BYTES: u64 = 256 << 20;

/// What the smallest tree costs of [`MAX_COMPARED_BYTES`]: nested empty trees
/// must not be free, or ten objects could ask for years of work.
pub const MIN_TREE_CHARGE: u64 = 512;

/// Most bytes of trees that are kept for a reader of many paths.
pub const MAX_KEPT_TREE_BYTES: usize = 16 << 20;

/// Most parents of a merge that is compared with all of them (Linux has one of 66).
pub const MAX_PARENTS: usize = 256;

/// Most commits that one walk over history reads.
pub const MAX_WALKED: usize = 2_000_000;

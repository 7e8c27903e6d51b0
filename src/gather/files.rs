//! The trees of commits, as the readers of CI files see them: by path, links
//! and submodules for what they are, each blob read once.
//!
//! What git cannot read is remembered: whoever asks learns of it as unreadable,
//! and the request as a gap. It is never "nothing there".

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};

use crate::ci::{Content, Files, MAX_FILE_BYTES};
use crate::git::{Entry, EntryMode, GitError, Reached, Repository, Trees};
use crate::model::oid::ObjectId;

/// Most files and folders of one folder that are listed.
pub(super) const MAX_LISTED: usize = 20_000;
/// Most bytes of files that are read for one request's models.
const MAX_READ_BYTES: u64 = 256 << 20;
/// Most bytes of files that are kept for the next tree that has them.
const MAX_KEPT_BYTES: usize = 16 << 20;
/// Longest target of a symbolic link (Linux's `PATH_MAX`).
const MAX_LINK_BYTES: u64 = 4096;

/// What the trees of one repository share.
pub(super) struct Blobs<'a> {
    repository: &'a Repository,
    trees: Trees<'a>,
    limit: u64,
    kept: HashMap<ObjectId, Arc<[u8]>>,
    kept_bytes: usize,
    read_bytes: u64,
    failed: Option<GitError>,
}

impl<'a> Blobs<'a> {
    /// `limit`: the largest file that is read, in bytes.
    pub(super) fn new(repository: &'a Repository, limit: u64) -> Result<RefCell<Self>, GitError> {
        Ok(RefCell::new(Self {
            repository,
            trees: repository.trees()?,
            limit: limit.min(MAX_FILE_BYTES as u64),
            kept: HashMap::new(),
            kept_bytes: 0,
            read_bytes: 0,
            failed: None,
        }))
    }

    /// The first error that any reader met since the last call.
    pub(super) fn take_error(&mut self) -> Option<GitError> {
        self.failed.take()
    }

    /// Every file of a commit.
    #[cfg(feature = "server")]
    pub(super) fn leaves(
        &mut self,
        commit: ObjectId,
        limit: usize,
    ) -> Result<Vec<(BString, Entry)>, GitError> {
        let root = self.trees.root_of(commit)?;
        self.trees.below(root, BStr::new(""), limit)
    }

    fn fail(&mut self, error: GitError) -> String {
        let why = error.to_string();
        self.failed.get_or_insert(error);
        why
    }

    fn content(&mut self, entry: Entry) -> Result<Content, GitError> {
        Ok(match entry.mode {
            EntryMode::Gitlink => Content::Submodule,
            EntryMode::Symlink => {
                let target = self.repository.blob(entry.id, MAX_LINK_BYTES)?;
                Content::Link(target.into())
            }
            EntryMode::File | EntryMode::Executable => match self.blob(entry.id) {
                Ok(bytes) => Content::File(bytes),
                Err(GitError::OverBound { limit, .. }) if limit == self.limit => {
                    Content::Unreadable(format!("it is larger than {limit} bytes"))
                }
                Err(error) => return Err(error),
            },
        })
    }

    fn blob(&mut self, id: ObjectId) -> Result<Arc<[u8]>, GitError> {
        if let Some(known) = self.kept.get(&id) {
            return Ok(known.clone());
        }
        let bytes: Arc<[u8]> = self.repository.blob(id, self.limit)?.into();
        self.read_bytes = self.read_bytes.saturating_add(bytes.len() as u64);
        if self.read_bytes > MAX_READ_BYTES {
            return Err(GitError::OverBound {
                what: "bytes of the build environment's files",
                limit: MAX_READ_BYTES,
            });
        }
        if self.kept_bytes.saturating_add(bytes.len()) > MAX_KEPT_BYTES {
            self.kept.clear();
            self.kept_bytes = 0;
        }
        self.kept_bytes += bytes.len();
        self.kept.insert(id, bytes.clone());
        Ok(bytes)
    }
}

/// One commit's tree, or the empty one.
pub(super) struct TreeFiles<'b, 'a> {
    blobs: &'b RefCell<Blobs<'a>>,
    root: Option<ObjectId>,
}

impl<'b, 'a> TreeFiles<'b, 'a> {
    /// The tree of a commit; `None` is the empty tree.
    pub(super) fn of(
        blobs: &'b RefCell<Blobs<'a>>,
        commit: Option<ObjectId>,
    ) -> Result<Self, GitError> {
        let root = match commit {
            Some(commit) => Some(blobs.borrow_mut().trees.root_of(commit)?),
            None => None,
        };
        Ok(Self { blobs, root })
    }

    fn reach(&self, path: &BStr) -> Result<Reached, GitError> {
        match self.root {
            Some(root) => self.blobs.borrow_mut().trees.reach(root, path),
            None => Ok(Reached::Nothing),
        }
    }

    fn content(&self, path: &BStr) -> Result<Content, GitError> {
        match self.reach(path)? {
            Reached::Nothing | Reached::Folder(_) => Ok(Content::Nothing),
            Reached::Leaf(entry) => self.blobs.borrow_mut().content(entry),
            Reached::Through { at, entry } => Ok(match self.blobs.borrow_mut().content(entry)? {
                Content::Link(target) => Content::Link(beyond(&at, &target, path)),
                Content::Submodule => Content::Submodule,
                Content::File(_) | Content::Nothing | Content::Unreadable(_) => Content::Nothing,
            }),
        }
    }

    fn stamp_of(&self, path: &BStr) -> Result<BString, GitError> {
        let bytes =
            |word: &[u8], id: ObjectId| -> BString { [word, id.as_bytes()].concat().into() };
        Ok(match self.reach(path)? {
            Reached::Nothing => BString::default(),
            Reached::Folder(id) => bytes(b"folder ", id),
            Reached::Leaf(entry) => bytes(mode(entry), entry.id),
            Reached::Through { at, entry } => {
                let through = bytes(mode(entry), entry.id);
                [&b"through "[..], &at, b" ", &through].concat().into()
            }
        })
    }

    fn paths(&self, folder: &BStr) -> Result<Vec<BString>, GitError> {
        let Some(root) = self.root else {
            return Ok(Vec::new());
        };
        let mut blobs = self.blobs.borrow_mut();
        let found = blobs.trees.below(root, folder, MAX_LISTED)?;
        Ok(found.into_iter().map(|(path, _)| path).collect())
    }
}

impl Files for TreeFiles<'_, '_> {
    fn read(&mut self, path: &BStr) -> Content {
        let read = self.content(path);
        read.unwrap_or_else(|error| Content::Unreadable(self.blobs.borrow_mut().fail(error)))
    }

    fn list(&mut self, folder: &BStr) -> Result<Vec<BString>, String> {
        match self.paths(folder) {
            // The reader says what it does not know; its words name the bound.
            Err(error @ GitError::OverBound { .. }) => Err(error.to_string()),
            Err(error) => Err(self.blobs.borrow_mut().fail(error)),
            Ok(mut paths) => {
                paths.sort_unstable();
                Ok(paths)
            }
        }
    }

    fn stamp(&mut self, path: &BStr) -> BString {
        let stamp = self.stamp_of(path);
        stamp.unwrap_or_else(|error| self.blobs.borrow_mut().fail(error).into())
    }
}

fn mode(entry: Entry) -> &'static [u8] {
    match entry.mode {
        EntryMode::File | EntryMode::Executable => b"file ",
        EntryMode::Symlink => b"link ",
        EntryMode::Gitlink => b"submodule ",
    }
}

/// Where a path leads through the link at `at`: a target as if the link stood
/// at the path itself.
fn beyond(at: &BString, target: &BString, path: &BStr) -> BString {
    if target.starts_with(b"/") {
        return target.clone();
    }
    let rest = path.get(at.len()..).unwrap_or_default();
    let up = "../".repeat(rest.find_iter(b"/").count());
    [up.as_bytes(), target, rest].concat().into()
}

#[cfg(test)]
mod tests {
    use bstr::{BStr, BString};

    use super::beyond;

    #[test]
    fn a_link_to_a_folder_leads_to_what_lies_in_it() {
        let through = |at: &str, target: &str, path: &str| {
            beyond(&BString::from(at), &BString::from(target), BStr::new(path))
        };
        assert_eq!(through("a/l", "../d", "a/l/x"), "../../d/x");
        assert_eq!(through("l", "d", "l/b/x"), "../../d/b/x");
        assert_eq!(through("l", "/etc", "l/x"), "/etc");
    }
}

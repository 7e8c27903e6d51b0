//! The other files of the tree that an entry file is read from.

use std::collections::BTreeMap;
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};

/// Deepest chain of files that pull in one another.
pub const MAX_CLOSURE_DEPTH: usize = 12;
/// Most files that one entry file pulls in (GitLab's own bound of includes is 150).
pub const MAX_CLOSURE_FILES: usize = 200;

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A file.
    File(Arc<[u8]>),
    /// Nothing, or a folder.
    Nothing,
    /// A symbolic link to this text.
    Link(BString),
    /// A submodule.
    Submodule,
    /// A file that cannot be read, and why, as a clause.
    Unreadable(String),
}

/// One tree, read by path from its root. Implementations keep what they have
/// read, so that asking again is cheap.
pub trait Files {
    /// What stands at a path: `a/b`, without `./` or a leading slash.
    fn read(&mut self, path: &BStr) -> Content;

    /// The paths of the files below a folder, at any depth, sorted; cut at a
    /// bound, which the caller learns of as `Err` with a clause. `""` is the root.
    ///
    /// # Errors
    /// Why the folder cannot be listed in full.
    fn list(&mut self, folder: &BStr) -> Result<Vec<BString>, String>;

    /// What tells one version of a file or folder from another: equal only if
    /// reading or listing gives the same. Cheaper than reading where there are ids.
    fn stamp(&mut self, path: &BStr) -> BString {
        match self.read(path) {
            Content::File(content) => [b"file ", &content[..]].concat().into(),
            Content::Link(target) => [b"link ", target.as_slice()].concat().into(),
            Content::Submodule => "submodule".into(),
            Content::Unreadable(why) => format!("unreadable {why}").into(),
            Content::Nothing => match self.list(path) {
                Ok(paths) => [b"folder ", paths.join(&b'\0').as_slice()].concat().into(),
                Err(why) => format!("folder {why}").into(),
            },
        }
    }
}

/// A tree in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryFiles(pub BTreeMap<BString, Content>);

impl MemoryFiles {
    /// The same tree with one file more.
    #[must_use]
    pub fn with(mut self, path: &str, text: impl AsRef<[u8]>) -> Self {
        let content = Content::File(text.as_ref().into());
        self.0.insert(path.into(), content);
        self
    }
}

impl Files for MemoryFiles {
    fn read(&mut self, path: &BStr) -> Content {
        self.0.get(path).cloned().unwrap_or(Content::Nothing)
    }

    fn list(&mut self, folder: &BStr) -> Result<Vec<BString>, String> {
        let inside = |path: &&BString| match path.strip_prefix(folder.as_bytes()) {
            Some(rest) => folder.is_empty() || rest.first() == Some(&b'/'),
            None => false,
        };
        Ok(self.0.keys().filter(inside).cloned().collect())
    }
}

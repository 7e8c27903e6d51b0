//! Trees read by path, each parsed once: for a reader that asks for many paths
//! of many commits, whose folders are mostly the same.

use std::collections::HashMap;
use std::rc::Rc;

use bstr::{BStr, BString, ByteSlice};

use crate::model::oid::ObjectId;

use super::error::GitError;
use super::objects::{ObjectKind, Objects};
use super::tree::{Entry, Node, Tree};
use super::{MAX_KEPT_TREE_BYTES, MAX_PATH_BYTES, MAX_TREE_BYTES, MAX_TREE_DEPTH, graph};

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reached {
    /// Nothing.
    Nothing,
    /// A folder, with the id of its tree.
    Folder(ObjectId),
    /// What stands at the path.
    Leaf(Entry),
    /// The path leads through what is no folder: a link, a submodule, a file.
    Through {
        /// The part of the path that names it.
        at: BString,
        /// What stands there.
        entry: Entry,
    },
}

/// The trees of a repository, kept once parsed.
pub struct Trees<'repo> {
    objects: Objects<'repo>,
    known: HashMap<ObjectId, Rc<Tree>>,
    bytes: usize,
}

/// A listing under way. Folders count too: nested empty ones must not be free.
struct Listing {
    limit: usize,
    nodes: usize,
    path: Vec<u8>,
    found: Vec<(BString, Entry)>,
}

impl<'repo> Trees<'repo> {
    pub(super) fn new(objects: Objects<'repo>) -> Self {
        Self {
            objects,
            known: HashMap::new(),
            bytes: 0,
        }
    }

    /// The root tree of a commit.
    ///
    /// # Errors
    /// The commit cannot be read.
    pub fn root_of(&self, commit: ObjectId) -> Result<ObjectId, GitError> {
        graph::links(&self.objects, commit).map(|links| links.tree)
    }

    /// What a path (exact bytes, no slash at an end) leads to. `""` is the root.
    ///
    /// # Errors
    /// A folder cannot be read, or the path is deeper than is read.
    pub fn reach(&mut self, root: ObjectId, path: &BStr) -> Result<Reached, GitError> {
        self.walk(root, path).map(|(reached, _)| reached)
    }

    /// The leaves below a folder, at any depth, in git's order; none if there is
    /// no such folder.
    ///
    /// # Errors
    /// A folder cannot be read, or there are more than `limit` files and folders.
    pub fn below(
        &mut self,
        root: ObjectId,
        folder: &BStr,
        limit: usize,
    ) -> Result<Vec<(BString, Entry)>, GitError> {
        let mut listing = Listing {
            limit,
            nodes: 0,
            path: folder.to_vec(),
            found: Vec::new(),
        };
        if let (Reached::Folder(_), tree) = self.walk(root, folder)? {
            if !folder.is_empty() {
                listing.path.push(b'/');
            }
            self.collect(tree, folder.split_str("/").count(), &mut listing)?;
        }
        Ok(listing.found)
    }

    /// What the path leads to, and the tree of the last folder on the way.
    fn walk(&mut self, root: ObjectId, path: &BStr) -> Result<(Reached, ObjectId), GitError> {
        let mut folder = root;
        if path.is_empty() {
            return Ok((Reached::Folder(folder), folder));
        }
        let mut end = 0;
        for (depth, part) in path.split_str("/").enumerate() {
            if depth >= MAX_TREE_DEPTH {
                return Err(GitError::over("nested folders", MAX_TREE_DEPTH));
            }
            end += part.len() + usize::from(depth > 0);
            let tree = self.tree(folder)?;
            if let Some(Node::Folder(id)) = tree.find(part, true) {
                folder = id;
                continue;
            }
            let Some(Node::Leaf(entry)) = tree.find(part, false) else {
                return Ok((Reached::Nothing, folder));
            };
            let reached = if end == path.len() {
                Reached::Leaf(entry)
            } else {
                let at = path[..end].into();
                Reached::Through { at, entry }
            };
            return Ok((reached, folder));
        }
        Ok((Reached::Folder(folder), folder))
    }

    fn collect(
        &mut self,
        tree: ObjectId,
        depth: usize,
        listing: &mut Listing,
    ) -> Result<(), GitError> {
        if depth > MAX_TREE_DEPTH {
            return Err(GitError::over("nested folders", MAX_TREE_DEPTH));
        }
        let tree = self.tree(tree)?;
        for at in 0.. {
            let (Some(key), Some(node)) = (tree.key(at), tree.node(at)) else {
                break;
            };
            listing.nodes += 1;
            if listing.nodes > listing.limit {
                return Err(GitError::over("files of one folder", listing.limit));
            }
            let length = listing.path.len();
            listing.path.extend_from_slice(key.name);
            if listing.path.len() > MAX_PATH_BYTES {
                return Err(GitError::over("bytes of a path", MAX_PATH_BYTES));
            }
            match node {
                Node::Leaf(entry) => listing.found.push((listing.path.clone().into(), entry)),
                Node::Folder(id) => {
                    listing.path.push(b'/');
                    self.collect(id, depth + 1, listing)?;
                }
            }
            listing.path.truncate(length);
        }
        Ok(())
    }

    fn tree(&mut self, id: ObjectId) -> Result<Rc<Tree>, GitError> {
        if let Some(known) = self.known.get(&id) {
            return Ok(known.clone());
        }
        let raw = self.objects.read(id, ObjectKind::Tree, MAX_TREE_BYTES)?;
        // What is forgotten is read again: slower, never wrong.
        if self.bytes.saturating_add(raw.len()) > MAX_KEPT_TREE_BYTES {
            self.known.clear();
            self.bytes = 0;
        }
        self.bytes += raw.len();
        let tree = Tree::parse(id, raw).map_err(|reason| GitError::unreadable(id, reason))?;
        let tree = Rc::new(tree);
        self.known.insert(id, tree.clone());
        Ok(tree)
    }
}

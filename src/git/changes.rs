//! Which paths differ between trees.
//!
//! Folders of one id are skipped, so the work grows with the change. A path
//! that turns from file to folder is a removal and additions; a rename too.

use bstr::{BStr, BString, ByteSlice};

use crate::model::oid::ObjectId;

use super::error::GitError;
use super::objects::{ObjectKind, Objects};
use super::tree::{Entry, Key, Node, Tree};
use super::{
    MAX_COMPARED_BYTES, MAX_PARENTS, MAX_PATH_BYTES, MAX_TREE_BYTES, MAX_TREE_DEPTH,
    MIN_TREE_CHARGE,
};

/// One path that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeChange {
    /// The path, as bytes.
    pub path: BString,
    /// What stood there before (of a merge: at the first parent).
    pub old: Option<Entry>,
    /// What stands there now.
    pub new: Option<Entry>,
}

/// The paths at which `new` differs from every one of `olds`, in git's order.
/// `None` is the empty tree.
pub(super) fn compare(
    objects: &Objects<'_>,
    new: ObjectId,
    olds: &[Option<ObjectId>],
    limit: usize,
) -> Result<Vec<TreeChange>, GitError> {
    if olds.len() > MAX_PARENTS {
        return Err(GitError::over("parents of a merge", MAX_PARENTS));
    }
    let mut comparison = Comparison {
        objects,
        limit,
        bytes: 0,
        path: Vec::new(),
        found: Vec::new(),
    };
    let sides: Vec<_> = std::iter::once(Some(new))
        .chain(olds.iter().copied())
        .collect();
    comparison.folders(&sides, 1)?;
    Ok(comparison.found)
}

/// What stands at a path in a tree; `None` if nothing or a folder.
pub(super) fn find(
    objects: &Objects<'_>,
    tree: ObjectId,
    path: &BStr,
) -> Result<Option<Entry>, GitError> {
    let mut folder = tree;
    let mut parts = path.split_str("/").peekable();
    let mut depth = 0;
    while let Some(part) = parts.next() {
        depth += 1;
        if depth > MAX_TREE_DEPTH {
            return Err(GitError::over("nested folders", MAX_TREE_DEPTH));
        }
        let inner = parts.peek().is_some();
        match read(objects, folder)?.find(part, inner) {
            Some(Node::Folder(id)) => folder = id,
            Some(Node::Leaf(entry)) => return Ok(Some(entry)),
            None => return Ok(None),
        }
    }
    Ok(None)
}

fn read(objects: &Objects<'_>, id: ObjectId) -> Result<Tree, GitError> {
    let raw = objects.read(id, ObjectKind::Tree, MAX_TREE_BYTES)?;
    Tree::parse(id, raw).map_err(|reason| GitError::unreadable(id, reason))
}

/// One comparison under way. A side is a tree; the first is the new one.
struct Comparison<'a> {
    objects: &'a Objects<'a>,
    limit: usize,
    bytes: u64,
    path: Vec<u8>,
    found: Vec<TreeChange>,
}

impl Comparison<'_> {
    /// Compares the trees of one folder, unless the new one is among the others.
    fn folders(&mut self, sides: &[Option<ObjectId>], depth: usize) -> Result<(), GitError> {
        let Some((new, olds)) = sides.split_first() else {
            return Ok(());
        };
        if olds.contains(new) {
            return Ok(());
        }
        if depth > MAX_TREE_DEPTH {
            return Err(GitError::over("nested folders", MAX_TREE_DEPTH));
        }
        let mut trees = Vec::with_capacity(sides.len());
        for side in sides {
            trees.push(self.load(*side)?);
        }
        let mut at = vec![0; trees.len()];
        loop {
            let keys = trees.iter().zip(&at).filter_map(|(tree, at)| tree.key(*at));
            let Some(key) = keys.min() else {
                return Ok(());
            };
            let mut nodes = Vec::with_capacity(trees.len());
            for (tree, at) in trees.iter().zip(&mut at) {
                let here = tree.key(*at) == Some(key);
                nodes.push(if here { tree.node(*at) } else { None });
                *at += usize::from(here);
            }
            self.entry(key, &nodes, depth)?;
        }
    }

    /// Compares what stands under one name: folders, or leaves, never both.
    fn entry(
        &mut self,
        key: Key<'_>,
        nodes: &[Option<Node>],
        depth: usize,
    ) -> Result<(), GitError> {
        if nodes[1..].contains(&nodes[0]) {
            return Ok(());
        }
        let length = self.path.len();
        self.path.extend_from_slice(key.name);
        if self.path.len() > MAX_PATH_BYTES {
            return Err(GitError::over("bytes of a path", MAX_PATH_BYTES));
        }
        if key.folder {
            self.path.push(b'/');
            let folder = |node: &Option<Node>| match node {
                Some(Node::Folder(id)) => Some(*id),
                _ => None,
            };
            let sides: Vec<_> = nodes.iter().map(folder).collect();
            self.folders(&sides, depth + 1)?;
        } else {
            self.differs(nodes)?;
        }
        self.path.truncate(length);
        Ok(())
    }

    fn differs(&mut self, nodes: &[Option<Node>]) -> Result<(), GitError> {
        if self.found.len() >= self.limit {
            return Err(GitError::over("changed paths", self.limit));
        }
        let leaf = |node: Option<&Option<Node>>| match node {
            Some(Some(Node::Leaf(entry))) => Some(*entry),
            _ => None,
        };
        self.found.push(TreeChange {
            path: self.path.clone().into(),
            old: leaf(nodes.get(1)),
            new: leaf(nodes.first()),
        });
        Ok(())
    }

    fn load(&mut self, id: Option<ObjectId>) -> Result<Tree, GitError> {
        let Some(id) = id else {
            return Ok(Tree::default());
        };
        let (_, size) = self.objects.header(id)?;
        self.bytes = self.bytes.saturating_add(size.max(MIN_TREE_CHARGE));
        if self.bytes > MAX_COMPARED_BYTES {
            return Err(GitError::over(
                "bytes of folders compared",
                MAX_COMPARED_BYTES,
            ));
        }
        read(self.objects, id)
    }
}

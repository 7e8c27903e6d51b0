//! Trees from their raw bytes: `mode name NUL id`, in git's order.

use std::cmp::Ordering;
use std::ops::Range;

use crate::model::oid::ObjectId;

use super::headers::Reason;

/// What a path holds, as git checks it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryMode {
    /// A file.
    File,
    /// A file that may be executed.
    Executable,
    /// A symbolic link; the blob is its target.
    Symlink,
    /// A submodule; the id is a commit of another repository.
    Gitlink,
}

/// What stands at a path that is not a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Its mode.
    pub mode: EntryMode,
    /// The blob, or the submodule's commit.
    pub id: ObjectId,
}

/// One line of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    Folder(ObjectId),
    Leaf(Entry),
}

/// A tree whose names are lawful, unique and in order.
#[derive(Debug, Default)]
pub(super) struct Tree {
    raw: Vec<u8>,
    items: Vec<(Range<usize>, Node)>,
}

/// Where an entry sorts: by its bytes, a folder as if a slash followed its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key<'a> {
    pub(super) name: &'a [u8],
    pub(super) folder: bool,
}

impl Ord for Key<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let common = self.name.len().min(other.name.len());
        let next = |key: &Self| match key.name.get(common) {
            Some(byte) => Some(*byte),
            None => key.folder.then_some(b'/'),
        };
        self.name[..common]
            .cmp(&other.name[..common])
            .then_with(|| next(self).cmp(&next(other)))
    }
}

impl PartialOrd for Key<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Tree {
    /// Reads the tree `id`.
    pub(super) fn parse(id: ObjectId, raw: Vec<u8>) -> Result<Self, Reason> {
        let mut tree = Self::default();
        let mut at = 0;
        while at < raw.len() {
            let (name, node, end) = item(&raw, at, id.as_bytes().len())?;
            tree.items.push((name, node));
            at = end;
        }
        tree.raw = raw;
        let unordered = (1..tree.items.len()).any(|at| tree.key(at - 1) >= tree.key(at));
        if unordered {
            return Err("its names are not in order or not unique");
        }
        let both = |at| {
            let key = tree.key(at);
            key.is_some_and(|key| key.folder && tree.find(key.name, false).is_some())
        };
        if (0..tree.items.len()).any(both) {
            return Err("a name is both a file and a folder");
        }
        Ok(tree)
    }

    /// The key of the entry at a position, `None` behind the last.
    pub(super) fn key(&self, at: usize) -> Option<Key<'_>> {
        let (name, node) = self.items.get(at)?;
        Some(Key {
            name: &self.raw[name.clone()],
            folder: matches!(node, Node::Folder(_)),
        })
    }

    /// The entry at a position.
    pub(super) fn node(&self, at: usize) -> Option<Node> {
        self.items.get(at).map(|(_, node)| *node)
    }

    /// The folder, or else the leaf, of this very name.
    pub(super) fn find(&self, name: &[u8], folder: bool) -> Option<Node> {
        let wanted = Key { name, folder };
        let at = self.items.binary_search_by(|(range, node)| {
            let folder = matches!(node, Node::Folder(_));
            let name = &self.raw[range.clone()];
            Key { name, folder }.cmp(&wanted)
        });
        self.node(at.ok()?)
    }
}

/// One entry at `at`: the range of its name, what it is, and where it ends.
fn item(raw: &[u8], at: usize, id_len: usize) -> Result<(Range<usize>, Node, usize), Reason> {
    const CUT: Reason = "it is cut off";
    let find = |from: usize, byte: u8| {
        let found = raw[from..].iter().position(|b| *b == byte);
        found.map(|offset| from + offset).ok_or(CUT)
    };
    let space = find(at, b' ')?;
    let nul = find(space + 1, 0)?;
    let end = nul + 1 + id_len;
    let name = &raw[space + 1..nul];
    if name.is_empty() || name == b"." || name == b".." || name.contains(&b'/') {
        return Err("a name in it is empty, `.`, `..` or holds a slash");
    }
    let id = ObjectId::from_bytes(raw.get(nul + 1..end).ok_or(CUT)?)
        .ok()
        .flatten()
        .ok_or("an entry names the null object")?;
    Ok((space + 1..nul, node(&raw[at..space], id)?, end))
}

/// The entry by its mode, read as git does: only the type and the owner's
/// permission to execute count (git, `canon_mode`), but no unknown type passes.
fn node(mode: &[u8], id: ObjectId) -> Result<Node, Reason> {
    const UNKNOWN: Reason = "an entry has an unknown mode";
    let octal = !mode.is_empty() && mode.iter().all(|digit| (b'0'..=b'7').contains(digit));
    if !octal || mode.len() > 7 {
        return Err(UNKNOWN);
    }
    let bits = mode
        .iter()
        .fold(0, |bits, digit| bits << 3 | u32::from(digit - b'0'));
    let mode = match bits & !0o007_777 {
        0o040_000 => return Ok(Node::Folder(id)),
        0o100_000 if bits & 0o100 == 0 => EntryMode::File,
        0o100_000 => EntryMode::Executable,
        0o120_000 => EntryMode::Symlink,
        0o160_000 => EntryMode::Gitlink,
        _ => return Err(UNKNOWN),
    };
    Ok(Node::Leaf(Entry { mode, id }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Entry, EntryMode, Node, Tree};
    use crate::model::oid::ObjectId;

    fn id() -> ObjectId {
        ObjectId::parse("a".repeat(40)).expect("lawful")
    }

    fn tree(entries: &[&str]) -> Result<Tree, &'static str> {
        let raw = entries
            .iter()
            .flat_map(|entry| [entry.as_bytes(), b"\0", id().as_bytes()].concat());
        Tree::parse(id(), raw.collect())
    }

    #[test]
    fn entries_are_found_by_exact_name_and_kind() {
        let tree = tree(&[
            "100644 a",
            "40000 a.b",
            "120000 a0",
            "160000 b",
            "0100755 c",
            "100664 d",
        ])
        .expect("lawful");
        let leaf = |mode| Some(Node::Leaf(Entry { mode, id: id() }));
        assert_eq!(tree.find(b"a", false), leaf(EntryMode::File));
        assert_eq!(tree.find(b"a.b", true), Some(Node::Folder(id())));
        assert_eq!(tree.find(b"a0", false), leaf(EntryMode::Symlink));
        assert_eq!(tree.find(b"b", false), leaf(EntryMode::Gitlink));
        assert_eq!(tree.find(b"c", false), leaf(EntryMode::Executable));
        assert_eq!(tree.find(b"d", false), leaf(EntryMode::File));
        assert_eq!(tree.find(b"a", true), None);
        assert_eq!(tree.find(b"A", false), None);
    }

    #[test]
    fn a_tree_that_two_readers_could_see_differently_is_refused() {
        for odd in [
            &["100644 a", "100644 a"][..],
            &["100644 b", "100644 a"],
            &["40000 a", "100644 a.b"],
            &["100644 a", "100644 a.b", "40000 a"],
            &["100644 a/b"],
            &["100644 "],
            &["40000 .."],
            &["40000 ."],
            &["10644 a"],
            &["100648 a"],
            &["0 a"],
            &[" a"],
            &["60000 a"],
            &["37777777777 a"],
        ] {
            assert!(tree(odd).is_err(), "{odd:?}");
        }
        let cut = b"100644 a\0short".to_vec();
        assert!(Tree::parse(id(), cut).is_err());
        let null = [&b"100644 a\0"[..], &[0; 20]].concat();
        assert!(Tree::parse(id(), null).is_err());
        assert!(tree(&["40000 .git"]).is_ok(), "shown, not hidden");
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(raw in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Tree::parse(id(), raw);
        }
    }
}

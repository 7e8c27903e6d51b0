//! What is odd about a file of the build environment.

use bstr::BStr;

use super::recognise::{Recognised, find};
use crate::model::ci::{Oddity, Tier};

/// Longest Git LFS pointer, in bytes (git-lfs: docs/spec.md).
pub const LFS_POINTER_MAX: usize = 1024;

/// What stands at a path in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileMode {
    /// A file, executable or not.
    Plain,
    /// A symbolic link.
    Symlink,
    /// A submodule.
    Gitlink,
}

/// Lists in which ways a recognised path is not the plain, readable file that
/// a reviewer takes it for. `content` is `None` where there is none to read: a
/// submodule, a removed file.
pub fn oddities(
    recognised: &Recognised,
    path: &BStr,
    mode: FileMode,
    content: Option<&[u8]>,
) -> Vec<Oddity> {
    let mut found = Vec::new();
    if let Some(of) = &recognised.lookalike_of {
        found.push(Oddity::Lookalike { of: of.clone() });
    }
    match (mode, content) {
        (FileMode::Symlink, _) => found.push(Oddity::Symlink),
        (FileMode::Gitlink, _) => found.push(Oddity::Gitlink),
        (FileMode::Plain, Some(content)) if is_lfs_pointer(content) => {
            found.push(Oddity::LfsPointer);
        }
        (FileMode::Plain, Some(content)) => found.extend(unparsable(recognised, path, content)),
        (FileMode::Plain, None) => {}
    }
    found
}

/// Only what a system itself executes or is governed by must be readable; a
/// script or a scanner's settings may have any form.
fn unparsable(recognised: &Recognised, path: &BStr, content: &[u8]) -> Option<Oddity> {
    if recognised.tier > Tier::Executed {
        return None;
    }
    let error = find(recognised.system)?.inspect(path, content).err()?;
    Some(Oddity::Unparsable {
        reason: error.reason,
        line: error.line,
        column: error.column,
    })
}

/// Whether git-lfs would replace this text by an object on checkout: its first
/// line names the specification.
fn is_lfs_pointer(content: &[u8]) -> bool {
    content.len() < LFS_POINTER_MAX
        && [
            &b"version https://git-lfs.github.com/spec/"[..],
            b"version https://hawser.github.com/spec/",
            b"version http://git-media.io/v/",
        ]
        .iter()
        .any(|start| content.starts_with(start))
}

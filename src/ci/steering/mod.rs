//! What decides who may change CI, what counts as a check, and where things
//! come from: read file by file, each kind in its own module.
//!
//! The files of one kind lie in several systems' maps (`.yarnrc.yml` names a
//! program and a registry), so each reader says by the path whether a file is
//! its business, and all that say so are asked.

pub mod known;
pub mod owners;
pub mod tables;

mod bots;
mod build_tools;
mod generated;
mod git;
pub(crate) mod glob;
mod leaves;
mod ownership;
mod registries;
mod scanners;
pub(crate) mod shadow;
mod sheet;
pub(crate) mod text;
mod toolchains;
pub(crate) mod url;
mod wrappers;

use std::sync::Arc;

use bstr::BString;

use super::files::Files;
use crate::model::build::Blueprint;
use sheet::Sheet;

/// Reads a file if it is of its kind.
type Reader = fn(&mut Sheet<'_>);

const READERS: &[Reader] = &[
    ownership::read,
    git::read,
    registries::read,
    wrappers::read,
    toolchains::read,
    build_tools::read,
    scanners::read,
    bots::read,
    generated::read,
];

/// What a file of a table says.
pub(super) fn understand(
    system: &'static str,
    path: &Arc<BString>,
    content: &[u8],
    files: &mut dyn Files,
) -> Option<Blueprint> {
    let mut sheet = Sheet::new(system, path, content, files);
    for read in READERS {
        read(&mut sheet);
    }
    Some(sheet.finish())
}

/// Adds what can be said of any file of the build environment, whatever its
/// system: characters that nobody sees, marks that silence a scanner, and the
/// file of the tree that it is read instead of.
pub(super) fn annotate(blueprint: &mut Blueprint, content: &[u8], files: &mut dyn Files) {
    text::annotate(blueprint, content);
    shadow::annotate(blueprint, files);
}

/// A file that steers CI and has not the form that its name says: what can be
/// read of it nevertheless, JSON with comments, else that it cannot be read.
pub(super) fn unreadable(
    path: &Arc<BString>,
    system: &'static str,
    (content, error): (&[u8], super::Unparsable),
) -> Blueprint {
    let mut nothing = super::MemoryFiles::default();
    let mut sheet = Sheet::new(system, path, content, &mut nothing);
    for read in READERS {
        read(&mut sheet);
    }
    if sheet.is_empty() {
        let _: Option<()> = sheet.take(Err(error));
    }
    sheet.finish()
}

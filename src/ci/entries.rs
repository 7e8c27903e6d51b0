//! Where the entry files lie that can pull in others, and which changed paths
//! others can pull in.

use std::collections::BTreeSet;

use bstr::{BStr, BString, ByteSlice};

use super::files::{Content, Files};
use super::recognise::{ExtraPath, may_be_recognised_by_content, recognise};
use super::{CiSystem, SYSTEMS};
use crate::model::ci::Tier;

/// Ends of names of what no reader here opens: sources and documents. What
/// they do when they are built or run is no part of any model.
const NEVER_READ: &[&str] = &[
    "adoc", "avif", "bmp", "c", "cc", "class", "clj", "cpp", "cs", "css", "csv", "cxx", "dart",
    "eot", "erl", "ex", "exs", "f90", "fs", "gif", "go", "gz", "h", "hh", "hpp", "hs", "htm",
    "html", "ico", "ipynb", "jar", "java", "jpeg", "jpg", "jsx", "kt", "less", "lua", "m", "map",
    "ml", "mp3", "mp4", "pas", "pdf", "php", "pl", "png", "po", "pyc", "rs", "rst", "scala",
    "scss", "snap", "sql", "svg", "swift", "tex", "tiff", "ts", "tsx", "ttf", "vue", "wasm",
    "webp", "woff", "woff2", "zip",
];

/// Whether a file at this path could be an entry file.
pub(super) fn may_be_entry(path: &BStr, extra: &[ExtraPath]) -> bool {
    recognise(path, extra).is_some() || may_be_recognised_by_content(path)
}

/// Whether an entry file could pull in a file at this path, so that a change
/// of it can change what the entry file does. A doubt counts as yes.
pub fn may_be_pulled_in(path: &BStr) -> bool {
    let name = path
        .rfind_byte(b'/')
        .map_or(path, |end| path[end + 1..].as_bstr());
    let Some(dot) = name.rfind_byte(b'.') else {
        return true;
    };
    let end = name[dot + 1..].to_ascii_lowercase();
    !NEVER_READ.iter().any(|known| known.as_bytes() == end)
}

/// Whether a change of this path can change what any entry file does.
pub fn matters(path: &BStr, extra: &[ExtraPath]) -> bool {
    may_be_pulled_in(path) || may_be_entry(path, extra)
}

/// The paths of the entry files that can pull in others.
///
/// # Errors
/// Why a place cannot be listed, as a clause.
pub(super) fn entries(
    files: &mut dyn Files,
    extra: &[ExtraPath],
) -> Result<BTreeSet<BString>, String> {
    let mut found = BTreeSet::new();
    for place in places(extra) {
        let place: &BStr = place.as_ref();
        if matches!(files.read(place), Content::File(_)) {
            found.insert(place.to_owned());
            continue;
        }
        let inside = files.list(place)?;
        found.extend(
            inside
                .into_iter()
                .filter(|path| is_entry(path.as_ref(), extra)),
        );
    }
    Ok(found)
}

/// Every place in which entry files lie that can pull in others: those of the
/// systems, and those that the policy's own paths begin with. A path of the
/// policy that begins with a wildcard could lie anywhere and is no place.
fn places(extra: &[ExtraPath]) -> BTreeSet<BString> {
    let own = SYSTEMS
        .iter()
        .flat_map(|system: &&dyn CiSystem| system.entry_places());
    let own = own.map(|place| BString::from(*place));
    let stated = extra.iter().filter_map(|one| {
        let glob = one.glob.glob().glob();
        let Some(end) = glob.find(['*', '?', '[', '{', '\\']) else {
            return Some(BString::from(glob));
        };
        let folder = glob[..end].rfind('/')?;
        Some(BString::from(&glob[..folder]))
    });
    own.chain(stated).collect()
}

fn is_entry(path: &BStr, extra: &[ExtraPath]) -> bool {
    match recognise(path, extra) {
        Some(recognised) => recognised.tier <= Tier::Executed,
        None => may_be_recognised_by_content(path),
    }
}

#[cfg(test)]
mod tests {
    use bstr::BStr;

    use super::may_be_pulled_in;

    #[test]
    fn what_has_no_telling_name_may_be_pulled_in() {
        for path in [
            "Makefile",
            "ci/build",
            "a.sh",
            "x/ci.yml",
            "lib.groovy",
            "b.mk",
            "a.rs/x",
        ] {
            assert!(may_be_pulled_in(BStr::new(path)), "{path}");
        }
        for path in ["src/main.rs", "docs/a.PNG", "web/app.tsx"] {
            assert!(!may_be_pulled_in(BStr::new(path)), "{path}");
        }
    }
}

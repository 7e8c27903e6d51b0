//! What every text file of the build environment must be before anyone can
//! read it: short enough, UTF-8, without NUL.

use bstr::{BStr, ByteSlice};

use super::{json, yaml};

/// Longest file that is inspected, in bytes.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;

/// Why a file cannot be read as its system reads it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unparsable {
    /// Why, as a clause.
    pub reason: String,
    /// Line, from 1.
    pub line: Option<u32>,
    /// Column in characters, from 1.
    pub column: Option<u32>,
}

impl Unparsable {
    /// Something wrong with the whole file.
    pub(super) fn whole(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            line: None,
            column: None,
        }
    }

    /// Something wrong at an offset in bytes.
    pub(super) fn at(content: &[u8], offset: usize, reason: impl Into<String>) -> Self {
        let before = content.get(..offset).unwrap_or(content);
        let start = before.rfind_byte(b'\n').map_or(0, |end| end + 1);
        Self {
            reason: reason.into(),
            line: from_one(before.find_iter(b"\n").count()),
            column: from_one(before[start..].chars().count()),
        }
    }
}

/// A position that counts from 0 as one that counts from 1.
pub(super) fn from_one(index: usize) -> Option<u32> {
    u32::try_from(index).ok()?.checked_add(1)
}

/// The text of a file, without its byte order mark.
pub(super) fn decode(content: &[u8]) -> Result<&str, Unparsable> {
    if content.len() > MAX_FILE_BYTES {
        return Err(Unparsable::whole(format!(
            "it has {} bytes, and at most {MAX_FILE_BYTES} are inspected",
            content.len()
        )));
    }
    if let Some(offset) = content.find_byte(0) {
        return Err(Unparsable::at(content, offset, "it contains a NUL byte"));
    }
    let text = content
        .to_str()
        .map_err(|error| Unparsable::at(content, error.valid_up_to(), "it is not UTF-8"))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Inspects by the end of the name: YAML and JSON by their grammar, other
/// files not at all.
pub(super) fn inspect_by_name(path: &BStr, content: &[u8]) -> Result<(), Unparsable> {
    if path.ends_with(b"devcontainer.json") {
        // JSON with comments, by its own specification (containers.dev).
        decode(content).map(drop)
    } else if has_json_name(path) {
        json::inspect(content)
    } else if has_yaml_name(path) {
        yaml::inspect(content)
    } else {
        Ok(())
    }
}

/// Whether a YAML reader may find this word in the file, so that parsing it is
/// worth the time: spelled out, or with escapes.
pub(super) fn may_spell(content: &[u8], word: &str) -> bool {
    content.contains_str(word) || content.contains(&b'\\')
}

/// Whether the name says JSON.
pub(super) fn has_json_name(path: &BStr) -> bool {
    path.to_ascii_lowercase().ends_with(b".json")
}

/// Whether the name says YAML, or JSON, which is YAML.
pub(super) fn has_yaml_name(path: &BStr) -> bool {
    let name = path.to_ascii_lowercase();
    [&b".yaml"[..], b".yml", b".json"]
        .iter()
        .any(|end| name.ends_with(end))
}

//! Patterns for paths and refs as people write them: `*` inside a level, `**`
//! over levels. An error is a clause that follows the text.

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

/// Longest path pattern, in bytes.
const MAX_TEXT: usize = 20_000;

/// A path pattern. `*` and `?` stay inside a folder.
///
/// # Errors
/// What is wrong with it.
pub fn glob(text: &str) -> Result<GlobMatcher, String> {
    if text.is_empty() || text.len() > MAX_TEXT {
        return Err("is empty or too long for a path pattern".to_owned());
    }
    let rooted = text.starts_with('/') || text.starts_with("./");
    if rooted || text.split('/').any(|part| part == "..") {
        return Err(
            "never matches; paths are relative to the repository's root, without `/`, `./` or `..`"
                .to_owned(),
        );
    }
    if text.ends_with('/') {
        return Err(format!("never matches a file; write {text}**"));
    }
    matcher(text)
}

fn matcher(text: &str) -> Result<GlobMatcher, String> {
    let glob = GlobBuilder::new(text).literal_separator(true).build();
    glob.map(|glob| glob.compile_matcher())
        .map_err(|error| format!("is not a pattern: {}", error.kind()))
}

/// The full form of a ref pattern: a short one is a branch.
///
/// # Errors
/// What is wrong with it.
pub fn full_ref_pattern(text: &str) -> Result<String, String> {
    if text.starts_with("refs/") {
        return Ok(text.to_owned());
    }
    let ambiguous = ["heads/", "tags/", "remotes/", "notes/"];
    if let Some(prefix) = ambiguous.iter().find(|prefix| text.starts_with(**prefix)) {
        return Err(format!(
            "can be a branch or a ref; write refs/{text} if you mean refs/{prefix}"
        ));
    }
    match text {
        "" => Err("is empty".to_owned()),
        "HEAD" => Err("need not stand here: the default branch is always protected".to_owned()),
        "*" | "**" => Err(format!(
            "can mean branches or all refs; write refs/heads/{text} or refs/{text}"
        )),
        _ => Ok(format!("refs/heads/{text}")),
    }
}

/// A ref pattern, compiled.
///
/// # Errors
/// What is wrong with it.
pub fn ref_pattern(text: &str) -> Result<GlobMatcher, String> {
    let full = full_ref_pattern(text)?;
    let odd = |letter: char| letter.is_control() || " ~^:".contains(letter);
    if full.contains(odd) || full.contains("..") || full.contains("//") || full.ends_with('/') {
        return Err("matches no lawful ref name (git-check-ref-format)".to_owned());
    }
    matcher(&full)
}

/// Matches a pattern against bytes, as git stores paths and refs.
pub fn matches(pattern: &GlobMatcher, bytes: &[u8]) -> bool {
    use std::os::unix::ffi::OsStrExt as _;
    pattern.is_match(Path::new(std::ffi::OsStr::from_bytes(bytes)))
}

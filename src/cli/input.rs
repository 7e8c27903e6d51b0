//! A file that a command is given, or standard input in its place, read up to
//! a bound: what is longer is an error, never a shorter text.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::model::text::escape;

/// What stands for standard input.
pub(super) const STANDARD_INPUT: &str = "-";

/// The text of a file or of standard input. Bytes that are not UTF-8 become
/// U+FFFD, which is part of no word that anybody looks for.
///
/// # Errors
/// One sentence: it cannot be read, is longer than `limit` bytes, or holds NUL.
pub(super) fn text(file: &Path, limit: u64) -> Result<String, String> {
    let bytes = match file.as_os_str() == STANDARD_INPUT {
        true => up_to(limit, io::stdin().lock()),
        false => File::open(file).and_then(|open| up_to(limit, open)),
    };
    let name = name(file);
    let bytes = bytes.map_err(|error| format!("{name}: {error}"))?;
    if bytes.len() as u64 > limit {
        return Err(format!("{name} is longer than {limit} bytes, the bound"));
    }
    if bytes.contains(&0) {
        return Err(format!("{name} holds NUL, so it is no text"));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// How an input is called in messages.
pub(super) fn name(file: &Path) -> String {
    match file.as_os_str() == STANDARD_INPUT {
        true => "standard input".to_owned(),
        false => escape(file.as_os_str().as_encoded_bytes()),
    }
}

fn up_to(limit: u64, source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

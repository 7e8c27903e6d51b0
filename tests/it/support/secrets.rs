//! Passwords and tokens that a story makes up, and the search for them in
//! everything that was written while it ran: as they are, in part, and in the
//! forms that headers, dumps and addresses give them.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use bstr::ByteSlice as _;

/// A password or a token of one run. It cannot be shown by accident.
#[derive(Clone)]
pub struct Secret(String);

/// As many bytes of a secret in a row are a leak: a shortened one is one too.
const PART: usize = 12;

/// Letters of passwords. Some look different in an address; none means
/// anything in a shell's single quotes or in a configuration file.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl Secret {
    /// Nobody has used it before.
    pub fn new() -> Self {
        let mut bytes = [0; 28];
        let mut source = fs::File::open("/dev/urandom").expect("open the random source");
        source.read_exact(&mut bytes).expect("read randomness");
        let letters = bytes.iter().map(|byte| LETTERS[usize::from(byte % 64)]);
        Self(letters.map(char::from).collect::<String>() + "~%")
    }

    /// One that another program made.
    pub fn known(text: &str) -> Self {
        assert!(text.len() >= PART, "too short to be searched for");
        Self(text.to_owned())
    }

    /// The secret itself, for whoever must know it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Default for Secret {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// No part of any secret stands in these folders' files or in these texts, in
/// any form.
pub fn assert_nowhere(secrets: &[&Secret], folders: &[&Path], texts: &[(&str, &[u8])]) {
    for (name, text) in texts {
        assert_without(secrets, name, text);
    }
    for folder in folders {
        assert!(folder.exists(), "nothing to search in {}", folder.display());
        search(secrets, folder);
    }
}

fn search(secrets: &[&Secret], path: &Path) {
    let kind = fs::symlink_metadata(path).expect("look at what was written");
    let name = path.display().to_string();
    assert_without(secrets, &format!("the name {name}"), name.as_bytes());
    if kind.is_dir() {
        for entry in fs::read_dir(path).expect("list what was written") {
            search(secrets, &entry.expect("an entry").path());
        }
    } else if kind.is_file() {
        let bytes = fs::read(path).expect("read what was written");
        assert_without(secrets, &name, &bytes);
    }
}

fn assert_without(secrets: &[&Secret], name: &str, text: &[u8]) {
    for (number, secret) in secrets.iter().enumerate() {
        if let Some(form) = form_in(secret, text) {
            panic!("secret {number} of the story stands, {form}, in {name}");
        }
    }
}

/// In which form a part of a secret stands in a text, if it does.
pub fn form_in(secret: &Secret, text: &[u8]) -> Option<&'static str> {
    let without_breaks: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let decoded = percent_decoded(text);
    let lower = without_breaks.to_ascii_lowercase();
    for part in secret.0.as_bytes().windows(PART) {
        if text.contains_str(part) || without_breaks.contains_str(part) {
            return Some("as it is");
        }
        if decoded.contains_str(part) {
            return Some("URL-encoded");
        }
        if lower.contains_str(hex(part)) {
            return Some("in hexadecimal");
        }
        if base64_forms(part)
            .iter()
            .any(|form| without_breaks.contains_str(form))
        {
            return Some("in base64");
        }
    }
    None
}

/// What base64 makes of bytes whatever stands around them: for each of the
/// three alignments, the letters that depend on nothing else.
fn base64_forms(part: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let padded = [&vec![0; before][..], part].concat();
        let first = (before * 8).div_ceil(6);
        let last = padded.len() * 8 / 6;
        for alphabet in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            forms.push(alphabet.encode(&padded)[first..last].to_owned());
        }
    }
    forms
}

fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        match byte {
            Some(byte) if *first == b'%' => {
                decoded.push(byte);
                rest = &after[2..];
            }
            _ => {
                decoded.push(*first);
                rest = after;
            }
        }
    }
    decoded
}

/// Bytes in hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

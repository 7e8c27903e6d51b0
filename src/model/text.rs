//! Bytes from outside, made safe to show: the one place that decides how.

use std::fmt::{self, Write as _};

/// Shows bytes as UTF-8, with everything that could mislead a reader escaped:
/// control and format characters (bidirectional overrides, zero-width letters,
/// tags), line separators, backslashes and bytes that are not UTF-8.
///
/// The result holds no line break and no terminal control, so it can stand in
/// a log line, a terminal and (after the format's own escaping) in HTML.
pub struct Escaped<'a>(pub &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for letter in chunk.valid().chars() {
                match letter {
                    '\\' => f.write_str("\\\\")?,
                    _ if is_misleading(letter) => write!(f, "\\u{{{:x}}}", u32::from(letter))?,
                    _ => f.write_char(letter)?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// [`Escaped`] as a string.
pub fn escape(bytes: impl AsRef<[u8]>) -> String {
    Escaped(bytes.as_ref()).to_string()
}

/// [`escape`], cut to at most `limit` characters with an ellipsis.
pub fn excerpt(bytes: impl AsRef<[u8]>, limit: usize) -> String {
    let shown = escape(bytes);
    match shown.char_indices().nth(limit) {
        None => shown,
        Some((end, _)) => format!("{}…", &shown[..end]),
    }
}

/// Whether a character can hide or reorder what stands around it: controls and
/// the default-ignorable format characters (Unicode UAX #44, trojan-source).
pub fn is_misleading(letter: char) -> bool {
    letter.is_control()
        || matches!(u32::from(letter),
            0x00ad | 0x034f | 0x061c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f
            | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f
            | 0xfeff | 0xffa0 | 0xfff0..=0xfffb | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a
            | 0xe0000..=0xe0fff)
}

#[cfg(test)]
mod tests {
    use super::{escape, excerpt};

    #[test]
    fn plain_text_stays_and_what_misleads_is_escaped() {
        assert_eq!(escape("grün/ci.yml"), "grün/ci.yml");
        assert_eq!(escape("a\u{202e}b\u{200d}c"), "a\\u{202e}b\\u{200d}c");
        assert_eq!(escape("one\ntwo\x1b[31m"), "one\\u{a}two\\u{1b}[31m");
        assert_eq!(escape(b"\xff\\"), "\\xff\\\\");
        assert_eq!(excerpt("abcdef", 3), "abc…");
        assert_eq!(excerpt("abc", 3), "abc");
    }
}

//! The folded form of a path: what a careless reader, a case-insensitive file
//! system or Windows takes it for. Used to find imitations, never to decide
//! that a path is the real one.

use bstr::{BStr, BString, ByteSlice};
use unicode_normalization::UnicodeNormalization;

use crate::model::text::is_misleading;

/// Folds a path: compatibility forms (NFKC), letter case, invisible letters
/// removed, common look-alike letters replaced, backslashes as slashes, and the
/// dots and spaces at the end of a name that Windows drops.
pub(super) fn fold(path: &BStr) -> BString {
    if path.iter().all(is_settled) && !ends_loosely(path) {
        return path.to_ascii_lowercase().into();
    }
    let mut folded = Vec::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        let visible = chunk
            .valid()
            .chars()
            .filter(|letter| !is_misleading(*letter));
        for letter in visible.nfkc().filter(|letter| !is_misleading(*letter)) {
            let letter = latin(letter);
            for lower in letter.to_lowercase().map(latin) {
                folded.extend_from_slice(lower.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        folded.extend_from_slice(chunk.invalid());
    }
    let names = folded.split_str("/").map(|name| {
        let end = name.trim_end_with(|letter| letter == '.' || letter == ' ');
        if end.is_empty() { name } else { end }
    });
    bstr::join("/", names).into()
}

fn is_settled(byte: &u8) -> bool {
    (0x20..0x7f).contains(byte) && *byte != b'\\'
}

fn ends_loosely(path: &BStr) -> bool {
    let mut names = path.split_str("/");
    names.any(|name| name.ends_with(b".") || name.ends_with(b" "))
}

/// Letters that look like a Latin letter of the map's names (a short list from
/// Unicode's confusables.txt), and Windows's second separator.
fn latin(letter: char) -> char {
    match letter {
        '\\' | '∕' | '⁄' | '⧸' => '/',
        'а' | 'α' | 'А' | 'Α' | 'ɑ' => 'a',
        'В' | 'Β' | 'Ь' | 'Ƅ' => 'b',
        'с' | 'С' | 'ϲ' | 'Ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'Е' | 'Ε' | 'ҽ' => 'e',
        'ɡ' | 'ց' => 'g',
        'һ' | 'Н' | 'Η' => 'h',
        'і' | 'І' | 'ι' | 'Ι' | 'ı' | 'İ' | 'Ӏ' | 'ӏ' => 'i',
        'ј' | 'Ј' => 'j',
        'К' | 'Κ' | 'к' | 'κ' => 'k',
        'ʟ' => 'l',
        'М' | 'Μ' | 'м' => 'm',
        'Ν' | 'ո' => 'n',
        'о' | 'О' | 'ο' | 'Ο' | 'օ' => 'o',
        'р' | 'Р' | 'ρ' | 'Ρ' => 'p',
        'г' => 'r',
        'ѕ' | 'Ѕ' => 's',
        'Т' | 'Τ' | 'т' | 'τ' => 't',
        'υ' | 'ս' => 'u',
        'ν' | 'ѵ' => 'v',
        'ԝ' | 'ѡ' => 'w',
        'х' | 'Х' | 'χ' | 'Χ' => 'x',
        'у' | 'У' | 'Υ' | 'γ' => 'y',
        'Ζ' => 'z',
        '‐' | '‑' | '‒' | '–' | '—' | '−' => '-',
        '․' | '。' => '.',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use bstr::BStr;

    use super::fold;

    #[test]
    fn every_disguise_folds_to_the_plain_name() {
        for disguise in [
            ".GitHub/Workflows/ci.yml",
            ".github/work\u{200d}flows/ci.yml",
            ".ｇithub/workflows/ci.yml",
            ".github/wоrkflows/ci.yml",
            ".github\\workflows\\ci.yml",
            ".github./workflows /ci.yml",
            ".gıthub/workflows/ci.yml",
            ".gİthub/workflows/ci.yml",
            ".github/worKflows/ci.yml",
            ".github/\u{202e}workflows/ci.yml",
            "\u{feff}.github/workflows/ci.yml",
        ] {
            assert_eq!(
                fold(BStr::new(disguise)),
                ".github/workflows/ci.yml",
                "{disguise:?}"
            );
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_stay() {
        assert_eq!(fold(BStr::new(b"A\xff/B")), b"a\xff/b"[..]);
    }
}

//! What can be told of any text: characters that nobody sees, and marks that
//! silence a scanner. The marks silence no scanner here.

use bstr::ByteSlice;

use crate::model::build::{Blueprint, Item, Setting, Spot, What};
use crate::model::text::{excerpt, is_misleading};

/// Most lines of one file of which each kind is told; then their number is.
const MAX_LINES: usize = 400;
/// Most characters of a mark.
const MAX_MARK: usize = 120;

/// The name of the setting that tells a character nobody sees.
pub(crate) const HIDDEN: &str = "text.hidden";
/// The name of the setting that tells a mark.
pub(crate) const SUPPRESSION: &str = "text.suppression";

/// Adds both.
pub(super) fn annotate(blueprint: &mut Blueprint, content: &[u8]) {
    if content.contains(&0) {
        // git shows no text of it.
        if !is_binary_by_name(&blueprint.path) {
            note(
                blueprint,
                HIDDEN,
                (1, 1),
                "a NUL byte, for which reviews show no text".to_owned(),
            );
        }
        return;
    }
    let mut hidden = Kind::new(HIDDEN);
    let mut marks = Kind::new(SUPPRESSION);
    let content = content
        .strip_prefix("\u{feff}".as_bytes())
        .unwrap_or(content);
    for (number, line) in (1..).zip(content.lines()) {
        if let Some((column, what)) = hidden_in(line) {
            hidden.tell(blueprint, (number, column), what);
        }
        if let Some((column, mark)) = mark_in(line) {
            marks.tell(blueprint, (number, column), mark);
        }
    }
    hidden.finish(blueprint);
    marks.finish(blueprint);
}

/// Lines of one kind.
struct Kind {
    name: &'static str,
    told: usize,
    last: (u32, u32),
}

impl Kind {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            told: 0,
            last: (1, 1),
        }
    }

    fn tell(&mut self, blueprint: &mut Blueprint, at: (u32, u32), value: String) {
        self.told += 1;
        self.last = at;
        if self.told <= MAX_LINES {
            note(blueprint, self.name, at, value);
        }
    }

    fn finish(self, blueprint: &mut Blueprint) {
        if self.told > MAX_LINES {
            note(
                blueprint,
                self.name,
                self.last,
                format!("{} lines in all", self.told),
            );
        }
    }
}

fn note(blueprint: &mut Blueprint, name: &str, (line, column): (u32, u32), value: String) {
    let spot = Spot {
        path: blueprint.path.clone(),
        line,
        column,
    };
    let order = u32::try_from(blueprint.items.len()).unwrap_or(u32::MAX);
    blueprint.items.push(Item {
        slot: name.to_owned(),
        order,
        spot,
        what: What::Setting(Setting {
            name: name.to_owned(),
            value,
        }),
    });
}

/// The first place of a line where a character hides, and all that hide there.
fn hidden_in(line: &[u8]) -> Option<(u32, String)> {
    if line.is_ascii() && !line.iter().any(u8::is_ascii_control) {
        return None;
    }
    let (mut first, mut all): (Option<u32>, Vec<char>) = (None, Vec::new());
    let mut before = '\0';
    let mut letters = line.chars().peekable();
    let mut column = 0_u32;
    while let Some(letter) = letters.next() {
        column = column.saturating_add(1);
        let after = letters.peek().copied().unwrap_or('\0');
        if hides(before, letter, after) {
            first.get_or_insert(column);
            if !all.contains(&letter) {
                all.push(letter);
            }
        }
        before = letter;
    }
    all.sort_unstable();
    let names: Vec<_> = all.iter().map(|letter| name(*letter)).collect();
    first.map(|column| (column, excerpt(names.join(", "), MAX_MARK)))
}

/// Whether a character hides, or is part of an emoji or of a script that needs it.
fn hides(before: char, letter: char, after: char) -> bool {
    let is_picture = |other: char| {
        let code = u32::from(other);
        matches!(code, 0x2190..=0x2bff | 0x3030 | 0x303d | 0x3297 | 0x3299 | 0x1f000..=0x1faff | 0xfe0f)
    };
    match letter {
        '\t' | '\r' | '\u{c}' => false,
        // The picture form of a character, or of a key cap.
        '\u{fe0e}' | '\u{fe0f}' => {
            !(is_picture(before) || matches!(before, '0'..='9' | '#' | '*' | '©' | '®'))
                || before == '\u{fe0f}'
        }
        '\u{200d}' => !(is_picture(before) && is_picture(after)),
        _ => is_misleading(letter),
    }
}

fn name(letter: char) -> String {
    let code = u32::from(letter);
    let what = match code {
        0x202a..=0x202e | 0x2066..=0x2069 | 0x200e | 0x200f | 0x061c => {
            "turns the order of the text"
        }
        0x200b..=0x200d | 0x2060 | 0xfeff => "has no width",
        0xe0000..=0xe007f => "is an invisible tag",
        0xfe00..=0xfe0f | 0xe0100..=0xe01ef => "is an invisible variant mark",
        0..=0x1f | 0x7f..=0x9f => "steers a terminal",
        _ => "shows nothing",
    };
    format!("U+{code:04X}, which {what}")
}

/// What tools take for "do not look here", in lower case.
const MARKS: [&str; 27] = [
    "forgewarden:allow",
    "forgewarden: allow",
    "forgewarden:ignore",
    "forgewarden: ignore",
    "zizmor: ignore",
    "zizmor:ignore",
    "checkov:skip",
    "checkov.io/skip",
    "nosemgrep",
    "hadolint ignore=",
    "hadolint global ignore=",
    "trivy:ignore",
    "tfsec:ignore",
    "nosonar",
    "# nosec",
    "#nosec",
    "kics-scan ",
    "gitleaks:allow",
    "trufflehog:ignore",
    "pragma: allowlist",
    "codeql[",
    "lgtm[",
    "poutine:ignore",
    "ignore-check.kube-linter.io/",
    "kubelinter.io/ignore",
    "polaris.fairwinds.com/exempt",
    "# snyk:ignore",
];

fn mark_in(line: &[u8]) -> Option<(u32, String)> {
    let lower = line.to_ascii_lowercase();
    let found = MARKS.iter().filter_map(|mark| lower.find(mark));
    let start = found.min()?;
    let column = u32::try_from(line[..start].chars().count()).unwrap_or(u32::MAX);
    let mark = line[start..].to_str_lossy();
    let words: Vec<_> = mark.split_whitespace().collect();
    Some((column.saturating_add(1), excerpt(words.join(" "), MAX_MARK)))
}

fn is_binary_by_name(path: &[u8]) -> bool {
    const ENDS: [&str; 34] = [
        ".jar", ".zip", ".gz", ".tgz", ".xz", ".bz2", ".zst", ".7z", ".tar", ".png", ".jpg",
        ".jpeg", ".gif", ".ico", ".webp", ".pdf", ".wasm", ".exe", ".dll", ".so", ".dylib",
        ".class", ".p12", ".pfx", ".jks", ".der", ".crt", ".ttf", ".woff", ".woff2", ".bin",
        ".whl", ".deb", ".rpm",
    ];
    let path = path.to_ascii_lowercase();
    ENDS.iter().any(|end| path.ends_with(end.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::{HIDDEN, MAX_LINES, SUPPRESSION, annotate};
    use crate::model::build::{Blueprint, What};

    fn told(content: &[u8], name: &str) -> Vec<(u32, u32, String)> {
        let mut blueprint = Blueprint::new(&Arc::new("ci.yml".into()), "ci");
        annotate(&mut blueprint, content);
        let items = blueprint.items.into_iter();
        items
            .filter_map(|item| match item.what {
                What::Setting(it) if it.name == name => {
                    Some((item.spot.line, item.spot.column, it.value))
                }
                _ => None,
            })
            .collect()
    }

    #[test]
    fn what_nobody_sees_is_told() {
        let all = told(
            "\u{feff}a: b\nx: \u{202e}y\u{200b}\n\tz\r\n".as_bytes(),
            HIDDEN,
        );
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].0, all[0].1), (2, 4));
        assert!(all[0].2.contains("U+202E") && all[0].2.contains("U+200B"));
        for text in [
            "a\u{e0041}",
            "echo \u{1b}[2K",
            "a\u{fe01}",
            "a\u{fe0f}",
            "a\u{200d}b",
            "\u{2600}\u{fe0f}\u{fe0f}",
        ] {
            assert_eq!(told(text.as_bytes(), HIDDEN).len(), 1, "{text:?}");
        }
        assert_eq!(told(b"a\0b", HIDDEN).len(), 1);
    }

    #[test]
    fn emoji_and_letters_of_every_script_are_seen() {
        for text in [
            "name: \u{1f3d7}\u{fe0f} Build",
            "\u{1f468}\u{200d}\u{1f4bb}",
            "1\u{fe0f}\u{20e3}",
            "grün 建 שלום",
        ] {
            assert_eq!(told(text.as_bytes(), HIDDEN), [], "{text:?}");
        }
    }

    #[test]
    fn marks_are_told_without_what_stands_before() {
        let all = told(
            b"run: x   #  Zizmor: ignore[a,  b]\nok\n# checkov:skip=CKV_1:why\n",
            SUPPRESSION,
        );
        let texts: Vec<_> = all.iter().map(|one| one.2.as_str()).collect();
        assert_eq!(texts, ["Zizmor: ignore[a, b]", "checkov:skip=CKV_1:why"]);
    }

    #[test]
    fn many_lines_are_counted() {
        let text = "# nosec\n".repeat(MAX_LINES + 5);
        let all = told(text.as_bytes(), SUPPRESSION);
        assert_eq!(all.len(), MAX_LINES + 1);
        assert_eq!(all[MAX_LINES].2, "405 lines in all");
    }

    proptest! {
        #[test]
        fn any_bytes_end(content in proptest::collection::vec(any::<u8>(), 0..300)) {
            told(&content, HIDDEN);
        }
    }
}

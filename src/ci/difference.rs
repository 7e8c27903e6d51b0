//! How much the text of two versions of a file differs, as its own language
//! reads it. A language whose comments are not told apart differs in full.

use bstr::{BStr, ByteSlice};

use super::text::{decode, has_yaml_name};
use super::yaml;
use crate::model::build::TextDifference;

/// Versions that moved together: old and new text.
pub(super) type Moves = Vec<Vec<(String, String)>>;

/// How two versions of the file at a path differ.
pub(super) fn difference(
    path: &BStr,
    before: &[u8],
    after: &[u8],
    moves: &Moves,
) -> TextDifference {
    if before == after {
        return TextDifference::Layout;
    }
    let (Some(before), Some(after)) = (tokens(path, before), tokens(path, after)) else {
        return TextDifference::Other;
    };
    if before == after {
        return TextDifference::Layout;
    }
    let mut both = before.iter().zip(&after);
    if before.len() == after.len() && both.all(|(one, other)| is_moved(one, other, moves)) {
        TextDifference::Pins
    } else {
        TextDifference::Other
    }
}

/// Whether two words are the same but for a version that moved.
fn is_moved(one: &str, other: &str, moves: &Moves) -> bool {
    let moved = |pairs: &Vec<(String, String)>| {
        let mut text = one.to_owned();
        for (old, new) in pairs {
            let Some(at) = text.rfind(old.as_str()) else {
                return false;
            };
            text.replace_range(at..at + old.len(), new);
        }
        text == other
    };
    one == other || moves.iter().any(moved)
}

/// What a file says without its comments and layout.
fn tokens(path: &BStr, content: &[u8]) -> Option<Vec<String>> {
    if has_yaml_name(path) {
        return yaml::tokens(content);
    }
    let text = decode(content).ok()?;
    let name = path
        .rfind_byte(b'/')
        .map_or(path, |end| path[end + 1..].as_bstr());
    let lower = name.to_ascii_lowercase();
    if lower.contains_str("dockerfile") || lower.contains_str("containerfile") {
        docker_lines(text)
    } else if lower.starts_with(b"jenkinsfile") || lower.ends_with(b".groovy") {
        groovy_lines(text)
    } else {
        None
    }
}

/// A Dockerfile's lines. Its first comments may be directives, and in a
/// here-document a `#` begins no comment.
fn docker_lines(text: &str) -> Option<Vec<String>> {
    if text.contains("<<") {
        return None;
    }
    let is_comment = |line: &str| line.trim_start().starts_with('#');
    let directives = text.lines().take_while(|line| is_comment(line));
    let rest = text.lines().skip_while(|line| is_comment(line));
    let rest = rest.filter(|line| !is_comment(line));
    Some(words(directives.chain(rest)))
}

/// Lines of Groovy that has no text or comment of several lines.
fn groovy_lines(text: &str) -> Option<Vec<String>> {
    let several = ["'''", "\"\"\"", "/*", "$/", "\\\n"];
    if several.iter().any(|mark| text.contains(mark)) {
        return None;
    }
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    Some(words(code))
}

/// Blanks at a line's ends, and blank lines, say nothing.
fn words<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let trimmed = lines.map(str::trim).filter(|line| !line.is_empty());
    trimmed.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use bstr::BStr;

    use super::difference;
    use crate::model::build::TextDifference::{self, Layout, Other, Pins};

    fn of(path: &str, before: &str, after: &str) -> TextDifference {
        let moves = vec![vec![("v1".to_owned(), "v2".to_owned())]];
        difference(BStr::new(path), before.as_bytes(), after.as_bytes(), &moves)
    }

    #[test]
    fn comments_and_layout_are_told_from_what_counts() {
        assert_eq!(of("a.yml", "a: [b]\n", "# new\na:\n- b\n"), Layout);
        assert_eq!(of("a.yml", "a: b\n", "a: 'b'\n"), Other);
        assert_eq!(of("a.yml", "r: |\n  x\n", "r: |\n  # c\n  x\n"), Other);
        assert_eq!(of("a.yml", "uses: o/a@v1\n", "uses: o/a@v2 # c\n"), Pins);
        assert_eq!(of("a.yml", "u: o/a@v1\nb: 1\n", "u: o/a@v2\nb: 2\n"), Other);
        assert_eq!(of("Dockerfile", "FROM a\n# x\n", "FROM a\n# y\n"), Layout);
        assert_eq!(
            of("Dockerfile", "# syntax=a\nFROM a\n", "# syntax=b\nFROM a\n"),
            Other
        );
        assert_eq!(of("Jenkinsfile", "a()\n// x\n", "a()\n"), Layout);
        assert_eq!(of("x.sh", "a\n# x\n", "a\n# y\n"), Other);
    }
}

//! The summary of a check run or of a comment, in GitHub-flavoured Markdown.
//!
//! Nothing from outside can make Markdown or HTML here, name an account or
//! become a link: see [`escape`].

use serde_json::Value;

use super::templates::{CHECK_SUMMARY, ReportError, Templates};
use super::view::{Limits, View};
use crate::model::verdict::Verdict;

/// Longest summary, in bytes. GitHub takes 65,535 characters of a check run's
/// summary (REST API, "Create a check run").
pub const MAX_SUMMARY: usize = 65_535;

/// What is shown if it fits; findings are halved until it does.
const LIMITS: Limits = Limits {
    gaps: 10,
    findings: 200,
    capabilities: 50,
    commits: 30,
};

/// The summary, at most [`MAX_SUMMARY`] bytes; what is left out is counted.
///
/// # Errors
///
/// If the template fails, or what it writes is too long without any finding.
pub fn check_summary(verdict: &Verdict, templates: &Templates) -> Result<String, ReportError> {
    let json =
        serde_json::to_value(verdict).map_err(|error| ReportError::Shape(error.to_string()))?;
    check_summary_of(&json, templates)
}

/// [`check_summary`] of a stored verdict.
///
/// # Errors
///
/// As there, and if the JSON is not a verdict that we read.
pub fn check_summary_of(json: &Value, templates: &Templates) -> Result<String, ReportError> {
    let mut limits = LIMITS;
    loop {
        let view = View::read(json, limits)?;
        let text = templates.render(CHECK_SUMMARY, view)?;
        if text.len() <= MAX_SUMMARY {
            return Ok(text);
        }
        if limits.findings == 0 {
            return Err(ReportError::TooLong { limit: MAX_SUMMARY });
        }
        limits = Limits {
            findings: limits.findings / 2,
            capabilities: limits.capabilities / 2,
            commits: limits.commits / 2,
            ..limits
        };
    }
}

/// Text as Markdown that renders as that text: every ASCII punctuation mark is
/// a character reference or escaped, so that none of it is syntax, and an
/// invisible space keeps `@name`, `#1`, `://` and `www.` from becoming a
/// mention, a reference or a link (those are made from the rendered text).
pub(super) fn escape(text: &str) -> String {
    const BREAK: &str = "&#8203;";
    let mut escaped = String::with_capacity(text.len() + text.len() / 4);
    let mut before = ' ';
    for letter in text.chars() {
        match letter {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\r' | '\t' => escaped.push(' '),
            '@' | '#' => {
                escaped.push('\\');
                escaped.push(letter);
                escaped.push_str(BREAK);
            }
            '/' if before == ':' => {
                escaped.push_str(BREAK);
                escaped.push('/');
            }
            '.' if before.eq_ignore_ascii_case(&'w') => {
                escaped.push_str(BREAK);
                escaped.push_str("\\.");
            }
            '\'' | ',' | ';' | '/' | '?' | '%' => escaped.push(letter),
            _ if letter.is_ascii_punctuation() => {
                escaped.push('\\');
                escaped.push(letter);
            }
            _ => escaped.push(letter),
        }
        before = letter;
    }
    escaped
}

/// Text as a code span with a fence of more backticks than stand in it. Not for
/// the cells of a table, which a `|` would end.
pub(super) fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let fence = "`".repeat(longest_run(&text) + 1);
    format!("{fence} {text} {fence}")
}

/// Lines as a code block whose fence is longer than any run in it.
pub(super) fn fenced(lines: &[String]) -> String {
    block("sh", lines)
}

/// Lines as a block that shows what was added and taken away.
pub(super) fn diff(lines: &[String]) -> String {
    block("diff", lines)
}

fn block(language: &str, lines: &[String]) -> String {
    let longest = lines
        .iter()
        .map(|line| longest_run(line))
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let body: String = lines
        .iter()
        .map(|line| line.replace(['\n', '\r'], " ") + "\n")
        .collect();
    format!("{fence}{language}\n{body}{fence}")
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|letter| letter != '`');
    runs.map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{code, escape, fenced};

    #[test]
    fn text_from_outside_makes_no_markdown() {
        assert_eq!(escape("@alice"), "\\@&#8203;alice");
        assert_eq!(
            escape("![x](http://a)"),
            "\\!\\[x\\]\\(http\\:&#8203;//a\\)"
        );
        assert_eq!(escape("<img src=x>"), "&lt;img src\\=x&gt;");
        assert_eq!(escape("a | b\n# c"), "a \\| b \\#&#8203; c");
        assert_eq!(escape("www.example.org"), "www&#8203;\\.example\\.org");
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(code("a``b|c"), "``` a``b|c ```");
        assert_eq!(fenced(&["echo ```".into()]), "````sh\necho ```\n````");
    }

    proptest! {
        #[test]
        fn nothing_escaped_holds_bare_syntax(text in "\\PC{0,60}") {
            let escaped = escape(&text).replace("&#8203;", "");
            let mut letters = escaped.chars();
            while let Some(letter) = letters.next() {
                if letter == '\\' {
                    let next = letters.next();
                    prop_assert!(next.is_some_and(|next| next.is_ascii_punctuation()));
                } else {
                    prop_assert!(!"<>`*_[]()|!~#@\n\\\"".contains(letter), "{escaped}");
                }
            }
        }
    }
}

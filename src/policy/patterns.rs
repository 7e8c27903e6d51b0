//! Patterns for refs and paths: `*` inside a level, `**` over levels.

use std::fmt;

use globset::GlobMatcher;

use super::formats;
use crate::model::refs::RefName;

/// Ref names and patterns of them, such as `refs/heads/release/*`.
#[derive(Debug, Clone, Default)]
pub struct RefPatterns(Vec<GlobMatcher>);

impl RefPatterns {
    /// Compiles patterns; a short one is a branch. The error is a sentence.
    pub(crate) fn new<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let compile =
            |text: &str| formats::ref_pattern(text).map_err(|why| format!("`{text}` {why}"));
        patterns
            .into_iter()
            .map(compile)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether one of the patterns matches the full name. Letter case counts,
    /// as it does for git.
    pub fn matches(&self, name: &RefName) -> bool {
        self.0
            .iter()
            .any(|pattern| formats::matches(pattern, name.as_bstr()))
    }

    /// Whether there is no pattern.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for RefPatterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<_> = self.0.iter().map(|pattern| pattern.glob().glob()).collect();
        f.write_str(&texts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::RefPatterns;
    use crate::model::refs::RefName;

    fn matches(pattern: &str, name: impl AsRef<[u8]>) -> bool {
        let patterns = RefPatterns::new([pattern]).expect("a pattern");
        patterns.matches(&RefName::new(name).expect("a ref"))
    }

    #[test]
    fn a_star_stays_inside_a_level_and_two_do_not() {
        assert!(matches("release/*", "refs/heads/release/1.0"));
        assert!(!matches("release/*", "refs/heads/release/1.0/fix"));
        assert!(matches("release/**", "refs/heads/release/1.0/fix"));
        assert!(matches("refs/tags/v*", "refs/tags/v1"));
        assert!(matches("refs/heads/**", b"refs/heads/\xff"));
    }

    #[test]
    fn a_short_name_is_a_branch_and_never_a_suffix() {
        assert!(matches("main", "refs/heads/main"));
        assert!(!matches("main", "refs/tags/main"));
        assert!(!matches("main", "refs/heads/x/main"));
        assert!(!matches("main", "refs/heads/Main"));
    }

    #[test]
    fn ambiguous_and_unlawful_patterns_are_refused() {
        for odd in [
            "heads/main",
            "tags/v*",
            "HEAD",
            "*",
            "a b",
            "a..b",
            "refs/heads/",
            "refs/heads/[",
        ] {
            assert!(RefPatterns::new([odd]).is_err(), "{odd}");
        }
    }
}

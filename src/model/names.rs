//! Lists of names with wildcards, as a policy states them.

use globset::GlobMatcher;

use super::pattern;

/// Names, `*` inside a level and `**` over levels. Compared without regard to ASCII case.
#[derive(Debug, Clone, Default)]
pub struct Names(Vec<(String, GlobMatcher)>);

impl Names {
    /// Compiles names.
    ///
    /// # Errors
    /// The name, and what is wrong with it, as a clause.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut all = Vec::new();
        for text in texts {
            let text = text.to_ascii_lowercase();
            let glob = pattern::glob(&text)?;
            all.push((text, glob));
        }
        all.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(Self(all))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names as they were written, in lower case, sorted.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(text, _)| text.as_str())
    }

    /// Whether one of them is this name.
    pub fn has(&self, name: &[u8]) -> bool {
        let name = name.to_ascii_lowercase();
        self.0.iter().any(|(_, glob)| pattern::matches(glob, &name))
    }
}

impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        self.texts().eq(other.texts())
    }
}

impl Eq for Names {}

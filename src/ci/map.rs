//! A system's file map: rows of path patterns with the tier of what they name.

use std::sync::OnceLock;

use bstr::{BStr, BString};

use super::pattern::{Letters, Pattern, cut};
use crate::model::ci::Tier;

/// Paths that match a pattern, and what such a file can do.
pub type Row = (&'static str, Tier);

/// How the names of a map are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    /// Byte for byte; a folded path that matches is an imitation.
    Exact,
    /// In any ASCII letter case; a path that matches otherwise folded is an imitation.
    AnyCase,
    /// Byte for byte; they are everyday words, so nothing imitates them.
    Words,
}

/// Rows of one system; the first row that matches counts.
pub struct FileMap {
    rows: &'static [Row],
    names: Names,
    patterns: OnceLock<Vec<(Pattern, Tier)>>,
}

impl FileMap {
    /// A map of these rows.
    pub const fn new(rows: &'static [Row]) -> Self {
        Self::with(rows, Names::Exact)
    }

    /// A map of names that count in any letter case, such as `dockerfile`.
    pub const fn in_any_case(rows: &'static [Row]) -> Self {
        Self::with(rows, Names::AnyCase)
    }

    /// A map of names such as `BUILD`, of which `build` is no imitation.
    pub const fn of_plain_words(rows: &'static [Row]) -> Self {
        Self::with(rows, Names::Words)
    }

    const fn with(rows: &'static [Row], names: Names) -> Self {
        Self {
            rows,
            names,
            patterns: OnceLock::new(),
        }
    }

    /// The rows, for documentation and tests.
    pub fn rows(&self) -> &'static [Row] {
        self.rows
    }

    /// The tier of the file at this path.
    pub fn tier(&self, path: &BStr) -> Option<Tier> {
        let letters = match self.names {
            Names::AnyCase => Letters::Folded,
            Names::Exact | Names::Words => Letters::Exact,
        };
        self.find(path, letters).map(|(_, tier)| *tier)
    }

    /// The tier of what a folded path imitates, and the path it imitates.
    pub(super) fn imitated(&self, folded: &BStr) -> Option<(Tier, BString)> {
        if self.names == Names::Words {
            return None;
        }
        let (pattern, tier) = self.find(folded, Letters::Folded)?;
        Some((*tier, pattern.imitated(folded)))
    }

    /// The highest tier of what lies below this directory, if rows lead through it.
    pub(super) fn below(&self, directory: &BStr, letters: Letters) -> Option<Tier> {
        if self.names == Names::Words {
            return None;
        }
        let through = self
            .patterns()
            .iter()
            .filter(|(pattern, _)| pattern.leads_through(directory, letters));
        through.map(|(_, tier)| *tier).min()
    }

    fn find(&self, path: &BStr, letters: Letters) -> Option<&(Pattern, Tier)> {
        let names = cut(path);
        self.patterns()
            .iter()
            .find(|(pattern, _)| pattern.matches(&names, letters))
    }

    fn patterns(&self) -> &[(Pattern, Tier)] {
        self.patterns.get_or_init(|| {
            let spelled = self.rows.iter().flat_map(|(row, tier)| {
                Pattern::expand(row)
                    .into_iter()
                    .map(move |one| (one, *tier))
            });
            spelled.collect()
        })
    }
}

//! What other scanners found in two versions of a repository.

use bstr::BString;

use super::finding::Severity;

/// The results of other scanners on both sides of a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Before it.
    pub before: Vec<ForeignResult>,
    /// After it.
    pub after: Vec<ForeignResult>,
}

/// One result of another scanner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ForeignResult {
    /// The scanner's name.
    pub tool: String,
    /// Its name for the rule.
    pub rule: String,
    /// The file, as the scanner calls it.
    pub path: Option<BString>,
    /// Line, from 1.
    pub line: Option<u32>,
    /// Column, from 1.
    pub column: Option<u32>,
    /// How bad it is.
    pub severity: Severity,
    /// What the scanner says, as it says it.
    pub message: String,
    /// What makes it the same problem in another version: the scanner's own
    /// fingerprints, else the text that it marks, else what it says.
    pub identity: String,
}

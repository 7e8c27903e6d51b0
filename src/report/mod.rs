//! A verdict as people and machines read it.
//!
//! The only input is the verdict; what a check is about comes from
//! [`crate::checks::find`]. Nothing here judges, reads a clock or knows a forge.
//!
//! A remedy is read line by line: a line that begins with a program's name
//! (`git `, `gpg `, …) is a command and is shown as it is, so that it can be
//! copied; other lines are prose.

pub mod json;
pub mod sarif;
pub mod terminal;

#[cfg(feature = "server")]
mod altered;
#[cfg(feature = "server")]
mod documentation;
#[cfg(feature = "server")]
pub mod html;
#[cfg(feature = "server")]
pub mod markdown;
#[cfg(feature = "server")]
mod pushed;
#[cfg(feature = "server")]
mod stored;
#[cfg(feature = "server")]
mod templates;
#[cfg(feature = "server")]
mod view;

mod wording;

use crate::model::finding::Effect;
use crate::model::verdict::{Conclusion, Verdict};

#[cfg(feature = "server")]
pub use html::{PageContext, details_page};
#[cfg(feature = "server")]
pub use markdown::check_summary;
#[cfg(feature = "server")]
pub use templates::{ReportError, Templates};
pub use wording::{MAX_TITLE, title};

/// A form of report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "server", derive(clap::ValueEnum))]
pub enum Format {
    /// For a terminal.
    Text,
    /// The versioned schema.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// GitHub-flavoured Markdown.
    Markdown,
}

/// The exit code of a process that reached this conclusion. Only a pass is 0.
pub fn exit_code(conclusion: Conclusion) -> u8 {
    match conclusion {
        Conclusion::Pass => 0,
        Conclusion::Fail => 1,
        Conclusion::Error | Conclusion::Pending => 2,
    }
}

/// A finding at a line of a file, for forges that show it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// The path, from the root of the repository.
    pub path: String,
    /// Line, from 1; 1 if the finding is about the whole file.
    pub line: u32,
    /// Column, from 1.
    pub column: Option<u32>,
    /// Whether the finding blocks.
    pub blocking: bool,
    /// The check's id.
    pub check: &'static str,
    /// The message, then the remedy on lines of its own.
    pub message: String,
}

/// The findings that are about a file, in the verdict's order. Paths that are
/// not UTF-8 are left out: forges take none. They stand in the summary.
pub fn annotations(verdict: &Verdict) -> Vec<Annotation> {
    let at_files = verdict.findings.iter().filter_map(|finding| {
        let path = std::str::from_utf8(finding.path.as_ref()?).ok()?;
        let mut message = wording::visible(&finding.message);
        for line in finding.remedy.lines() {
            message.push('\n');
            message.push_str(&wording::visible(line));
        }
        Some(Annotation {
            path: path.to_owned(),
            line: finding.line.unwrap_or(1),
            column: finding.column,
            blocking: finding.effect == Effect::Block,
            check: finding.check,
            message,
        })
    });
    at_files.collect()
}

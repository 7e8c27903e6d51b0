//! What a status shows, kept as JSON until it is published.

use serde::{Deserialize, Serialize};

use crate::forge::Annotation;
use crate::model::verdict::{Conclusion, Verdict};
use crate::report::{self, ReportError, Templates};
use crate::store::Said;

/// Title, summary and annotations of a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rendered {
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) annotations: Vec<Note>,
}

/// A finding at a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    path: String,
    line: u32,
    blocking: bool,
    title: String,
    message: String,
}

impl Rendered {
    /// What a verdict says.
    pub(super) fn of(verdict: &Verdict, templates: &Templates) -> Result<Self, ReportError> {
        Ok(Self {
            title: report::title(verdict),
            summary: report::check_summary(verdict, templates)?,
            annotations: report::annotations(verdict)
                .into_iter()
                .map(Note::from)
                .collect(),
        })
    }

    /// A title and a summary of our own.
    pub(super) fn plain(title: impl Into<String>, summary: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            summary: summary.into(),
            annotations: Vec::new(),
        }
    }

    /// As it is kept. Strings and numbers always are JSON.
    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What a status says before it is judged.
pub(super) fn pending() -> String {
    let summary = "Forgewarden judges this revision. It takes some seconds.";
    Rendered::plain("Being judged", summary).to_json()
}

/// What a status says that could not be judged. `why` is a clause.
pub(super) fn could_not_judge(why: &str) -> Said {
    let summary = format!(
        "Forgewarden could not judge this revision, so it does not pass: {}.\n\n\
         Ask for the check again once that is mended; the operator finds it with \
         `forgewarden replay --dead`.",
        for_markdown(why)
    );
    Said {
        conclusion: Conclusion::Error,
        rendered: Rendered::plain("Could not judge", summary).to_json(),
        verdict_id: None,
    }
}

/// What a status says whose subject went away before it was judged.
pub(super) fn overtaken(why: &str) -> Said {
    Said {
        conclusion: Conclusion::Error,
        rendered: Rendered::plain("Not judged: overtaken", why).to_json(),
        verdict_id: None,
    }
}

/// An error text in Markdown: as code, on one line.
fn for_markdown(why: &str) -> String {
    let text = crate::model::text::excerpt(why, 500).replace('`', "'");
    format!("`{text}`")
}

impl From<report::Annotation> for Note {
    fn from(at_line: report::Annotation) -> Self {
        Self {
            path: at_line.path,
            line: at_line.line,
            blocking: at_line.blocking,
            title: at_line.check.to_owned(),
            message: at_line.message,
        }
    }
}

impl From<Note> for Annotation {
    fn from(note: Note) -> Self {
        Self {
            path: note.path,
            line: note.line,
            blocking: note.blocking,
            title: note.title,
            message: note.message,
        }
    }
}

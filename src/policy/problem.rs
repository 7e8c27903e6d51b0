//! What is wrong with a policy file, and where: a source, a line, a column and
//! the line itself with a caret. Knows nothing of policies.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::model::text::escape;

/// Most problems that are listed; the rest is counted.
pub const MAX_PROBLEMS: usize = 100;

/// Most characters of a line that are shown on each side of the caret.
const SNIPPET_REACH: usize = 60;

/// Whether a problem makes the file unusable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemSeverity {
    /// The file is refused.
    Error,
    /// The file is read; somebody should look.
    Warning,
}

impl fmt::Display for ProblemSeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One thing that is wrong with a policy file, at its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file's name, as the caller gave it.
    pub source: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Whether it makes the file unusable.
    pub severity: ProblemSeverity,
    /// What is wrong, in one sentence without a final full stop.
    pub message: String,
    /// What mends it, or the nearest valid name.
    pub help: Option<String>,
    /// The line with the place marked in it.
    snippet: Snippet,
}

/// The part of a line around a problem, already escaped.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Snippet {
    text: String,
    indent: usize,
    width: usize,
}

impl Problem {
    /// Adds what mends it.
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, with what mends it if there is something.
    pub(crate) fn with_some_help(self, help: Option<String>) -> Self {
        Self { help, ..self }
    }

    /// Whether it makes the file unusable.
    pub fn is_error(&self) -> bool {
        self.severity == ProblemSeverity::Error
    }

    /// The problem over several lines, with the line of the file and a caret.
    pub fn render(&self) -> String {
        let gutter = " ".repeat(self.line.to_string().len());
        let mut out = format!("{self}\n");
        if !self.snippet.text.is_empty() {
            let Snippet {
                text,
                indent,
                width,
            } = &self.snippet;
            let caret = format!("{}{}", " ".repeat(*indent), "^".repeat(*width));
            out += &format!("{gutter} |\n{} | {text}\n{gutter} | {caret}\n", self.line);
        }
        if let Some(help) = &self.help {
            out += &format!("{gutter} = help: {help}\n");
        }
        out
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            column,
            severity,
            message,
            ..
        } = self;
        let source = escape(&self.source);
        write!(f, "{source}:{line}:{column}: {severity}: {message}")
    }
}

/// Why a policy could not be read: all problems of the files, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Whether any of them makes the file unusable.
    pub fn any_error(&self) -> bool {
        self.0.iter().any(Problem::is_error)
    }

    /// Sorts them by place, drops repetitions and keeps [`MAX_PROBLEMS`].
    pub(crate) fn in_order(mut list: Vec<Problem>) -> Self {
        list.sort();
        list.dedup();
        if let Some(rest) = list
            .len()
            .checked_sub(MAX_PROBLEMS)
            .filter(|rest| *rest > 0)
        {
            // Errors go first, so that no warning hides the last of them.
            list.sort_by_key(|problem| problem.severity);
            list.truncate(MAX_PROBLEMS);
            if let Some(last) = list.last_mut() {
                last.help = Some(format!("{rest} more problems are not listed"));
            }
        }
        Self(list)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index > 0 { "\n" } else { "" };
            write!(f, "{separator}{problem}")?;
            if let Some(help) = &problem.help {
                write!(f, "; {help}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// A policy file's name and text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// Its name, as the caller gave it.
    pub(crate) name: String,
    /// Its text.
    pub(crate) text: String,
}

/// A place in a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    source: Arc<Source>,
    span: Range<usize>,
}

impl Spot {
    /// The bytes `span` of a source; what lies outside is cut off.
    pub(crate) fn new(source: &Arc<Source>, span: Range<usize>) -> Self {
        let text = &source.text;
        let start = text.floor_char_boundary(span.start);
        let end = text.ceil_char_boundary(span.end.max(start));
        Self {
            source: source.clone(),
            span: start..end,
        }
    }

    /// The source's name.
    pub(crate) fn source(&self) -> &str {
        &self.source.name
    }

    /// The line, from 1.
    pub(crate) fn line(&self) -> usize {
        self.source.text[..self.span.start].matches('\n').count() + 1
    }

    /// Something that makes the file unusable.
    pub(crate) fn error(&self, message: impl Into<String>) -> Problem {
        self.problem(ProblemSeverity::Error, message.into())
    }

    /// Something that somebody should look at.
    pub(crate) fn warning(&self, message: impl Into<String>) -> Problem {
        self.problem(ProblemSeverity::Warning, message.into())
    }

    fn problem(&self, severity: ProblemSeverity, message: String) -> Problem {
        let before = &self.source.text[..self.span.start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Problem {
            source: self.source.name.clone(),
            line: self.line(),
            column: before[line_start..].chars().count() + 1,
            severity,
            message,
            help: None,
            snippet: self.snippet(line_start),
        }
    }

    fn snippet(&self, line_start: usize) -> Snippet {
        let text = &self.source.text;
        let rest = &text[self.span.start..];
        let line_end = self.span.start + rest.find('\n').unwrap_or(rest.len());
        let marked_end = self.span.end.min(line_end);
        let head = last(&escape(&text[line_start..self.span.start]));
        let marked = first(&escape(text[self.span.start..marked_end].trim_end()));
        let tail = first(&escape(text[marked_end..line_end].trim_end()));
        Snippet {
            indent: head.chars().count(),
            width: marked.chars().count().max(1),
            text: format!("{head}{marked}{tail}"),
        }
    }
}

fn first(text: &str) -> String {
    match text.char_indices().nth(SNIPPET_REACH) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

fn last(text: &str) -> String {
    let skipped = text.chars().count().saturating_sub(SNIPPET_REACH);
    let kept: String = text.chars().skip(skipped).collect();
    if skipped == 0 {
        kept
    } else {
        format!("…{kept}")
    }
}

//! The report for a terminal: the hook's stderr, the command line.
//!
//! Findings of one check stand together; a check that objects a hundred times
//! is shown [`MAX_PER_CHECK`] times and counted. The last line is the summary.

use super::wording::{
    Counts, Step, check_title, counted, how, place, steps, title, visible, whose_word,
};
use crate::model::finding::{Effect, Finding};
use crate::model::verdict::{Conclusion, Verdict};

/// Columns of a line, without its prefix. Leaves room for git's own `remote: `
/// on a terminal of 80.
pub const DEFAULT_WIDTH: usize = 72;
/// Narrowest width that is kept; below it lines are longer than asked.
pub const MIN_WIDTH: usize = 30;
/// Most findings of one check that are shown.
pub const MAX_PER_CHECK: usize = 10;
/// Most capabilities that are shown.
pub const MAX_CAPABILITIES: usize = 15;
/// Most pushes whose authentication is told.
pub const MAX_PUSHES: usize = 5;
/// Most reasons that are shown why something could not be judged.
pub const MAX_GAPS: usize = 10;

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Plain text: files, pipes, hooks.
    Never,
    /// ANSI colours: a terminal.
    Always,
}

/// How to write.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Whether to colour.
    pub colour: Colour,
    /// Columns of a line, without the prefix. Commands and places are never broken.
    pub width: usize,
    /// What was judged, if that is not the verdict's subject.
    pub subject: Option<&'a str>,
    /// Stands before each line: GitLab shows only lines that begin with `GL-HOOK-ERR: `.
    pub line_prefix: &'a str,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            colour: Colour::Never,
            width: DEFAULT_WIDTH,
            subject: None,
            line_prefix: "",
        }
    }
}

/// The report, ending with a line break.
pub fn render(verdict: &Verdict, options: &Options<'_>) -> String {
    let mut page = Page {
        options,
        text: String::new(),
    };
    page.gaps(verdict);
    for group in groups(&verdict.findings) {
        page.group(&group);
    }
    page.capabilities(verdict);
    page.pushes(verdict);
    page.summary(verdict);
    page.text
}

/// Findings of the same check and weight, in the verdict's order.
fn groups(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        let key = |other: &Finding| (other.effect, other.check, other.waiver.clone());
        match groups
            .iter_mut()
            .find(|group| key(group[0]) == key(finding))
        {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

#[derive(Clone, Copy)]
enum Ink {
    Red,
    Yellow,
    Green,
    Bold,
    Plain,
}

struct Page<'a> {
    options: &'a Options<'a>,
    text: String,
}

impl Page<'_> {
    fn group(&mut self, group: &[&Finding]) {
        let Some(first) = group.first() else { return };
        let (ink, word) = match (first.effect, &first.waiver) {
            (Effect::Block, _) => (Ink::Red, "BLOCKED"),
            (Effect::Warn, Some(_)) => (Ink::Yellow, "WAIVED"),
            (Effect::Warn, None) => (Ink::Yellow, "WARNING"),
        };
        let times = match group.len() {
            1 => String::new(),
            many => format!(", {many} times"),
        };
        let head = format!(
            "{word} {}: {}{times}",
            first.check,
            check_title(first.check)
        );
        self.wrap("", &head, ink);
        if let Some(waiver) = &first.waiver {
            let note = format!(
                "waived until {}: {}",
                visible(&waiver.until),
                visible(&waiver.reason)
            );
            self.wrap("  ", &note, Ink::Plain);
        }
        for (index, finding) in group.iter().take(MAX_PER_CHECK).enumerate() {
            self.line("  ", &place(finding), Ink::Bold);
            self.wrap("    ", &visible(&finding.message), Ink::Plain);
            let next = group.get(index + 1).filter(|_| index + 1 < MAX_PER_CHECK);
            // The same remedy is said once, after the last finding that it mends.
            if next.is_none_or(|next| next.remedy != finding.remedy) {
                self.remedy(&finding.remedy);
            }
        }
        if let Some(more) = group
            .len()
            .checked_sub(MAX_PER_CHECK)
            .filter(|more| *more > 0)
        {
            let more = format!("… and {more} more; the JSON report lists all");
            self.wrap("  ", &more, Ink::Plain);
        }
        self.line("", "", Ink::Plain);
    }

    fn remedy(&mut self, remedy: &str) {
        for step in steps(remedy) {
            match step {
                Step::Command(command) => self.line("    $ ", &command, Ink::Plain),
                Step::Prose(prose) => self.wrap("    ", &format!("→ {prose}"), Ink::Plain),
            }
        }
    }

    fn gaps(&mut self, verdict: &Verdict) {
        if verdict.gaps.is_empty() {
            return;
        }
        self.line("", "COULD NOT JUDGE", Ink::Red);
        for gap in verdict.gaps.iter().take(MAX_GAPS) {
            self.wrap("  ", &format!("- {}", visible(&gap.0)), Ink::Plain);
        }
        if let Some(more) = verdict
            .gaps
            .len()
            .checked_sub(MAX_GAPS)
            .filter(|more| *more > 0)
        {
            self.line("  ", &format!("… and {more} more"), Ink::Plain);
        }
        self.line("", "", Ink::Plain);
    }

    /// What the build environment may do afterwards that it could not, and the reverse.
    fn capabilities(&mut self, verdict: &Verdict) {
        let all = &verdict.capabilities;
        if all.is_empty() {
            return;
        }
        self.line("", "What it does to the build environment:", Ink::Bold);
        for one in all.iter().take(MAX_CAPABILITIES) {
            let line = one.line.map(|line| format!(":{line}")).unwrap_or_default();
            let text = format!(
                "{} {} ({}{line})",
                one.direction.sign(),
                visible(&one.what),
                visible(&one.path)
            );
            self.wrap("  ", &text, Ink::Plain);
        }
        let more = all.len().saturating_sub(MAX_CAPABILITIES) + verdict.more_capabilities;
        if more > 0 {
            self.line("  ", &format!("… and {more} more"), Ink::Plain);
        }
        self.line("", "", Ink::Plain);
    }

    /// How it was pushed, who says so and how sure that is.
    fn pushes(&mut self, verdict: &Verdict) {
        for push in verdict.authentication.iter().take(MAX_PUSHES) {
            let used = how(push.state, &push.could_be);
            let whose = match whose_word(&push.sources, push.strength) {
                whose if whose.is_empty() => whose,
                whose => format!(" ({whose})"),
            };
            let line = format!("Authenticated with: {}{whose}", visible(&used));
            self.wrap("", &line, Ink::Plain);
        }
    }

    fn summary(&mut self, verdict: &Verdict) {
        let subject = match self.options.subject {
            Some(subject) => visible(subject),
            None => visible(&verdict.subject.to_string()),
        };
        let repository = &verdict.repository;
        let (ink, word, then) = match verdict.conclusion {
            Conclusion::Pass => (Ink::Green, "passed", String::new()),
            Conclusion::Pending => (Ink::Yellow, "not judged yet", String::new()),
            Conclusion::Fail => (Ink::Red, "blocked", String::new()),
            Conclusion::Error => (
                Ink::Red,
                "could not judge",
                " Nothing is let through until it can be judged: try again, and if it stays so, show \
                 this to whoever runs Forgewarden."
                    .to_owned(),
            ),
        };
        let said = match verdict.conclusion {
            Conclusion::Error => Counts::of(&verdict.findings).text(),
            Conclusion::Pass => format!(
                "{}, {} judged",
                title(verdict),
                counted(verdict.commits.len(), "object")
            ),
            Conclusion::Fail | Conclusion::Pending => title(verdict),
        };
        let said = if said.is_empty() {
            said
        } else {
            format!(" ({said})")
        };
        let line = format!("forgewarden: {subject} of {repository}: {word}{said}.{then}");
        self.wrap("", &line, ink);
    }

    /// One line, never broken.
    fn line(&mut self, indent: &str, text: &str, ink: Ink) {
        let code = match (self.options.colour, ink) {
            (Colour::Never, _) | (_, Ink::Plain) => None,
            (_, Ink::Red) => Some("1;31"),
            (_, Ink::Yellow) => Some("1;33"),
            (_, Ink::Green) => Some("1;32"),
            (_, Ink::Bold) => Some("1"),
        };
        let line = match code {
            Some(code) => format!("{indent}\x1b[{code}m{text}\x1b[0m"),
            None => format!("{indent}{text}"),
        };
        self.text.push_str(self.options.line_prefix);
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// Lines broken at spaces; a word that is too long is cut. What follows a
    /// mark (`-`, `→`) stands below its first word.
    fn wrap(&mut self, indent: &str, text: &str, ink: Ink) {
        let hang = match text.split_once(' ') {
            Some(("-" | "→" | "+" | "~", _)) => "  ",
            _ => "",
        };
        let width = self.options.width.max(MIN_WIDTH) - indent.len() - hang.len();
        let following = format!("{indent}{hang}");
        let mut indent = indent;
        let mut line = String::new();
        let mut used = 0;
        for word in text.split(' ').flat_map(|word| pieces(word, width)) {
            let length = word.chars().count();
            if used > 0 && used + 1 + length > width {
                self.line(indent, &line, ink);
                indent = &following;
                line.clear();
                used = 0;
            }
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
        self.line(indent, &line, ink);
    }
}

/// A word, cut where it is longer than a line.
fn pieces(word: &str, width: usize) -> Vec<&str> {
    let mut rest = word;
    let mut pieces = Vec::new();
    while let Some((end, _)) = rest.char_indices().nth(width) {
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

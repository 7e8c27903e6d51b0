//! Words and shapes that all reports share.

use std::collections::BTreeSet;

use crate::checks;
use crate::model::authentication::{Authentication, Source, Strength};
use crate::model::finding::{Effect, Finding};
use crate::model::text::{excerpt, is_misleading};
use crate::model::verdict::{Conclusion, Knowledge, Verdict};

/// Longest title, in characters. Forges show one line and cut at about this.
pub const MAX_TITLE: usize = 140;

/// Most possibilities that are listed of how a push was authenticated.
pub(super) const MAX_POSSIBLE: usize = 5;

/// Programs whose name at the start of a remedy's line makes it a command.
const PROGRAMS: [&str; 9] = [
    "git ",
    "gpg ",
    "ssh-keygen ",
    "ssh-add ",
    "ssh ",
    "forgewarden ",
    "gh ",
    "glab ",
    "gitsign ",
];

/// Text from outside with everything that could mislead a reader or end the
/// line spelled out. Unlike [`crate::model::text::escape`] it leaves
/// backslashes alone: findings are escaped where they are made.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_misleading(letter) {
            shown.push_str(&format!("\\u{{{:x}}}", u32::from(letter)));
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// A line of a remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// To be copied.
    Command(String),
    /// To be read.
    Prose(String),
}

/// The lines of a remedy.
pub(super) fn steps(remedy: &str) -> Vec<Step> {
    let lines = remedy
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let command = line.strip_prefix("$ ").unwrap_or(line);
            let is_command = command.len() < line.len()
                || PROGRAMS.iter().any(|program| line.starts_with(program));
            if is_command {
                Step::Command(visible(command))
            } else {
                Step::Prose(visible(line))
            }
        })
        .collect()
}

/// What the check is about, in one line; its id if it is not known any more.
pub(super) fn check_title(id: &str) -> &str {
    checks::find(id).map_or(id, |check| check.meta.title)
}

/// How many findings of each weight there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) blocking: usize,
    pub(super) warnings: usize,
    pub(super) waived: usize,
}

impl Counts {
    pub(super) fn of(findings: &[Finding]) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            counts.add(finding.effect == Effect::Block, finding.waiver.is_some());
        }
        counts
    }

    pub(super) fn add(&mut self, blocking: bool, waived: bool) {
        match (blocking, waived) {
            (true, _) => self.blocking += 1,
            (false, true) => self.waived += 1,
            (false, false) => self.warnings += 1,
        }
    }

    /// "2 blocking findings, 1 warning"; empty if there are none.
    pub(super) fn text(self) -> String {
        let parts = [
            (self.blocking, counted(self.blocking, "blocking finding")),
            (self.warnings, counted(self.warnings, "warning")),
            (self.waived, format!("{} waived", self.waived)),
        ];
        let shown = parts.into_iter().filter(|(count, _)| *count > 0);
        shown.map(|(_, text)| text).collect::<Vec<_>>().join(", ")
    }
}

/// "1 commit", "2 commits".
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// What the verdict says, in one line of at most [`MAX_TITLE`] characters.
pub fn title(verdict: &Verdict) -> String {
    let first_gap = verdict.gaps.first().map(|gap| gap.0.as_str());
    title_of(verdict.conclusion, Counts::of(&verdict.findings), first_gap)
}

/// How the title of an error begins.
pub(super) const COULD_NOT_JUDGE: &str = "could not judge: ";

pub(super) fn title_of(conclusion: Conclusion, counts: Counts, gap: Option<&str>) -> String {
    let found = counts.text();
    match conclusion {
        Conclusion::Pass if found.is_empty() => "nothing to object to".to_owned(),
        Conclusion::Pass => format!("nothing blocks: {found}"),
        Conclusion::Pending => "not judged yet".to_owned(),
        Conclusion::Fail => found,
        Conclusion::Error => {
            let rest = match found.is_empty() {
                true => String::new(),
                false => format!(" ({found})"),
            };
            let start = COULD_NOT_JUDGE;
            let room = MAX_TITLE - 1 - start.len() - rest.len().min(MAX_TITLE / 2);
            let why = cut(&visible(gap.unwrap_or("no reason was recorded")), room);
            format!("{start}{why}{rest}")
        }
    }
}

/// At most `limit` characters and an ellipsis.
pub(super) fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// Where a finding stands: `path:line:column in commit 1a2b3c4d5e on main`.
pub(super) fn place(finding: &Finding) -> String {
    let commit = finding.commit.map(|commit| commit.short());
    let path = finding.path.as_ref().map(|path| {
        let position = [finding.line, finding.column];
        let position = position.iter().map_while(|number| *number);
        position.fold(excerpt(path, MAX_PATH), |text, number| {
            format!("{text}:{number}")
        })
    });
    let reference = finding.subject.short_text();
    match (path, commit) {
        (Some(path), Some(commit)) => format!("{path} in commit {commit} on {reference}"),
        (Some(path), None) => format!("{path} on {reference}"),
        (None, Some(commit)) => format!("commit {commit} on {reference}"),
        (None, None) => finding.subject.to_string(),
    }
}

/// Longest path that is shown in one line, in characters.
const MAX_PATH: usize = 300;

/// What it was, or may have been.
pub(super) fn how(state: Knowledge, could_be: &BTreeSet<Authentication>) -> String {
    let mut words: Vec<_> = could_be.iter().map(ToString::to_string).collect();
    words.dedup();
    let more = words.len().saturating_sub(MAX_POSSIBLE);
    words.truncate(MAX_POSSIBLE);
    let words = words.join(" or ");
    let more = match more {
        0 => String::new(),
        more => format!(" or {more} others"),
    };
    match (state, could_be.is_empty()) {
        (Knowledge::Awaited, true) => "evidence is awaited".to_owned(),
        (_, true) => "not known".to_owned(),
        (Knowledge::Awaited, false) => format!("{words}{more} (more evidence is awaited)"),
        (_, false) => format!("{words}{more}"),
    }
}

/// Who says so, and how sure that is.
pub(super) fn whose_word(sources: &BTreeSet<Source>, strength: Strength) -> String {
    let names: Vec<_> = sources.iter().map(ToString::to_string).collect();
    match strength {
        Strength::None => String::new(),
        strength => format!("{}, {strength}", names.join(" and ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Counts, MAX_TITLE, Step, steps, title_of, visible};
    use crate::model::verdict::Conclusion;

    #[test]
    fn commands_are_told_from_prose() {
        assert_eq!(
            steps("ask platform-security to approve\ngit commit --amend -S\n$ make sign\n"),
            [
                Step::Prose("ask platform-security to approve".into()),
                Step::Command("git commit --amend -S".into()),
                Step::Command("make sign".into()),
            ]
        );
    }

    #[test]
    fn a_title_fits_one_line_whatever_it_has_to_say() {
        let counts = Counts {
            blocking: 2,
            warnings: 1,
            waived: 3,
        };
        assert_eq!(
            title_of(Conclusion::Fail, counts, None),
            "2 blocking findings, 1 warning, 3 waived"
        );
        assert_eq!(
            title_of(Conclusion::Pass, Counts::default(), None),
            "nothing to object to"
        );
        let gap = "x\n".repeat(300);
        let title = title_of(Conclusion::Error, counts, Some(&gap));
        assert!(title.chars().count() <= MAX_TITLE, "{title}");
        assert!(
            title.ends_with("… (2 blocking findings, 1 warning, 3 waived)"),
            "{title}"
        );
        assert!(!title.contains('\n'));
    }

    #[test]
    fn what_misleads_is_spelled_out_and_backslashes_stay() {
        assert_eq!(visible("a\\b\u{202e}\x1b[m"), "a\\b\\u{202e}\\u{1b}[m");
    }
}

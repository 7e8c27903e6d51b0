//! Jobs that check something: scans, tests, signatures, verifications; and in
//! which ways one counts less than before.

use std::collections::BTreeSet;

use crate::model::build::{Command, Guard, GuardKind, Item, Job, Weakening, WeakeningKind, What};
use crate::model::finding::Severity;

/// The checks of a job; what only hardens its machine is none.
pub(crate) fn guards(job: &Job) -> impl Iterator<Item = (&Item, &Guard)> {
    job.items.iter().filter_map(|item| match &item.what {
        What::Guard(guard) if guard.kind != GuardKind::Harden => Some((item, guard)),
        _ => None,
    })
}

/// How many checks of a kind a job has.
pub(crate) fn kinds(job: &Job, kind: GuardKind) -> usize {
    guards(job).filter(|(_, guard)| guard.kind == kind).count()
}

/// As people say it.
pub(crate) fn word(kind: GuardKind) -> &'static str {
    match kind {
        GuardKind::Scan => "scan",
        GuardKind::Test => "test",
        GuardKind::Sign => "signature",
        GuardKind::Verify => "verification",
        GuardKind::Harden => "hardening",
    }
}

/// Jobs that are checks, by what they do or what they are called.
pub(crate) fn is_check(job: &Job) -> bool {
    let name = job
        .slot
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let words = [
        "scan", "sast", "dast", "audit", "security", "test", "verify", "sign", "lint", "trivy",
        "codeql",
    ];
    guards(job).next().is_some()
        || name
            .split(|letter: char| !letter.is_ascii_alphanumeric())
            .any(|part| words.iter().any(|word| part.starts_with(word)))
}

/// How much a job counts as a check: tests alone count less.
pub(crate) fn weight(job: &Job) -> Severity {
    let only_tests = guards(job).all(|(_, guard)| guard.kind == GuardKind::Test);
    let name = job.slot.rsplit('/').next().unwrap_or_default();
    match only_tests && name.to_ascii_lowercase().contains("test") {
        true => Severity::Medium,
        false => Severity::High,
    }
}

/// What weakens a job or a step of it.
pub(crate) fn weakenings(job: &Job) -> impl Iterator<Item = (&Item, &Weakening)> {
    job.items.iter().filter_map(|item| match &item.what {
        What::Weakening(weakening) => Some((item, weakening)),
        _ => None,
    })
}

/// Whether a weakening is that of the whole job or of the step that checks.
pub(crate) fn concerns_check(system: &str, job: &Job, item: &Item) -> bool {
    let mut guards = guards(job).peekable();
    let of_step = match system {
        "github-actions" => item.slot.contains("steps/"),
        "bamboo" => item.slot.starts_with("tasks/"),
        _ => false,
    };
    !of_step || guards.peek().is_none() || guards.any(|(guard, _)| guard.order == item.order)
}

/// Whether fewer changes are looked at than before. Lists of what is left out
/// grow, others shrink.
pub(crate) fn is_narrower(new: &Weakening, slot: &str, old: Option<&Job>) -> bool {
    let before = old.and_then(|job| {
        let mut own = weakenings(job);
        own.find(|(item, it)| it.kind == WeakeningKind::Narrowed && item.slot == slot)
    });
    match before {
        Some((_, before)) => narrows(&before.text, &new.text),
        None => true,
    }
}

/// Whether a list of what is looked at has shrunk, or one of what is left out has grown.
pub(crate) fn narrows(before: &str, after: &str) -> bool {
    let words = |text: &str| -> BTreeSet<String> {
        text.split([' ', ','])
            .filter(|it| !it.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (old, new) = (words(before), words(after));
    let leaves_out = after.contains("-ignore") || after.contains("EXCLUDED");
    match leaves_out {
        true => !new.is_subset(&old),
        false => !old.is_subset(&new),
    }
}

/// Flags of a check's command that make it succeed whatever it finds.
const NEUTRAL: &[&str] = &[
    "--exit-code 0",
    "--exit-code=0",
    "-DskipTests",
    "-Dmaven.test.skip",
    "--soft-fail",
    "--no-verify",
    "--no-fail",
    "--exit-zero",
    "--passWithNoTests",
    "--allow-no-tests",
];

/// The flags of a command that make it succeed whatever it finds.
pub(crate) fn neutral(command: &Command) -> impl Iterator<Item = &'static str> {
    let line = format!("{} ", command.line());
    let flags = NEUTRAL.iter().copied();
    flags.filter(move |flag| line.contains(&format!(" {flag}")))
}

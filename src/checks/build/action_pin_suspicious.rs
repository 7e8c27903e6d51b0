//! # action-pin-suspicious
//!
//! The commit of an action moved, and the comment that names its version did not move with it.
//!
//! ## Why it matters
//!
//! A commit is not readable, so people read the version behind it. A change
//! that moves only the commit looks like nothing, and may point at a commit
//! that stands in no release: forks share their commits with the repository
//! they come from, so the name proves nothing. That is how a release pipeline
//! was taken over with two changed lines.
//!
//! Where comments are not kept up to date this is common, so it is only noted
//! (as info). Where another pin of the same change moved with its comment, or
//! where the comment went away, it is low.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! - uses: actions/checkout@70379aad…  # v6.0.2   (was de0fac2e… # v6.0.2)
//! ```
//!
//! Accepted: `@<other commit> # v6.0.3`.
//!
//! ## What mends it
//!
//! Look up which commit the version has (`git ls-remote
//! https://github.com/<owner>/<name> <version>`), and write both.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.action-pin-suspicious]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-3: dependency chain abuse
//! - CWE-345: insufficient verification of data authenticity
//! - SLSA 1.0: dependency threats

use crate::checks::support::build::{Detection, Earlier, Seen, Side, compared, foreign_code};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{CodeKind, CodeUse, Pin};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "action-pin-suspicious",
    title: "A pinned commit moved without its version",
    severity: Severity::Low,
    concern: Concern::Change,
    systems: &["github-actions"],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to commits that moved without their version.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, compare);
}

fn compare(before: Side<'_>, after: Side<'_>) -> Vec<Detection> {
    let earlier = Earlier::new(before);
    let moved: Vec<_> = foreign_code(after)
        .filter_map(|(seen, code)| Some((seen, code, moved(&earlier, seen, code)?)))
        .collect();
    let kept = moved.iter().any(|(_, code, old)| {
        code.comment.is_some() && old.comment.is_some() && code.comment != old.comment
    });
    let all = moved
        .iter()
        .filter_map(|(seen, code, old)| of(after, (*seen, code, old), kept));
    all.collect()
}

/// The earlier use of an exact pin that is another one now.
fn moved<'a>(earlier: &Earlier<'a>, seen: Seen<'_>, code: &CodeUse) -> Option<&'a CodeUse> {
    let exact = |code: &CodeUse| {
        code.pin == Pin::Exact && matches!(code.kind, CodeKind::Action | CodeKind::Workflow)
    };
    let known = earlier.of(seen, code);
    let same = known
        .iter()
        .any(|old| old.version.eq_ignore_ascii_case(&code.version));
    if same || !exact(code) {
        return None;
    }
    known.iter().copied().find(|old| exact(old))
}

fn of(
    side: Side<'_>,
    (seen, code, old): (Seen<'_>, &CodeUse, &CodeUse),
    kept: bool,
) -> Option<Detection> {
    let name = code.source.to_string();
    let stated = old
        .comment
        .as_deref()
        .filter(|version| Pin::of_git(version) == Pin::Tag)?;
    let (severity, what) = match code.comment.as_deref() {
        Some(version) if version == stated && kept => (
            Severity::Low,
            format!(
                "still says {}, as no other pin of this change does",
                excerpt(version, 40)
            ),
        ),
        Some(version) if version == stated => (
            Severity::Info,
            format!("still says {}", excerpt(version, 40)),
        ),
        Some(_) => return None,
        None => (
            Severity::Low,
            format!("no longer says its version; it was {}", excerpt(stated, 40)),
        ),
    };
    Some(
        Detection::at(side, seen, name.clone())
            .severity(severity)
            .says(format!("{} uses another commit of {}, and the comment {what}", seen.whose(), excerpt(&name, 80)))
            .mend(format!(
                "look up the commit of the version, `git ls-remote https://github.com/{} {}`, and write both",
                excerpt(&name, 80),
                excerpt(stated, 40)
            )),
    )
}

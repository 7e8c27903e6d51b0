//! # ownership-weakened
//!
//! Files of the build environment lose owners, or less approval is asked for.
//!
//! ## Why it matters
//!
//! Code owners, merge bots and branch settings decide who must agree before
//! CI runs something else. Whoever weakens them first needs nobody afterwards.
//! It is easily overlooked: one line at the end of CODEOWNERS takes the owners
//! from everything above it, a line with a fault is skipped in silence, and a
//! second file in another folder replaces the first one as a whole.
//!
//! Owners are compared as each forge reads the file: GitHub and Bitbucket (the
//! last line that matches counts), GitLab (sections count beside one another,
//! with their numbers of approvals), Gitea and Forgejo (each line by itself).
//! Compared are the paths of the change, those that the lines name, and those
//! at which CI systems usually look. A new owner beside the others is `info`:
//! one owner's approval is enough, so it widens who may agree.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```text
//! /.github/ @acme/ci
//! *         @acme/developers
//! ```
//!
//! Accepted: the same two lines in the other order.
//!
//! ## What mends it
//!
//! Put the lines of the build environment last, with the owners that they had.
//! Where the change is meant, let one of those who owned the files approve it.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.ownership-weakened]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CIS Software Supply Chain Security 1.1.6: code owners are set for sensitive code
//! - CIS Software Supply Chain Security 1.1.7: code owners' review is required
//! - OWASP CICD-SEC-1: insufficient flow control mechanisms

use std::collections::{BTreeMap, BTreeSet};

use bstr::BString;

use crate::checks::support::build::{
    Detection, Exposure, Ownership, Side, Weaker, Words, books, compared, ownerships, switches,
    weaker,
};
use crate::checks::{CheckMeta, Objections};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::{escape, excerpt};

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "ownership-weakened",
    title: "Files of the build environment lose owners, or less approval is asked for",
    severity: Severity::Critical,
    concern: Concern::Change,
    systems: &["ownership"],
};

build_config! { mode = Enforce, at_least = Low }

const WORDS: Words = Words {
    demands: &[
        "require",
        "approv",
        "condition",
        "context",
        "status",
        "check",
        "signature",
        "dismiss",
        "invalidate",
        "enforce",
        "protect",
        "review",
        "block_labels",
        "disapproval",
    ],
    grants: &[
        "automerge",
        "auto_merge",
        "auto-merge",
        "auto_approve",
        "bypass",
        "restrictions",
        "usernames",
        "allow_author",
        "allow_contributor",
        "allow_non_author",
        "=merge",
        "=queue",
        "=approvers",
    ],
    levels: &[],
};

/// Objects to every path that loses owners and every setting that asks for less.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, |before, after| {
        let mut all = of_owners(before, after);
        all.extend(of_settings(before, after));
        all
    });
}

/// What became of a path's owners.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Loss {
    words: String,
    severity: Severity,
}

fn of_owners(before: Side<'_>, after: Side<'_>) -> Vec<Detection> {
    let (old, new) = books(before, after);
    let mut lost: BTreeMap<(Loss, String, _), BTreeSet<BString>> = BTreeMap::new();
    let all = ownerships((before, after), (&old, &new));
    for (_, one) in &all {
        if let Some(loss) = loss(one) {
            let key = (loss, shadow(one), one.spot);
            lost.entry(key).or_default().insert(one.path.clone());
        }
    }
    let detections = lost.into_iter().map(|((loss, shadow, spot), paths)| Detection {
        slot: format!("{}\nowners", spot.path),
        feature: loss.words.clone(),
        spot: spot.clone(),
        severity: loss.severity,
        exposure: Exposure::default(),
        message: format!("{}{shadow}", loss.words.replace("{}", &shown(before, &paths))),
        remedy: "put the lines of the build environment last in CODEOWNERS, with the owners that they had".to_owned(),
    });
    detections.collect()
}

fn loss(one: &Ownership<'_>) -> Option<Loss> {
    let was = &one.before.owners;
    if was.is_empty() || one.before.optional {
        return None;
    }
    let loss = |severity, words: String| Some(Loss { words, severity });
    let names = |owners: &BTreeSet<String>| {
        let all: Vec<_> = owners.iter().map(String::as_str).collect();
        excerpt(all.join(", "), 120)
    };
    let section = excerpt(&one.section, 40);
    let now = match &one.after {
        Some(now) if !now.owners.is_empty() => now,
        _ if was.is_subset(&one.elsewhere) => return None,
        _ => {
            return loss(
                Severity::Critical,
                format!("{} owns {{}} no longer, and nobody else does", names(was)),
            );
        }
    };
    if now.optional {
        return loss(
            Severity::High,
            format!("section {section} asks nobody to approve {{}} any more"),
        );
    }
    if now.approvals < one.before.approvals {
        let (from, to) = (one.before.approvals, now.approvals);
        return loss(
            Severity::High,
            format!("section {section} asks for {to} instead of {from} approvals of {{}}"),
        );
    }
    let gone: BTreeSet<_> = was.difference(&one.elsewhere).cloned().collect();
    let fresh: BTreeSet<_> = now.owners.difference(was).cloned().collect();
    match (gone.is_empty(), fresh.is_empty()) {
        (true, true) => None,
        (true, false) => loss(
            Severity::Info,
            format!(
                "{} may approve {{}} too, and one owner is enough",
                names(&fresh)
            ),
        ),
        (false, _) if was.is_disjoint(&now.owners) => loss(
            Severity::High,
            format!(
                "the owner of {{}} is {} instead of {}",
                names(&now.owners),
                names(was)
            ),
        ),
        (false, _) => loss(
            Severity::Medium,
            format!("{} owns {{}} no longer", names(&gone)),
        ),
    }
}

/// If another file counts now, which.
fn shadow(one: &Ownership<'_>) -> String {
    match &one.files {
        (from, Some(to)) if from != to => {
            format!(" ({} is read instead of {})", escape(to), escape(from))
        }
        (from, None) => format!(" ({} is gone)", escape(from)),
        _ => String::new(),
    }
}

/// The paths, one that is there first.
fn shown(before: Side<'_>, paths: &BTreeSet<BString>) -> String {
    let mut there = before.blueprints.iter().map(|one| one.path.as_ref());
    let first = there.find(|path| paths.contains(*path)).or(paths.first());
    let first = first.map(|path| excerpt(path, 80));
    let first = first.unwrap_or_default();
    match paths.len() {
        1 => first,
        2 => format!("{first} and another path of the build environment"),
        many => format!(
            "{first} and {} other paths of the build environment",
            many - 1
        ),
    }
}

fn of_settings(before: Side<'_>, after: Side<'_>) -> Vec<Detection> {
    let all = switches(before, after, "ownership.");
    let automatic = |name: &str| name.contains(".actions.");
    // A rule that merged by itself and is gone asks for nothing any more.
    let gone: BTreeSet<&str> = all
        .iter()
        .filter(|one| automatic(one.name) && one.after.is_none())
        .filter_map(|one| one.name.split(".actions.").next())
        .collect();
    let weaker = all.iter().filter_map(|one| {
        let how = weaker(&WORDS, one)?;
        if gone.iter().any(|rule| one.name.starts_with(rule)) && how == Weaker::Dropped {
            return None;
        }
        let name = excerpt(one.name.strip_prefix("ownership.").unwrap_or(one.name), 100);
        let value = |value: Option<&str>| excerpt(value.unwrap_or_default(), 80);
        let (from, to) = (value(one.from()), value(one.to()));
        let message = match (how, one.from(), one.to()) {
            (_, Some(_), None) => {
                format!("{name} asked for `{from}` before a merge, and does so no longer")
            }
            (Weaker::Granted, None, _) => {
                format!("{name} lets changes pass that somebody had to approve: `{to}`")
            }
            _ => format!("{name} is {to} instead of {from}: less is asked for before a merge"),
        };
        let prow = one.name.starts_with("ownership.owners");
        let severity = if prow { Severity::Info } else { Severity::High };
        let detection = one.detection(after, format!("{how:?} {} {from} {to}", one.name))?;
        Some(
            detection
                .severity(severity)
                .says(message)
                .mend("take the setting back, or let those agree who own the build environment"),
        )
    });
    weaker.collect()
}

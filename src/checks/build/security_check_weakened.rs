//! # security-check-weakened
//!
//! A scan, test, signature or verification is removed, or no longer counts.
//!
//! ## Why it matters
//!
//! What nobody runs finds nothing. A check that may fail, that is skipped for
//! some changes, or that only pretends to have succeeded looks like a check and
//! is none.
//!
//! A check that moves to another job or file, or is done by another tool of the
//! same kind in the same job, is not removed.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```diff
//!  - run: trivy image --exit-code 1 app
//! +  continue-on-error: true
//! ```
//!
//! Accepted: the same step moves to `.github/workflows/scan.yml`.
//!
//! ## What mends it
//!
//! Let the check run and count again. What it finds and is no fault belongs in
//! its own list of exceptions, with a reason, where it is reviewed.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.security-check-weakened]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-1: insufficient flow control mechanisms
//! - CIS Software Supply Chain Security 3.2: dependencies and code are scanned
//! - CWE-693: protection mechanism failure
//! - SLSA: provenance is generated and verified

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::support::build::guarded::{
    concerns_check, guards, is_check, is_narrower, kinds, narrows, neutral, weakenings, weight,
    word,
};
use crate::checks::support::build::{Detection, Pair, Side, compared, pairs};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Blueprint, Guard, GuardKind, Job, Spot, Weakening, WeakeningKind, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "security-check-weakened",
    title: "A scan, test or verification is removed, or no longer counts",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["github-actions", "gitlab-ci", "jenkins", "bamboo"],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to every check that is gone, is ignored, or sees less than before.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, compare);
}

fn compare(before: Side<'_>, after: Side<'_>) -> Vec<Detection> {
    let pairs = pairs(before, after);
    let mut all = removed(before, after, &pairs);
    for pair in &pairs {
        if let (Some((_, old)), Some(new)) = (pair.before, pair.after) {
            all.extend(ignored(after, old, new));
            all.extend(switched(after, old, new));
        }
    }
    all.extend(narrowed_files(before, after));
    all
}

/// How many places a check stands in.
fn count(side: Side<'_>) -> BTreeMap<&Guard, usize> {
    let mut all = BTreeMap::new();
    let guards = side.all(|what| match what {
        What::Guard(guard) if guard.kind != GuardKind::Harden => Some(guard),
        _ => None,
    });
    for (_, guard) in guards {
        *all.entry(guard).or_default() += 1;
    }
    all
}

/// Checks of which there are none left.
fn removed(before: Side<'_>, after: Side<'_>, pairs: &[Pair<'_>]) -> Vec<Detection> {
    let left = count(after);
    let mut all = Vec::new();
    let mut told = BTreeSet::new();
    for pair in pairs {
        let Some((file, old)) = pair.before else {
            continue;
        };
        for (item, guard) in guards(old) {
            let replaced = pair
                .after
                .is_some_and(|(_, new)| kinds(new, guard.kind) >= kinds(old, guard.kind));
            if left.contains_key(guard) || replaced || !told.insert(guard) {
                continue;
            }
            all.push(match pair.after {
                Some((file, new)) => {
                    let job = (file.path.as_ref(), new);
                    gone(
                        Detection::of_job(after, job, feature(guard)),
                        guard,
                        &new.title,
                    )
                }
                None => {
                    let job = (file.path.as_ref(), old);
                    let spot = still_there(after, file, &item.spot);
                    let detection = Detection::of_job(before, job, feature(guard));
                    gone(
                        detection.standing_at(&spot),
                        guard,
                        &format!("{}, which is gone,", old.title),
                    )
                }
            });
        }
    }
    for blueprint in before.blueprints {
        for item in &blueprint.items {
            let What::Guard(guard) = &item.what else {
                continue;
            };
            if left.contains_key(guard) || !told.insert(guard) {
                continue;
            }
            let seen = crate::checks::support::build::Seen {
                blueprint,
                job: None,
                item,
            };
            let spot = still_there(after, blueprint, &item.spot);
            let detection = Detection::at(before, seen, feature(guard)).standing_at(&spot);
            all.push(gone(detection, guard, "the file"));
        }
    }
    all
}

/// The beginning of a file, for what no longer stands in it.
fn still_there(after: Side<'_>, file: &Blueprint, old: &Spot) -> Spot {
    let there = after.blueprints.iter().any(|it| it.path == file.path);
    Spot {
        path: if there {
            file.path.clone()
        } else {
            old.path.clone()
        },
        line: 1,
        column: 1,
    }
}

fn feature(guard: &Guard) -> String {
    format!("{:?} {}", guard.kind, guard.tool)
}

fn severity(kind: GuardKind) -> Severity {
    match kind {
        GuardKind::Test => Severity::Medium,
        _ => Severity::High,
    }
}

fn gone(detection: Detection, guard: &Guard, whose: &str) -> Detection {
    let tool = excerpt(&guard.tool, 60);
    detection
        .severity(severity(guard.kind))
        .says(format!(
            "{whose} no longer runs the {} {tool}, nor does any other job",
            word(guard.kind)
        ))
        .mend(format!(
            "put {tool} back, or have those agree who answer for it"
        ))
}

/// What newly lets a check fail, skips it, or hides its result.
fn ignored(side: Side<'_>, old: &Job, (file, new): (&Blueprint, &Job)) -> Vec<Detection> {
    if !is_check(old) {
        return Vec::new();
    }
    let mut known: Vec<_> = weakenings(old).map(|(_, it)| (it.kind, &it.text)).collect();
    let mut all = Vec::new();
    for (item, weakening) in weakenings(new) {
        let key = (weakening.kind, &weakening.text);
        if let Some(at) = known.iter().position(|it| *it == key) {
            known.swap_remove(at);
            continue;
        }
        let (severity, what, remedy) = match weakening.kind {
            WeakeningKind::SoftFail => (
                weight(old),
                "its failure no longer counts",
                "let its failure count again",
            ),
            WeakeningKind::Disabled => (weight(old), "it is switched off", "let it run again"),
            WeakeningKind::Narrowed if is_narrower(weakening, &item.slot, Some(old)) => (
                Severity::Medium,
                "it no longer runs for every change",
                "let it run for every change",
            ),
            _ => continue,
        };
        let of_file = file
            .items
            .iter()
            .any(|it| it.spot == item.spot && it.what == item.what);
        if of_file || !concerns_check(file.system, new, item) {
            continue;
        }
        let text = excerpt(&weakening.text, 80);
        let job = (file.path.as_ref(), new);
        all.push(
            Detection::of_job(
                side,
                job,
                format!("{:?} {}", weakening.kind, weakening.text),
            )
            .standing_at(&item.spot)
            .severity(severity)
            .says(format!("{} is a check, and {what}: {text}", new.title))
            .mend(remedy),
        );
    }
    all
}

/// Check commands whose result is newly ignored.
fn switched(side: Side<'_>, old: &Job, (file, new): (&Blueprint, &Job)) -> Vec<Detection> {
    let told = |job: &Job| -> BTreeMap<(String, &'static str), Spot> {
        let commands = job.items.iter().filter_map(|item| match &item.what {
            What::Command(command) => Some((item, command)),
            _ => None,
        });
        let checks = commands.filter(|(item, _)| {
            let mut guards = guards(job);
            guards.any(|(guard, _)| guard.spot == item.spot)
        });
        let mut all = BTreeMap::new();
        for (item, command) in checks {
            for flag in neutral(command) {
                all.insert((command.program().to_owned(), flag), item.spot.clone());
            }
        }
        all
    };
    let known = told(old);
    let checked: BTreeSet<_> = guards(old).map(|(_, guard)| guard.kind).collect();
    let fresh = told(new)
        .into_iter()
        .filter(|(key, _)| !known.contains_key(key));
    let all = fresh
        .filter(|_| !checked.is_empty())
        .map(|((program, flag), spot)| {
            let job = (file.path.as_ref(), new);
            let program = excerpt(&program, 40);
            Detection::of_job(side, job, format!("{program} {flag}"))
                .standing_at(&spot)
                .severity(Severity::High)
                .says(format!(
                    "{} runs {program} as a check whose result does not count: {flag}",
                    new.title
                ))
                .mend(format!("remove {flag} from {program}"))
        });
    all.collect()
}

/// What whole files of checks newly leave out.
fn narrowed_files(before: Side<'_>, after: Side<'_>) -> Vec<Detection> {
    let old: Vec<_> = before
        .all(weak)
        .filter(|(seen, _)| seen.job.is_none())
        .collect();
    let mut all = Vec::new();
    for (seen, new) in after.all(weak).filter(|(seen, _)| seen.job.is_none()) {
        let existed = before
            .blueprints
            .iter()
            .find(|it| it.path == seen.blueprint.path);
        let checks = seen
            .blueprint
            .jobs
            .iter()
            .any(|job| guards(job).next().is_some())
            || seen
                .blueprint
                .items
                .iter()
                .any(|it| matches!(it.what, What::Guard(_)));
        let same = old.iter().any(|(_, it)| *it == new);
        if existed.is_none() || !checks || same {
            continue;
        }
        let slot = old.iter().find(|(other, _)| {
            other.item.slot == seen.item.slot && other.blueprint.path == seen.blueprint.path
        });
        let severity = match new.kind {
            WeakeningKind::Disabled => Severity::High,
            WeakeningKind::Narrowed if slot.is_none_or(|(_, it)| narrows(&it.text, &new.text)) => {
                Severity::Medium
            }
            _ => continue,
        };
        let text = excerpt(&new.text, 80);
        all.push(
            Detection::at(after, seen, format!("{:?} {}", new.kind, new.text))
                .severity(severity)
                .says(match new.kind {
                    WeakeningKind::Disabled => {
                        format!("a check of the file is switched off: {text}")
                    }
                    _ => format!("the checks of the file see less than before: {text}"),
                })
                .mend(format!("remove {text}")),
        );
    }
    all
}

fn weak(what: &What) -> Option<&Weakening> {
    match what {
        What::Weakening(it) => Some(it),
        _ => None,
    }
}

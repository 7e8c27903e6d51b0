//! # required-check-removed
//!
//! A job that must succeed before a merge is gone, or another takes its name.
//!
//! ## Why it matters
//!
//! A forge knows a required check by its name alone. When the job is renamed or
//! removed, nothing reports that name any more, or whoever may report a status
//! does so instead. A new job that takes the name of a required check in
//! another file succeeds in its place.
//!
//! Which names are required stands with the forge; the policy repeats them in
//! `required`. Without it this check has nothing to do.
//!
//! ## Example
//!
//! With `required = ["security-scan"]`.
//!
//! Objected to: the job `security-scan` becomes `scan`.
//!
//! Accepted: the job keeps its name and moves to another file.
//!
//! ## What mends it
//!
//! Keep the name, or change what the forge and the policy require first.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.required-check-removed]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! required = []        # names of jobs, stages or checks that must succeed before a merge
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-1: insufficient flow control mechanisms
//! - CIS Software Supply Chain Security 1.1: changes are checked before they merge
//! - CWE-693: protection mechanism failure

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::support::build::{Detection, Side, compared};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Blueprint, Job, Spot, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "required-check-removed",
    title: "A required job is gone, or another takes its name",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["github-actions", "gitlab-ci", "jenkins", "bamboo"],
};

build_config! {
    mode = Enforce, at_least = Low,
    /// Names of jobs, stages or checks that must succeed before a merge.
    required: BTreeSet<String> = BTreeSet::new()
}

/// Objects to required jobs that are gone and to jobs that take their names.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, |before, after| {
        compare(&config.required, before, after)
    });
}

type Named<'a> = BTreeMap<&'a str, Vec<(&'a Blueprint, &'a Job)>>;

fn compare(required: &BTreeSet<String>, before: Side<'_>, after: Side<'_>) -> Vec<Detection> {
    let (old, new) = (named(required, before), named(required, after));
    let mut all = Vec::new();
    for (name, jobs) in &new {
        if !old.contains_key(name) {
            all.extend(spoof(after, name, &[], jobs));
        }
    }
    for (name, jobs) in &old {
        match new.get(name) {
            None => all.extend(jobs.first().map(|one| gone(before, after, name, *one))),
            Some(now) => all.extend(spoof(after, name, jobs, now)),
        }
    }
    all
}

/// The jobs that report under required names and run at all.
fn named<'a>(required: &'a BTreeSet<String>, side: Side<'a>) -> Named<'a> {
    let mut all = Named::new();
    for name in required {
        let jobs: Vec<_> = side
            .jobs()
            .filter(|(_, job)| is_called(job, name) && !job.triggers.is_empty())
            .collect();
        if !jobs.is_empty() {
            all.insert(name, jobs);
        }
    }
    all
}

fn is_called(job: &Job, name: &str) -> bool {
    let slot = job.slot.strip_suffix(name);
    let title = job.title.strip_suffix(name);
    slot.is_some_and(|rest| rest.ends_with('/'))
        || title.is_some_and(|rest| matches!(rest, "job " | "stage "))
        || job.items.iter().any(|item| match &item.what {
            What::Setting(setting) => setting.name == "job.name" && setting.value == name,
            _ => false,
        })
}

fn gone(
    before: Side<'_>,
    after: Side<'_>,
    name: &str,
    (file, job): (&Blueprint, &Job),
) -> Detection {
    let same = |(blueprint, other): &(&Blueprint, &Job)| {
        blueprint.path == file.path && other.slot == job.slot
    };
    let spot = match after.jobs().find(same) {
        Some((_, job)) => job.spot.clone(),
        None => Spot {
            path: file.path.clone(),
            line: 1,
            column: 1,
        },
    };
    let name = excerpt(name, 60);
    Detection::of_job(before, (&file.path, job), "gone")
        .standing_at(&spot)
        .severity(Severity::High)
        .says(format!(
            "the required check {name} is gone: no job of this name runs any more"
        ))
        .mend(format!(
            "keep a job named {name}, or change what the forge and the policy require first"
        ))
}

/// Jobs of other files that newly report under the name.
fn spoof(
    side: Side<'_>,
    name: &str,
    old: &[(&Blueprint, &Job)],
    new: &[(&Blueprint, &Job)],
) -> Vec<Detection> {
    let name = excerpt(name, 60);
    let known = |one: &&(&Blueprint, &Job)| old.iter().any(|(file, _)| file.path == one.0.path);
    let kept = new.iter().any(|one| known(&one));
    // What no file of the change had is expected of a file that did not change.
    let fresh = new
        .iter()
        .filter(|one| !known(one) && (kept || old.is_empty()));
    let (severity, whose) = match kept {
        true => (Severity::High, "which another file has"),
        false => (Severity::Medium, "which another file may have already"),
    };
    let all = fresh.map(|(file, job)| {
        Detection::of_job(side, (&file.path, job), "spoof")
            .severity(severity)
            .says(format!(
                "{} takes the name of the required check {name}, {whose}",
                job.title
            ))
            .mend("give it another name")
    });
    all.collect()
}

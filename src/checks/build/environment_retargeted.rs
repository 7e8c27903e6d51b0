//! # environment-retargeted
//!
//! A job that aimed at another environment now aims at production.
//!
//! ## Why it matters
//!
//! A job that was reviewed for a test environment has the gates, the triggers and
//! the care of a test environment. Where one word makes it deploy to production,
//! all of that counts for production from then on.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```diff
//!    deploy:
//!      script: ./deploy.sh
//! -    environment: staging
//! +    environment: production
//! ```
//!
//! Accepted: a new job with gates of its own for production, beside the one for
//! `staging`.
//!
//! ## What mends it
//!
//! Leave the job as it is, and make one of its own for production, with the
//! approval that production needs.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.environment-retargeted]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-1: insufficient flow control mechanisms
//! - CIS Software Supply Chain Security 5.2: access to deployment environments is limited
//! - GitLab issue 491702

use std::collections::BTreeSet;

use crate::checks::support::build::{Detection, Reached, Side, compared, pairs, reached};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Blueprint, Job, JobKind};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;
use crate::model::zones::ZoneLevel;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "environment-retargeted",
    title: "A job that aimed at another environment now aims at production",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[
        "github-actions",
        "gitlab-ci",
        "jenkins",
        "bamboo",
        "kubernetes",
    ],
};

build_config! { mode = Enforce, at_least = Low }

/// Objects to every job that leaves its zone for production.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, compare);
}

type At<'a> = (&'a Blueprint, &'a Job);

fn compare<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Detection> {
    let (mut gone, mut new, mut both): (Vec<At<'a>>, Vec<At<'a>>, Vec<(At<'a>, At<'a>)>) =
        Default::default();
    for pair in pairs(before, after) {
        match (pair.before, pair.after) {
            (Some(old), Some(now)) => both.push((old, now)),
            (Some(old), None) => gone.push(old),
            (None, Some(now)) => new.push(now),
            (None, None) => {}
        }
    }
    // A workload's name holds its namespace, so one that has moved looks like another.
    for now in new {
        let moved = |old: &At<'a>| {
            let workload = old.1.kind == JobKind::Workload && now.1.kind == JobKind::Workload;
            workload && old.0.path == now.0.path && bare(old.1) == bare(now.1)
        };
        if let Some(at) = gone.iter().position(moved) {
            both.push((gone.remove(at), now));
        }
    }
    both.into_iter()
        .flat_map(|(old, now)| retargeted((before, old), (after, now)))
        .collect()
}

/// The kind and name of a workload without its namespace.
fn bare(job: &Job) -> (&str, &str) {
    let mut parts = job.slot.split('/');
    let kind = parts.next().unwrap_or_default();
    (kind, parts.nth(1).unwrap_or_default())
}

fn retargeted<'a>(
    (before, old): (Side<'a>, At<'a>),
    (after, now): (Side<'a>, At<'a>),
) -> Vec<Detection> {
    let had = reached(before, old.1);
    let has = reached(after, now.1);
    let named: BTreeSet<_> = had.iter().map(Reached::feature).collect();
    let fresh = has.iter().filter(|thing| {
        thing.zone.level == ZoneLevel::Production && !named.contains(&thing.feature())
    });
    let mut all = Vec::new();
    for thing in fresh {
        let mut same_kind = had.iter().filter(|old| old.kind == thing.kind);
        let Some(other) = same_kind.clone().next() else {
            continue;
        };
        if same_kind.any(|old| old.zone.level == ZoneLevel::Production) {
            continue;
        }
        let detection = Detection::of_job(after, (&now.0.path, now.1), thing.feature());
        let severity = match detection.exposure.open_to_outsiders() {
            true => Severity::Critical,
            false => Severity::High,
        };
        let (whose, was) = (&now.1.title, excerpt(other.name, 80));
        all.push(
            detection
                .standing_at(thing.spot)
                .severity(severity)
                .says(format!("{whose} aimed at {was} and now reaches {thing}"))
                .mend("leave the job as it is and make one of its own for production, with the approval that production needs"),
        );
    }
    all
}

//! # zones-crossed
//!
//! A job or a file reaches from one zone into another.
//!
//! ## Why it matters
//!
//! Development, test and production are kept apart so that what happens in one
//! stays there. A job that holds the credentials of two, or a file of the
//! development tree that names production's cluster, is a bridge: whoever may
//! change the lower end acts in the higher one.
//!
//! The zones are those of the policy's `[zones]`, with `paths` for the files that
//! belong to one. Without them the words `dev`, `test`, `staging` and `prod` in a
//! name count, and only within a job.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! jobs:
//!   deploy:
//!     environment: staging
//!     steps:
//!       - run: ./deploy.sh
//!         env:
//!           TOKEN: ${{ secrets.PROD_DEPLOY_TOKEN }}
//! ```
//!
//! Accepted: two jobs, each with the environment and the credentials of one zone.
//!
//! ## What mends it
//!
//! Make a job, or a manifest, for each zone, with only what belongs to it.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.zones-crossed]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-5: insufficient pipeline-based access controls
//! - OWASP CICD-SEC-6: insufficient credential hygiene
//! - CIS Software Supply Chain Security 5.2: access to deployment environments is limited
//! - NIST SP 800-204D 5.2: deployment environments are separated

use std::collections::BTreeMap;

use crate::checks::support::build::{Detection, Reached, Side, introduced, reached};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Blueprint, Job};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;
use crate::model::zones::{ZoneLevel, ZoneName};

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "zones-crossed",
    title: "A job or a file reaches from one zone into another",
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

build_config! { mode = Audit, at_least = Low }

/// Objects to every new bridge between two zones.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let all = side.jobs().flat_map(|(blueprint, job)| {
        let things = reached(side, job);
        let mut found = out_of_its_tree(side, (blueprint, job), &things);
        if found.is_empty() {
            found.extend(two_zones(side, (blueprint, job), &things));
        }
        found
    });
    all.collect()
}

/// What a file of one zone reaches of a higher one.
fn out_of_its_tree(
    side: Side<'_>,
    (blueprint, job): (&Blueprint, &Job),
    things: &[Reached<'_>],
) -> Vec<Detection> {
    let zones = side.zones();
    let higher = things.iter().filter_map(|thing| {
        let home = zones.of_path(&thing.spot.path);
        let home = home.or_else(|| zones.of_path(&blueprint.path))?;
        (thing.zone.level > home.level).then_some((thing, home))
    });
    let told = higher.map(|(thing, home)| {
        let feature = format!("{}>{}", home.name, thing.feature());
        Detection::of_job(side, (&blueprint.path, job), feature)
            .standing_at(thing.spot)
            .severity(severity(thing.zone, Severity::High))
            .says(format!(
                "{} stands in a file of the zone {} and reaches {thing}",
                job.title,
                excerpt(home.name, 40)
            ))
            .mend(format!(
                "move it to a file of the zone {}, or name what belongs to the zone {}",
                excerpt(thing.zone.name, 40),
                excerpt(home.name, 40)
            ))
    });
    told.collect()
}

/// The lowest and the highest of the zones that a job reaches, if they differ.
fn two_zones(
    side: Side<'_>,
    (blueprint, job): (&Blueprint, &Job),
    things: &[Reached<'_>],
) -> Option<Detection> {
    let zones: BTreeMap<_, _> = things
        .iter()
        .rev()
        .map(|thing| (thing.zone, thing))
        .collect();
    let (low, high) = (zones.first_key_value()?.1, zones.last_key_value()?.1);
    if low.zone.level == high.zone.level {
        return None;
    }
    let feature = format!("{}+{}", low.zone.name, high.zone.name);
    Some(
        Detection::of_job(side, (&blueprint.path, job), feature)
            .standing_at(high.spot)
            .severity(severity(high.zone, Severity::Medium))
            .says(format!(
                "{} reaches two zones: {low}, and {high}",
                job.title
            ))
            .mend("make a job for each zone, with only the credentials and targets of that zone"),
    )
}

/// One step worse for production.
fn severity(zone: ZoneName<'_>, least: Severity) -> Severity {
    match (zone.level, least) {
        (ZoneLevel::Production, Severity::High) => Severity::Critical,
        (ZoneLevel::Production, _) => Severity::High,
        _ => least,
    }
}

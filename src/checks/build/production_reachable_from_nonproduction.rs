//! # production-reachable-from-nonproduction
//!
//! A job that reaches production can be started from outside of it.
//!
//! ## Why it matters
//!
//! A job that deploys to production, holds its credentials or runs on its
//! machines does what the revision says that starts it. If that can be a pull
//! request, a fork or any branch, whoever writes there acts in production,
//! before anybody has looked.
//!
//! What belongs to production is what the policy's `[zones]` name. For a kind of
//! thing that no zone names, a name with `prod`, `production`, `prd` or `live`
//! as a part speaks for itself.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! test:
//!   rules:
//!     - if: $CI_PIPELINE_SOURCE == "merge_request_event"
//!   script:
//!     - kubectl --context acme/agents:prod -n payments apply -f k8s/
//! ```
//!
//! Accepted: the same command in a job that runs only for the default branch or
//! for protected refs (`if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH`).
//!
//! ## What mends it
//!
//! Let only protected branches and tags start the job, by a condition that names
//! them; and give other jobs no credentials, machines and targets of production.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.production-reachable-from-nonproduction]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-1: insufficient flow control mechanisms
//! - OWASP CICD-SEC-5: insufficient pipeline-based access controls
//! - CIS Software Supply Chain Security 5.2: access to deployment environments is limited
//! - CWE-284: improper access control

use crate::checks::support::build::{Detection, Reached, ReachedKind, Side, introduced, reached};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Blueprint, GateKind, Job, StartedBy, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::zones::ZoneLevel;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "production-reachable-from-nonproduction",
    title: "A job that reaches production can be started from outside of it",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["github-actions", "gitlab-ci", "jenkins", "bamboo"],
};

build_config! { mode = Enforce, at_least = Low }

/// Objects to every new way into production.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let open = side.jobs().filter_map(|(blueprint, job)| {
        let by = job.started_by().filter(|by| *by > StartedBy::Maintainers)?;
        Some((blueprint, job, by))
    });
    open.flat_map(|(blueprint, job, by)| of_job(side, (blueprint, job), by))
        .collect()
}

fn of_job<'a>(
    side: Side<'a>,
    (blueprint, job): (&'a Blueprint, &'a Job),
    by: StartedBy,
) -> Vec<Detection> {
    let gated = job
        .items
        .iter()
        .any(|item| matches!(&item.what, What::Gate(gate) if gate.kind == GateKind::Approval));
    let things = reached(side, job);
    let production = things
        .into_iter()
        .filter(|thing| thing.zone.level == ZoneLevel::Production);
    production
        .map(|thing| told(side, (blueprint, job), (&thing, by), gated))
        .collect()
}

fn told(
    side: Side<'_>,
    (blueprint, job): (&Blueprint, &Job),
    (thing, by): (&Reached<'_>, StartedBy),
    gated: bool,
) -> Detection {
    let who = match by {
        StartedBy::Outsiders => "whoever has an account",
        // A run of a fork gets no secrets; one of a branch does.
        StartedBy::Forks if thing.kind != ReachedKind::Secret => "whoever proposes from a fork",
        _ => "whoever may push any branch",
    };
    let severity = match (by, gated) {
        (StartedBy::Outsiders, false) => Severity::Critical,
        (StartedBy::Outsiders, true) | (_, false) => Severity::High,
        (_, true) => Severity::Medium,
    };
    let event = job.triggers.iter().find(|trigger| trigger.by == by);
    let event = event.map_or(String::new(), |trigger| {
        format!(" ({})", crate::model::text::excerpt(&trigger.event, 40))
    });
    Detection::of_job(side, (&blueprint.path, job), thing.feature())
        .standing_at(thing.spot)
        .severity(severity)
        .says(format!("{} reaches {thing}, and {who} can start it{event}", job.title))
        .mend("let only protected branches start it (a condition that names the branch), or take what belongs to production out of it")
}

//! # self-hosted-on-untrusted-trigger
//!
//! People who may not push can run code on machines of your own.
//!
//! ## Why it matters
//!
//! A runner that is not thrown away after the job keeps what the job leaves
//! behind: a changed tool, a service, a stolen token. Whoever proposes a change
//! from a fork, or only comments, can bring code to such a machine, and through
//! it into the network that it stands in and into the builds that follow.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! on: pull_request
//! jobs:
//!   test:
//!     runs-on: [self-hosted, linux]
//! ```
//!
//! Accepted: the same job on `ubuntu-24.04`, or one that only starts on `push`.
//!
//! ## What mends it
//!
//! Run it on a fresh machine, or start it by what only people with write
//! access can do.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.self-hosted-on-untrusted-trigger]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-653: improper isolation or compartmentalization
//! - OWASP CICD-SEC-4: poisoned pipeline execution
//! - GitHub Docs: hardening for self-hosted runners
//! - PyTorch 2023: a self-hosted runner was taken over from a fork

use crate::checks::support::build::{Detection, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Blueprint, Job, Runner, RunnerKind, StartedBy, Trigger};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;
use crate::model::zones::ZoneLevel;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "self-hosted-on-untrusted-trigger",
    title: "People who may not push can run code on machines of your own",
    severity: Severity::Critical,
    concern: Concern::Change,
    systems: &["github-actions", "gitlab-ci", "jenkins"],
};

build_config! { mode = Enforce, at_least = Low }

/// Objects to every new job that strangers can start on own machines.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let of = side
        .jobs()
        .filter_map(|(blueprint, job)| one(side, blueprint, job));
    of.collect()
}

fn one(side: Side<'_>, blueprint: &Blueprint, job: &Job) -> Option<Detection> {
    let runner = job.runner.as_ref()?;
    if !is_own(blueprint, runner) {
        return None;
    }
    let zone = side.zones().of_runner(runner);
    let production = zone.is_some_and(|zone| zone.level == ZoneLevel::Production);
    let worst = job.triggers.iter().max_by_key(|trigger| trigger.by)?;
    let (severity, who) = match worst.by {
        StartedBy::Outsiders => (Severity::Critical, "anybody"),
        StartedBy::Forks => (Severity::Critical, "whoever proposes from a fork"),
        // A merge request from a fork runs here once a member starts its pipeline.
        _ if production && merge_request(blueprint, job).is_some() => {
            (Severity::High, "whoever opens a merge request")
        }
        _ => return None,
    };
    let event = match worst.by {
        StartedBy::Outsiders | StartedBy::Forks => worst,
        _ => merge_request(blueprint, job)?,
    };
    let place = match (runner.labels.is_empty(), zone) {
        (_, Some(zone)) => format!(" ({}, zone {})", labels(runner), excerpt(zone.name, 40)),
        (true, None) => String::new(),
        (false, None) => format!(" ({})", labels(runner)),
    };
    let feature = format!("{:?} {}", worst.by, runner.labels.join(" "));
    Some(
        Detection::of_job(side, (&blueprint.path, job), feature)
            .standing_at(&runner.spot)
            .severity(severity)
            .says(format!(
                "{} runs on your own machines{place}, and {who} can start it ({})",
                job.title,
                excerpt(&event.event, 60)
            ))
            .mend("run it on a fresh machine (`runs-on: ubuntu-24.04`, a container agent), or start it only by what people with write access do"),
    )
}

fn labels(runner: &Runner) -> String {
    excerpt(runner.labels.join(" "), 80)
}

/// Whether a machine stays after the job. All of Jenkins' are one's own.
fn is_own(blueprint: &Blueprint, runner: &Runner) -> bool {
    match runner.kind {
        RunnerKind::SelfHosted | RunnerKind::Controller => true,
        RunnerKind::Any => blueprint.system == "jenkins",
        _ => false,
    }
}

fn merge_request<'a>(blueprint: &Blueprint, job: &'a Job) -> Option<&'a Trigger> {
    let mut own = job
        .triggers
        .iter()
        .filter(|_| blueprint.system == "gitlab-ci");
    own.find(|trigger| trigger.event == "merge_request_event")
}

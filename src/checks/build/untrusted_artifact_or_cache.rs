//! # untrusted-artifact-or-cache
//!
//! A trusted job takes files from a run that less trusted people can start.
//!
//! ## Why it matters
//!
//! Artifacts and caches carry files from one run to another. A release that
//! unpacks what the run of a pull request has left, or restores a cache that
//! such a run may write, publishes what somebody from outside has put there:
//! that is how ultralytics was taken over in December 2024.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! release:
//!   only: [tags]
//!   cache: {key: build, unprotect: true, paths: [target/]}
//!   script: cargo publish
//! ```
//!
//! Accepted: the same job without `unprotect`; a release that builds without a cache.
//!
//! ## What mends it
//!
//! Build releases without a cache. Take artifacts only from runs of protected
//! branches; unpack those of others into a folder of their own, and look at them
//! as data.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.untrusted-artifact-or-cache]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-9: improper artifact integrity validation
//! - CWE-345: insufficient verification of data authenticity
//! - CWE-829: inclusion of functionality from an untrusted control sphere

use crate::checks::support::build::{Detection, Secrets, Seen, Side, introduced, publishes};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Job, StartedBy, TargetKind, Transfer, TransferKind, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "untrusted-artifact-or-cache",
    title: "A trusted job takes files from a run that less trusted people can start",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["github-actions", "gitlab-ci"],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to artifacts, caches and variables that come from less trusted runs.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let transfers = side.all(|what| match what {
        What::Transfer(transfer) => Some(transfer),
        _ => None,
    });
    let all = transfers.filter_map(|(seen, transfer)| {
        let job = seen.job?;
        match transfer.kind {
            TransferKind::Download if transfer.foreign => {
                Some(artifact(side, seen, (job, transfer)))
            }
            TransferKind::Cache => cache(side, seen, (job, transfer)),
            TransferKind::Variables => variables(side, seen, (job, transfer)),
            _ => None,
        }
    });
    all.collect()
}

fn shown(transfer: &Transfer) -> String {
    match excerpt(&transfer.name, 60).as_str() {
        "" => "all there are".to_owned(),
        name => name.to_owned(),
    }
}

/// An artifact of a run of somebody else. It is worse if something runs behind it.
fn artifact(side: Side<'_>, seen: Seen<'_>, (job, transfer): (&Job, &Transfer)) -> Detection {
    let detection = Detection::at(side, seen, "artifact");
    let runs = job.items.iter().any(|item| {
        let runs = matches!(item.what, What::Command(_) | What::Code(_));
        runs && item.order > seen.item.order
    });
    let held = detection.exposure.secrets > Secrets::None || detection.exposure.writes;
    let severity = match (runs, held) {
        (true, true) => Severity::High,
        (true, false) | (false, true) => Severity::Medium,
        (false, false) => Severity::Low,
    };
    let (title, name) = (&job.title, shown(transfer));
    detection
        .severity(severity)
        .says(format!("{title} takes artifacts ({name}) from a run that less trusted people can start"))
        .mend("unpack them into a folder of their own, run nothing of it, and write none of it to the environment")
}

/// A cache in a job that publishes.
fn cache(side: Side<'_>, seen: Seen<'_>, (job, transfer): (&Job, &Transfer)) -> Option<Detection> {
    if !publishes(job) {
        return None;
    }
    let (title, name) = (&job.title, shown(transfer));
    let severity = if transfer.foreign {
        Severity::High
    } else if seen.blueprint.system == "github-actions" {
        match side
            .jobs()
            .any(|(_, job)| job.started_by() == Some(StartedBy::Outsiders))
        {
            true => Severity::High,
            false => Severity::Medium,
        }
    } else {
        return None;
    };
    Some(
        Detection::at(side, seen, "cache")
            .severity(severity)
            .says(format!("{title} publishes, and builds with a cache ({name}) that runs of less trusted changes may write"))
            .mend("build what is published without a cache, or with one that only protected branches write"),
    )
}

/// Values of a merge request that become variables of a job that deploys.
fn variables(
    side: Side<'_>,
    seen: Seen<'_>,
    (job, transfer): (&Job, &Transfer),
) -> Option<Detection> {
    const MERGE_REQUEST: &str = "merge_request_event";
    let in_request = |job: &Job| job.triggers.iter().any(|it| it.event == MERGE_REQUEST);
    if seen.blueprint.system != "gitlab-ci"
        || !in_request(job)
        || transfer.name.starts_with("forward")
    {
        return None;
    }
    let deploys = |job: &Job| {
        let mut targets = job.items.iter();
        let to = targets
            .any(|it| matches!(&it.what, What::Target(it) if it.kind == TargetKind::Environment));
        to && job.secrets().next().is_some()
    };
    let mut others = seen.blueprint.jobs.iter();
    let taker =
        others.find(|other| other.slot != job.slot && in_request(other) && deploys(other))?;
    let (title, name) = (&job.title, shown(transfer));
    Some(
        Detection::at(side, seen, "variables")
            .severity(Severity::Medium)
            .says(format!("{title} makes variables of {name} in merge requests, and {} deploys with them", taker.title))
            .mend("hand over an artifact that the other job checks, or keep the deployment out of merge requests"),
    )
}

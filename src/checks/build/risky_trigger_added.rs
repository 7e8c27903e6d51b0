//! # risky-trigger-added
//!
//! A pipeline can be started by people who could not start it before, with the rights of the repository.
//!
//! ## Why it matters
//!
//! `pull_request_target`, `workflow_run`, comments, issues and open webhooks
//! start a run with the repository's secrets and token, for anybody who has an
//! account. What was safe as long as only members started it (a template, a
//! script's argument, a checkout) is not safe then.
//!
//! A job that reaches secrets, production or machines of one's own, and that
//! only protected branches and tags started, is told of too when any branch
//! starts it.
//!
//! ## Example
//!
//! Objected to: `on: pull_request` becomes `on: pull_request_target`.
//!
//! Accepted: `on: pull_request`, which has neither secrets nor a token that may
//! write; `workflow_run` with `if: github.event.workflow_run.event == 'push'`.
//!
//! ## What mends it
//!
//! Use the event without rights. Where the rights are needed, keep the job
//! small, check out nothing of the proposal, paste nothing of the event into
//! scripts, and have it approved.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.risky-trigger-added]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-4: poisoned pipeline execution
//! - OWASP CICD-SEC-1: insufficient flow control mechanisms
//! - CWE-284: improper access control

use std::collections::BTreeSet;

use crate::checks::support::build::{Detection, Exposure, Pair, Side, compared_or_alone, pairs};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Blueprint, Job, Runner, RunnerKind, StartedBy, Trigger};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "risky-trigger-added",
    title: "Less trusted people can start a job",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["github-actions", "gitlab-ci", "jenkins"],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to events that let less trusted people start a job.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared_or_alone(&config.terms(), facts, objections, compare);
}

fn compare(before: Side<'_>, after: Side<'_>) -> Vec<Detection> {
    let known: BTreeSet<_> = before
        .jobs()
        .flat_map(|(file, job)| open_events(file, job))
        .collect();
    let mut all = Vec::new();
    let mut told = BTreeSet::new();
    for pair in pairs(before, after) {
        let Some((file, job)) = pair.after else {
            continue;
        };
        let old: BTreeSet<_> = pair
            .before
            .map(|(file, job)| open_events(file, job).map(|(_, event)| event).collect())
            .unwrap_or_default();
        for trigger in job
            .triggers
            .iter()
            .filter(|trigger| trigger.by == StartedBy::Outsiders)
        {
            let event = (file.path.to_string(), trigger.event.clone());
            if !old.contains(&trigger.event) && !known.contains(&event) && told.insert(event) {
                all.push(outsiders(after, (file, job), trigger));
            }
        }
        all.extend(writers(after, &pair));
    }
    all
}

/// The events by which anybody starts a job, with the file.
fn open_events<'a>(
    file: &'a Blueprint,
    job: &'a Job,
) -> impl Iterator<Item = (String, String)> + 'a {
    let open = job
        .triggers
        .iter()
        .filter(|trigger| trigger.by == StartedBy::Outsiders);
    open.map(|trigger| (file.path.to_string(), trigger.event.clone()))
}

fn outsiders(side: Side<'_>, (file, job): (&Blueprint, &Job), trigger: &Trigger) -> Detection {
    let event = excerpt(&trigger.event, 60);
    Detection::of_job(side, (&file.path, job), &trigger.event)
        .standing_at(&trigger.spot)
        .severity(Severity::High)
        .says(format!("{event} starts {} now: anybody can make it run with the repository's rights", job.title))
        .mend("use an event without rights (`pull_request`), or restrict the job to events of members, and have it approved")
}

/// A job with something to lose that only protected refs started.
fn writers(side: Side<'_>, pair: &Pair<'_>) -> Option<Detection> {
    let ((_, old), (file, job)) = (pair.before?, pair.after?);
    let grown = old.started_by() == Some(StartedBy::Maintainers)
        && job.started_by() == Some(StartedBy::Writers);
    let exposure = Exposure::of(side, Some(job));
    let own =
        |runner: &Runner| matches!(runner.kind, RunnerKind::SelfHosted | RunnerKind::Controller);
    let machines = job.runner.as_ref().is_some_and(own);
    let worth = job.secrets().next().is_some() || exposure.production() || machines;
    if !grown || !worth {
        return None;
    }
    let trigger = job
        .triggers
        .iter()
        .find(|trigger| trigger.by == StartedBy::Writers)?;
    let event = excerpt(&trigger.event, 60);
    Some(
        Detection::of_job(side, (&file.path, job), format!("any branch: {}", trigger.event))
            .standing_at(&trigger.spot)
            .severity(Severity::Medium)
            .says(format!("any branch starts {} now ({event}), which reaches more than a branch should; only protected branches and tags did", job.title))
            .mend("restrict it to protected branches or tags again, or take its secrets and machines away"),
    )
}

//! # runner-moved
//!
//! A job runs on other machines than before.
//!
//! ## Why it matters
//!
//! Which machine a job runs on decides which network it stands in and which
//! credentials lie around it. Two words in a file move a build from a fresh
//! machine to one that reaches production, or from a pool that only releases
//! use to one that every branch uses.
//!
//! Runners are compared as they are in effect, after templates, defaults and
//! `extends`. Zones come from the policy's `[zones.*] runners`, or from words in
//! the labels (`prod`, `staging`). Between pools of the same zone it is only
//! worth a note.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```diff
//! -    runs-on: ubuntu-24.04
//! +    runs-on: [self-hosted, prod-deploy]
//! ```
//!
//! Accepted: `ubuntu-22.04` becomes `ubuntu-24.04`.
//!
//! ## What mends it
//!
//! Put the old label back, or have those agree who are responsible for the
//! machines: the policy's `approvers`.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.runner-moved]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-5: insufficient pipeline-based access controls
//! - OWASP CICD-SEC-7: insecure system configuration
//! - NIST SP 800-204D: build environments are separated
//! - CWE-653: improper isolation or compartmentalization

use crate::checks::support::build::{Detection, Side, compared, pairs};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Blueprint, Job, Runner, RunnerKind};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;
use crate::model::zones::ZoneLevel;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "runner-moved",
    title: "A job runs on other machines than before",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["github-actions", "gitlab-ci", "jenkins", "bamboo"],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to every job that has moved to machines that more depends on.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, compare);
}

fn compare(before: Side<'_>, after: Side<'_>) -> Vec<Detection> {
    let moved = pairs(before, after).into_iter().filter_map(|pair| {
        let ((_, old), new) = (pair.before?, pair.after?);
        moved(after, old, new)
    });
    moved.collect()
}

fn moved(side: Side<'_>, old: &Job, (file, new): (&Blueprint, &Job)) -> Option<Detection> {
    let (from, to) = (old.runner.as_ref()?, new.runner.as_ref()?);
    if (from.kind, &from.labels) == (to.kind, &to.labels) {
        return None;
    }
    let detection = Detection::of_job(side, (&file.path, new), shown(to));
    let (severity, why) = judge(side, from, to, &detection)?;
    let title = &new.title;
    Some(
        detection
            .standing_at(&to.spot)
            .severity(severity)
            .says(format!(
                "{title} moves from {} to {}: {why}",
                shown(from),
                shown(to)
            ))
            .mend(format!(
                "put it back on {}, or have those agree who run these machines",
                shown(from)
            )),
    )
}

/// How bad a move is, and why; `None` for one between equals.
fn judge(
    side: Side<'_>,
    from: &Runner,
    to: &Runner,
    detection: &Detection,
) -> Option<(Severity, String)> {
    let zones = side.zones();
    let (old, new) = (zones.of_runner(from), zones.of_runner(to));
    let (had, has) = (old.map(|it| it.level), new.map(|it| it.level));
    if let Some(zone) = new.filter(|_| has > had) {
        let open = detection.exposure.open_to_outsiders();
        let severity = match zone.level {
            ZoneLevel::Production if open => Severity::Critical,
            ZoneLevel::Production => Severity::High,
            _ => Severity::Medium,
        };
        return Some((
            severity,
            format!("they stand in zone {}", excerpt(zone.name, 40)),
        ));
    }
    if to.kind == RunnerKind::Controller && from.kind != RunnerKind::Controller {
        let why = "that is the machine of the CI server itself";
        return Some((Severity::High, why.to_owned()));
    }
    let fresh = |runner: &Runner| matches!(runner.kind, RunnerKind::Hosted | RunnerKind::Container);
    if fresh(from) && matches!(to.kind, RunnerKind::SelfHosted | RunnerKind::Any) {
        let why = "they are not made for the job, and keep what it leaves behind";
        return Some((Severity::High, why.to_owned()));
    }
    if to.kind == RunnerKind::Dynamic && from.kind != RunnerKind::Dynamic {
        return Some((
            Severity::Medium,
            "only the run knows which they are".to_owned(),
        ));
    }
    let zone = old.filter(|_| has < had)?;
    let secrets = detection.exposure.secrets > crate::checks::support::build::Secrets::None;
    let why = format!("they stand outside of zone {}", excerpt(zone.name, 40));
    Some((
        if secrets {
            Severity::Medium
        } else {
            Severity::Low
        },
        why,
    ))
}

fn shown(runner: &Runner) -> String {
    let labels = excerpt(runner.labels.join(", "), 80);
    match (runner.kind, labels.as_str()) {
        (RunnerKind::Controller, _) => "the CI server's own machine".to_owned(),
        (RunnerKind::Any, "") => "any machine".to_owned(),
        (RunnerKind::Container, "") => "a container of its own".to_owned(),
        (RunnerKind::Hosted, "") => "the forge's machines".to_owned(),
        (_, "") => "machines that the file does not name".to_owned(),
        _ => format!("machines with {labels}"),
    }
}

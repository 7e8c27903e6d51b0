//! # deploy-gate-removed
//!
//! A deployment no longer waits for what it waited for.
//!
//! ## Why it matters
//!
//! An approval, a start by hand, a condition on the branch or a job that must
//! succeed first is what stands between a push and production. Taken away, the
//! next push deploys by itself, whoever made it.
//!
//! A start by hand and an approval count for every job. A condition, and what
//! must succeed first, count for jobs that name an environment, reach production
//! or publish something. A gate that is only written in another way, renamed or
//! moved with its job is no gate removed.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```diff
//!  deploy:
//!    environment: production
//! -  when: manual
//!    script: ./deploy.sh
//! ```
//!
//! Accepted: the same change of a job that runs in no pipeline any more.
//!
//! ## What mends it
//!
//! Put the gate back: `environment:` and `if:` (GitHub Actions), `when: manual`
//! and `rules` (GitLab CI), `input` and `when` (Jenkins), `manual: true` (Bamboo).
//!
//! ## Configuration
//!
//! ```toml
//! [checks.deploy-gate-removed]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-1: insufficient flow control mechanisms
//! - CIS Software Supply Chain Security 5.2.3: deployments are reviewed
//! - CWE-284: improper access control

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::support::build::{Detection, Side, compared, pairs, publishes};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Blueprint, Gate, GateKind, Job, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "deploy-gate-removed",
    title: "A deployment no longer waits for what it waited for",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["github-actions", "gitlab-ci", "jenkins", "bamboo"],
};

build_config! { mode = Enforce, at_least = Low }

/// Objects to every gate that a job has lost.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, compare);
}

fn compare(before: Side<'_>, after: Side<'_>) -> Vec<Detection> {
    let mut all = Vec::new();
    for pair in pairs(before, after) {
        let (Some((_, old)), Some((file, new))) = (pair.before, pair.after) else {
            continue;
        };
        if new.triggers.is_empty() && !old.triggers.is_empty() {
            continue;
        }
        let change = Change {
            side: after,
            before,
            file,
            old,
            new,
        };
        all.extend(change.approval());
        all.extend(change.manual());
        if change.counts() {
            all.extend(change.condition());
            all.extend(change.needs());
        }
    }
    all
}

/// A job before and after.
struct Change<'a> {
    side: Side<'a>,
    before: Side<'a>,
    file: &'a Blueprint,
    old: &'a Job,
    new: &'a Job,
}

fn gates(job: &Job, kind: GateKind) -> BTreeSet<&str> {
    let own = job.items.iter().filter_map(|item| match &item.what {
        What::Gate(Gate { kind: own, name }) if *own == kind => Some(name.as_str()),
        _ => None,
    });
    own.collect()
}

impl Change<'_> {
    fn detection(&self, feature: String) -> Detection {
        let job = (self.file.path.as_ref(), self.new);
        let detection = Detection::of_job(self.side, job, feature);
        let old = Detection::of_job(self.before, (&self.file.path, self.old), "");
        let production = detection.exposure.production() || old.exposure.production();
        detection.severity(match production {
            true => Severity::Critical,
            false => Severity::High,
        })
    }

    /// Whether conditions and order matter for it.
    fn counts(&self) -> bool {
        let production = |side, job| {
            let of = Detection::of_job(side, (self.file.path.as_ref(), job), "");
            of.exposure.production()
        };
        let now = publishes(self.new) || production(self.side, self.new);
        now && (publishes(self.old) || production(self.before, self.old))
    }

    /// The environment, or the question that somebody had to answer.
    fn approval(&self) -> Option<Detection> {
        let old = gates(self.old, GateKind::Approval);
        let new = gates(self.new, GateKind::Approval);
        let lost: Vec<_> = old.difference(&new).collect();
        let first = *lost.first()?;
        if new.len() >= old.len() {
            return None;
        }
        let name = excerpt(*first, 60);
        let what = match name.as_str() {
            "" => "an approval".to_owned(),
            _ => format!("an approval ({name})"),
        };
        let title = &self.new.title;
        Some(
            self.detection("approval".to_owned())
                .says(format!("{title} no longer waits for {what}"))
                .mend(format!("put back what asks for it: {name}")),
        )
    }

    /// Somebody who starts it by hand. A gate that is named for an event is
    /// gone only if that event still starts the job.
    fn manual(&self) -> Option<Detection> {
        let old = gates(self.old, GateKind::Manual);
        let new = gates(self.new, GateKind::Manual);
        let events = |job: &Job| -> BTreeSet<String> {
            job.triggers.iter().map(|it| it.event.clone()).collect()
        };
        let (had, has) = (events(self.old), events(self.new));
        let approved = !gates(self.new, GateKind::Approval).is_empty()
            && gates(self.old, GateKind::Approval).is_empty();
        let by_event = old
            .iter()
            .find(|name| had.contains(**name) && has.contains(**name) && !new.contains(**name));
        let other = |gates: &BTreeSet<&str>| {
            let all = gates
                .iter()
                .filter(|name| !had.contains(**name) && !has.contains(**name));
            all.count()
        };
        if approved || (by_event.is_none() && other(&new) >= other(&old)) {
            return None;
        }
        let title = &self.new.title;
        let message = match by_event {
            Some(event) => format!("{title} starts by itself, no longer by hand ({event})"),
            None if new.is_empty() => format!("{title} starts by itself, no longer by hand"),
            None => {
                format!("{title} no longer stops what comes behind it until somebody starts it")
            }
        };
        let remedy = match self.file.system {
            "gitlab-ci" => {
                "put back `when: manual` (and `allow_failure: false` if others wait for it)"
            }
            "bamboo" => {
                "put back `manual: true` at the stage, or remove the environment's triggers"
            }
            _ => "put back what asks somebody",
        };
        Some(
            self.detection("manual".to_owned())
                .says(message)
                .mend(remedy),
        )
    }

    /// A condition on branch, tag or event: gone, and with it less trusted people can start the job.
    fn condition(&self) -> Option<Detection> {
        let old = gates(self.old, GateKind::Condition);
        let first = *old
            .difference(&gates(self.new, GateKind::Condition))
            .next()?;
        if self.new.started_by() <= self.old.started_by() {
            return None;
        }
        let (title, text) = (&self.new.title, excerpt(first, 80));
        Some(
            self.detection("condition".to_owned())
                .says(format!("{title} is no longer held back by its condition {text}, and starts for less trusted changes"))
                .mend(format!("put the condition back: {text}")),
        )
    }

    /// What must succeed first.
    fn needs(&self) -> Vec<Detection> {
        let old = gates(self.old, GateKind::Needs);
        let new = gates(self.new, GateKind::Needs);
        let reached = reached(self.file, self.new);
        let lost = old
            .difference(&new)
            .filter(|name| !reached.contains(**name));
        let mut all = Vec::new();
        for name in lost {
            let there = self.file.jobs.iter().find(|job| is_called(job, name));
            let guard = there.is_some_and(guards);
            if *name == EARLIER && !new.is_empty() || !guard && !new.is_empty() {
                continue;
            }
            if there.is_none() && *name != EARLIER && !new.is_empty() {
                continue;
            }
            let title = &self.new.title;
            let shown = match *name {
                EARLIER => EARLIER.to_owned(),
                name => format!("job {}", excerpt(name, 60)),
            };
            let severity = if guard {
                Severity::High
            } else {
                Severity::Medium
            };
            all.push(
                self.detection(format!("needs {name}"))
                    .severity(severity)
                    .says(format!("{title} no longer waits for {shown}"))
                    .mend(format!("put {shown} back into what it needs")),
            );
        }
        all
    }
}

/// How systems with stages say it.
const EARLIER: &str = "earlier stages";

fn is_called(job: &Job, name: &str) -> bool {
    job.slot.rsplit('/').next() == Some(name)
}

/// Whether a job is there to hold others up.
fn guards(job: &Job) -> bool {
    job.items.iter().any(|item| match &item.what {
        What::Guard(_) => true,
        What::Gate(gate) => gate.kind >= GateKind::Manual,
        _ => false,
    })
}

/// The jobs that a job waits for through others.
fn reached<'a>(file: &'a Blueprint, job: &'a Job) -> BTreeSet<&'a str> {
    let by_name: BTreeMap<&str, &Job> = file
        .jobs
        .iter()
        .filter_map(|job| Some((job.slot.rsplit('/').next()?, job)))
        .collect();
    let mut all = BTreeSet::new();
    let mut open: Vec<_> = gates(job, GateKind::Needs).into_iter().collect();
    while let Some(name) = open.pop() {
        if all.insert(name)
            && let Some(job) = by_name.get(name)
        {
            open.extend(gates(job, GateKind::Needs));
        }
    }
    all
}

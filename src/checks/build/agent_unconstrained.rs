//! # agent-unconstrained
//!
//! A job runs on whatever agent is free, though pools are kept apart.
//!
//! ## Why it matters
//!
//! Where the policy names pools of agents for development, test and production,
//! a job that names none may land in any of them: next to a release build, in
//! production's network, or on a machine that an earlier job has prepared.
//!
//! ## Example
//!
//! Objected to, where a zone of the policy names `runners`:
//!
//! ```groovy
//! pipeline { agent any }
//! ```
//!
//! Accepted: `agent { label 'dev-linux' }`; the same file where the policy
//! names no runners.
//!
//! ## What mends it
//!
//! Name the pool: a label in Jenkins, `tags` in GitLab.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.agent-unconstrained]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-653: improper isolation or compartmentalization
//! - OWASP CICD-SEC-5: insufficient pipeline-based access controls
//! - NIST SP 800-204D 5.1.1: build environments are isolated from each other

use crate::checks::support::build::{Detection, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::RunnerKind;
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "agent-unconstrained",
    title: "A job runs on whatever agent is free",
    severity: Severity::Low,
    concern: Concern::Change,
    systems: &["jenkins", "gitlab-ci"],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to every new job without a pool, where the policy keeps pools apart.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    if side.zones().0.iter().all(|zone| zone.runners.is_empty()) {
        return Vec::new();
    }
    let of = side.jobs().filter_map(|(blueprint, job)| {
        let runner = job.runner.as_ref()?;
        if runner.kind != RunnerKind::Any || !META.systems.contains(&blueprint.system) {
            return None;
        }
        let detection = Detection::of_job(side, (&blueprint.path, job), "any agent");
        let much = detection.exposure.production() || job.secrets().next().is_some();
        let severity = if much {
            Severity::Medium
        } else {
            Severity::Low
        };
        let word = if blueprint.system == "jenkins" {
            "a label"
        } else {
            "`tags`"
        };
        Some(
            detection
                .standing_at(&runner.spot)
                .severity(severity)
                .says(format!(
                    "{} runs on whatever agent is free, in any zone of the policy",
                    job.title
                ))
                .mend(format!("name the pool that it belongs to with {word}")),
        )
    });
    of.collect()
}

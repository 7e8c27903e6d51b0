//! # fork-builds-trusted
//!
//! A controller builds what strangers propose with the pipeline that they bring.
//!
//! ## Why it matters
//!
//! Jenkins takes the pipeline of a proposal from a fork from the target branch,
//! unless the job trusts the proposer. A job that trusts everyone runs
//! whatever Jenkinsfile comes with a fork, with the job's credentials.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```groovy
//! trust(class: 'org.jenkinsci.plugins.github_branch_source.ForkPullRequestDiscoveryTrait$TrustEveryone')
//! ```
//!
//! Accepted: the same with `TrustPermission`, which trusts people with write access.
//!
//! ## What mends it
//!
//! Trust people with write access (`TrustPermission`), or nobody.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.fork-builds-trusted]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-829: inclusion of functionality from an untrusted control sphere
//! - OWASP CICD-SEC-4: poisoned pipeline execution
//! - Jenkins: GitHub branch source, trust of pull requests from forks

use crate::checks::support::build::{Detection, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{StartedBy, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "fork-builds-trusted",
    title: "What strangers propose is built with the pipeline that they bring",
    severity: Severity::Critical,
    concern: Concern::Change,
    systems: &["jenkins"],
};

build_config! { mode = Enforce, at_least = Low }

/// Objects to every new trust in all forks.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

/// Triggers that build pull requests without asking who proposes.
const BUILDERS: &[&str] = &["githubPullRequest", "ghprbTrigger", "githubPullRequests"];

fn detect(side: Side<'_>) -> Vec<Detection> {
    let settings = side.all(|what| match what {
        What::Setting(it) if it.name == "jenkins.fork-trust" && it.value == "everyone" => Some(()),
        _ => None,
    });
    let mut all: Vec<_> = settings
        .map(|(seen, ())| {
            Detection::at(side, seen, "everyone")
                .severity(Severity::Critical)
                .says(format!("{} runs the pipeline that comes with a pull request from any fork", seen.whose()))
                .mend("trust people with write access only: `TrustPermission`, `gitHubTrustPermissions()`")
        })
        .collect();
    for (blueprint, job) in side.jobs() {
        let mut open = job.triggers.iter().filter(|trigger| {
            trigger.by == StartedBy::Outsiders && BUILDERS.contains(&trigger.event.as_str())
        });
        if let Some(trigger) = open.next() {
            all.push(
                Detection::of_job(side, (&blueprint.path, job), "permit all")
                    .standing_at(&trigger.spot)
                    .severity(Severity::Critical)
                    .says(format!(
                        "{} builds pull requests of everyone without asking (permitAll)",
                        job.title
                    ))
                    .mend(
                        "remove `permitAll` and name the organisations or people that are trusted",
                    ),
            );
        }
    }
    all
}

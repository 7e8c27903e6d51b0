//! # runs-on-controller
//!
//! A build runs on the machine of the CI server itself.
//!
//! ## Why it matters
//!
//! Whatever a build runs there can read the server's files: the credentials of
//! every job, its keys, its configuration. One line of a Jenkinsfile
//! (`agent { label 'built-in' }`) is enough, and no other control of the server
//! holds behind it.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```groovy
//! pipeline {
//!     agent { label 'built-in' }
//!     stages { stage('Build') { steps { sh 'make' } } }
//! }
//! ```
//!
//! Accepted: the same pipeline with `agent { label 'linux' }`; a controller
//! whose configuration says `numExecutors: 0`.
//!
//! ## What mends it
//!
//! Run the build on an agent, and give the controller no executors.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.runs-on-controller]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-653: improper isolation or compartmentalization
//! - OWASP CICD-SEC-5: insufficient pipeline-based access controls
//! - Jenkins handbook: controller isolation
//! - CIS Software Supply Chain Security 2.1.4: access to the build environment is limited

use crate::checks::support::build::{Detection, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{RunnerKind, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "runs-on-controller",
    title: "A build runs on the machine of the CI server itself",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["jenkins", "bamboo"],
};

build_config! { mode = Enforce, at_least = Low }

/// Objects to every new job that runs on the controller, and to executors there.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let mut all = jobs(side);
    all.extend(executors(side));
    all
}

fn jobs(side: Side<'_>) -> Vec<Detection> {
    let of = side.jobs().filter_map(|(blueprint, job)| {
        let runner = job.runner.as_ref()?;
        if runner.kind != RunnerKind::Controller {
            return None;
        }
        let detection = Detection::of_job(side, (&blueprint.path, job), "controller");
        let open = detection.exposure.open_to_outsiders() || detection.exposure.production();
        let severity = if open { Severity::Critical } else { Severity::High };
        let labels = excerpt(runner.labels.join(" "), 80);
        Some(
            detection
                .standing_at(&runner.spot)
                .severity(severity)
                .says(format!("{} runs on the CI server itself ({labels}), where it can read every job's credentials", job.title))
                .mend("name the label of an agent instead, such as `agent { label 'linux' }`"),
        )
    });
    of.collect()
}

fn executors(side: Side<'_>) -> Vec<Detection> {
    let settings = side.all(|what| match what {
        What::Setting(it) if it.name == "jenkins.controller-executors" => Some(&it.value),
        _ => None,
    });
    let some = settings.filter(|(_, value)| value.trim() != "0");
    let all = some.map(|(seen, value)| {
        let shown = excerpt(value, 20);
        Detection::at(side, seen, "executors")
            .severity(Severity::High)
            .says(format!(
                "the CI server itself runs builds: it gets {shown} executors"
            ))
            .mend("set `numExecutors: 0` and let agents build")
    });
    all.collect()
}

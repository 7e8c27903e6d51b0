//! # ci-config-generated
//!
//! A program writes the configuration that CI then runs.
//!
//! ## Why it matters
//!
//! A generated pipeline runs what its generator writes, and no review shows that. The
//! generator, and everything that it reads, is as powerful as the pipeline.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! trigger:
//!   include:
//!     - artifact: generated.yml
//!       job: generate
//! ```
//!
//! Accepted: `include` of a file that stands in the repository.
//!
//! ## What mends it
//!
//! Commit what is generated and let CI compare it with the generator's output, or let
//! those agree who own the generator.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.ci-config-generated]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-4: poisoned pipeline execution
//! - NIST SP 800-204D 5.1: pipelines are defined as code

use crate::checks::support::build::{Detection, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{UnresolvedKind, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "ci-config-generated",
    title: "A program writes the configuration that CI then runs",
    severity: Severity::Medium,
    concern: Concern::Change,
    systems: &["gitlab-ci", "buildkite", "circleci"],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to every new configuration that a program writes.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let all = side.all(|what| match what {
        What::Unresolved(it) if it.kind == UnresolvedKind::Generated => Some(it),
        _ => None,
    });
    let all = all.map(|(seen, it)| {
        let (text, whose) = (excerpt(&it.text, 80), seen.whose());
        let detection = Detection::at(side, seen, &it.text);
        let worse = detection.exposure.open_to_outsiders() || detection.exposure.production();
        detection
            .severity(if worse {
                Severity::High
            } else {
                Severity::Medium
            })
            .says(format!(
                "{whose} runs `{text}`, which is written during the run: {}",
                excerpt(&it.why, 120)
            ))
            .mend("commit what is generated, and let CI compare it with the generator's output")
    });
    all.collect()
}

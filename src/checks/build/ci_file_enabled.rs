//! # ci-file-enabled
//!
//! CI executes a file that it did not execute before.
//!
//! ## Why it matters
//!
//! A new workflow, Jenkinsfile or manifest runs from the moment that it stands where it
//! is looked for, whatever it was before: a template, an example, a file that was
//! switched off by its name. How bad that is follows from who can start it and
//! what it reaches: one that reaches nothing is told only with `at_least = "info"`.
//!
//! ## Example
//!
//! Objected to: an example becomes `.github/workflows/release.yml`, with a secret.
//!
//! Accepted: `.github/workflows/build.yml` becomes `.github/workflows/ci.yml`.
//!
//! ## What mends it
//!
//! Let somebody agree who owns the build environment, or give the file less: no secrets, a
//! token that only reads, a trigger that outsiders cannot fire.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.ci-file-enabled]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-4: poisoned pipeline execution
//! - CIS Software Supply Chain Security 2.3.4: pipeline changes are tracked and reviewed

use crate::checks::support::build::{Detection, Exposure, Secrets, Side, compared, files};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Blueprint, Spot};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "ci-file-enabled",
    title: "CI executes a file that it did not execute before",
    severity: Severity::Low,
    concern: Concern::Change,
    systems: &[
        "github-actions",
        "gitlab-ci",
        "jenkins",
        "bamboo",
        "docker",
        "compose",
        "kubernetes",
    ],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to every entry file that is new and continues no other.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, compare);
}

fn compare(before: Side<'_>, after: Side<'_>) -> Vec<Detection> {
    files::gone(after, before)
        .into_iter()
        .map(|file| say(after, file))
        .collect()
}

fn say(after: Side<'_>, file: &Blueprint) -> Detection {
    let exposures: Vec<_> = file
        .jobs
        .iter()
        .map(|job| Exposure::of(after, Some(job)))
        .collect();
    let any = |has: fn(&Exposure) -> bool| exposures.iter().any(has);
    let reaches = [
        (any(|it| it.open_to_outsiders()), "outsiders can start it"),
        (any(|it| it.secrets > Secrets::None), "it reaches secrets"),
        (any(|it| it.writes), "its token may write"),
        (
            any(|it| it.own_machines),
            "it runs on machines of one's own",
        ),
        (any(Exposure::production), "it reaches production"),
    ];
    let told: Vec<_> = reaches
        .iter()
        .filter(|(is, _)| *is)
        .map(|(_, words)| *words)
        .collect();
    let severity = match (reaches[0].0, told.len()) {
        (true, _) => Severity::High,
        (false, 0) => Severity::Info,
        (false, _) => Severity::Medium,
    };
    let path = excerpt(file.path.as_slice(), 100);
    let why = match told.is_empty() {
        true => String::new(),
        false => format!(": {}", told.join(", ")),
    };
    Detection {
        slot: format!("{}\nfile", file.path),
        feature: "new".to_owned(),
        spot: Spot {
            path: file.path.clone(),
            line: 1,
            column: 1,
        },
        severity,
        exposure: Exposure::default(),
        message: format!("{path} is new and will be executed{why}"),
        remedy: "let somebody agree who owns the build environment, or let it reach less"
            .to_owned(),
    }
}

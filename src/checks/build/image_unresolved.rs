//! # image-unresolved
//!
//! Which container image is used is not known before the run.
//!
//! ## Why it matters
//!
//! An image whose name hangs on a variable that nothing in the repository sets
//! can be any image: no list of trusted sources and no pin can be checked.
//! Names that Docker itself would refuse are reported too.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```dockerfile
//! ARG BASE
//! FROM $BASE
//! ```
//!
//! Accepted:
//!
//! ```dockerfile
//! ARG BASE=registry.example/base/python:3.12
//! FROM $BASE
//! ```
//!
//! ## What mends it
//!
//! Write the image out, or give the variable a default in the same file.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.image-unresolved]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-3: dependency chain abuse
//! - CWE-829: inclusion of functionality from an untrusted control sphere

use crate::checks::support::build::{Detection, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{ImageName, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "image-unresolved",
    title: "Which container image is used cannot be told",
    severity: Severity::Medium,
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

/// Objects to every new reference that static reading cannot resolve.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let unknown = side.all(|what| match what {
        What::Image(it) => match &it.image {
            ImageName::Unresolved(text) => Some(text),
            ImageName::Known(_) => None,
        },
        _ => None,
    });
    let all = unknown.map(|(seen, text)| {
        let detection = Detection::at(side, seen, text.as_str());
        let severity = match detection.exposure.production() {
            true => Severity::High,
            false => Severity::Medium,
        };
        let (whose, shown) = (seen.whose(), excerpt(text, 120));
        detection
            .severity(severity)
            .says(format!("{whose} uses the image `{shown}`, and which one that is cannot be told from the files"))
            .mend("write the image out, or give its variable a default in the same file")
    });
    all.collect()
}

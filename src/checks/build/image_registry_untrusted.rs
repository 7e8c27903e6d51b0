//! # image-registry-untrusted
//!
//! A container image comes from a registry or repository that the policy does not trust.
//!
//! ## Why it matters
//!
//! A job, a build or a cluster runs whatever its image holds, with the
//! credentials that it has. One list of sources, the policy's `[sources]
//! images`, counts for all systems. References are read as Docker reads them:
//! without a host, an image comes from `docker.io`.
//!
//! Without a list the policy says nothing about images, and neither does this check.
//!
//! ## Example
//!
//! With `images = ["registry.example/base/**"]`.
//!
//! Objected to: `FROM python:3.12`, which is `docker.io/library/python`.
//!
//! Accepted: `FROM registry.example/base/python:3.12`.
//!
//! ## What mends it
//!
//! Use the image of a trusted registry, or ask the policy's owner to add the
//! repository to `[sources] images`.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.image-registry-untrusted]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-3: dependency chain abuse
//! - CIS Software Supply Chain Security 3.1: third-party packages come from trusted sources
//! - CWE-829: inclusion of functionality from an untrusted control sphere
//! - NIST SP 800-204D 5.1: images come from trusted registries

use crate::checks::support::build::{Detection, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{ImageName, ImageRole, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::sources::Trust;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "image-registry-untrusted",
    title: "A container image comes from a source that is not trusted",
    severity: Severity::High,
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

build_config! { mode = Enforce, at_least = Low }

/// Objects to every new image reference that is not on the list.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let images = side.all(|what| match what {
        What::Image(it) if it.role != ImageRole::Pushed => Some(it),
        _ => None,
    });
    let untrusted = images.filter_map(|(seen, it)| {
        let ImageName::Known(image) = &it.image else {
            return None;
        };
        if side.sources().image(image) != Trust::Unlisted {
            return None;
        }
        let detection = Detection::at(side, seen, image.name());
        let severity = match detection.exposure.production() {
            true => Severity::Critical,
            false => Severity::High,
        };
        let (whose, name) = (seen.whose(), excerpt(image.name(), 120));
        Some(
            detection
                .severity(severity)
                .says(format!("{whose} uses the image {name}, which is not from a trusted source"))
                .mend("use an image of [sources] images, or ask the policy's owner to add its repository there"),
        )
    });
    untrusted.collect()
}

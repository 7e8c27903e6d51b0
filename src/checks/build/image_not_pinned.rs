//! # image-not-pinned
//!
//! A container image is used that is not fixed by a digest.
//!
//! ## Why it matters
//!
//! A tag can be moved: what was looked at when it was written down need not be
//! what runs tomorrow. Only a digest names one image for good. Another tag of
//! an image that was not fixed before is not reported: it makes nothing worse.
//!
//! ## Example
//!
//! Objected to, where there was no service before:
//!
//! ```yaml
//! services:
//!   cache:
//!     image: redis:latest
//! ```
//!
//! Accepted: `image: redis:7.4@sha256:…`.
//!
//! ## What mends it
//!
//! Write the digest of the image that is meant behind its tag: `docker buildx
//! imagetools inspect name:tag` shows it, and tools such as Renovate keep it up
//! to date.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.image-not-pinned]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-3: dependency chain abuse
//! - CIS Software Supply Chain Security 3.1.7: dependencies are pinned to a version that cannot change
//! - OpenSSF Scorecard: Pinned-Dependencies
//! - CWE-494: download of code without integrity check

use crate::checks::support::build::{Detection, Seen, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{ImageName, ImageReference, ImageRole, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "image-not-pinned",
    title: "A container image is not fixed by its digest",
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

/// Objects to every new image without a digest. Another tag is no new image.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let images = side.all(|what| match what {
        What::Image(it)
            if !matches!(
                it.role,
                ImageRole::Pushed | ImageRole::Cache | ImageRole::Frontend
            ) =>
        {
            match &it.image {
                ImageName::Known(image) => Some(image),
                ImageName::Unresolved(_) => None,
            }
        }
        _ => None,
    });
    let loose =
        images.filter(|(seen, image)| image.digest.is_none() && !is_made_here(*seen, image));
    loose
        .map(|(seen, image)| detection(side, seen, image))
        .collect()
}

/// Whether the same file makes the image: then no registry decides what it is.
fn is_made_here(seen: Seen<'_>, image: &ImageReference) -> bool {
    let mut all = seen.blueprint.all_items();
    all.any(|(_, item)| match &item.what {
        What::Image(it) if it.role == ImageRole::Pushed => match &it.image {
            ImageName::Known(made) => made.name() == image.name(),
            ImageName::Unresolved(_) => false,
        },
        _ => false,
    })
}

fn detection(side: Side<'_>, seen: Seen<'_>, image: &ImageReference) -> Detection {
    let detection = Detection::at(side, seen, image.name());
    let moves = matches!(image.tag.as_deref(), None | Some("latest"));
    let holds = seen.job.is_some_and(|job| job.secrets().next().is_some());
    let severity = if moves || holds {
        Severity::High
    } else {
        Severity::Medium
    };
    let shown = excerpt(image.to_string(), 160);
    let how = match image.tag.as_deref() {
        None => "by neither tag nor digest",
        Some("latest") => "only by the tag latest",
        Some(_) => "only by its tag",
    };
    detection
        .severity(severity)
        .says(format!("{} uses the image {shown}, which is fixed {how}", seen.whose()))
        .mend("write the digest behind the tag: `name:tag@sha256:…` (`docker buildx imagetools inspect name:tag` shows it)")
}

//! # image-digest-removed
//!
//! A container image that was fixed by its digest is no longer.
//!
//! ## Why it matters
//!
//! A digest names one image for good; a tag names whatever its owner, or
//! whoever took over their account, has pushed last. Removing a digest is never
//! an update: nobody who only wants a newer version needs to.
//!
//! ## Example
//!
//! Objected to, where `registry.example/base/python:3.12@sha256:…` stood:
//!
//! ```dockerfile
//! FROM registry.example/base/python:3.13
//! ```
//!
//! Accepted: `FROM registry.example/base/python:3.13@sha256:…` with the new
//! digest.
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
//! [checks.image-digest-removed]
//! mode = "enforce"     # off, audit or enforce
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

use crate::checks::support::build::{Detection, Side, compared, slot_changes};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{ImageName, ImageReference, ImageRole, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "image-digest-removed",
    title: "A container image loses its digest",
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

/// Objects to images without a digest where all had one.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, compare);
}

fn compare<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Detection> {
    let mut all = Vec::new();
    for change in slot_changes(before, after, known) {
        let pinned = |(_, image): &&(_, &ImageReference)| image.digest.is_some();
        // One that stays, or is compared by its name, vouches for itself alone.
        for (seen, image) in change.new.iter().filter(|(_, it)| it.digest.is_none()) {
            let same = change
                .gone
                .iter()
                .filter(|(_, old)| old.name() == image.name());
            let same: Vec<_> = same.collect();
            let lost = match same.is_empty() {
                true => !change.gone.is_empty() && change.gone.iter().all(|old| pinned(&old)),
                false => same.iter().all(pinned),
            };
            if lost {
                let shown = excerpt(image.to_string(), 160);
                let found = Detection::at(after, *seen, image.name()).severity(Severity::High);
                all.push(
                    found
                        .says(format!("{} uses {shown}, which was fixed by a digest before and no longer is", seen.whose()))
                        .mend("write the digest behind the tag: `name:tag@sha256:…` (`docker buildx imagetools inspect name:tag` shows it)"),
                );
            }
        }
    }
    all
}

fn known(what: &What) -> Option<&ImageReference> {
    match what {
        What::Image(it) if !matches!(it.role, ImageRole::Pushed | ImageRole::Cache) => {
            match &it.image {
                ImageName::Known(image) => Some(image),
                ImageName::Unresolved(_) => None,
            }
        }
        _ => None,
    }
}

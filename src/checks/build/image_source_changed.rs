//! # image-source-changed
//!
//! The same place uses a container image from another repository or registry.
//!
//! ## Why it matters
//!
//! A new tag is an update; a new repository is another maker. Whoever replaces
//! a job's, a build's or a workload's image by a look-alike from elsewhere runs
//! their own code with everything that it reaches. Tags and digests may move as
//! they like here, and an image that the policy's `[sources] images` lists is
//! fine.
//!
//! ## Example
//!
//! Objected to, where `registry.example/ci/builder:7` stood:
//!
//! ```yaml
//! build:
//!   image: docker.io/buildertools/builder:7
//! ```
//!
//! Accepted: `image: registry.example/ci/builder:8`.
//!
//! ## What mends it
//!
//! Go back to the repository that was used before, or add the new one to
//! `[sources] images` in the policy first.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.image-source-changed]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-3: dependency chain abuse
//! - CWE-829: inclusion of functionality from an untrusted control sphere
//! - CIS Software Supply Chain Security 3.1: third-party packages come from trusted sources

use crate::checks::support::build::{Detection, Seen, Side, compared, slot_changes};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{ImageName, ImageReference, ImageRole, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::sources::Trust;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "image-source-changed",
    title: "A container image comes from another place than before",
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

/// Objects to images that stand where one of another repository stood.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, compare);
}

fn compare<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Detection> {
    let mut all = Vec::new();
    for change in slot_changes(before, after, known) {
        let fresh = |name: &str| !change.gone.iter().any(|(_, old)| old.name() == name);
        for (seen, image) in change.new.iter().filter(|(_, it)| fresh(&it.name())) {
            let Some((_, old)) = replaced(&change.gone, &change.new, image) else {
                continue;
            };
            all.push(detection(after, *seen, old, image));
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

/// The image that this one took the place of: one that is gone for good, of the
/// same registry if there is one.
fn replaced<'a, 'l>(
    gone: &'l [(Seen<'a>, &'a ImageReference)],
    new: &[(Seen<'a>, &'a ImageReference)],
    image: &ImageReference,
) -> Option<&'l (Seen<'a>, &'a ImageReference)> {
    let left =
        |old: &&(Seen<'_>, &ImageReference)| !new.iter().any(|(_, it)| it.name() == old.1.name());
    let all: Vec<_> = gone.iter().filter(left).collect();
    let same = all.iter().find(|(_, old)| old.registry == image.registry);
    same.or(all.first()).copied()
}

fn detection(
    side: Side<'_>,
    seen: Seen<'_>,
    old: &ImageReference,
    new: &ImageReference,
) -> Detection {
    let severity = match side.sources().image(new) {
        // The policy says that it may be used.
        Trust::Listed => Severity::Info,
        _ if old.registry != new.registry => Severity::High,
        _ => Severity::Medium,
    };
    let (from, to) = (excerpt(old.name(), 120), excerpt(new.name(), 120));
    Detection::at(side, seen, new.name())
        .severity(severity)
        .says(format!(
            "{} uses the image {to} instead of {from}",
            seen.whose()
        ))
        .mend(format!(
            "use {from} again, or have somebody who answers for images approve {to}"
        ))
}

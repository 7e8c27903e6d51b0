//! # dockerfile-frontend-untrusted
//!
//! A Dockerfile names a program of its own that reads it.
//!
//! ## Why it matters
//!
//! `# syntax=` in the first lines of a Dockerfile (or the build argument
//! `BUILDKIT_SYNTAX`) names an image that BuildKit pulls and runs to read the
//! file. It decides what the build does, sees its context and its secrets, and
//! no instruction of the file shows it. Docker's own `docker/dockerfile` is
//! fine, as long as `[sources] images` has no other opinion.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```dockerfile
//! # syntax=docker.io/someone/frontend:1
//! FROM registry.example/base/python:3.12
//! ```
//!
//! Accepted: `# syntax=docker/dockerfile:1`.
//!
//! ## What mends it
//!
//! Remove the line, or name Docker's own frontend, or one that the policy
//! trusts, with its digest.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.dockerfile-frontend-untrusted]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-3: dependency chain abuse
//! - CWE-829: inclusion of functionality from an untrusted control sphere
//! - Docker: custom Dockerfile syntax

use crate::checks::support::build::{Detection, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{ImageName, ImageReference, ImageRole, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::sources::Trust;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "dockerfile-frontend-untrusted",
    title: "A build is run by a frontend that is not trusted",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["docker", "compose"],
};

build_config! { mode = Enforce, at_least = Low }

/// What reads Dockerfiles by default.
const OFFICIAL: [&str; 2] = [
    "docker.io/docker/dockerfile",
    "docker.io/docker/dockerfile-upstream",
];

/// Objects to every new frontend that is neither Docker's own nor trusted and fixed.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let frontends = side.all(|what| match what {
        What::Image(it) if it.role == ImageRole::Frontend => Some(&it.image),
        _ => None,
    });
    let untrusted = frontends.filter_map(|(seen, image)| {
        let (feature, shown, (severity, why)) = match image {
            ImageName::Known(known) => (known.name(), known.to_string(), fault(side, known)?),
            ImageName::Unresolved(text) => {
                (text.clone(), text.clone(), (Severity::High, "and cannot be told from the file"))
            }
        };
        let shown = excerpt(shown, 120);
        let found = Detection::at(side, seen, feature).severity(severity);
        Some(
            found
                .says(format!("the frontend {shown} runs the build {why}"))
                .mend("remove the `# syntax=` line, or name docker/dockerfile or a trusted frontend with its digest"),
        )
    });
    untrusted.collect()
}

/// What is wrong with a frontend, as what follows "runs the build".
fn fault(side: Side<'_>, image: &ImageReference) -> Option<(Severity, &'static str)> {
    let official = OFFICIAL.contains(&image.name().as_str());
    match (
        side.sources().image(image),
        official,
        image.digest.is_some(),
    ) {
        (Trust::Unlisted, ..) => Some((Severity::High, "and is not from a trusted source")),
        (Trust::NoList, false, _) => Some((Severity::High, "and is not Docker's own")),
        (Trust::Listed, false, false) => Some((Severity::Medium, "and is not fixed by a digest")),
        _ => None,
    }
}

//! # release-image-pushed-from-unreviewed-ref
//!
//! A job that runs for changes which nobody has reviewed pushes an image under
//! a name that releases have.
//!
//! ## Why it matters
//!
//! Whoever opens a pull request or pushes a branch then decides what
//! `app:latest` is, and every machine that pulls it runs that.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! on: [push, pull_request]
//! jobs:
//!   image:
//!     steps:
//!       - run: docker push registry.example/app/prod:latest
//! ```
//!
//! Accepted: the same in a job with `if: github.ref == 'refs/heads/main'`, or
//! under a tag that names the commit: `registry.example/app:$GITHUB_SHA`.
//!
//! ## What mends it
//!
//! Push release names only from protected branches and tags: `on: push:
//! branches: [main]`, `rules: - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH`,
//! `when { branch 'main' }`.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.release-image-pushed-from-unreviewed-ref]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-1: insufficient flow control mechanisms
//! - OWASP CICD-SEC-9: improper artifact integrity validation
//! - SLSA: source requirements

use crate::checks::support::build::{Detection, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{ImageName, ImageRole, Job, StartedBy, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "release-image-pushed-from-unreviewed-ref",
    title: "A release's image is pushed from a change that nobody reviewed",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["github-actions", "gitlab-ci", "jenkins", "bamboo"],
};

build_config! { mode = Enforce, at_least = Low }

/// Objects to every new push of a release's image by an unprotected job.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

/// Tags that releases have and that move.
const TAGS: &[&str] = &[
    "latest",
    "stable",
    "prod",
    "production",
    "release",
    "live",
    "master",
    "main",
];

fn detect(side: Side<'_>) -> Vec<Detection> {
    let pushes = side.all(|what| match what {
        What::Image(it) if it.role == ImageRole::Pushed => Some(&it.image),
        _ => None,
    });
    let all = pushes.filter_map(|(seen, image)| {
        let name = release_name(image)?;
        let event = unreviewed(seen.job?)?;
        let detection = Detection::at(side, seen, name.clone());
        let severity = match detection.exposure.open_to_outsiders() {
            true => Severity::Critical,
            false => Severity::High,
        };
        Some(
            detection
                .severity(severity)
                .says(format!("{} pushes {} and runs on `{}`, also for changes that nobody has reviewed", seen.whose(), excerpt(&name, 100), excerpt(event, 60)))
                .mend("push release names only from protected branches and tags; elsewhere use a tag that names the commit"),
        )
    });
    all.collect()
}

/// The image, if its name is one of a release.
fn release_name(image: &ImageName) -> Option<String> {
    let (repository, tag, shown) = match image {
        ImageName::Known(it) => {
            let tag = it.tag.clone().unwrap_or_else(|| "latest".to_owned());
            (
                it.repository.clone(),
                tag,
                format!("{}:{}", it.name(), it.tag.as_deref().unwrap_or("latest")),
            )
        }
        ImageName::Unresolved(text) => {
            let (name, tag) = text.rsplit_once(':').unwrap_or((text, ""));
            (name.to_owned(), tag.to_owned(), text.clone())
        }
    };
    let production = |part: &str| matches!(part, "prod" | "production");
    let named = repository.split(['/', '-', '_']).any(production);
    let moves = TAGS.contains(&tag.as_str());
    (moves || named).then_some(shown)
}

/// The first event that starts the job for a change that nobody reviewed.
fn unreviewed(job: &Job) -> Option<&str> {
    let mut triggers = job.triggers.iter();
    let trigger = triggers.find(|it| it.by >= StartedBy::Writers)?;
    Some(&trigger.event)
}

//! # image-runs-as-root
//!
//! An image or container that ran as another user runs as root.
//!
//! ## Why it matters
//!
//! Root in a container is root on its host as soon as anything else goes wrong:
//! a mounted folder, a flaw of the kernel. Images that have always run as root
//! are not reported; one that stops being better is.
//!
//! ## Example
//!
//! Objected to, where `USER 10001` stood:
//!
//! ```dockerfile
//! FROM registry.example/base/python:3.12
//! USER root
//! ```
//!
//! Accepted: `USER app` instead of `USER 10001`; a build stage that never had
//! another user.
//!
//! ## What mends it
//!
//! End the Dockerfile with a user other than root; in Compose write `user`, in
//! Kubernetes `runAsNonRoot: true`.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.image-runs-as-root]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-250: execution with unnecessary privileges
//! - CIS Docker 4.1: a user for the container has been created
//! - CIS Kubernetes 5.2.6: containers do not run as root

use crate::checks::support::build::{Detection, Side, compared, pairs};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Blueprint, ImageName, ImageRole, Item, Job, JobKind, Privilege, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "image-runs-as-root",
    title: "What ran as another user runs as root",
    severity: Severity::Medium,
    concern: Concern::Change,
    systems: &["docker", "compose", "kubernetes"],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to users that are no longer another than root.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, compare);
}

/// Who something runs as.
enum User<'a> {
    Root(Option<&'a Item>),
    Another,
    Unknown(&'a Item),
}

fn compare<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Detection> {
    let both = pairs(before, after).into_iter();
    let both = both.filter_map(|pair| Some((pair.before?, pair.after?)));
    both.filter_map(|(old, new)| changed(after, old.1, new))
        .collect()
}

fn changed(side: Side<'_>, old: &Job, (blueprint, new): (&Blueprint, &Job)) -> Option<Detection> {
    if !matches!(new.kind, JobKind::ImageBuild | JobKind::Workload)
        || !matches!(user(old), User::Another)
    {
        return None;
    }
    let (severity, item, how) = match user(new) {
        User::Another => return None,
        User::Root(item @ Some(_)) => (Severity::Medium, item, "runs as root"),
        User::Root(None) => (
            Severity::Medium,
            None,
            "names no user any more and so may run as root",
        ),
        User::Unknown(item) => (
            Severity::Low,
            Some(item),
            "runs as a user that only the build knows",
        ),
    };
    let found = Detection::of_job(side, (&blueprint.path, new), "user");
    let found = match item {
        Some(item) => found.standing_at(&item.spot),
        None => found,
    };
    Some(
        found
            .severity(severity)
            .says(format!("{} {how}; it ran as another user", new.title))
            .mend("end with `USER 10001` (Dockerfile), `user: \"10001\"` (Compose) or `runAsNonRoot: true` (Kubernetes)"),
    )
}

/// The last word about the user. An image that is built to be without root says so in its name.
fn user(job: &Job) -> User<'_> {
    let said = job.items.iter().rev().find(|item| item.slot == "user");
    match said.map(|item| (item, &item.what)) {
        Some((_, What::Privilege(Privilege::NotRoot))) => User::Another,
        Some((item, What::Privilege(Privilege::Root))) => User::Root(Some(item)),
        Some((item, What::Unresolved(_))) => User::Unknown(item),
        _ if job.items.iter().any(is_rootless) => User::Another,
        _ => User::Root(None),
    }
}

fn is_rootless(item: &Item) -> bool {
    match &item.what {
        What::Image(it) if matches!(it.role, ImageRole::Base | ImageRole::Deployed) => {
            match &it.image {
                ImageName::Known(image) => {
                    let tag = image.tag.as_deref().unwrap_or_default();
                    tag.contains("nonroot")
                        || image.repository.contains("nonroot")
                        || image.repository.contains("unprivileged")
                }
                ImageName::Unresolved(_) => false,
            }
        }
        _ => false,
    }
}

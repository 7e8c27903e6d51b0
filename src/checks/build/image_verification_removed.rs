//! # image-verification-removed
//!
//! Signatures or attestations of images are no longer verified.
//!
//! ## Why it matters
//!
//! The verification is what keeps an image that nobody built from being
//! deployed. Whoever wants to bring one in takes it away first.
//!
//! ## Example
//!
//! Objected to: a job loses its line `cosign verify --certificate-identity …
//! "$IMAGE"`.
//!
//! Accepted: the line moves to another job or file, or another tool verifies.
//!
//! ## What mends it
//!
//! Keep the verification, or let the cluster's admission control do it and ask
//! the policy's owner to let the change pass.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.image-verification-removed]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-347: improper verification of cryptographic signature
//! - OWASP CICD-SEC-9: improper artifact integrity validation
//! - SLSA: verifying artifacts
//! - CIS Software Supply Chain Security 4.1, 5.1

use std::collections::BTreeMap;

use crate::checks::support::build::{Detection, Pair, Side, compared, pairs};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{GuardKind, Job, WeakeningKind, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "image-verification-removed",
    title: "Images are no longer verified",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[
        "github-actions",
        "gitlab-ci",
        "jenkins",
        "bamboo",
        "kubernetes",
    ],
};

build_config! { mode = Enforce, at_least = Low }

/// Objects to verifications that are gone or no longer count.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, compare);
}

/// What verifies images and what is attested of them.
const TOOLS: &[&str] = &[
    "cosign verify",
    "cosign verify-attestation",
    "notation verify",
    "gh attestation verify",
    "slsa-verifier",
    "DOCKER_CONTENT_TRUST",
    "witness verify",
    "in-toto-verify",
    "cosign verify-blob",
    "cosign verify-blob-attestation",
];

fn compare<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Detection> {
    let mut all = of_jobs(before, after);
    all.extend(of_clusters(before, after));
    all
}

/// The setting of a cluster's policy that verifies images.
const ADMISSION: &str = "kubernetes.admission.verify-images";

/// Policies of a cluster that no longer refuse what is not verified.
fn of_clusters<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Detection> {
    let enforced = |side: Side<'a>| {
        let settings = side.all(|what| match what {
            What::Setting(it) if it.name == ADMISSION => Some(it),
            _ => None,
        });
        settings.filter(|(_, it)| it.value == "enforce")
    };
    let kept: Vec<_> = enforced(after).map(|(seen, _)| seen.slot()).collect();
    let lost = enforced(before).filter(|(seen, _)| !kept.contains(&seen.slot()));
    let lost: Vec<_> = lost.collect();
    // A policy that was renamed or written anew still verifies as much.
    if kept.len() >= enforced(before).count() {
        return Vec::new();
    }
    let all = lost.into_iter().map(|(old, _)| {
        let weaker = after.all(|what| match what {
            What::Setting(it) if it.name == ADMISSION => Some(it),
            _ => None,
        });
        let mut weaker = weaker.filter(|(seen, _)| seen.slot() == old.slot());
        let (side, seen, how) = match weaker.next() {
            Some((seen, it)) => (after, seen, format!("is now `{}`", excerpt(&it.value, 20))),
            None => (before, old, "is gone".to_owned()),
        };
        Detection::at(side, seen, "admission")
            .severity(Severity::High)
            .says(format!(
                "the cluster's verification of images {how} ({})",
                excerpt(seen.slot(), 100)
            ))
            .mend("keep the policy enforcing, and except single images by name")
    });
    all.collect()
}

fn of_jobs<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Detection> {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, job) in after.jobs() {
        for (tool, count) in verifications(job) {
            *left.entry(tool).or_default() += count;
        }
    }
    let total = |side: Side<'a>| -> usize {
        side.jobs()
            .flat_map(|(_, job)| verifications(job).into_values())
            .sum()
    };
    // Another tool may have taken its place.
    if total(after) >= total(before) {
        return Vec::new();
    }
    let mut all = Vec::new();
    for pair in pairs(before, after) {
        all.extend(lost(before, after, pair, &mut left));
    }
    all
}

fn lost<'a>(
    before: Side<'a>,
    after: Side<'a>,
    pair: Pair<'a>,
    left: &mut BTreeMap<&'a str, usize>,
) -> Option<Detection> {
    let (old_file, old) = pair.before?;
    let own = pair
        .after
        .map(|(_, job)| verifications(job))
        .unwrap_or_default();
    let mut missing = None;
    for (tool, count) in verifications(old) {
        let stays = own.get(tool).copied().unwrap_or_default().min(count);
        let elsewhere = left.entry(tool).or_default();
        let taken = count.min(*elsewhere);
        *elsewhere -= taken;
        if taken < count && stays < count {
            missing = missing.or(Some(tool));
        }
    }
    let tool = missing?;
    let (side, file, job) = match pair.after {
        Some((file, job)) => (after, file, job),
        None => (before, old_file, old),
    };
    let detection = Detection::of_job(side, (&file.path, job), tool);
    let severity = match detection.exposure.production() {
        true => Severity::Critical,
        false => Severity::High,
    };
    let how = match pair.after {
        Some(_) => "no longer verifies, or no longer fails if it cannot:",
        None => "is gone, and with it the verification by",
    };
    Some(
        detection
            .severity(severity)
            .says(format!("{} {how} {}", job.title, excerpt(tool, 60)))
            .mend("keep the verification in front of what uses the image"),
    )
}

/// The verifications of a job that count, by tool.
fn verifications(job: &Job) -> BTreeMap<&str, usize> {
    let mut all: BTreeMap<&str, usize> = BTreeMap::new();
    let soft = |order: u32, spot| {
        job.items.iter().any(|item| {
            let weak = matches!(&item.what, What::Weakening(it) if it.kind == WeakeningKind::SoftFail || it.kind == WeakeningKind::Disabled);
            weak && (&item.spot == spot || item.order == order && !matches!(item.what, What::Guard(_)) && item.slot.ends_with("continue-on-error"))
        })
    };
    for item in &job.items {
        if let What::Guard(guard) = &item.what
            && guard.kind == GuardKind::Verify
            && TOOLS.contains(&guard.tool.as_str())
            && !soft(item.order, &item.spot)
        {
            *all.entry(guard.tool.as_str()).or_default() += 1;
        }
    }
    all
}

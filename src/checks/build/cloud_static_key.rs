//! # cloud-static-key
//!
//! A pipeline takes up a long-lived key of a cloud or cluster.
//!
//! ## Why it matters
//!
//! A key that lasts until somebody changes it is worth stealing: whoever reads it
//! once, in a log, a fork or a dependency, has the account from then on. Clouds
//! give short-lived identities to pipelines instead (OIDC, IAM roles), bound to
//! the repository, the branch and the environment. To go back from those to a
//! key undoes that.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```diff
//!    steps:
//! -    - uses: aws-actions/configure-aws-credentials@7474bc4690e29a8392af63c5b98e7449536d5c3a
//! -      with: { role-to-assume: arn:aws:iam::1:role/ci }
//! -    - run: aws s3 sync dist s3://site
//! +    - run: aws s3 sync dist s3://site
//! +      env:
//! +        AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET }}
//! ```
//!
//! Accepted: another job that uses a key which was used before; and the step with
//! `role-to-assume`.
//!
//! ## What mends it
//!
//! Let the job ask for a short-lived identity: a role that trusts the forge's
//! OIDC issuer for this repository and branch. Then revoke the key.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.cloud-static-key]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-6: insufficient credential hygiene
//! - CWE-798: use of hard-coded credentials
//! - NIST SP 800-204D 5.1: short-lived credentials for pipelines
//! - SLSA build requirements: isolated builds

use std::collections::BTreeSet;

use crate::checks::support::build::{Detection, Seen, Side, compared_or_alone, pairs};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Blueprint, CloudKey, Job, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "cloud-static-key",
    title: "A pipeline takes up a long-lived key of a cloud or cluster",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["github-actions", "gitlab-ci", "jenkins", "bamboo"],
};

build_config! { mode = Enforce, at_least = Low }

/// Objects to keys that no file used before, and to identities that a key replaces.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared_or_alone(&config.terms(), facts, objections, compare);
}

fn compare<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Detection> {
    let mut all = Vec::new();
    let mut replaced = BTreeSet::new();
    for pair in pairs(before, after) {
        if let (Some((_, old)), Some(now)) = (pair.before, pair.after)
            && let Some((cloud, detection)) = identity_gone(after, old, now)
        {
            replaced.insert((now.0.path.clone(), now.1.slot.clone(), cloud));
            all.push(detection);
        }
    }
    let known: BTreeSet<_> = keys(before).map(|(_, key)| key).collect();
    for (seen, key) in keys(after).filter(|(_, key)| !known.contains(key)) {
        let slot = seen.job.map_or(String::new(), |job| job.slot.clone());
        if !replaced.contains(&(seen.blueprint.path.clone(), slot, key.cloud)) {
            all.push(new_key(after, seen, key));
        }
    }
    all
}

fn keys<'a>(side: Side<'a>) -> impl Iterator<Item = (Seen<'a>, &'a CloudKey)> {
    side.all(|what| match what {
        What::CloudKey(key) => Some(key),
        _ => None,
    })
}

fn new_key(after: Side<'_>, seen: Seen<'_>, key: &CloudKey) -> Detection {
    let detection = Detection::at(after, seen, format!("{} {}", key.cloud, key.name));
    let grave = detection.exposure.open_to_outsiders() || detection.exposure.production();
    let severity = if grave {
        Severity::Critical
    } else {
        Severity::High
    };
    let (whose, name) = (seen.whose(), excerpt(&key.name, 80));
    detection
        .severity(severity)
        .says(format!("{whose} takes up {name}, a key of {} that lasts until somebody changes it", key.cloud))
        .mend("let the job ask for a short-lived identity (OIDC, an IAM role) instead, and revoke the key")
}

/// A short-lived identity that is gone from a job that now has a key, or still
/// talks to the same cloud.
fn identity_gone(
    after: Side<'_>,
    old: &Job,
    (blueprint, now): (&Blueprint, &Job),
) -> Option<(&'static str, Detection)> {
    let clouds = identities(old);
    let left = identities(now);
    let gone = clouds.iter().find(|cloud| !left.contains(*cloud))?;
    let key = now.items.iter().find_map(|item| match &item.what {
        What::CloudKey(key) if key.cloud == *gone => Some((item, key)),
        _ => None,
    });
    if key.is_none() && !talks_to(now, gone) {
        return None;
    }
    let instead = key.map_or("nothing in the file".to_owned(), |(_, key)| {
        excerpt(&key.name, 80)
    });
    let detection = Detection::of_job(after, (&blueprint.path, now), format!("identity {gone}"));
    let detection = match key {
        Some((item, _)) => detection.standing_at(&item.spot),
        None => detection,
    };
    Some((
        gone,
        detection
            .severity(Severity::Critical)
            .says(format!(
                "{} had a short-lived identity of {gone} and has {instead} in its place",
                now.title
            ))
            .mend(
                "put the step back that asks for the identity; a key is worth stealing, and lasts",
            ),
    ))
}

fn identities(job: &Job) -> BTreeSet<&'static str> {
    let all = job.items.iter().filter_map(|item| match &item.what {
        What::Identity(identity) if identity.cloud != "any" => Some(identity.cloud),
        _ => None,
    });
    all.collect()
}

fn talks_to(job: &Job, cloud: &str) -> bool {
    let programs: &[&str] = match cloud {
        "aws" => &["aws", "eksctl", "sam", "cdk"],
        "gcp" => &["gcloud", "gsutil", "bq"],
        "azure" => &["az", "azcopy"],
        "vault" => &["vault"],
        _ => &[],
    };
    job.items.iter().any(|item| match &item.what {
        What::Command(command) => programs.contains(&command.program()),
        _ => false,
    })
}

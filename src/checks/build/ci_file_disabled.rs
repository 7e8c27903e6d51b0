//! # ci-file-disabled
//!
//! A file that CI executes is gone from where it is looked for.
//!
//! ## Why it matters
//!
//! A workflow that is deleted, renamed away or moved one folder down runs no longer, and
//! with it the tests, scans and signatures in it. A required check that never
//! reports can be made optional in peace.
//!
//! A file that goes on under another name of the same system is no loss: that its
//! jobs still do the same, other checks look at.
//!
//! ## Example
//!
//! Objected to: `.github/workflows/scan.yml` becomes `.github/workflows/old/scan.yml`.
//!
//! Accepted: it becomes `.github/workflows/security.yml`.
//!
//! ## What mends it
//!
//! Bring the file back, or let somebody agree who owns what it checked.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.ci-file-disabled]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-1: insufficient flow control mechanisms
//! - CIS Software Supply Chain Security 2.3.4: pipeline changes are tracked and reviewed

use crate::checks::support::build::{Detection, Exposure, Side, compared, files};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Blueprint, Spot, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "ci-file-disabled",
    title: "A file that CI executes is gone from where it is looked for",
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
        "ownership",
    ],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to every entry file that goes and is not continued in another.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, compare);
}

fn compare(before: Side<'_>, after: Side<'_>) -> Vec<Detection> {
    files::gone(before, after)
        .into_iter()
        .map(|file| say(before, file))
        .collect()
}

fn say(before: Side<'_>, file: &Blueprint) -> Detection {
    let guards = file.all_items().filter_map(|(_, item)| match &item.what {
        What::Guard(guard) => Some(guard.tool.as_str()),
        _ => None,
    });
    let mut guards: Vec<_> = guards.collect();
    guards.sort_unstable();
    guards.dedup();
    let path = excerpt(file.path.as_slice(), 100);
    let (severity, lost) = match guards.is_empty() {
        true => (Severity::Medium, String::new()),
        false => (
            Severity::High,
            format!(", and with it {}", excerpt(guards.join(", "), 100)),
        ),
    };
    let exposures = file.jobs.iter().map(|job| Exposure::of(before, Some(job)));
    Detection {
        slot: format!("{}\nfile", file.path),
        feature: "gone".to_owned(),
        spot: Spot {
            path: file.path.clone(),
            line: 1,
            column: 1,
        },
        severity,
        exposure: exposures.into_iter().next().unwrap_or_default(),
        message: format!("{path} is gone from where it is read{lost}"),
        remedy: format!("bring it back: `git checkout HEAD~1 -- {path}`"),
    }
}

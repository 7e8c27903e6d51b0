//! # include-unresolved
//!
//! Nobody can tell from the tree what a file pulls in.
//!
//! ## Why it matters
//!
//! What an entry file includes, calls or loads is as good as written in it. Where the
//! name is put together during the run, or leads to a file that is missing or too
//! deep, nobody who reviews the change can see what will run. What is not known
//! is not taken for harmless.
//!
//! A part of a file that has a form nobody knows counts too.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! include:
//!   - local: $CONFIG
//! ```
//!
//! Accepted: the path itself.
//!
//! ## What mends it
//!
//! Write the path out, add the missing file, or let somebody who knows the other
//! end of it agree.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.include-unresolved]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-4: poisoned pipeline execution
//! - CWE-829: inclusion of functionality from an untrusted control sphere

use crate::checks::support::build::{Detection, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{UnresolvedKind, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "include-unresolved",
    title: "Nobody can tell from the tree what a file pulls in",
    severity: Severity::Medium,
    concern: Concern::Change,
    systems: &[
        "github-actions",
        "gitlab-ci",
        "jenkins",
        "bamboo",
        "compose",
        "registries",
    ],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to everything new that cannot be followed.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let all = side.all(|what| match what {
        What::Unresolved(it) if it.kind != UnresolvedKind::Generated => Some(it),
        _ => None,
    });
    let all = all.map(|(seen, it)| {
        let (text, why, whose) = (excerpt(&it.text, 80), excerpt(&it.why, 120), seen.whose());
        let (severity, message) = match it.kind {
            UnresolvedKind::Include => (
                Severity::Medium,
                format!("{whose} pulls in `{text}`, which cannot be followed: {why}"),
            ),
            UnresolvedKind::Form => (
                Severity::Medium,
                format!("{whose} has a part that cannot be read, `{text}`: {why}"),
            ),
            UnresolvedKind::Generated | UnresolvedKind::Value => (
                Severity::Info,
                format!("{whose} depends on `{text}`, which only the run knows: {why}"),
            ),
        };
        let detection = Detection::at(side, seen, format!("{:?} {} {}", it.kind, it.text, it.why));
        let worse = detection.exposure.open_to_outsiders() || detection.exposure.production();
        let severity = if worse && severity == Severity::Medium {
            Severity::High
        } else {
            severity
        };
        detection
            .severity(severity)
            .says(message)
            .mend("write out what is meant, so that a reviewer can follow it")
    });
    all.collect()
}

//! # suppression-added
//!
//! A change silences a scanner in a file of the build environment.
//!
//! ## Why it matters
//!
//! A comment that tells a scanner to look away hides what it would have said,
//! in the very change that it would have said it of. So it is for somebody else to
//! agree to it. None of these comments, ours included, hides anything from
//! Forgewarden: exceptions stand in the policy's waivers, with a reason and an end.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! - run: echo "${{ github.event.issue.title }}" # zizmor: ignore[template-injection]
//! ```
//!
//! Accepted: the same line with the value in an environment variable, and no comment.
//!
//! ## What mends it
//!
//! Mend what the scanner says. If it is wrong, let one of the policy's approvers
//! agree to the comment.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.suppression-added]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CIS Software Supply Chain Security 1.5: code is scanned
//! - OWASP CICD-SEC-1: insufficient flow control mechanisms

use crate::checks::support::build::{Detection, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::ci::steering::text::SUPPRESSION;
use crate::model::build::What;
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "suppression-added",
    title: "A change silences a scanner in a file of the build environment",
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
        "git",
        "build-tools",
        "registries",
        "scanners",
    ],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to every new mark that silences a scanner.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let marks = side.all(|what| match what {
        What::Setting(it) if it.name == SUPPRESSION => Some(it.value.as_str()),
        _ => None,
    });
    let all = marks.map(|(seen, value)| {
        let feature = value.to_ascii_lowercase();
        let own = feature.starts_with("forgewarden");
        let message = match own {
            true => format!(
                "`{}` has no effect: exceptions stand in the policy",
                excerpt(value, 80)
            ),
            false => format!("a scanner is told to look away: `{}`", excerpt(value, 80)),
        };
        Detection::at(side, seen, feature)
            .severity(if own { Severity::Low } else { Severity::Medium })
            .says(message)
            .mend("mend what the scanner says, or let somebody else agree that it is wrong")
    });
    all.collect()
}

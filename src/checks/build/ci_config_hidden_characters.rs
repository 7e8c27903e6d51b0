//! # ci-config-hidden-characters
//!
//! A file of the build environment holds characters that nobody sees.
//!
//! ## Why it matters
//!
//! A character that turns the order of the text shows a reviewer another line than
//! the one that runs. One without width makes two different names look the same,
//! and invisible tags carry instructions that only an AI agent reads. Reviews and
//! editors show none of them.
//!
//! Emoji with their joiners and picture marks are fine, and so are the letters of
//! every script.
//!
//! ## Example
//!
//! Objected to: a right-to-left override (U+202E) in a condition; a zero-width
//! space (U+200B) in the name of a secret; a NUL byte, for which a review shows no
//! text at all.
//!
//! Accepted: `name: 🏗️ Build`.
//!
//! ## What mends it
//!
//! Delete the characters: `grep -nP '[\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{206F}\x{FEFF}]' FILE`
//! finds most of them. If a text needs one, write it as an escape.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.ci-config-hidden-characters]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CVE-2021-42574: trojan source, bidirectional text
//! - CWE-1007: insufficient visual distinction of homoglyphs
//! - OWASP CICD-SEC-4: poisoned pipeline execution

use crate::checks::support::build::{Detection, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::ci::steering::text::HIDDEN;
use crate::model::build::What;
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "ci-config-hidden-characters",
    title: "A file of the build environment holds characters that nobody sees",
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
        "ownership",
        "git",
        "build-tools",
        "registries",
        "scanners",
    ],
};

build_config! { mode = Enforce, at_least = Low }

/// Objects to every new line with such a character.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let lines = side.all(|what| match what {
        What::Setting(it) if it.name == HIDDEN => Some(it.value.as_str()),
        _ => None,
    });
    let all = lines.map(|(seen, value)| {
        Detection::at(side, seen, value)
            .severity(Severity::High)
            .says(format!(
                "here stands what nobody sees: {}",
                excerpt(value, 160)
            ))
            .mend("delete it; if the text needs it, write it as an escape")
    });
    all.collect()
}

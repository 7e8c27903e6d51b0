//! # opaque-build-input
//!
//! What a build reads is hidden from git.
//!
//! ## Why it matters
//!
//! A file that git ignores can differ from one machine to the next, and a release made
//! there can hold what no review saw. In 2024 that is how the back door of xz came
//! into its archives: a macro that the build reads was put on the list of ignored
//! files, and stood only in the release.
//!
//! ## Example
//!
//! Objected to, in `m4/.gitignore`:
//!
//! ```text
//! build-to-host.m4
//! ```
//!
//! Accepted: the files that autoconf itself writes, such as `aclocal.m4`.
//!
//! ## What mends it
//!
//! Commit the file, or let the build write it each time from what is committed.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.opaque-build-input]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CVE-2024-3094: the back door in xz
//! - SLSA: threat "build from modified source"
//! - CWE-506: embedded malicious code

use crate::checks::support::build::{Detection, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::What;
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "opaque-build-input",
    title: "What a build reads is hidden from git",
    severity: Severity::Info,
    concern: Concern::Change,
    systems: &["build-tools"],
};

build_config! { mode = Audit, at_least = Low }

/// Notes every new line that hides an input of the build.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let all = side.all(|what| match what {
        What::Setting(it) if it.name == "git.ignored-build-input" => Some(it.value.as_str()),
        _ => None,
    });
    let all = all.map(|(seen, value)| {
        Detection::at(side, seen, value)
            .severity(Severity::Info)
            .says(format!(
                "git ignores `{}`, which the build reads",
                excerpt(value, 80)
            ))
            .mend("commit the file, or let the build write it each time from what is committed")
    });
    all.collect()
}

//! # ci-config-unparsable
//!
//! A changed file of the build environment cannot be read.
//!
//! ## Why it matters
//!
//! What cannot be read cannot be judged. The CI system may be more lenient
//! than we are and run the file in a way that no reviewer and no check saw. A
//! file over a size bound counts as unreadable too.
//!
//! ## Example
//!
//! Objected to: a workflow with a tab in its indentation, or with an alias
//! that expands to gigabytes.
//!
//! Accepted: the file after the line that is named was mended.
//!
//! ## What mends it
//!
//! Mend the file at the line that the message names and amend the commit that
//! brought it. A second commit on top does not: the first one could run by itself.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.ci-config-unparsable]
//! mode = "enforce"   # off, audit or enforce
//! ```
//!
//! ## References
//!
//! - CWE-436: interpretation conflict
//! - OWASP CICD-SEC-4: poisoned pipeline execution

use super::support::oddities;
use super::{CheckMeta, Objections};
use crate::model::ci::Oddity;
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "ci-config-unparsable",
    title: "A file of the build environment cannot be read",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[],
};

config! { mode = Enforce }

/// Objects to every changed file that does not parse, at its line.
pub fn run(_: &Config, facts: &Facts, objections: &mut Objections) {
    for (file, oddity) in oddities(facts) {
        let Oddity::Unparsable {
            reason,
            line,
            column,
        } = oddity
        else {
            continue;
        };
        objections.object(
            file.place().at(*line, *column),
            format!("{file} cannot be read: {reason}"),
            "mend the file in the commit that brought it (`git rebase -i`), then:\ngit commit --amend -S",
        );
    }
}

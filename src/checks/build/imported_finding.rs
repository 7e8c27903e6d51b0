//! # imported-finding
//!
//! Another scanner finds something that it did not find before the change.
//!
//! ## Why it matters
//!
//! Scanners list what is wrong with a file, and most of it was there before. What
//! a change brings is what its author can mend, and what a reviewer has to know.
//!
//! `forgewarden check --sarif-before FILE --sarif-after FILE` takes the results of
//! any scanner that writes SARIF 2.1.0, once on the base and once on the head.
//! Results match by scanner, rule and the scanner's own fingerprints, or else the
//! text that it marks, or else what it says: in the same file, then in another.
//! Each stands for one, so a second problem of the same kind is new, and one that
//! has moved or got milder is not. What a comment or a file of the repository
//! tells the scanner to look away from counts as well.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```sh
//! forgewarden check main..HEAD --sarif-before base.sarif --sarif-after head.sarif
//! ```
//!
//! where only `head.sarif` has `zizmor: unpinned-uses` for `acme/deploy@v1`.
//!
//! Accepted: both have it, at another line or in another file.
//!
//! ## What mends it
//!
//! What the scanner says about its rule.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.imported-finding]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - SARIF 2.1.0 (OASIS)
//! - NIST SP 800-218 PW.7: review the code

use std::sync::Arc;

use crate::checks::support::build::{Detection, Exposure, introduced_elsewhere};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::Spot;
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::imported::ForeignResult;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// Longest excerpt of what a scanner says, in characters.
const MAX_SAID: usize = 300;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "imported-finding",
    title: "Another scanner finds something that it did not find before the change",
    severity: Severity::Medium,
    concern: Concern::Change,
    systems: &[],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to every result that the change brings.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    let imported = &facts.circumstances.imported;
    let detections = |list: &[ForeignResult]| list.iter().map(detection).collect::<Vec<_>>();
    let (before, after) = (detections(&imported.before), detections(&imported.after));
    introduced_elsewhere(&config.terms(), facts, (&before, after), objections);
}

fn detection(result: &ForeignResult) -> Detection {
    let path = result.path.clone().unwrap_or_default();
    let (tool, rule) = (excerpt(&result.tool, 40), excerpt(&result.rule, 80));
    let said = excerpt(&result.message, MAX_SAID);
    let message = match said.as_str() {
        "" => format!("{tool} finds {rule}"),
        said => format!("{tool} finds {rule}: {}", said.trim_end_matches('.')),
    };
    Detection {
        slot: format!("{path}\n{}", result.rule),
        feature: format!("{}\n{}\n{}", result.tool, result.rule, result.identity),
        spot: Spot {
            path: Arc::new(path),
            line: result.line.unwrap_or_default(),
            column: result.column.unwrap_or_default(),
        },
        severity: result.severity,
        exposure: Exposure::default(),
        message,
        remedy: format!("mend it as {tool} says of its rule {rule}, or take back what brought it"),
    }
}

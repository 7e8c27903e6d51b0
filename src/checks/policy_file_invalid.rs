//! # policy-file-invalid
//!
//! The change puts a `.forgewarden.toml` on a target branch that cannot be used.
//!
//! ## Why it matters
//!
//! The policy of a branch is read from the branch itself. Once a broken file
//! stands there, no later change can be judged, so none passes until the
//! operator helps. The same holds if the file is removed where it is the only
//! policy.
//!
//! ## Example
//!
//! Objected to: a file with a key that does not exist, or one that is no TOML.
//!
//! Accepted: a file that `forgewarden policy lint policy.toml
//! --repository-layer .forgewarden.toml` accepts.
//!
//! ## What mends it
//!
//! Mend the file at the line that the message names.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.policy-file-invalid]
//! mode = "enforce"   # off, audit or enforce
//! ```
//!
//! ## References
//!
//! - CWE-754: improper check for unusual or exceptional conditions

use bstr::BString;

use super::{CheckMeta, Objections};
use crate::model::facts::Facts;
use crate::model::finding::{Place, Severity};
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "policy-file-invalid",
    title: "The repository's policy would be unusable",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[],
};

config! { mode = Enforce }

/// Objects to each problem of a policy file that an update brings, at its line.
pub fn run(_: &Config, facts: &Facts, objections: &mut Objections) {
    for update in &facts.updates {
        for problem in &update.policy_problems {
            let file = BString::from(".forgewarden.toml");
            let place = Place::of_path(&update.update.name, update.update.new, file);
            objections.object(
                place.at(problem.line, problem.column),
                format!(".forgewarden.toml could not be used after this change: {}", problem.message),
                "forgewarden policy lint policy.toml --repository-layer .forgewarden.toml",
            );
        }
    }
}

//! # protected-ref-deletion
//!
//! A push deletes a protected ref.
//!
//! ## Why it matters
//!
//! Deleting and creating anew is a force push in two steps, and in between the
//! rules that hang on the ref do not apply.
//!
//! ## Example
//!
//! Objected to: `git push origin --delete release/1.x` where `release/*` is protected.
//!
//! Accepted: deleting a feature branch.
//!
//! ## What mends it
//!
//! Leave the ref. If it shall go, ask the policy's owner to take it out of
//! `protected` or to waive this check for it.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.protected-ref-deletion]
//! mode = "enforce"   # off, audit or enforce
//! ```
//!
//! Which refs are protected stands in `protected`, at the top of the policy.
//!
//! ## References
//!
//! - OWASP CICD-SEC-1: insufficient flow control mechanisms
//! - SLSA source track: continuity of protected branches

use super::{CheckMeta, Objections};
use crate::model::facts::Facts;
use crate::model::finding::{Place, Severity};
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "protected-ref-deletion",
    title: "A push deletes a protected ref",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[],
};

config! { mode = Enforce }

/// Objects to deletions of protected refs.
pub fn run(_: &Config, facts: &Facts, objections: &mut Objections) {
    for facts in facts.updates.iter().filter(|facts| facts.protected) {
        let update = &facts.update;
        if update.new.is_none() {
            objections.object(
                Place::of_ref(&update.name),
                format!("{} is protected, and this push would delete it", update.name),
                "leave the ref, or ask the policy's owner to end its protection",
            );
        }
    }
}

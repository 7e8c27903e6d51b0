//! # protected-ref-rewind
//!
//! A push takes commits away from a protected ref.
//!
//! ## Why it matters
//!
//! A force push can drop a security fix, or replace history that was reviewed
//! by history that was not. Nobody who fetches sees more than a line about it.
//!
//! ## Example
//!
//! Objected to: `git push --force origin main` after `git reset --hard HEAD~3`.
//!
//! Accepted: `git revert` of those commits, pushed on top.
//!
//! ## What mends it
//!
//! Bring your change on top of what is there, or undo with new commits:
//!
//! ```sh
//! git pull --rebase origin main
//! git revert <commit>
//! ```
//!
//! ## Configuration
//!
//! ```toml
//! [checks.protected-ref-rewind]
//! mode = "enforce"   # off, audit or enforce
//! ```
//!
//! Which refs are protected stands in `protected`, at the top of the policy.
//!
//! ## References
//!
//! - OWASP CICD-SEC-1: insufficient flow control mechanisms
//! - SLSA source track: continuity of protected branches

use super::support::quoted;
use super::{CheckMeta, Objections};
use crate::model::facts::Facts;
use crate::model::finding::{Place, Severity};
use crate::model::request::{Concern, Subject};

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "protected-ref-rewind",
    title: "A push takes commits away from a protected ref",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[],
};

config! { mode = Enforce }

/// Objects to pushes after which a protected ref lacks its old value. A pull
/// request behind its target is no rewind: a merge keeps the target's commits.
pub fn run(_: &Config, facts: &Facts, objections: &mut Objections) {
    if !matches!(facts.subject, Subject::Push { .. }) {
        return;
    }
    for facts in facts.updates.iter().filter(|facts| facts.protected) {
        let update = &facts.update;
        let (Some(old), Some(new), true) = (update.old, update.new, facts.rewind) else {
            continue;
        };
        objections.object(
            Place::of_ref(&update.name),
            format!(
                "{} is protected, and this push would take away commits: {} is not among the ancestors of {}",
                update.name,
                old.short(),
                new.short()
            ),
            format!(
                "to undo a commit use git revert; otherwise put your commits on top:\ngit fetch origin {}\ngit rebase FETCH_HEAD",
                quoted(update.name.as_bstr())
            ),
        );
    }
}

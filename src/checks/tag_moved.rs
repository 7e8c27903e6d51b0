//! # tag-moved
//!
//! An existing tag is moved or deleted.
//!
//! ## Why it matters
//!
//! Others build from a tag by its name and believe that it stays. Whoever
//! moves it changes what they run without a trace in their repositories; that
//! is how the actions of tj-actions, reviewdog and trivy were turned on their
//! users. Deleting a tag is the first half of moving it.
//!
//! ## Example
//!
//! Objected to: `git push --force origin v1`, `git push origin :refs/tags/v1`.
//!
//! Accepted: a new tag, `git push origin v1.0.1`.
//!
//! ## What mends it
//!
//! Make a new tag. If your users expect a moving name such as `v1`, use a
//! branch for it, or ask the policy's owner for a waiver on that ref.
//!
//! ```sh
//! git fetch --tags --force        # puts your copy back
//! git tag -s v1.0.1 <commit>
//! ```
//!
//! ## Configuration
//!
//! ```toml
//! [checks.tag-moved]
//! mode = "enforce"   # off, audit or enforce
//! ```
//!
//! ## References
//!
//! - CVE-2025-30066 (tj-actions/changed-files), CVE-2025-30154 (reviewdog/action-setup)
//! - OWASP CICD-SEC-9: improper artifact integrity validation
//! - SLSA source track: protected tags do not change

use super::{CheckMeta, Objections};
use crate::model::facts::Facts;
use crate::model::finding::{Place, Severity};
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "tag-moved",
    title: "An existing tag is moved or deleted",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[],
};

config! { mode = Enforce }

/// Objects to every update of a tag that existed.
pub fn run(_: &Config, facts: &Facts, objections: &mut Objections) {
    for update in facts.updates.iter().map(|facts| &facts.update) {
        let Some(old) = update.old.filter(|_| update.name.is_tag()) else {
            continue;
        };
        let tag = update.name.short_text();
        let wrong = match update.new {
            None => format!("tag {tag} would be deleted; it names {}", old.short()),
            Some(new) if new != old => {
                format!("tag {tag} would move from {} to {}", old.short(), new.short())
            }
            Some(_) => continue,
        };
        objections.object(
            Place::of_ref(&update.name),
            wrong,
            "leave the tag as it is and make a new one:\ngit tag -s <new name> <commit>",
        );
    }
}

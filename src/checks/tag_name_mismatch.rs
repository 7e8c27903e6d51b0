//! # tag-name-mismatch
//!
//! An annotated tag is pushed under another name than the one inside it.
//!
//! ## Why it matters
//!
//! The signature of a tag covers the name that the tag object states, not the
//! ref that it hangs on. A properly signed `v1.0` pushed as `refs/tags/v2.0`
//! verifies, and an old release with a known hole becomes the new one.
//!
//! ## Example
//!
//! Objected to: `git push origin v1.0:refs/tags/v2.0`.
//!
//! Accepted: `git push origin v1.0`.
//!
//! ## What mends it
//!
//! Make a tag of the right name:
//!
//! ```sh
//! git tag -s v2.0 <commit>
//! git push origin refs/tags/v2.0
//! ```
//!
//! ## Configuration
//!
//! ```toml
//! [checks.tag-name-mismatch]
//! mode = "enforce"   # off, audit or enforce
//! ```
//!
//! ## References
//!
//! - CWE-345: insufficient verification of data authenticity
//! - Torres-Arias and others, "On omitting commits and committing omissions"
//!   (USENIX Security 2016), on metadata manipulation in git

use super::support::quoted;
use super::{CheckMeta, Objections};
use crate::model::facts::Facts;
use crate::model::finding::{Place, Severity};
use crate::model::text::excerpt;
use crate::model::request::Concern;

/// Longest excerpt of a tag's name, in characters.
const MAX_NAME: usize = 80;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "tag-name-mismatch",
    title: "A tag is pushed under another name than its own",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[],
};

config! { mode = Enforce }

/// Objects if the outermost tag object states another name than its ref.
pub fn run(_: &Config, facts: &Facts, objections: &mut Objections) {
    for update in &facts.updates {
        let reference = &update.update.name;
        let Some(tag) = update.tags.first().map(|facts| &facts.tag) else {
            continue;
        };
        if !reference.is_tag() || reference.short() == tag.name {
            continue;
        }
        objections.object(
            Place::of_commit(reference, tag.id),
            format!(
                "tag object {} says that it is \"{}\" and is pushed as {reference}",
                tag.id.short(),
                excerpt(&tag.name, MAX_NAME)
            ),
            format!(
                "git tag -s -f {} {}",
                quoted(reference.short()),
                tag.target.short()
            ),
        );
    }
}

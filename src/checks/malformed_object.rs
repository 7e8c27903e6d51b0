//! # malformed-object
//!
//! A commit or tag departs from the form that git itself writes.
//!
//! ## Why it matters
//!
//! Where two readers see two different objects, an attacker shows each what it
//! wants to see: git stops at a NUL byte, one tool takes the first `author`
//! header and another the last, a header that looks like `gpgsig` is signed
//! content for one and a signature for the other. Such an object is not
//! accepted, even if its signature is valid.
//!
//! ## Example
//!
//! Objected to: a commit with two `author` headers, or a NUL byte in its message.
//!
//! Accepted: any commit or tag that `git commit` or `git tag` made.
//!
//! ## What mends it
//!
//! Let git write the object anew:
//!
//! ```sh
//! git rebase --rebase-merges --exec 'git commit --amend --no-edit -S' <base>
//! ```
//!
//! ## Configuration
//!
//! ```toml
//! [checks.malformed-object]
//! mode = "enforce"   # off, audit or enforce
//! ```
//!
//! ## References
//!
//! - CWE-436: interpretation conflict
//! - CWE-158: improper neutralization of null byte or NUL character

use super::support::signed_objects;
use super::{CheckMeta, Objections};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "malformed-object",
    title: "A commit or tag is not in git's own form",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[],
};

config! { mode = Enforce }

/// Objects once to each defect of each commit and tag.
pub fn run(_: &Config, facts: &Facts, objections: &mut Objections) {
    for object in signed_objects(&facts.updates) {
        for defect in object.defects {
            objections.object(
                object.place(),
                format!("{object} is malformed: {defect}"),
                format!("let git write it anew:\n{}", object.sign_again()),
            );
        }
    }
}

//! # bad-signature
//!
//! The signature of a commit or tag does not fit its content.
//!
//! ## Why it matters
//!
//! The key is known and the mathematics fails, so the content or the signature
//! was changed after signing. That is tampering, or a tool that rewrites
//! commits and leaves the old signature in place.
//!
//! ## Example
//!
//! Objected to: a commit whose message was edited with `git hash-object`, its
//! `gpgsig` header copied from the original.
//!
//! Accepted: the commit as it was signed.
//!
//! ## What mends it
//!
//! Compare the commit with its author's copy. If it is yours, sign it again:
//!
//! ```sh
//! git rebase --rebase-merges --exec 'git commit --amend --no-edit -S' <base>
//! ```
//!
//! ## Configuration
//!
//! ```toml
//! [checks.bad-signature]
//! mode = "enforce"   # off, audit or enforce
//! ```
//!
//! ## References
//!
//! - CWE-347: improper verification of cryptographic signature
//! - CWE-354: improper validation of integrity check value

use super::support::signed_objects;
use super::{CheckMeta, Objections};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::signature::SignatureState;
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "bad-signature",
    title: "A commit or tag was changed after it was signed",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[],
};

config! { mode = Enforce }

/// Objects to signatures that do not fit what they sign.
pub fn run(_: &Config, facts: &Facts, objections: &mut Objections) {
    for object in signed_objects(&facts.updates) {
        let SignatureState::Bad { key } = &object.signature.state else {
            continue;
        };
        objections.object(
            object.place(),
            format!(
                "{object} does not fit its signature by key {key}: content or signature was changed"
            ),
            format!(
                "compare it with its author's copy; if it is yours, sign it again:\n{}",
                object.sign_again()
            ),
        );
    }
}

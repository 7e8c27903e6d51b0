//! # malformed-signature
//!
//! The signature of a commit or tag is not in the strict form.
//!
//! ## Why it matters
//!
//! Bytes that one reader takes for part of a signature and another skips give
//! the same commit a second id, or hide a second signature behind the first.
//! A signature that two readers could understand differently counts for
//! neither, and never as "unsigned".
//!
//! ## Example
//!
//! Objected to: text after the end of the armour inside the `gpgsig` header,
//! two signature packets, an SSH signature for another namespace than `git`.
//!
//! Accepted: the signature as git, gpg and ssh-keygen write it.
//!
//! ## What mends it
//!
//! Sign again with git itself:
//!
//! ```sh
//! git rebase --rebase-merges --exec 'git commit --amend --no-edit -S' <base>
//! ```
//!
//! ## Configuration
//!
//! ```toml
//! [checks.malformed-signature]
//! mode = "enforce"   # off, audit or enforce
//! ```
//!
//! ## References
//!
//! - CWE-436: interpretation conflict
//! - CWE-347: improper verification of cryptographic signature

use super::support::signed_objects;
use super::{CheckMeta, Objections};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::signature::SignatureState;
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "malformed-signature",
    title: "A signature is not in the strict form",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[],
};

config! { mode = Enforce }

/// Objects to signatures that are not in the strict form.
pub fn run(_: &Config, facts: &Facts, objections: &mut Objections) {
    for object in signed_objects(&facts.updates) {
        let SignatureState::Malformed { reason } = &object.signature.state else {
            continue;
        };
        objections.object(
            object.place(),
            format!("the signature of {object} is malformed: {reason}"),
            object.sign_again(),
        );
    }
}

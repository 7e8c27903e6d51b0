//! # revoked-key
//!
//! A commit or tag is signed by a key that was revoked.
//!
//! ## Why it matters
//!
//! A revoked key may be in other hands. A signature by it shows only that
//! somebody has a copy.
//!
//! ## Example
//!
//! Objected to: a commit signed with the key of a laptop that was reported stolen.
//!
//! Accepted: the same change, signed again with the key that replaced it.
//!
//! ## What mends it
//!
//! Look at what the commit does before you do anything else: it may not be
//! yours. If it is, sign again with your current key:
//!
//! ```sh
//! git rebase --rebase-merges --exec 'git commit --amend --no-edit -S' <base>
//! ```
//!
//! ## Configuration
//!
//! ```toml
//! [checks.revoked-key]
//! mode = "enforce"   # off, audit or enforce
//! ```
//!
//! ## References
//!
//! - CWE-299: improper check for certificate revocation
//! - OWASP CICD-SEC-6: insufficient credential hygiene

use super::support::signed_objects;
use super::{CheckMeta, Objections};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::signature::SignatureState;
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "revoked-key",
    title: "A commit or tag is signed by a revoked key",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[],
};

config! { mode = Enforce }

/// Objects to signatures by revoked keys.
pub fn run(_: &Config, facts: &Facts, objections: &mut Objections) {
    for object in signed_objects(&facts.updates) {
        let SignatureState::Revoked {
            principal,
            key,
            reason,
        } = &object.signature.state
        else {
            continue;
        };
        objections.object(
            object.place(),
            format!("{object} is signed by key {key} of {principal}, which was revoked: {reason}"),
            format!(
                "make sure with {principal} that it is theirs, then sign with a current key:\n{}",
                object.sign_again()
            ),
        );
    }
}

//! # unknown-signer
//!
//! A commit or tag is signed by a key that the policy does not know, or by one
//! that it knows but not for this.
//!
//! ## Why it matters
//!
//! Anyone can make a key. A signature is worth something only if the key is
//! pinned to a principal; a name or e-mail address inside the key proves
//! nothing. A known key may also lack the right to sign, or use an algorithm
//! that is no longer safe.
//!
//! ## Example
//!
//! Objected to: a commit signed with a new laptop's key before that key is in the policy.
//!
//! Accepted: the same commit after the key was added on the target side.
//!
//! ## What mends it
//!
//! Sign again with a key that is pinned to you, or have your key added to the
//! policy. A key that the change itself brings along does not count.
//!
//! ```sh
//! git config user.signingkey <pinned key>
//! git rebase --rebase-merges --exec 'git commit --amend --no-edit -S' <base>
//! ```
//!
//! ## Configuration
//!
//! ```toml
//! [checks.unknown-signer]
//! mode = "enforce"   # off, audit or enforce
//! ```
//!
//! ## References
//!
//! - CWE-347: improper verification of cryptographic signature
//! - OWASP CICD-SEC-2: inadequate identity and access management

use super::support::signed_objects;
use super::{CheckMeta, Objections};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::signature::SignatureState;
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "unknown-signer",
    title: "A commit or tag is signed by a key that is not trusted",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[],
};

config! { mode = Enforce }

/// Objects to signatures by unknown and by unsuitable keys.
pub fn run(_: &Config, facts: &Facts, objections: &mut Objections) {
    for object in signed_objects(&facts.updates) {
        let wrong = match &object.signature.state {
            SignatureState::UnknownKey { key: Some(key) } => {
                format!("{object} is signed by key {key}, which the policy does not know")
            }
            SignatureState::UnknownKey { key: None } => {
                format!("{object} is signed by a key that the policy does not know")
            }
            SignatureState::Untrusted { key, reason } => {
                format!("{object} is signed by key {key}, which is not trusted for it: {reason}")
            }
            _ => continue,
        };
        let remedy = format!(
            "ask the policy's owner to add your key, or sign with a key that the policy pins to you:\n{}",
            object.sign_again()
        );
        objections.object(object.place(), wrong, remedy);
    }
}

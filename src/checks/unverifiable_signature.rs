//! # unverifiable-signature
//!
//! A commit or tag carries a signature in a format that Forgewarden cannot judge.
//!
//! ## Why it matters
//!
//! A signature that nobody verified is worth as much as none. It is told apart
//! from `unsigned-commit` so that you see how much of your history uses a
//! format that is not supported yet.
//!
//! ## Example
//!
//! Objected to: a commit signed in a format that this version does not read.
//!
//! Accepted: a commit signed with a pinned OpenPGP or SSH key.
//!
//! ## What mends it
//!
//! Sign with a supported key:
//!
//! ```sh
//! git config gpg.format ssh
//! git config user.signingkey ~/.ssh/id_ed25519.pub
//! git rebase --rebase-merges --exec 'git commit --amend --no-edit -S' <base>
//! ```
//!
//! ## Configuration
//!
//! ```toml
//! [checks.unverifiable-signature]
//! mode = "enforce"   # off, audit or enforce
//! ```
//!
//! ## References
//!
//! - CWE-347: improper verification of cryptographic signature

use super::support::signed_objects;
use super::{CheckMeta, Objections};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::signature::SignatureState;
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "unverifiable-signature",
    title: "A signature is in a format that cannot be judged",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[],
};

config! { mode = Enforce }

/// Objects to signatures that cannot be judged.
pub fn run(_: &Config, facts: &Facts, objections: &mut Objections) {
    for object in signed_objects(&facts.updates) {
        let SignatureState::Unverifiable { reason } = &object.signature.state else {
            continue;
        };
        objections.object(
            object.place(),
            format!("the signature of {object} cannot be judged: {reason}"),
            format!(
                "sign with an OpenPGP or SSH key that the policy knows:\n{}",
                object.sign_again()
            ),
        );
    }
}

//! # unsigned-commit
//!
//! A commit that the change brings carries no signature.
//!
//! ## Why it matters
//!
//! Author and committer of a commit are text that anyone can write. Without a
//! signature nothing ties the change to a person, and whoever holds a push
//! credential can commit in any name.
//!
//! ## Example
//!
//! Objected to: `git commit -m 'Fix build'` with no signing configured.
//!
//! Accepted: `git commit -S -m 'Fix build'` with a key that the policy pins to you.
//!
//! ## What mends it
//!
//! Sign the commits and push again. `<base>` is the commit before the first one:
//!
//! ```sh
//! git rebase --rebase-merges --exec 'git commit --amend --no-edit -S' <base>
//! ```
//!
//! To sign from now on, with an SSH key:
//!
//! ```sh
//! git config --global gpg.format ssh
//! git config --global user.signingkey ~/.ssh/id_ed25519.pub
//! git config --global commit.gpgsign true
//! ```
//!
//! ## Configuration
//!
//! ```toml
//! [checks.unsigned-commit]
//! mode = "enforce"   # off, audit or enforce
//! ```
//!
//! ## References
//!
//! - CWE-345: insufficient verification of data authenticity
//! - OWASP CICD-SEC-9: improper artifact integrity validation
//! - SLSA source track: strongly authenticated actors

use std::slice;

use super::support::signed_objects;
use super::{CheckMeta, Objections};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::signature::SignatureState;
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "unsigned-commit",
    title: "A commit carries no signature",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[],
};

config! { mode = Enforce }

/// Objects to every commit without a signature.
pub fn run(_: &Config, facts: &Facts, objections: &mut Objections) {
    for update in &facts.updates {
        let unsigned: Vec<_> = signed_objects(slice::from_ref(update))
            .filter(|object| !object.is_tag())
            .filter(|object| object.signature.state == SignatureState::Unsigned)
            .collect();
        // Newest first. One command from the oldest on mends all; one for each
        // would name commits that the first has already replaced.
        let Some(oldest) = unsigned.last() else {
            continue;
        };
        for object in &unsigned {
            objections.object(
                object.place(),
                format!("{object} is not signed"),
                oldest.sign_again(),
            );
        }
    }
}

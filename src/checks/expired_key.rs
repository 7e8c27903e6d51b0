//! # expired-key
//!
//! A commit or tag is signed by a key whose validity does not cover the time
//! when the object was first seen.
//!
//! ## Why it matters
//!
//! An expiry date is the owner's promise to look after the key until then. The
//! date in the commit is no help: whoever holds an old key writes an old date.
//! So the time that counts is the one when Forgewarden first saw the object.
//!
//! ## Example
//!
//! Objected to: a commit pushed in March with a key that expired in January,
//! whatever date the commit bears.
//!
//! Accepted: a commit that was pushed while the key was valid.
//!
//! ## What mends it
//!
//! Extend the key and have the policy's copy renewed, or sign with a current key:
//!
//! ```sh
//! gpg --quick-set-expire <fingerprint> 1y
//! gpg --armor --export <fingerprint>          # for the policy
//! ```
//!
//! ## Configuration
//!
//! ```toml
//! [checks.expired-key]
//! mode = "enforce"   # off, audit or enforce
//! ```
//!
//! ## References
//!
//! - CWE-324: use of a key past its expiration date
//! - RFC 9580, section 5.2.3.13: key expiration time

use super::support::signed_objects;
use super::{CheckMeta, Objections};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::signature::SignatureState;
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "expired-key",
    title: "A commit or tag is signed by a key outside its validity",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[],
};

config! { mode = Enforce }

/// Objects to signatures by keys that are not valid at the time first seen.
pub fn run(_: &Config, facts: &Facts, objections: &mut Objections) {
    for object in signed_objects(&facts.updates) {
        let SignatureState::Expired {
            principal,
            key,
            reason,
        } = &object.signature.state
        else {
            continue;
        };
        objections.object(
            object.place(),
            format!("{object} is signed by key {key} of {principal}, which is not valid now: {reason}"),
            format!(
                "extend the key and ask the policy's owner to take the new copy, or sign with a current key:\n{}",
                object.sign_again()
            ),
        );
    }
}

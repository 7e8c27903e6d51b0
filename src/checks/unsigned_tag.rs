//! # unsigned-tag
//!
//! A tag is lightweight, or annotated and without a signature.
//!
//! A tag whose signature is not valid is objected to by the check that names
//! what is wrong with it: `unknown-signer`, `expired-key`, `revoked-key`,
//! `bad-signature`, `malformed-signature` or `unverifiable-signature`.
//!
//! ## Why it matters
//!
//! A tag says "this is the release". The commit under it may be signed by its
//! author, but without a signed tag nothing says who chose that commit, and a
//! release pipeline runs for whatever the tag names.
//!
//! It is audited by default and not enforced: the commits under a tag are
//! judged in any case, and forges make lightweight tags for releases that are
//! drawn up in the browser. Enforce it once your releases are tagged with `git tag -s`.
//!
//! ## Example
//!
//! Objected to: `git tag v1.0`, `git tag -a v1.0`.
//!
//! Accepted: `git tag -s v1.0` with a key that the policy pins to you.
//!
//! ## What mends it
//!
//! ```sh
//! git tag -s -f v1.0 <commit>
//! git push origin refs/tags/v1.0
//! ```
//!
//! ## Configuration
//!
//! ```toml
//! [checks.unsigned-tag]
//! mode = "audit"          # off, audit or enforce
//! only_protected = false  # true: only tags that `protected` names
//! ```
//!
//! ## References
//!
//! - CWE-345: insufficient verification of data authenticity
//! - OWASP CICD-SEC-9: improper artifact integrity validation

use super::support::{quoted, signed_objects};
use super::{CheckMeta, Objections};
use crate::model::facts::{Facts, UpdateFacts};
use crate::model::finding::{Place, Severity};
use crate::model::signature::SignatureState;
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "unsigned-tag",
    title: "A tag carries no signature",
    severity: Severity::Medium,
    concern: Concern::Change,
    systems: &[],
};

config! {
    mode = Audit,
    /// Judge only tags that the policy protects.
    #[schemars(extend("x-layer" = "lower"))]
    only_protected: bool = false,
}

/// Objects to lightweight tags and to tag objects without a signature.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    let judged = |update: &UpdateFacts| update.protected || !config.only_protected;
    for update in facts.updates.iter().filter(|update| judged(update)) {
        lightweight(update, objections);
        let tags = signed_objects(std::slice::from_ref(update)).filter(|object| object.is_tag());
        for tag in tags.filter(|tag| tag.signature.state == SignatureState::Unsigned) {
            objections.object(tag.place(), format!("{tag} is not signed"), tag.sign_again());
        }
    }
}

fn lightweight(update: &UpdateFacts, objections: &mut Objections) {
    let name = &update.update.name;
    let Some(new) = update.update.new else {
        return;
    };
    if name.is_tag() && update.tags.is_empty() {
        objections.object(
            Place::of_ref(name),
            format!("tag {} is lightweight: nothing says who set it", name.short_text()),
            format!("git tag -s -f {} {}", quoted(name.short()), new.short()),
        );
    }
}

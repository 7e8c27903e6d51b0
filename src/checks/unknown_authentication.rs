//! # unknown-authentication
//!
//! Nobody says how a push was authenticated, or nothing that is understood.
//!
//! ## Why it matters
//!
//! A webhook does not tell whether a push came with a key, a token or a
//! password. As long as that is not known, a password may have been enough.
//!
//! Unknown is never taken for good. Because most installations cannot tell at
//! first, the check warns by default; enforce it once the sources are switched on.
//!
//! ## Example
//!
//! Objected to: a push over ssh to a server without `ExposeAuthInfo yes`; a push
//! to a forge whose audit log nobody reads.
//!
//! Accepted: the same push after sshd tells how it went, or after the audit log
//! is polled.
//!
//! ## What mends it
//!
//! Switch a source of evidence on. The page "What can be proven where" of the
//! manual lists what each server and forge can tell and how. `forgewarden
//! doctor` says what is missing.
//!
//! ```sh
//! forgewarden doctor
//! ```
//!
//! ## Configuration
//!
//! ```toml
//! [checks.unknown-authentication]
//! mode = "audit"   # off, audit or enforce
//! ```
//!
//! ## References
//!
//! - CWE-778: insufficient logging
//! - OWASP CICD-SEC-10: insufficient logging and visibility

use super::support::{named, notes, places};
use super::{CheckMeta, Objections};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::verdict::Knowledge;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "unknown-authentication",
    title: "It is not known how a push was authenticated",
    severity: Severity::Medium,
    concern: Concern::Authentication,
    systems: &[],
};

config! { mode = Audit }

/// Objects to pushes of which nothing is known and nothing more is awaited.
pub fn run(_: &Config, facts: &Facts, objections: &mut Objections) {
    for pushed in &facts.pushes {
        if pushed.knowledge() != Knowledge::Unknown {
            continue;
        }
        let message = format!(
            "it is not known how {} was authenticated{}",
            named(pushed),
            notes(pushed)
        );
        let remedy = "ask the operator to switch on what tells it (docs/authentication.md, \"What can be proven where\"); \
                      this lists what is missing:\nforgewarden doctor";
        for place in places(facts, pushed) {
            objections.object(place, message.clone(), remedy);
        }
    }
}

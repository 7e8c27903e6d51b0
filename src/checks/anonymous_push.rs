//! # anonymous-push
//!
//! A push was let in without any authentication.
//!
//! ## Why it matters
//!
//! `git://` with `receive-pack` enabled, and `http.receivepack = true` behind a
//! web server that asks for nothing, let the whole network write to the
//! repository. Signatures still say who made the commits, but nobody who moved
//! or deleted a ref can be named.
//!
//! ## Example
//!
//! Objected to: a push over `git://`, or over http to a location without
//! authentication.
//!
//! Accepted: the same push after the server asks for a certificate or a token.
//!
//! ## What mends it
//!
//! Let the web server authenticate pushes, and switch `receive-pack` off where
//! nobody is asked. Ready-made server files stand in the folder
//! `hooks/install/servers` of Forgewarden.
//!
//! ```sh
//! git config --global daemon.receivepack false
//! ```
//!
//! ## Configuration
//!
//! ```toml
//! [checks.anonymous-push]
//! mode = "enforce"   # off, audit or enforce
//! ```
//!
//! ## References
//!
//! - CWE-306: missing authentication for critical function
//! - OWASP CICD-SEC-2: inadequate identity and access management

use super::support::{named, on_whose_word, places};
use super::{CheckMeta, Objections};
use crate::model::authentication::Method;
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "anonymous-push",
    title: "A push was let in without authentication",
    severity: Severity::High,
    concern: Concern::Authentication,
    systems: &[],
};

config! { mode = Enforce }

/// Objects to pushes of which nobody was asked who they are.
pub fn run(_: &Config, facts: &Facts, objections: &mut Objections) {
    for pushed in &facts.pushes {
        let could_be = &pushed.standing.could_be;
        let anonymous = |method: Method| method == Method::Anonymous;
        let all = could_be.iter().all(|one| one.methods().all(anonymous));
        if could_be.is_empty() || !all {
            continue;
        }
        let message = format!(
            "{} was let in without asking who it is{}",
            named(pushed),
            on_whose_word(pushed)
        );
        let remedy = "let the server ask for a key, a certificate or a token before it lets anybody push \
                      (hooks/install/servers has ready-made files)";
        for place in places(facts, pushed) {
            objections.object(place, message.clone(), remedy);
        }
    }
}

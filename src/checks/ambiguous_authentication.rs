//! # ambiguous-authentication
//!
//! A push may have been let in with a password, or with something better, and
//! nobody can tell which.
//!
//! ## Why it matters
//!
//! GitLab tells its server hooks only that a push came over https, which is a
//! token or a password. An audit log that names no ref may hold two records that
//! fit one push. As long as one of the possibilities is a password, or nothing
//! at all, it may have been that.
//!
//! If every possibility will do, there is no objection: a key or a token, for
//! example. If none will, `password-authentication` objects.
//!
//! ## Example
//!
//! Objected to: an https push to a GitLab that accepts passwords for git.
//!
//! Accepted: the same push once the instance refuses passwords for git, or once
//! the operator states so under `[authentication] no_passwords_on`.
//!
//! ## What mends it
//!
//! Make the password impossible: switch it off for git on the forge, or put a
//! proxy before it that lets only tokens through. Then a push over https is a
//! push with a token.
//!
//! ```sh
//! forgewarden doctor
//! ```
//!
//! ## Configuration
//!
//! ```toml
//! [checks.ambiguous-authentication]
//! mode = "audit"   # off, audit or enforce
//! ```
//!
//! ## References
//!
//! - CWE-308: use of single-factor authentication
//! - OWASP CICD-SEC-10: insufficient logging and visibility

use super::support::{either, named, notes, on_whose_word, places};
use super::{CheckMeta, Objections};
use crate::model::authentication::{Authentication, Method};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::verdict::Knowledge;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "ambiguous-authentication",
    title: "A push may have been let in with a password",
    severity: Severity::Medium,
    concern: Concern::Authentication,
    systems: &[],
};

config! { mode = Audit }

/// Objects to pushes of which some, but not all, possibilities prove too little.
pub fn run(_: &Config, facts: &Facts, objections: &mut Objections) {
    for pushed in &facts.pushes {
        let could_be = &pushed.standing.could_be;
        let all = |is: fn(Method) -> bool| could_be.iter().all(|one| one.methods().all(is));
        let others_object = all(Method::is_password) || all(is_anonymous);
        let weak = could_be.iter().any(is_weak);
        if pushed.knowledge() != Knowledge::Ambiguous || !weak || others_object {
            continue;
        }
        let message = format!(
            "{} was authenticated with one of these, and it is not known which: {}{}{}",
            named(pushed),
            either(could_be),
            on_whose_word(pushed),
            notes(pushed)
        );
        let remedy = "ask the operator to make passwords impossible for git there, or to switch on what tells them apart \
                      (docs/authentication.md, \"What can be proven where\"); this lists what is missing:\nforgewarden doctor";
        for place in places(facts, pushed) {
            objections.object(place, message.clone(), remedy);
        }
    }
}

fn is_weak(one: &Authentication) -> bool {
    one.methods()
        .all(|method| method.is_password() || is_anonymous(method))
}

fn is_anonymous(method: Method) -> bool {
    method == Method::Anonymous
}

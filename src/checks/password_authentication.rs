//! # password-authentication
//!
//! A push was let in with nothing but a password.
//!
//! ## Why it matters
//!
//! Passwords are guessed, shared, reused and phished, and a server cannot tell
//! one person's use from another's. Whoever has one runs code with the build's
//! credentials. Source control should take keys, certificates or tokens only.
//!
//! What counts as a password: a password over https, sshd's `password` and
//! `keyboard-interactive`. Beside a key or certificate a password is a second
//! factor, and no objection unless `beside_others = false`.
//!
//! Where several methods come into question, this check objects only if every
//! one of them is a password; `ambiguous-authentication` tells of the rest.
//!
//! ## Example
//!
//! Objected to: `git push https://git.example.com/app.git`, answered with the
//! account's password.
//!
//! Accepted: the same push with an SSH key, an SSH or TLS certificate, or a token.
//!
//! ## What mends it
//!
//! Push with a key or a token, and switch passwords off on the server so that
//! the question cannot arise: `PasswordAuthentication no` in sshd, an instance
//! setting on a forge. The page on authentication says which.
//!
//! ```sh
//! git remote set-url origin git@git.example.com:app.git
//! ```
//!
//! ## Configuration
//!
//! ```toml
//! [checks.password-authentication]
//! mode = "enforce"       # off, audit or enforce
//! beside_others = true   # false: no password even beside a key or certificate
//! ```
//!
//! ## References
//!
//! - CWE-308: use of single-factor authentication
//! - OWASP CICD-SEC-2: inadequate identity and access management
//! - NIST SP 800-204D: authentication to source control

use super::support::{either, named, on_whose_word, places, use_a_key};
use super::{CheckMeta, Objections};
use crate::model::authentication::{Authentication, Method};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "password-authentication",
    title: "A push was let in with a password",
    severity: Severity::High,
    concern: Concern::Authentication,
    systems: &[],
};

config! {
    mode = Enforce,
    /// Accept a password beside a key or a certificate, as a second factor.
    #[schemars(extend("x-layer" = "lower"))]
    beside_others: bool = true,
}

/// Objects to pushes of which a password is all that can have let them in.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    let objectionable = |one: &Authentication| match config.beside_others {
        true => one.is_only_password(),
        false => one.methods().any(Method::is_password),
    };
    for pushed in &facts.pushes {
        let could_be = &pushed.standing.could_be;
        if could_be.is_empty() || !could_be.iter().all(objectionable) {
            continue;
        }
        let used = match could_be.iter().all(Authentication::is_only_password) {
            true => "nothing but a password".to_owned(),
            false => either(could_be),
        };
        let (named, whose) = (named(pushed), on_whose_word(pushed));
        let message = format!("{named} was let in with {used}{whose}");
        for place in places(facts, pushed) {
            objections.object(place, message.clone(), use_a_key(facts));
        }
    }
}

//! From (payload, signature, trust roots, time) to a signature state.
//!
//! It refuses to know repositories, forges, policy and the clock. Identity
//! comes from keys that are pinned to principals, never from a user id, an
//! e-mail address or a claimed date.

mod allowed_signers;
mod armour;
mod bytes;
mod error;
mod openpgp;
mod roots;
mod ssh;

pub use error::{Problem, RootError};
pub use roots::TrustRoots;
pub use ssh::{Holder, UnreadableKey, credential as ssh_credential};

use jiff::Timestamp;

use crate::model::object::SignatureBlock;
use crate::model::signature::{KeyName, Signature, SignatureKind, SignatureState};

/// Verifies what an object carries as its signature. `at` is when the object
/// was first seen: expiry is judged then, not at any date that the object or
/// the signature claims.
pub fn verify(block: Option<&SignatureBlock>, roots: &TrustRoots, at: Timestamp) -> Signature {
    let Some(block) = block else {
        return Signature {
            kind: None,
            state: SignatureState::Unsigned,
        };
    };
    let state = match block.kind {
        Some(SignatureKind::OpenPgp) => openpgp::verify(&block.armour, &block.payload, roots, at),
        Some(SignatureKind::Ssh) => ssh::verify(&block.armour, &block.payload, roots, at),
        Some(SignatureKind::X509) => SignatureState::Unverifiable {
            reason: "X.509 signatures are not supported yet".to_owned(),
        },
        None => SignatureState::Malformed {
            reason: "the signature is in no format that is known".to_owned(),
        },
    };
    Signature {
        kind: block.kind,
        state,
    }
}

/// What a signature says of its key, without trusting it: the format, the
/// key's name and, for SSH, the public key as a line for `authorized_keys`.
/// `None` if the signature cannot be read or names no key.
pub fn claimed_key(block: &SignatureBlock) -> Option<(SignatureKind, KeyName, Option<String>)> {
    match block.kind? {
        kind @ SignatureKind::OpenPgp => Some((kind, openpgp::claim(&block.armour)?, None)),
        kind @ SignatureKind::Ssh => {
            let (name, line) = ssh::claim(&block.armour)?;
            Some((kind, name, Some(line)))
        }
        SignatureKind::X509 => None,
    }
}

/// An instant for people, in UTC.
fn instant(seconds: i64) -> String {
    Timestamp::from_second(seconds)
        .map_or_else(|_| format!("second {seconds}"), |at| at.to_string())
}

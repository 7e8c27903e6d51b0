//! SSH signatures (OpenSSH's PROTOCOL.sshsig) over git objects.
//!
//! The keys and the mathematics come from `ssh-key`. Certificates as signing keys are not judged yet.

mod credential;
mod envelope;

use jiff::Timestamp;
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, HashAlg, PublicKey, SshSig};

use super::error::Problem;
use super::instant;
use super::roots::{SshRoot, TrustRoots};
use crate::model::signature::{KeyName, SignatureState};
use crate::model::text::excerpt;
pub use credential::{Holder, UnreadableKey, credential};
use envelope::{Envelope, SK_TRAILER, malformed, read};

/// The namespace that git signs in.
const NAMESPACE: &[u8] = b"git";
/// The shortest RSA key that may sign, in bits (NIST SP 800-131A).
const MIN_RSA_BITS: usize = 2048;
/// The longest RSA key that the library verifies, in bits.
const MAX_RSA_BITS: usize = 4096;
/// In a security key's flags: somebody touched it (CTAP).
const USER_PRESENT: u8 = 0x01;

/// Reads the line of a public key.
pub(super) fn parse_key(line: &str) -> Result<KeyData, Problem> {
    let key =
        PublicKey::from_openssh(line.trim()).map_err(|error| Problem::SshKey(error.to_string()))?;
    match key.algorithm() {
        Algorithm::Rsa { .. } if rsa_bits(key.key_data()) > MAX_RSA_BITS => {
            Err(Problem::LongRsa(rsa_bits(key.key_data())))
        }
        algorithm @ (Algorithm::Dsa | Algorithm::Other(_)) => {
            Err(Problem::SshAlgorithm(excerpt(algorithm.as_str(), 60)))
        }
        _ => Ok(key.key_data().clone()),
    }
}

/// A key's fingerprint, `SHA256:…`.
pub(super) fn name(key: &KeyData) -> KeyName {
    KeyName(key.fingerprint(HashAlg::Sha256).to_string())
}

/// What a signature says of its key: name and line.
pub(super) fn claim(armoured: &[u8]) -> Option<(KeyName, String)> {
    let envelope = read(armoured).ok()?;
    let line = PublicKey::new(envelope.key.clone(), "").to_openssh().ok()?;
    Some((name(&envelope.key), line))
}

/// Verifies a signature over a payload.
pub(super) fn verify(
    armoured: &[u8],
    payload: &[u8],
    roots: &TrustRoots,
    at: Timestamp,
) -> SignatureState {
    let envelope = match read(armoured) {
        Ok(envelope) => envelope,
        Err(state) => return state,
    };
    let key = name(&envelope.key);
    let Some(root) = roots.ssh(&key).filter(|root| root.key == envelope.key) else {
        return SignatureState::UnknownKey { key: Some(key) };
    };
    if let Some(reason) = weakness(&envelope) {
        return SignatureState::Untrusted { key, reason };
    }
    match mathematics(&envelope, payload) {
        Ok(true) => {}
        Ok(false) => return SignatureState::Bad { key },
        Err(reason) => return malformed(reason),
    }
    if let Some(reason) = roots.revocation(&key) {
        let reason = reason.to_owned();
        return SignatureState::Revoked {
            principal: root.principal.clone(),
            key,
            reason,
        };
    }
    if envelope.namespace != NAMESPACE {
        let reason = format!(
            "it is made for the namespace `{}`, not for `git`",
            excerpt(&envelope.namespace, 60)
        );
        return SignatureState::Untrusted { key, reason };
    }
    if root.windows.is_empty() {
        let reason = "the key is not allowed to sign in the namespace `git`".to_owned();
        return SignatureState::Untrusted { key, reason };
    }
    match outside(root, at.as_second()) {
        Some(reason) => SignatureState::Expired {
            principal: root.principal.clone(),
            key,
            reason,
        },
        None => SignatureState::Valid {
            principal: root.principal.clone(),
            key,
        },
    }
}

/// Why a signature is not trusted whatever the mathematics says, as a clause.
fn weakness(envelope: &Envelope) -> Option<String> {
    if envelope.algorithm == "ssh-rsa" {
        return Some("it is made over SHA-1, which can be forged".to_owned());
    }
    let bits = rsa_bits(&envelope.key);
    if envelope.key.is_rsa() && bits < MIN_RSA_BITS {
        return Some(format!(
            "it is an RSA key of {bits} bits, and {MIN_RSA_BITS} is the least"
        ));
    }
    let security_key = envelope.key.is_sk_ed25519() || envelope.key.is_sk_ecdsa_p256();
    let flags = envelope.value.iter().rev().nth(SK_TRAILER - 1)?;
    (security_key && flags & USER_PRESENT == 0)
        .then(|| "nobody touched the security key".to_owned())
}

/// Whether the key made the signature; else why the signature has no form.
fn mathematics(envelope: &Envelope, payload: &[u8]) -> Result<bool, &'static str> {
    let algorithm = Algorithm::new(&envelope.algorithm)
        .map_err(|_| "the SSH signature's algorithm is not known")?;
    let fits = match (envelope.key.algorithm(), &algorithm) {
        (Algorithm::Rsa { .. }, Algorithm::Rsa { hash }) => hash.is_some(),
        (key, algorithm) => key == *algorithm,
    };
    if !fits {
        return Err("the SSH signature's algorithm does not fit its key");
    }
    let form = "the SSH signature's value is not in its form";
    let namespace = str::from_utf8(&envelope.namespace).map_err(|_| "the namespace is not text")?;
    let value = ssh_key::Signature::new(algorithm, envelope.value.as_slice()).map_err(|_| form)?;
    let signature =
        SshSig::new(envelope.key.clone(), namespace, envelope.hash, value).map_err(|_| form)?;
    Ok(PublicKey::new(envelope.key.clone(), "")
        .verify(namespace, payload, &signature)
        .is_ok())
}

fn rsa_bits(key: &KeyData) -> usize {
    let modulus = key
        .rsa()
        .and_then(|key| key.n.as_positive_bytes())
        .unwrap_or_default();
    let zeros = modulus
        .first()
        .map_or(0, |first| first.leading_zeros() as usize);
    modulus.len() * 8 - zeros
}

/// Why an instant is in none of the key's windows, as a clause.
fn outside(root: &SshRoot, at: i64) -> Option<String> {
    let within = |window: &super::roots::Window| {
        window.after.is_none_or(|after| after <= at)
            && window.before.is_none_or(|before| at <= before)
    };
    if root.windows.iter().any(within) {
        return None;
    }
    let ended = root
        .windows
        .iter()
        .filter_map(|window| window.before)
        .filter(|before| *before < at)
        .max();
    let begins = root
        .windows
        .iter()
        .filter_map(|window| window.after)
        .filter(|after| *after > at)
        .min();
    match (ended, begins) {
        (Some(end), _) => Some(format!("the key was valid before {}", instant(end))),
        (None, Some(start)) => Some(format!("the key is valid after {}", instant(start))),
        (None, None) => Some("the key is never valid".to_owned()),
    }
}

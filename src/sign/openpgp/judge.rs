//! From a signature and the keys it may be by to a state.
//!
//! The order: form, key, mathematics, revocation, what the key may do,
//! algorithms, times. What the owner says of a key is taken from the newest
//! self-signatures that are known, as GnuPG does, and applied at the time the
//! object was first seen.

use jiff::Timestamp;
use pgp::crypto::hash::HashAlgorithm;

use super::super::armour;
use super::super::roots::{OpenPgpRoot, TrustRoots};
use super::DIGEST_PREFIX_FROM;
use super::cert::Component;
use super::key::Outcome;
use super::packet::{self, DataSignature, PacketError};
use crate::model::signature::{KeyName, SignatureState};

/// How far a signer's clock may be ahead of ours.
const MAX_CLOCK_SKEW: i64 = 15 * 60;

/// Reads a signature without trusting it.
fn read(armoured: &[u8]) -> Result<DataSignature, SignatureState> {
    let bytes = armour::openpgp(armoured).map_err(|error| SignatureState::Malformed {
        reason: error.to_string(),
    })?;
    packet::read(&bytes).map_err(|error| match error {
        PacketError::Malformed(reason) => SignatureState::Malformed { reason },
        PacketError::Unsupported(reason) => SignatureState::Unverifiable { reason },
    })
}

/// The key that a signature names: its fingerprint, or its key id.
fn claimed(signature: &DataSignature) -> Option<KeyName> {
    let name = match (&signature.fingerprint, &signature.key_id) {
        (Some(fingerprint), _) => hex::encode_upper(fingerprint),
        (None, Some(id)) => hex::encode_upper(id),
        (None, None) => return None,
    };
    Some(KeyName(name))
}

/// The key that a signature names, if it can be read.
pub(in super::super) fn claim(armoured: &[u8]) -> Option<KeyName> {
    read(armoured)
        .ok()
        .and_then(|signature| claimed(&signature))
}

/// Verifies a signature over a payload.
pub(in super::super) fn verify(
    armoured: &[u8],
    payload: &[u8],
    roots: &TrustRoots,
    at: Timestamp,
) -> SignatureState {
    let signature = match read(armoured) {
        Ok(signature) => signature,
        Err(state) => return state,
    };
    if signature.text && payload.contains(&b'\r') {
        let reason =
            "it is a text-mode signature over carriage returns, which leaves line ends open"
                .to_owned();
        return SignatureState::Malformed { reason };
    }
    let mut state = SignatureState::UnknownKey {
        key: claimed(&signature),
    };
    for (root, index) in candidates(&signature, roots) {
        state = Candidate::new(root, index).judge(&signature, payload, roots, at.as_second());
        // Two keys may share a key id; only one of them made the signature.
        if !matches!(state, SignatureState::Bad { .. }) {
            break;
        }
    }
    state
}

/// The known keys that a signature may be by: certificate, and index of the
/// subkey or `None` for the primary key.
fn candidates<'a>(
    signature: &DataSignature,
    roots: &'a TrustRoots,
) -> Vec<(&'a OpenPgpRoot, Option<usize>)> {
    let Some(id) = signature.key_id.or_else(|| key_id(signature)) else {
        return Vec::new();
    };
    let found = roots.openpgp_by_id(id);
    match claimed(signature) {
        Some(name) if signature.fingerprint.is_some() => found
            .filter(|(root, index)| root.certificate.component(*index).key.name == name)
            .collect(),
        _ => found.collect(),
    }
}

fn key_id(signature: &DataSignature) -> Option<[u8; 8]> {
    let fingerprint = signature.fingerprint.as_ref()?;
    if signature.version == 4 {
        fingerprint.last_chunk().copied()
    } else {
        fingerprint.first_chunk().copied()
    }
}

/// A known key that may have made the signature.
struct Candidate<'a> {
    root: &'a OpenPgpRoot,
    index: Option<usize>,
    component: &'a Component,
}

impl<'a> Candidate<'a> {
    fn new(root: &'a OpenPgpRoot, index: Option<usize>) -> Self {
        Self {
            root,
            index,
            component: root.certificate.component(index),
        }
    }

    fn key(&self) -> KeyName {
        self.root.certificate.name().clone()
    }

    fn judge(
        &self,
        signature: &DataSignature,
        payload: &[u8],
        roots: &TrustRoots,
        at: i64,
    ) -> SignatureState {
        let untrusted = |reason: String| SignatureState::Untrusted {
            key: self.key(),
            reason,
        };
        match self.mathematics(signature, payload) {
            Outcome::Good => {}
            Outcome::Bad => return SignatureState::Bad { key: self.key() },
            Outcome::Unsupported(reason) => return SignatureState::Unverifiable { reason },
        }
        if let Some(reason) = self.revoked(roots, at) {
            return SignatureState::Revoked {
                principal: self.root.principal.clone(),
                key: self.key(),
                reason,
            };
        }
        if let Err(reason) = self.root.certificate.capability(self.index) {
            return untrusted(reason);
        }
        let weak = self
            .component
            .key
            .weakness()
            .or_else(|| self.root.certificate.primary.key.weakness());
        if let Some(reason) = weak.or_else(|| weak_hash(signature.hash)) {
            return untrusted(reason);
        }
        if let Some(reason) = self.out_of_time(signature, at) {
            return untrusted(reason);
        }
        if let Some(reason) = self.expired(signature, at) {
            return SignatureState::Expired {
                principal: self.root.principal.clone(),
                key: self.key(),
                reason,
            };
        }
        SignatureState::Valid {
            principal: self.root.principal.clone(),
            key: self.key(),
        }
    }

    fn mathematics(&self, signature: &DataSignature, payload: &[u8]) -> Outcome {
        let key = &self.component.key;
        let bits = signature.hash.digest_size().unwrap_or(0) * 8;
        if bits == 0 {
            return Outcome::Unsupported(format!(
                "the hash function {} is not supported",
                signature.hash
            ));
        }
        if bits < key.least_digest() {
            return Outcome::Unsupported(format!("{} is too short for the key", signature.hash));
        }
        let Some(digest) = digest(signature, payload) else {
            return Outcome::Unsupported(format!(
                "the hash function {} is not supported",
                signature.hash
            ));
        };
        let exact = digest.starts_with(&signature.prefix);
        let tolerated = signature.version == 4 && signature.created < DIGEST_PREFIX_FROM;
        let fits = signature.version == key.version() && signature.width <= key.width();
        if (!exact && !tolerated) || !fits {
            return Outcome::Bad;
        }
        key.check(
            signature.algorithm,
            signature.hash,
            &digest,
            &signature.values,
        )
    }

    fn revoked(&self, roots: &TrustRoots, at: i64) -> Option<String> {
        let primary = &self.root.certificate.primary;
        let components = [primary, self.component];
        if let Some(reason) = components
            .iter()
            .find_map(|part| roots.revocation(&part.key.name))
        {
            return Some(reason.to_owned());
        }
        let mut revocations = components.iter().flat_map(|part| &part.revocations);
        revocations
            .find(|revocation| revocation.hard || revocation.made <= at)
            .map(|revocation| format!("{} ({})", revocation.reason, instant(revocation.made)))
    }

    /// Whether the claimed time of signing cannot be.
    fn out_of_time(&self, signature: &DataSignature, at: i64) -> Option<String> {
        if signature.created > at + MAX_CLOCK_SKEW {
            return Some(format!(
                "it claims to be made on {}, after it was first seen",
                instant(signature.created)
            ));
        }
        let born = self
            .component
            .key
            .created
            .max(self.root.certificate.primary.key.created);
        (signature.created < born).then(|| {
            format!(
                "it claims to be made before its key, which is of {}",
                instant(born)
            )
        })
    }

    fn expired(&self, signature: &DataSignature, at: i64) -> Option<String> {
        let certificate = &self.root.certificate;
        let statements = certificate
            .self_statements()
            .into_iter()
            .chain(certificate.statements(self.index));
        let key = statements
            .flat_map(|statement| [statement.expires, statement.ends])
            .flatten()
            .min();
        match (key, signature.expires) {
            (Some(end), _) if end <= at => Some(format!("the key expired on {}", instant(end))),
            (_, Some(end)) if end <= at => {
                Some(format!("the signature expired on {}", instant(end)))
            }
            _ => None,
        }
    }
}

fn weak_hash(hash: HashAlgorithm) -> Option<String> {
    match hash {
        HashAlgorithm::Sha224
        | HashAlgorithm::Sha256
        | HashAlgorithm::Sha384
        | HashAlgorithm::Sha512
        | HashAlgorithm::Sha3_256
        | HashAlgorithm::Sha3_512 => None,
        _ => Some(format!("it is made over {hash}, which can be forged")),
    }
}

/// The digest that was signed: RFC 9580, section 5.2.4.
fn digest(signature: &DataSignature, payload: &[u8]) -> Option<Vec<u8>> {
    let mut hasher = signature.hash.new_hasher().ok()?;
    hasher.update(&signature.salt);
    if signature.text {
        for line in payload.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(line) => {
                    hasher.update(line);
                    hasher.update(b"\r\n");
                }
                None => hasher.update(line),
            }
        }
    } else {
        hasher.update(payload);
    }
    hasher.update(&signature.hashed);
    hasher.update(&[signature.version, 0xff]);
    hasher.update(&u32::try_from(signature.hashed.len()).ok()?.to_be_bytes());
    Some(hasher.finalize().to_vec())
}

fn instant(seconds: i64) -> String {
    super::super::instant(seconds)
}

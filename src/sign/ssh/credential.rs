//! What an SSH public key or certificate says of itself: whoever took it as
//! proof has verified it, and nothing is verified again here.
//!
//! The envelope of certificates (OpenSSH's PROTOCOL.certkeys) is read here,
//! because `ssh-key` does not read those that are valid for ever.

use jiff::Timestamp;
use ssh_key::PublicKey;
use ssh_key::public::KeyData;

use super::super::bytes::{Reader, Short};
use super::rsa_bits;
use crate::model::authentication::{Credential, SshKey};
use crate::model::text::{excerpt, is_misleading};

/// What the name of a certificate's type ends with.
const CERTIFICATE: &str = "-cert-v01@openssh.com";
/// Most accounts that one certificate names.
const MAX_PRINCIPALS: usize = 256;
/// Most characters of a name in a certificate.
const MAX_NAME: usize = 256;

/// The types of keys, and of how many strings each consists.
const TYPES: [(&str, &str, usize); 8] = [
    ("ssh-ed25519", "ssh-ed25519", 1),
    ("ssh-rsa", "ssh-rsa", 2),
    ("ssh-dss", "ssh-dss", 4),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", 2),
    ("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384", 2),
    ("ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521", 2),
    ("sk-ssh-ed25519", "sk-ssh-ed25519@openssh.com", 2),
    (
        "sk-ecdsa-sha2-nistp256",
        "sk-ecdsa-sha2-nistp256@openssh.com",
        3,
    ),
];

/// For whom a certificate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// A user.
    User,
    /// A host.
    Host,
}

/// Why bytes are no public key, as a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableKey {
    /// Not in the form of its type.
    #[error("the key cannot be read")]
    Form,
    /// Of a type that is not known.
    #[error("the key is of a type that is not known")]
    Type,
    /// Not of the type that its line names.
    #[error("the key is not of the type that stands before it")]
    OtherType,
    /// For a host where it should be for a user, or the other way round.
    #[error("the certificate is not for such a holder")]
    Holder,
}

impl From<Short> for UnreadableKey {
    fn from(_: Short) -> Self {
        Self::Form
    }
}

/// Reads the blob of a public key or certificate of the named type.
///
/// # Errors
/// If it is not of this type, in its one encoding, or for another holder.
pub fn credential(kind: &str, blob: &[u8], holder: Holder) -> Result<Credential, UnreadableKey> {
    let mut reader = Reader::new(blob);
    if reader.string()? != kind.as_bytes() {
        return Err(UnreadableKey::OtherType);
    }
    match kind.strip_suffix(CERTIFICATE) {
        Some(short) => certificate(short, reader, holder),
        None => Ok(Credential::SshKey(described(&key(blob)?))),
    }
}

fn certificate(
    short: &str,
    mut reader: Reader<'_>,
    holder: Holder,
) -> Result<Credential, UnreadableKey> {
    let found = TYPES.iter().find(|(name, _, _)| *name == short);
    let (_, kind, strings) = found.ok_or(UnreadableKey::Type)?;
    reader.string()?; // A nonce.
    let mut plain = string(kind.as_bytes());
    for _ in 0..*strings {
        plain.extend(string(reader.string()?));
    }
    let serial = reader.u64()?;
    let wanted = match holder {
        Holder::User => 1,
        Holder::Host => 2,
    };
    if reader.u32()? != wanted {
        return Err(UnreadableKey::Holder);
    }
    let key_id = name(reader.string()?);
    let principals = principals(reader.string()?)?;
    let (after, before) = (reader.u64()?, reader.u64()?);
    for _ in ["critical options", "extensions", "reserved"] {
        reader.string()?;
    }
    let authority = key(reader.string()?)?;
    reader.string()?; // The signature, which sshd has verified.
    if !reader.is_empty() {
        return Err(UnreadableKey::Form);
    }
    Ok(Credential::SshCertificate {
        key: described(&key(&plain)?),
        authority: described(&authority).fingerprint,
        key_id,
        serial,
        principals,
        valid_after: (after != 0).then(|| instant(after)),
        valid_before: (before != u64::MAX).then(|| instant(before)),
    })
}

fn key(blob: &[u8]) -> Result<KeyData, UnreadableKey> {
    let key = PublicKey::from_bytes(blob).map_err(|_| UnreadableKey::Form)?;
    let data = key.key_data();
    if data.is_other() {
        return Err(UnreadableKey::Type);
    }
    // Two encodings of one key would have two fingerprints.
    match key.to_bytes() {
        Ok(again) if again == blob => Ok(data.clone()),
        _ => Err(UnreadableKey::Form),
    }
}

fn described(key: &KeyData) -> SshKey {
    let algorithm = key.algorithm();
    let bits = match key {
        KeyData::Rsa(_) => u32::try_from(rsa_bits(key)).ok(),
        KeyData::Dsa(dsa) => dsa
            .p
            .as_positive_bytes()
            .and_then(|prime| u32::try_from(prime.len() * 8).ok()),
        KeyData::Ecdsa(_) => match algorithm.as_str() {
            "ecdsa-sha2-nistp256" => Some(256),
            "ecdsa-sha2-nistp384" => Some(384),
            "ecdsa-sha2-nistp521" => Some(521),
            _ => None,
        },
        KeyData::SkEcdsaSha2NistP256(_) => Some(256),
        _ => None,
    };
    SshKey {
        algorithm: algorithm.as_str().to_owned(),
        bits,
        fingerprint: super::name(key).0,
    }
}

fn principals(list: &[u8]) -> Result<Vec<String>, UnreadableKey> {
    let mut reader = Reader::new(list);
    let mut found = Vec::new();
    while !reader.is_empty() {
        if found.len() == MAX_PRINCIPALS {
            return Err(UnreadableKey::Form);
        }
        found.push(name(reader.string()?));
    }
    Ok(found)
}

/// A name as it is, unless showing it could mislead.
fn name(bytes: &[u8]) -> String {
    match str::from_utf8(bytes) {
        Ok(text) if text.len() <= MAX_NAME && !text.chars().any(is_misleading) => text.to_owned(),
        _ => excerpt(bytes, MAX_NAME),
    }
}

/// An SSH string. It was one before, so its length fits.
fn string(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), bytes].concat()
}

/// An instant; what is beyond the calendar is its end.
fn instant(seconds: u64) -> Timestamp {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

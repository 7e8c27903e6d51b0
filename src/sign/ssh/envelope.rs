//! The envelope of an SSH signature (OpenSSH's PROTOCOL.sshsig), byte by byte.
//!
//! Strict: one encoding for one signature, except where real agents differ.

use ssh_key::public::KeyData;
use ssh_key::{HashAlg, PublicKey};

use super::super::armour;
use super::super::bytes::{Reader, Short};
use crate::model::signature::SignatureState;
use crate::model::text::excerpt;

const MAGIC: &[u8] = b"SSHSIG";
/// What the signature of a security key ends with: flags and a counter.
pub(super) const SK_TRAILER: usize = 5;

/// A signature that could be read.
pub(super) struct Envelope {
    pub(super) key: KeyData,
    pub(super) namespace: Vec<u8>,
    pub(super) hash: HashAlg,
    /// The name of the signature's algorithm.
    pub(super) algorithm: String,
    /// The signature in the form that `ssh-key` takes: with flags and counter, if any.
    pub(super) value: Vec<u8>,
}

pub(super) fn malformed(reason: impl Into<String>) -> SignatureState {
    SignatureState::Malformed {
        reason: reason.into(),
    }
}

impl From<Short> for SignatureState {
    fn from(short: Short) -> Self {
        malformed(short.to_string())
    }
}

/// Reads an armoured signature.
pub(super) fn read(armoured: &[u8]) -> Result<Envelope, SignatureState> {
    let bytes = armour::ssh(armoured).map_err(|error| malformed(error.to_string()))?;
    let mut reader = Reader::new(&bytes);
    if reader.take(MAGIC.len())? != MAGIC {
        return Err(malformed("the armour does not hold an SSH signature"));
    }
    if reader.u32()? != 1 {
        return Err(SignatureState::Unverifiable {
            reason: "the version of the SSH signature is not supported".to_owned(),
        });
    }
    let key = key(reader.string()?)?;
    let namespace = reader.string()?.to_vec();
    if !reader.string()?.is_empty() {
        return Err(malformed(
            "the reserved part of the SSH signature is not empty",
        ));
    }
    let hash = match reader.string()? {
        b"sha256" => HashAlg::Sha256,
        b"sha512" => HashAlg::Sha512,
        other => {
            return Err(malformed(format!(
                "the hash function `{}` is not allowed in SSH signatures",
                excerpt(other, 20)
            )));
        }
    };
    let (algorithm, value) = value(reader.string()?)?;
    if reader.is_empty() {
        Ok(Envelope {
            key,
            namespace,
            hash,
            algorithm,
            value,
        })
    } else {
        Err(malformed("something follows the SSH signature"))
    }
}

fn key(blob: &[u8]) -> Result<KeyData, SignatureState> {
    let kind = Reader::new(blob).string()?;
    if kind.ends_with(b"-cert-v01@openssh.com") {
        return Err(SignatureState::Unverifiable {
            reason: "it is made with an SSH certificate, which is not supported yet".to_owned(),
        });
    }
    let key = PublicKey::from_bytes(blob)
        .map_err(|_| malformed("the public key in the SSH signature cannot be read"))?;
    // Two encodings of one key would make two signatures of one.
    if key.to_bytes().ok().as_deref() != Some(blob) {
        return Err(malformed(
            "the public key in the SSH signature is not in its normal form",
        ));
    }
    Ok(key.key_data().clone())
}

/// The algorithm's name, and the signature with a security key's flags and counter.
fn value(blob: &[u8]) -> Result<(String, Vec<u8>), SignatureState> {
    let mut reader = Reader::new(blob);
    let algorithm = reader.string()?;
    let algorithm = str::from_utf8(algorithm)
        .map_err(|_| malformed("the SSH signature's algorithm is not text"))?;
    let raw = reader.string()?;
    let mut value = if algorithm.contains("ecdsa-") {
        plain_integers(raw, field_size(algorithm))?
    } else {
        raw.to_vec()
    };
    if algorithm.starts_with("sk-") {
        value.extend_from_slice(reader.take(SK_TRAILER)?);
    }
    if reader.is_empty() {
        Ok((algorithm.to_owned(), value))
    } else {
        Err(malformed("something follows the SSH signature"))
    }
}

/// The bytes that a coordinate of an ECDSA curve takes.
fn field_size(algorithm: &str) -> usize {
    match algorithm {
        "ecdsa-sha2-nistp384" => 48,
        "ecdsa-sha2-nistp521" => 66,
        _ => 32,
    }
}

/// An ECDSA signature's two integers without leading zeros: some agents write
/// them with the length of the field, which `ssh-keygen` accepts.
fn plain_integers(raw: &[u8], field: usize) -> Result<Vec<u8>, SignatureState> {
    let mut reader = Reader::new(raw);
    let mut plain = Vec::with_capacity(raw.len());
    for _ in 0..2 {
        let mut integer = reader.string()?;
        let padded = |integer: &[u8]| matches!(integer, [0, next, ..] if *next < 0x80);
        if integer.len() == field {
            while padded(integer) {
                integer = &integer[1..];
            }
        }
        let length = u32::try_from(integer.len()).map_err(|_| Short)?;
        plain.extend_from_slice(&length.to_be_bytes());
        plain.extend_from_slice(integer);
    }
    if reader.is_empty() {
        Ok(plain)
    } else {
        Err(malformed("something follows the SSH signature"))
    }
}

#[cfg(test)]
mod tests {
    use super::plain_integers;

    fn integers(parts: [&[u8]; 2]) -> Vec<u8> {
        let encode = |part: &[u8]| [&[0, 0, 0, u8::try_from(part.len()).unwrap()], part].concat();
        parts.iter().flat_map(|part| encode(part)).collect()
    }

    #[test]
    fn an_integer_as_long_as_the_field_loses_its_zeros_and_a_longer_one_does_not() {
        let short = [7_u8; 30];
        let padded = [&[0, 0][..], &short].concat();
        let too_long = [&[0, 0, 0][..], &short].concat();
        let high = [&[0][..], &[0x80; 32]].concat();
        let read = |parts| plain_integers(&integers(parts), 32).ok();
        assert_eq!(read([&padded, &short]), Some(integers([&short, &short])));
        assert_eq!(read([&high, &short]), Some(integers([&high, &short])));
        assert_eq!(
            read([&too_long, &short]),
            Some(integers([&too_long, &short])),
            "left for the library to refuse"
        );
        let more = [integers([&short, &short]), vec![0]].concat();
        assert!(plain_integers(&more, 32).is_err());
        assert!(plain_integers(&more[..10], 32).is_err());
    }
}

//! The subpackets of a signature over a document (RFC 9580, section 5.2.3).

use super::super::bytes::Reader;
use super::packet::{DataSignature, PacketError, malformed, to_usize, unsupported};

const CREATION_TIME: u8 = 2;
const EXPIRATION_TIME: u8 = 3;
const ISSUER_KEY_ID: u8 = 16;
const ISSUER_FINGERPRINT: u8 = 33;
/// Subpackets whose critical flag can be honoured: those read here, and those
/// that say nothing about whether a signature over a document is good
/// (exportable, preferences of the key's owner, signer's user id).
const UNDERSTOOD: [u8; 6] = [
    CREATION_TIME,
    EXPIRATION_TIME,
    4,
    ISSUER_KEY_ID,
    28,
    ISSUER_FINGERPRINT,
];

fn subpacket_length(reader: &mut Reader<'_>) -> Result<usize, PacketError> {
    match reader.u8()? {
        short @ 0..=191 => Ok(usize::from(short)),
        255 => to_usize(reader.u32()?),
        first => Ok(((usize::from(first) - 192) << 8) + usize::from(reader.u8()?) + 192),
    }
}

/// One subpacket: type without the critical flag, the flag, the body.
fn subpacket<'a>(reader: &mut Reader<'a>) -> Result<(u8, bool, &'a [u8]), PacketError> {
    let length = subpacket_length(reader)?;
    let (kind, body) = match reader.take(length)?.split_first() {
        Some(split) => split,
        None => return malformed("a subpacket is empty"),
    };
    Ok((kind & 0x7f, kind & 0x80 != 0, body))
}

/// Reads the subpackets that the signature covers.
pub(super) fn hashed(signature: &mut DataSignature, area: &[u8]) -> Result<(), PacketError> {
    let mut reader = Reader::new(area);
    let (mut created, mut lifetime) = (None, None);
    while !reader.is_empty() {
        let (kind, critical, body) = subpacket(&mut reader)?;
        let twice = match kind {
            CREATION_TIME => created.replace(seconds(body)?).is_some(),
            EXPIRATION_TIME => lifetime.replace(seconds(body)?).is_some(),
            ISSUER_KEY_ID | ISSUER_FINGERPRINT => {
                issuer(signature, kind, body)?;
                false
            }
            _ if critical && !UNDERSTOOD.contains(&kind) => {
                return unsupported(format!(
                    "it carries a critical subpacket of type {kind}, which is not understood"
                ));
            }
            _ => false,
        };
        if twice {
            return malformed("a subpacket stands twice");
        }
    }
    let Some(created) = created else {
        return malformed("it does not say when it was made");
    };
    signature.created = created;
    signature.expires = lifetime
        .filter(|seconds| *seconds != 0)
        .map(|seconds| created + seconds);
    Ok(())
}

/// What is not signed may only help to find the key; anything else there could
/// be changed by anyone.
pub(super) fn unhashed(signature: &mut DataSignature, area: &[u8]) -> Result<(), PacketError> {
    let mut reader = Reader::new(area);
    while !reader.is_empty() {
        match subpacket(&mut reader)? {
            (kind @ (ISSUER_KEY_ID | ISSUER_FINGERPRINT), false, body) => {
                issuer(signature, kind, body)?
            }
            (kind, ..) => {
                return malformed(format!(
                    "a subpacket of type {kind} is not covered by the signature"
                ));
            }
        }
    }
    Ok(())
}

fn seconds(body: &[u8]) -> Result<i64, PacketError> {
    match body.try_into() {
        Ok(bytes) => Ok(i64::from(u32::from_be_bytes(bytes))),
        Err(_) => malformed("a time subpacket does not have four bytes"),
    }
}

/// Notes a claimed issuer; all claims must agree.
fn issuer(signature: &mut DataSignature, kind: u8, body: &[u8]) -> Result<(), PacketError> {
    let agrees = if kind == ISSUER_KEY_ID {
        let Ok(id) = <[u8; 8]>::try_from(body) else {
            return malformed("the issuer's key id does not have eight bytes");
        };
        signature
            .key_id
            .replace(id)
            .is_none_or(|before| before == id)
    } else {
        let fingerprint = match (signature.version, body.split_first()) {
            (4, Some((4, rest))) if rest.len() == 20 => rest,
            (6, Some((6, rest))) if rest.len() == 32 => rest,
            _ => return malformed("the issuer's fingerprint does not fit the signature's version"),
        };
        let id = if signature.version == 4 {
            &fingerprint[12..]
        } else {
            &fingerprint[..8]
        };
        let same = signature
            .fingerprint
            .replace(fingerprint.to_vec())
            .is_none_or(|before| before == fingerprint);
        same && signature.key_id.is_none_or(|before| before == *id)
    };
    // The key id may come after the fingerprint.
    let consistent = match (&signature.fingerprint, signature.key_id) {
        (Some(fingerprint), Some(id)) if signature.version == 4 => fingerprint.ends_with(&id),
        (Some(fingerprint), Some(id)) => fingerprint.starts_with(&id),
        _ => true,
    };
    if agrees && consistent {
        Ok(())
    } else {
        malformed("it names two different keys")
    }
}

//! The signature packet of a git object, read byte by byte (RFC 9580, 5.2).
//!
//! An own reader, because the bytes that were hashed are kept as they are, and
//! because GitHub's real signatures have integers with leading zero bits that
//! other readers refuse. It knows nothing of keys.

use pgp::crypto::hash::HashAlgorithm;
use pgp::types::{Mpi, SignatureBytes};

use super::super::bytes::{Reader, Short};
use super::subpackets;

const TAG_SIGNATURE: u8 = 2;
const TYPE_BINARY: u8 = 0x00;
const TYPE_TEXT: u8 = 0x01;

/// The signature algorithms that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rsa,
    Dsa,
    Ecdsa,
    EddsaLegacy,
    Ed25519,
    Ed448,
}

/// A signature over a document.
#[derive(Debug, Clone)]
pub(super) struct DataSignature {
    /// 4 or 6.
    pub(super) version: u8,
    /// Whether line ends were converted before signing (type 0x01).
    pub(super) text: bool,
    /// How it was made.
    pub(super) algorithm: Algorithm,
    /// The hash function.
    pub(super) hash: HashAlgorithm,
    /// From the version to the end of the hashed subpackets: what is hashed after the payload.
    pub(super) hashed: Vec<u8>,
    /// Version 6: hashed before the payload.
    pub(super) salt: Vec<u8>,
    /// The first two bytes of the digest, as stated.
    pub(super) prefix: [u8; 2],
    /// The most bytes that an integer of it takes, leading zeros included.
    pub(super) width: usize,
    /// The numbers.
    pub(super) values: SignatureBytes,
    /// When it was made, as claimed, in seconds since the epoch.
    pub(super) created: i64,
    /// When it ends, in seconds since the epoch.
    pub(super) expires: Option<i64>,
    /// The key id that it names. A claim.
    pub(super) key_id: Option<[u8; 8]>,
    /// The fingerprint that it names. A claim.
    pub(super) fingerprint: Option<Vec<u8>>,
}

/// Why a packet is not a signature that can be judged, as a clause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum PacketError {
    /// Not in the form that the format demands.
    #[error("{0}")]
    Malformed(String),
    /// In a form that is not supported.
    #[error("{0}")]
    Unsupported(String),
}

impl From<Short> for PacketError {
    fn from(short: Short) -> Self {
        Self::Malformed(short.to_string())
    }
}

pub(super) fn malformed<T>(what: impl Into<String>) -> Result<T, PacketError> {
    Err(PacketError::Malformed(what.into()))
}

pub(super) fn unsupported<T>(what: impl Into<String>) -> Result<T, PacketError> {
    Err(PacketError::Unsupported(what.into()))
}

/// Reads exactly one signature packet.
pub(super) fn read(bytes: &[u8]) -> Result<DataSignature, PacketError> {
    let mut reader = Reader::new(bytes);
    let length = packet_header(&mut reader)?;
    let body = reader.take(length)?;
    if !reader.is_empty() {
        return malformed("the armour holds more than one packet");
    }
    let mut reader = Reader::new(body);
    match reader.u8()? {
        version @ (4 | 6) => signature(version, body, &mut reader),
        version => unsupported(format!(
            "OpenPGP signatures of version {version} are not supported"
        )),
    }
}

/// Reads the packet's header, old or new form, and gives the length of its body.
fn packet_header(reader: &mut Reader<'_>) -> Result<usize, PacketError> {
    let first = reader.u8()?;
    let (tag, length) = match first {
        0xc0.. => (first & 0x3f, new_length(reader)?),
        0x80.. => {
            let length = match first & 0x03 {
                0 => usize::from(reader.u8()?),
                1 => usize::from(reader.u16()?),
                2 => to_usize(reader.u32()?)?,
                _ => return malformed("the packet has no length"),
            };
            ((first >> 2) & 0x0f, length)
        }
        _ => return malformed("the armour does not hold an OpenPGP packet"),
    };
    if tag == TAG_SIGNATURE {
        Ok(length)
    } else {
        malformed(format!(
            "the armour holds a packet of type {tag} instead of a signature"
        ))
    }
}

/// A length of one, two or five octets; packets and subpackets differ only in
/// the partial lengths, which neither may have here.
fn new_length(reader: &mut Reader<'_>) -> Result<usize, PacketError> {
    match reader.u8()? {
        short @ 0..=191 => Ok(usize::from(short)),
        first @ 192..=223 => {
            Ok(((usize::from(first) - 192) << 8) + usize::from(reader.u8()?) + 192)
        }
        255 => to_usize(reader.u32()?),
        _ => malformed("a packet has a partial length"),
    }
}

pub(super) fn to_usize(length: u32) -> Result<usize, PacketError> {
    usize::try_from(length).or_else(|_| malformed("a length is too large"))
}

fn signature(
    version: u8,
    body: &[u8],
    reader: &mut Reader<'_>,
) -> Result<DataSignature, PacketError> {
    let text = match reader.u8()? {
        TYPE_BINARY => false,
        TYPE_TEXT => true,
        other => {
            return malformed(format!(
                "it is a signature of type 0x{other:02x}, not over a document"
            ));
        }
    };
    let algorithm = algorithm(reader.u8()?)?;
    let hash = HashAlgorithm::from(reader.u8()?);
    let hashed_area = area(version, reader)?;
    let hashed = body[..body.len() - reader.len()].to_vec();
    let unhashed_area = area(version, reader)?;
    let prefix = [reader.u8()?, reader.u8()?];
    let salt = if version == 6 {
        salt(hash, reader)?
    } else {
        Vec::new()
    };
    let (values, width) = values(algorithm, reader)?;
    if !reader.is_empty() {
        return malformed("the signature packet is longer than its signature");
    }
    let mut signature = DataSignature {
        version,
        text,
        algorithm,
        hash,
        hashed,
        salt,
        prefix,
        width,
        values,
        created: 0,
        expires: None,
        key_id: None,
        fingerprint: None,
    };
    subpackets::hashed(&mut signature, hashed_area)?;
    subpackets::unhashed(&mut signature, unhashed_area)?;
    Ok(signature)
}

fn algorithm(number: u8) -> Result<Algorithm, PacketError> {
    match number {
        1 | 3 => Ok(Algorithm::Rsa),
        17 => Ok(Algorithm::Dsa),
        19 => Ok(Algorithm::Ecdsa),
        22 => Ok(Algorithm::EddsaLegacy),
        27 => Ok(Algorithm::Ed25519),
        28 => Ok(Algorithm::Ed448),
        other => unsupported(format!(
            "the OpenPGP signature algorithm {other} is not supported"
        )),
    }
}

fn area<'a>(version: u8, reader: &mut Reader<'a>) -> Result<&'a [u8], PacketError> {
    let length = if version == 6 {
        to_usize(reader.u32()?)?
    } else {
        usize::from(reader.u16()?)
    };
    Ok(reader.take(length)?)
}

fn salt(hash: HashAlgorithm, reader: &mut Reader<'_>) -> Result<Vec<u8>, PacketError> {
    let length = usize::from(reader.u8()?);
    if hash.salt_len() == Some(length) {
        Ok(reader.take(length)?.to_vec())
    } else {
        malformed("the salt has not the length that its hash function demands")
    }
}

/// The numbers of a signature, and the most bytes that one of them takes.
fn values(
    algorithm: Algorithm,
    reader: &mut Reader<'_>,
) -> Result<(SignatureBytes, usize), PacketError> {
    let count = match algorithm {
        Algorithm::Rsa => 1,
        Algorithm::Dsa | Algorithm::Ecdsa | Algorithm::EddsaLegacy => 2,
        Algorithm::Ed25519 => return native(reader, 64),
        Algorithm::Ed448 => return native(reader, 114),
    };
    let (mut integers, mut width) = (Vec::new(), 0);
    for _ in 0..count {
        let before = reader.len();
        integers.push(integer(reader)?);
        width = width.max(before - reader.len() - 2);
    }
    Ok((SignatureBytes::Mpis(integers), width))
}

fn native(reader: &mut Reader<'_>, length: usize) -> Result<(SignatureBytes, usize), PacketError> {
    let bytes = reader.take(length)?.to_vec();
    Ok((SignatureBytes::Native(bytes.into()), length))
}

/// A multiprecision integer: the number of bits, then the bytes. The number is
/// exact, or it counts whole bytes (GitHub writes integers of fixed length).
fn integer(reader: &mut Reader<'_>) -> Result<Mpi, PacketError> {
    let stated = usize::from(reader.u16()?);
    let bytes = reader.take(stated.div_ceil(8))?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let exact = match bytes.get(zeros) {
        Some(first) => (bytes.len() - zeros) * 8 - first.leading_zeros() as usize,
        None => 0,
    };
    if stated == exact || stated == bytes.len() * 8 {
        Ok(Mpi::from_slice(bytes))
    } else {
        malformed("an integer of the signature does not have the length it states")
    }
}

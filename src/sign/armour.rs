//! The text around a signature: `-----BEGIN …-----`, base64, `-----END …-----`.
//!
//! Signatures are read strictly, because whatever a reader skips, an attacker
//! can change: the object gets another id and keeps its valid signature.
//! Certificates come from the operator and are read generously. Nothing here
//! knows what the decoded bytes mean.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The longest armoured signature that is read. The longest in real history
/// (RSA-8192 with notations, CMS with a chain) stay under 16 KiB.
pub(super) const MAX_ARMOUR: usize = 64 * 1024;

/// How many armour headers (`Version:`, `Comment:`) a signature may have.
const MAX_HEADERS: usize = 8;
/// The longest armour header, in bytes.
const MAX_HEADER: usize = 200;
/// The headers that real signatures carry (RFC 4880, section 6.2). They are not signed.
const HEADERS: [&[u8]; 5] = [b"Version", b"Comment", b"MessageID", b"Hash", b"Charset"];
/// RFC 9580, section 6.1.1.
const CRC24_INIT: u32 = 0x00b7_04ce;
const CRC24_GENERATOR: u32 = 0x0186_4cfb;

/// Why an armour is not in the strict form, as a clause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ArmourError {
    #[error("the armour is longer than {MAX_ARMOUR} bytes")]
    TooLong,
    #[error("the armour does not begin with `-----BEGIN {0}-----`")]
    Begin(&'static str),
    #[error("the armour has no line `-----END {0}-----`")]
    End(&'static str),
    #[error("something follows the armour")]
    Trailing,
    #[error("an OpenTimestamps proof follows the armour, which no signature covers")]
    Timestamp,
    #[error("an armour header is not in the form that is known")]
    Header,
    #[error("the armour has no blank line after its headers")]
    NoBlank,
    #[error("the armour is empty")]
    Empty,
    #[error("the base64 lines of the armour differ in length")]
    Ragged,
    #[error("the armour is not canonical base64")]
    Base64,
    #[error("the checksum of the armour is wrong")]
    Checksum,
}

/// Reads the armour of an OpenPGP signature: headers, blank line, base64,
/// perhaps a checksum. One blank line may follow: GitHub's signatures have it.
pub(super) fn openpgp(text: &[u8]) -> Result<Vec<u8>, ArmourError> {
    let (content, tail) = frame(text, "PGP SIGNATURE")?;
    if tail.starts_with(b"\n-----BEGIN OPENTIMESTAMPS ") {
        return Err(ArmourError::Timestamp);
    }
    if !matches!(tail, b"" | b"\n" | b"\n\n") {
        return Err(ArmourError::Trailing);
    }
    let mut lines = content.split(|byte| *byte == b'\n');
    for count in 0.. {
        match lines.next() {
            Some(b"") => break,
            Some(line) if count < MAX_HEADERS => check_header(line)?,
            Some(_) => return Err(ArmourError::Header),
            None => return Err(ArmourError::NoBlank),
        }
    }
    let mut lines: Vec<&[u8]> = lines.collect();
    let checksum = lines
        .pop_if(|line| line.len() == 5 && line.starts_with(b"="))
        .map(|line| &line[1..]);
    let body = decode(&lines)?;
    if let Some(checksum) = checksum {
        let stated = STANDARD.decode(checksum).map_err(|_| ArmourError::Base64)?;
        if stated != crc24(&body).to_be_bytes()[1..] {
            return Err(ArmourError::Checksum);
        }
    }
    Ok(body)
}

/// Reads the armour of an SSH signature: base64 and nothing else.
pub(super) fn ssh(text: &[u8]) -> Result<Vec<u8>, ArmourError> {
    let (content, tail) = frame(text, "SSH SIGNATURE")?;
    if !matches!(tail, b"" | b"\n") {
        return Err(ArmourError::Trailing);
    }
    decode(&content.split(|byte| *byte == b'\n').collect::<Vec<_>>())
}

/// Reads every `PGP PUBLIC KEY BLOCK` of an operator's file. Text around the
/// blocks is a comment; checksums are not looked at (RFC 9580, section 6.1).
pub(super) fn key_blocks(text: &[u8]) -> Result<Vec<Vec<u8>>, ArmourError> {
    const LABEL: &str = "PGP PUBLIC KEY BLOCK";
    let begin = format!("-----BEGIN {LABEL}-----");
    let end = format!("-----END {LABEL}-----");
    let mut blocks = Vec::new();
    let mut lines = text
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii_end);
    while lines.by_ref().any(|line| line == begin.as_bytes()) {
        let mut base64 = Vec::new();
        let mut in_headers = true;
        loop {
            let line = lines.next().ok_or(ArmourError::End(LABEL))?;
            if line == end.as_bytes() {
                break;
            } else if in_headers {
                in_headers = !line.is_empty();
            } else if !(line.len() == 5 && line.starts_with(b"=")) {
                base64.extend_from_slice(line);
            }
        }
        blocks.push(STANDARD.decode(&base64).map_err(|_| ArmourError::Base64)?);
    }
    Ok(blocks)
}

/// What stands between the begin and the end line, and what follows the latter.
fn frame<'a>(text: &'a [u8], label: &'static str) -> Result<(&'a [u8], &'a [u8]), ArmourError> {
    if text.len() > MAX_ARMOUR {
        return Err(ArmourError::TooLong);
    }
    let begin = format!("-----BEGIN {label}-----\n");
    let end = format!("\n-----END {label}-----");
    let rest = text
        .strip_prefix(begin.as_bytes())
        .ok_or(ArmourError::Begin(label))?;
    let at = rest
        .windows(end.len())
        .position(|window| window == end.as_bytes())
        .ok_or(ArmourError::End(label))?;
    Ok((&rest[..at], &rest[at + end.len()..]))
}

fn check_header(line: &[u8]) -> Result<(), ArmourError> {
    let known = HEADERS.iter().any(|name| {
        line.strip_prefix(*name)
            .is_some_and(|rest| rest.starts_with(b": ") || rest == b":")
    });
    let printable = line.len() <= MAX_HEADER && line.iter().all(|byte| !byte.is_ascii_control());
    if known && printable {
        Ok(())
    } else {
        Err(ArmourError::Header)
    }
}

/// Decodes lines of one length (the last may be shorter) as canonical base64.
fn decode(lines: &[&[u8]]) -> Result<Vec<u8>, ArmourError> {
    let (last, full) = lines.split_last().ok_or(ArmourError::Empty)?;
    let width = full.first().unwrap_or(last).len();
    if last.is_empty() {
        return Err(ArmourError::Empty);
    }
    if last.len() > width || full.iter().any(|line| line.len() != width) {
        return Err(ArmourError::Ragged);
    }
    STANDARD
        .decode(lines.concat())
        .map_err(|_| ArmourError::Base64)
}

fn crc24(bytes: &[u8]) -> u32 {
    let mut crc = CRC24_INIT;
    for byte in bytes {
        crc ^= u32::from(*byte) << 16;
        for _ in 0..8 {
            crc <<= 1;
            if crc & 0x0100_0000 != 0 {
                crc ^= CRC24_GENERATOR;
            }
        }
    }
    crc & 0x00ff_ffff
}

#[cfg(test)]
mod tests {
    use super::{ArmourError, MAX_ARMOUR, crc24, key_blocks, openpgp, ssh};

    #[test]
    fn the_checksum_is_that_of_the_specification() {
        // The check value that catalogues of CRC algorithms give for CRC-24/OPENPGP.
        assert_eq!(crc24(b"123456789"), 0x0021_cf02);
        let text = |sum| {
            format!(
                "-----BEGIN PGP SIGNATURE-----\n\nMTIzNDU2Nzg5\n={sum}\n-----END PGP SIGNATURE-----\n"
            )
        };
        assert_eq!(openpgp(text("Ic8C").as_bytes()), Ok(b"123456789".to_vec()));
        assert_eq!(openpgp(text("Ic8D").as_bytes()), Err(ArmourError::Checksum));
    }

    #[test]
    fn base64_has_one_form() {
        let text =
            |body| format!("-----BEGIN SSH SIGNATURE-----\n{body}\n-----END SSH SIGNATURE-----\n");
        assert_eq!(ssh(text("YQ==").as_bytes()), Ok(b"a".to_vec()));
        assert_eq!(ssh(text("YWFh\nYQ==").as_bytes()), Ok(b"aaaa".to_vec()));
        for odd in [
            "YQ",
            "YR==",
            "Y Q==",
            "YQ==\r",
            "YQ==YQ==",
            "=",
            "YW\nFhYQ==",
        ] {
            assert!(ssh(text(odd).as_bytes()).is_err(), "{odd:?}");
        }
        assert_eq!(ssh(text("").as_bytes()), Err(ArmourError::Empty));
        let long = "A".repeat(MAX_ARMOUR);
        assert_eq!(ssh(text(&long).as_bytes()), Err(ArmourError::TooLong));
    }

    #[test]
    fn certificates_are_found_among_comments() {
        let block = "-----BEGIN PGP PUBLIC KEY BLOCK-----\r\nVersion: x\r\n\r\nYWFh\r\nYQ==\r\n=AAAA\r\n-----END PGP PUBLIC KEY BLOCK-----\r\n";
        let file = format!("alice\n{block}bob\n{block}");
        assert_eq!(key_blocks(file.as_bytes()), Ok(vec![b"aaaa".to_vec(); 2]));
        assert_eq!(key_blocks(b"nothing"), Ok(Vec::new()));
        assert!(key_blocks(&file.as_bytes()[..60]).is_err());
    }
}

//! Headers of a delivery, read strictly: once, and of lawful letters.

use http::HeaderMap;

use crate::forge::Refused;

/// Longest event name or delivery id that is taken, in bytes.
const MAX_NAME: usize = 64;

/// The header's value if it stands there once.
pub(in crate::forge) fn only<'a>(headers: &'a HeaderMap, header: &str) -> Option<&'a [u8]> {
    let mut values = headers.get_all(header).iter();
    let first = values.next()?;
    values.next().is_none().then(|| first.as_bytes())
}

/// A header of letters, digits and `also`, exactly once.
pub(in crate::forge) fn name(
    headers: &HeaderMap,
    header: &str,
    also: &[u8],
    odd: &'static str,
) -> Result<String, Refused> {
    let value = only(headers, header).unwrap_or_default();
    let lawful = |byte: &u8| byte.is_ascii_alphanumeric() || also.contains(byte);
    if !(1..=MAX_NAME).contains(&value.len()) || !value.iter().all(lawful) {
        return Err(Refused::Malformed(odd));
    }
    Ok(String::from_utf8_lossy(value).into_owned())
}

/// Whether the body is declared as JSON. A form would carry the same event, and
/// is a misconfiguration that must be seen.
pub(in crate::forge) fn json(headers: &HeaderMap, odd: &'static str) -> Result<(), Refused> {
    let value = only(headers, "content-type").unwrap_or_default();
    let kind = value.split(|byte| *byte == b';').next().unwrap_or_default();
    if kind.trim_ascii().eq_ignore_ascii_case(b"application/json") {
        return Ok(());
    }
    Err(Refused::Malformed(odd))
}

/// [`sha256`] of a header that stands there exactly once; else one of the two
/// complaints: it is missing or repeated, or it is odd.
pub(in crate::forge) fn signature(
    headers: &HeaderMap,
    header: &str,
    (missing, odd): (&'static str, &'static str),
) -> Result<[u8; 32], Refused> {
    let value = only(headers, header).ok_or(Refused::NotAuthentic(missing))?;
    sha256(value).ok_or(Refused::NotAuthentic(odd))
}

/// `sha256=` and 64 lower-case hexadecimal digits: the form of `X-Hub-Signature`
/// (GitHub's `-256`; Bitbucket Data Center's own). Nothing looser.
fn sha256(value: &[u8]) -> Option<[u8; 32]> {
    let digits = value.strip_prefix(b"sha256=")?;
    if digits.iter().any(u8::is_ascii_uppercase) {
        return None;
    }
    let mut signature = [0; 32];
    hex::decode_to_slice(digits, &mut signature).ok()?;
    Some(signature)
}

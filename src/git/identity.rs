//! `name <email> seconds zone`: the lines that say who made a commit or a tag.

use bstr::ByteSlice;

use crate::model::object::Identity;

/// Reads the value of an author, committer or tagger header. `true` if it has
/// the form that git itself writes (`git fsck`, fsck_ident); of another line,
/// as much is read as can be.
pub(super) fn parse(value: &[u8]) -> (Identity, bool) {
    match strict(value) {
        Some(identity) => (identity, true),
        None => (lenient(value), false),
    }
}

fn strict(value: &[u8]) -> Option<Identity> {
    let open = value.find_byteset(b"<>")?;
    let name = value[..open].strip_suffix(b" ")?;
    let (email, rest) = to_angle(value[open..].strip_prefix(b"<")?)?;
    let (seconds, zone) = rest.strip_prefix(b" ")?.split_once_str(b" ")?;
    let padded = seconds.len() > 1 && seconds.starts_with(b"0");
    let digits = zone.strip_prefix(b"+").or(zone.strip_prefix(b"-"))?;
    if padded || digits.len() != 4 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(Identity {
        name: name.into(),
        email: email.into(),
        seconds: number(seconds)?,
    })
}

/// Up to the closing angle bracket, and what follows it.
fn to_angle(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let close = text.find_byteset(b"<>")?;
    Some((&text[..close], text[close..].strip_prefix(b">")?))
}

fn lenient(value: &[u8]) -> Identity {
    let open = value.find_byte(b'<').unwrap_or(value.len());
    let after = value.get(open + 1..).unwrap_or_default();
    let email = &after[..after.find_byte(b'>').unwrap_or(after.len())];
    let tail = value
        .rfind_byte(b'>')
        .map_or(&[][..], |at| &value[at + 1..]);
    let seconds = tail.fields().next().and_then(number);
    Identity {
        name: value[..open].trim().into(),
        email: email.into(),
        seconds: seconds.unwrap_or(0),
    }
}

/// Decimal digits only: no sign, and no more than fits.
fn number(digits: &[u8]) -> Option<i64> {
    let plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    plain.then(|| digits.to_str().ok()?.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn git_s_own_form_is_read_exactly() {
        let (who, good) = parse(b"Alice A. <alice@example.org> 1700000000 +0100");
        assert!(good);
        assert_eq!(who.name, "Alice A.");
        assert_eq!(who.email, "alice@example.org");
        assert_eq!(who.seconds, 1_700_000_000);
        assert!(parse(b" <> 0 -0000").1, "empty, with git's space");
    }

    #[test]
    fn other_forms_are_bad_and_still_shown() {
        for odd in [
            &b"Alice<alice@example.org> 1 +0000"[..],
            b"<alice@example.org> 1 +0000",
            b"Alice <alice@example.org>1 +0000",
            b"Alice <alice@example.org> 01 +0000",
            b"Alice <alice@example.org> -1 +0000",
            b"Alice <alice@example.org> 99999999999999999999 +0000",
            b"Alice <alice@example.org> 1 0000",
            b"Alice <alice@example.org> 1 +00000",
            b"Alice <alice@example.org> 1 +0000 ",
            b"Alice <alice@example.org> 1  +0000",
            b"Alice > <alice@example.org> 1 +0000",
            b"Alice <a <alice@example.org> 1 +0000",
            b"Alice",
            b"",
        ] {
            let (who, good) = parse(odd);
            assert!(!good, "{}", String::from_utf8_lossy(odd));
            assert!(who.name.starts_with(b"Alice") || odd.is_empty() || odd[0] == b'<');
        }
        let (who, _) = parse(b"Alice <a@b> Mallory <m@b> 12 +0000");
        assert_eq!(
            (who.name, who.email, who.seconds),
            ("Alice".into(), "a@b".into(), 12)
        );
    }
}

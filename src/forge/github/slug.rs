//! Names from outside, made safe to stand in a URL.
//!
//! A repository's name becomes part of request paths and of git's URL, so
//! nothing else than GitHub's own alphabet gets through; branch names and
//! contexts are encoded.

use crate::forge::ForgeError;
use crate::model::event::EventRepository;
use crate::model::repo::ForgeKind;
use crate::model::text::excerpt;

/// Longest owner or repository name (GitHub's own limits are 39 and 100).
const MAX_PART: usize = 100;

/// Whether this is `owner/name` in GitHub's alphabet.
pub(super) fn is_slug(full_name: &str) -> bool {
    let lawful = |part: &str| {
        (1..=MAX_PART).contains(&part.len())
            && part != "."
            && part != ".."
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    full_name
        .split_once('/')
        .is_some_and(|(owner, name)| lawful(owner) && lawful(name))
}

/// The repository's `owner/name`, or an error that shows what it is instead.
pub(super) fn of(repository: &EventRepository) -> Result<&str, ForgeError> {
    let name = repository.name.as_str();
    if is_slug(name) {
        return Ok(name);
    }
    Err(ForgeError::Refused {
        forge: ForgeKind::GitHub,
        reason: format!("\"{}\" is not owner/name", excerpt(name, 80)),
    })
}

/// Percent-encoding (RFC 3986) of everything but unreserved letters and `also`.
pub(super) fn encoded(bytes: &[u8], also: &[u8]) -> String {
    let mut path = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(byte) || also.contains(byte) {
            path.push(char::from(*byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::{encoded, is_slug};

    #[test]
    fn only_owner_and_name_in_githubs_alphabet() {
        for good in ["acme/app", "a-b_c/d.e", "acme/.github"] {
            assert!(is_slug(good), "{good}");
        }
        let long = format!("acme/{}", "a".repeat(101));
        for bad in [
            "acme",
            "acme/",
            "/app",
            "acme/app/x",
            "acme/..",
            "./app",
            "acme/a b",
            "acme/a%2fb",
            "acme/a?b",
            "acme/a#b",
            "acme/a@b",
            "acme/ä",
            "acme/a\n",
            &long,
        ] {
            assert!(!is_slug(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_name_stays_where_it_is_put() {
        assert_eq!(encoded(b"feature/a-b", b"/"), "feature/a-b");
        assert_eq!(encoded(b"a#b%2F&c?d", b"/"), "a%23b%252F%26c%3Fd");
        assert_eq!(encoded("grün/x".as_bytes(), b""), "gr%C3%BCn%2Fx");
    }
}

//! Image references, read as Docker reads them.
//!
//! <https://github.com/distribution/reference>: the first part is a host if it
//! holds a dot, a colon or an upper-case letter, or is `localhost`; else the
//! image comes from `docker.io`, and from `library/` if it has one part. What
//! Docker refuses is not resolved. Knows nothing of trust.

use super::expand::expand;
use crate::model::build::{ImageName, ImageReference};

/// Longest name without tag and digest, in bytes (distribution/reference: `NameTotalLengthMax`).
const MAX_NAME: usize = 255;
/// Longest tag, in bytes (distribution/reference: `TagRegexp`).
const MAX_TAG: usize = 128;
/// Longest text that is read as a reference, in bytes.
const MAX_REFERENCE: usize = 4096;
/// Digest algorithms and their length in hexadecimal digits (opencontainers/go-digest).
const DIGESTS: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];

/// What a text names, variables expanded by `value` (`None`: only the run
/// knows). `None` for what is no image: nothing, or `scratch`.
pub(crate) fn parse(text: &str, value: &dyn Fn(&str) -> Option<String>) -> Option<ImageName> {
    let text = text.trim();
    if text.is_empty() || text == "scratch" {
        return None;
    }
    let known = expand(text, value).and_then(|full| reference(full.trim()));
    Some(known.map_or_else(|| ImageName::Unresolved(text.to_owned()), ImageName::Known))
}

/// A reference without variables; `None` if Docker refuses it.
fn reference(text: &str) -> Option<ImageReference> {
    if text.len() > MAX_REFERENCE {
        return None;
    }
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (
            name,
            Some(digest.to_owned()).filter(|it| is_digest(it))?.into(),
        ),
        None => (text, None),
    };
    if digest.is_none() && is_id(name) {
        // Docker takes 64 digits for the id of an image, which no registry knows.
        return None;
    }
    let (host, rest) = split_host(name);
    let (path, tag) = match rest.split_once(':') {
        Some((path, tag)) => (path, Some(tag.to_owned()).filter(|tag| is_tag(tag))?.into()),
        None => (rest, None),
    };
    let registry = match host {
        None | Some("index.docker.io" | "registry-1.docker.io") => "docker.io".to_owned(),
        Some(host) if is_host(host) => host.to_ascii_lowercase(),
        Some(_) => return None,
    };
    let official = registry == "docker.io" && !path.contains('/');
    let repository = if official {
        format!("library/{path}")
    } else {
        path.to_owned()
    };
    let fits = registry.len() + 1 + repository.len() <= MAX_NAME;
    (fits && path.split('/').all(is_component)).then_some(ImageReference {
        registry,
        repository,
        tag,
        digest,
    })
}

/// The host, if the first part is one, and what follows it.
fn split_host(name: &str) -> (Option<&str>, &str) {
    let Some((first, rest)) = name.split_once('/') else {
        return (None, name);
    };
    let upper = first.chars().any(char::is_uppercase);
    if first.contains(['.', ':']) || first == "localhost" || upper {
        (Some(first), rest)
    } else {
        (None, name)
    }
}

fn is_id(text: &str) -> bool {
    let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == 64 && text.bytes().all(hex)
}

/// A domain name, an IPv4 address or an IPv6 address in brackets, with a port or without.
fn is_host(text: &str) -> bool {
    let (name, port) = match text.rfind(']') {
        Some(end) => (&text[..=end], &text[end + 1..]),
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port_fits = match port.strip_prefix(':') {
        Some(port) => !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()),
        None => port.is_empty(),
    };
    let inner = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let name_fits = match inner {
        Some(address) => {
            let fits = |byte: u8| byte.is_ascii_hexdigit() || byte == b':';
            !address.is_empty() && address.bytes().all(fits)
        }
        None => name.split('.').all(is_label),
    };
    port_fits && name_fits
}

fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// A part of a repository's path: letters and digits with single `.`, `_`,
/// `__` or any number of `-` between them.
fn is_component(text: &str) -> bool {
    let is_word = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9');
    let bytes = text.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    if !ends
        .iter()
        .all(|end| end.is_some_and(|byte| is_word(*byte)))
    {
        return false;
    }
    let mut separators = bytes.split(|byte| is_word(*byte));
    separators.all(|run| match run {
        b"" | b"." | b"_" | b"__" => true,
        dashes => dashes.iter().all(|byte| *byte == b'-'),
    })
}

fn is_tag(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let rest = |byte: u8| word(byte) || matches!(byte, b'.' | b'-');
    text.len() <= MAX_TAG && text.bytes().next().is_some_and(word) && text.bytes().all(rest)
}

fn is_digest(text: &str) -> bool {
    let Some((algorithm, hash)) = text.split_once(':') else {
        return false;
    };
    let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    DIGESTS.contains(&(algorithm, hash.len())) && hash.bytes().all(hex)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;
    use crate::model::build::ImageName;

    fn read(text: &str) -> String {
        let value = |name: &str| match name {
            "TAG" => Some("3.12".to_owned()),
            "REG" => Some("registry.example".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        match parse(text, &value) {
            None => "none".to_owned(),
            Some(ImageName::Unresolved(text)) => format!("unresolved {text}"),
            Some(ImageName::Known(image)) => image.to_string(),
        }
    }

    #[test]
    fn references_are_read_as_docker_reads_them() {
        let sha = format!("sha256:{}", "0a".repeat(32));
        let table = [
            ("redis", "docker.io/library/redis"),
            ("redis:7", "docker.io/library/redis:7"),
            ("a/b", "docker.io/a/b"),
            ("a/b/c:1", "docker.io/a/b/c:1"),
            ("UPPER/case:1", "upper/case:1"),
            ("localhost/x", "localhost/x"),
            ("localhost", "docker.io/library/localhost"),
            ("index.docker.io/redis", "docker.io/library/redis"),
            ("docker.io/redis", "docker.io/library/redis"),
            ("registry-1.docker.io/a/b", "docker.io/a/b"),
            ("ghcr.io/a/b:v1", "ghcr.io/a/b:v1"),
            ("host:5000/x", "host:5000/x"),
            ("x:5000", "docker.io/library/x:5000"),
            ("[2001:db8::1]:5000/x:2", "[2001:db8::1]:5000/x:2"),
            ("127.0.0.1/x", "127.0.0.1/x"),
            ("a__b/c-----d", "docker.io/a__b/c-----d"),
            (" redis ", "docker.io/library/redis"),
            ("scratch", "none"),
            ("", "none"),
        ];
        for (text, expected) in table {
            assert_eq!(read(text), expected, "{text:?}");
        }
        let full = format!("host:5000/x:1@{sha}");
        assert_eq!(read(&full), full);
    }

    #[test]
    fn what_docker_refuses_is_not_resolved() {
        let long = format!("a/{}", "b".repeat(255));
        let many = "a/".repeat(5_000);
        let id = "0a".repeat(32);
        let refused = [
            "redis@sha256:abc",
            "redis@sha256:",
            "redis@md5:d41d8cd98f00b204e9800998ecf8427e",
            "redis:",
            "redis:-x",
            "redis:a:b",
            "Redis",
            "a/B",
            "a//b",
            "/a",
            "a/",
            "a/_b",
            "a/b_",
            "a/b___c",
            "a/b..c",
            "a/b._c",
            ".example/x",
            "x-.example/y",
            "host:/x",
            "host:port/x",
            "[::1/x",
            "[zz]/x",
            "docker://alpine",
            "https://ghcr.io/a/b",
            "a b",
            "{{ image }}",
            "${{ matrix.image }}",
            "<image>",
            "äöü",
            "registry.example./x",
            &long,
            &many,
            &id,
        ];
        for text in refused {
            assert_eq!(read(text), format!("unresolved {text}"));
        }
        let upper = format!("redis@sha256:{}", "AB".repeat(32));
        assert_eq!(read(&upper), format!("unresolved {upper}"));
    }

    #[test]
    fn variables_are_expanded_or_left_as_written() {
        let table = [
            ("python:$TAG", "docker.io/library/python:3.12"),
            ("python:${TAG}-slim", "docker.io/library/python:3.12-slim"),
            ("$REG/x:${NONE:-1}", "registry.example/x:1"),
            ("x:${EMPTY:-2}", "docker.io/library/x:2"),
            ("x:${EMPTY-2}", "unresolved x:${EMPTY-2}"),
            ("x${TAG:+:has}", "docker.io/library/x:has"),
            ("x${EMPTY:+:has}", "docker.io/library/x"),
            ("x${NONE:+:has}", "unresolved x${NONE:+:has}"),
            ("x:$NONE", "unresolved x:$NONE"),
            ("${EMPTY}", "unresolved ${EMPTY}"),
            ("x:${TAG", "unresolved x:${TAG"),
            ("x:$$TAG", "unresolved x:$$TAG"),
        ];
        for (text, expected) in table {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_reads_the_same_again(text in "[a-cA-C0-9./:@_\\-\\[\\]$\\{\\}]{0,40}") {
            if let Some(ImageName::Known(image)) = parse(&text, &|_| None) {
                let shown = image.to_string();
                prop_assert_eq!(parse(&shown, &|_| None), Some(ImageName::Known(image)));
            }
        }

        #[test]
        fn any_text_ends(text in ".*") {
            let _ = parse(&text, &|name| Some(name.to_owned()));
        }
    }
}

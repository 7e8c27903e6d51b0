//! URLs that credentials go to, and names made safe to stand in them.

use http::Uri;

use crate::forge::{ConfigError, ForgeError};
use crate::model::event::EventRepository;
use crate::model::repo::ForgeKind;
use crate::model::text::excerpt;

/// The base of an API or of web pages: https, or http on loopback, since
/// credentials go over it.
pub(in crate::forge) fn base_url(setting: &'static str, url: &str) -> Result<Uri, ConfigError> {
    let parsed = url.trim_end_matches('/').parse::<Uri>();
    let uri = parsed.map_err(|error| ConfigError::new(setting, error.to_string()))?;
    let loopback = matches!(uri.host(), Some("127.0.0.1" | "[::1]" | "localhost"));
    let safe = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => loopback,
        _ => false,
    };
    let plain =
        uri.query().is_none() && uri.authority().is_some_and(|it| !it.as_str().contains('@'));
    if safe && plain {
        return Ok(uri);
    }
    let problem = "not an https:// URL without user name and query (http:// only on loopback)";
    Err(ConfigError::new(setting, problem))
}

/// Percent-encoding (RFC 3986) of everything but unreserved letters and `also`.
pub(in crate::forge) fn encoded(bytes: &[u8], also: &[u8]) -> String {
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

/// `?name=value&…`, encoded; nothing if there are no pairs.
pub(in crate::forge) fn query(pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().map(|(name, value)| {
        let value = encoded(value.as_bytes(), b"");
        format!("{}={value}", encoded(name.as_bytes(), b""))
    });
    let joined = pairs.collect::<Vec<_>>().join("&");
    match joined.is_empty() {
        true => joined,
        false => format!("?{joined}"),
    }
}

/// Whether this is one name of a path in the alphabet that the forges share:
/// ASCII letters, digits, `-`, `_` and `.`, and no way up.
pub(in crate::forge) fn is_part(part: &str, longest: usize) -> bool {
    let lawful = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=longest).contains(&part.len()) && part != "." && part != ".." && part.bytes().all(lawful)
}

/// The repository's name if it has the form that the forge gives names, or an
/// error that shows what it is instead.
pub(in crate::forge) fn lawful_name<'a>(
    repository: &'a EventRepository,
    (forge, form): (ForgeKind, &str),
    has_form: fn(&str) -> bool,
) -> Result<&'a str, ForgeError> {
    let name = repository.name.as_str();
    if has_form(name) {
        return Ok(name);
    }
    let reason = format!("\"{}\" is not {form}", excerpt(name, 80));
    Err(ForgeError::Refused { forge, reason })
}

#[cfg(test)]
mod tests {
    use super::{base_url, encoded, query};

    #[test]
    fn credentials_go_over_https_or_loopback_only() {
        for good in [
            "https://api.github.com",
            "https://github.example.com/api/v3/",
            "https://api.acme.ghe.com",
            "http://127.0.0.1:8080/api/v3",
            "http://[::1]:80",
        ] {
            assert!(base_url("api_url", good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "api.github.com",
            "http://api.github.com",
            "http://localhost.example.com",
            "ftp://github.com",
            "https://user@github.com",
            "https://github.com/?a=b",
        ] {
            assert!(base_url("api_url", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_stays_where_it_is_put() {
        assert_eq!(encoded(b"feature/a-b", b"/"), "feature/a-b");
        assert_eq!(encoded(b"a#b%2F&c?d", b"/"), "a%23b%252F%26c%3Fd");
        assert_eq!(encoded("grün/x".as_bytes(), b""), "gr%C3%BCn%2Fx");
        assert_eq!(query(&[("a", "b&c"), ("d", "e f")]), "?a=b%26c&d=e%20f");
        assert_eq!(query(&[]), "");
    }
}

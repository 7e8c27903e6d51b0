//! Names from outside, made safe to stand in a URL, and our own contexts as
//! the keys that Stash takes.
//!
//! A repository's name becomes part of request paths and of git's URL, so
//! nothing else than Stash's own alphabet gets through.

use sha2::{Digest as _, Sha256};

use crate::forge::support::url;
use crate::forge::ForgeError;
use crate::model::repo::{ForgeKind, RepositoryName};
use crate::model::text::excerpt;

/// Longest project key, user slug or repository slug (Stash's own limit is 128).
const MAX_PART: usize = 128;
/// Longest key of a build status or a report, in bytes.
pub(super) const MAX_KEY: usize = 255;
/// Digits of the digest at the end of a key that had to be cut.
const DIGITS: usize = 16;

/// Whether this is the key of a project, `PROJ` or `~user`.
fn is_project(key: &str) -> bool {
    is_part(key.strip_prefix('~').unwrap_or(key))
}

/// Whether this is one name in Stash's alphabet.
pub(super) fn is_part(part: &str) -> bool {
    url::is_part(part, MAX_PART)
}

/// The two parts of `PROJ/slug` or `~user/slug`, if it is that.
pub(super) fn split(name: &str) -> Option<(&str, &str)> {
    let (project, slug) = name.split_once('/')?;
    (is_project(project) && is_part(slug)).then_some((project, slug))
}

/// The repository's parts, or an error that shows what it is instead.
pub(super) fn of(name: &RepositoryName) -> Result<(&str, &str), ForgeError> {
    let name = name.as_str();
    split(name).ok_or_else(|| ForgeError::Refused {
        forge: ForgeKind::Stash,
        reason: format!("\"{}\" is not PROJ/slug or ~user/slug", excerpt(name, 80)),
    })
}

/// `projects/PROJ/repos/slug`, which the paths of all resources share.
pub(super) fn path(name: &RepositoryName) -> Result<String, ForgeError> {
    let (project, slug) = of(name)?;
    Ok(format!("projects/{project}/repos/{slug}"))
}

/// A context as the key and the parent of a build status: as it is, or if it
/// is too long, its beginning and a digest.
pub(super) fn build_key(context: &str) -> String {
    shortened(context.to_owned(), context)
}

/// A context as the key of a report, which stands in a path: the server does
/// not take an encoded slash there. `forgewarden/main` is `forgewarden_2Fmain`.
pub(super) fn report_key(context: &str) -> String {
    let mut key = String::with_capacity(context.len());
    for byte in context.bytes() {
        if byte.is_ascii_alphanumeric() || b"-.".contains(&byte) {
            key.push(char::from(byte));
        } else {
            key.push_str(&format!("_{byte:02X}"));
        }
    }
    shortened(key, context)
}

fn shortened(key: String, context: &str) -> String {
    if key.len() <= MAX_KEY {
        return key;
    }
    let digest = hex::encode(Sha256::digest(context));
    let end = key.floor_char_boundary(MAX_KEY - 1 - DIGITS);
    format!("{}~{}", &key[..end], &digest[..DIGITS])
}

#[cfg(test)]
mod tests {
    use super::{MAX_KEY, build_key, report_key, split};

    #[test]
    fn only_a_project_and_a_slug_in_stashs_alphabet() {
        for good in ["PROJ/app", "~alice/app", "P_1/a-b.c", "~a.b-c/x"] {
            assert!(split(good).is_some(), "{good}");
        }
        let long = format!("PROJ/{}", "a".repeat(129));
        for bad in [
            "PROJ", "PROJ/", "/app", "PROJ/app/x", "PROJ/..", "./app", "~/app", "~~a/app",
            "PROJ/a b", "PROJ/a%2fb", "PROJ/a?b", "PROJ/a#b", "PROJ/~b", "PROJ/ä", "PROJ/a\n", &long,
        ] {
            assert!(split(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_context_is_a_key_that_no_other_context_has() {
        assert_eq!(build_key("forgewarden/main"), "forgewarden/main");
        assert_eq!(report_key("forgewarden/main"), "forgewarden_2Fmain");
        assert_ne!(report_key("forgewarden/a/b"), report_key("forgewarden/a_2Fb"));
        assert_eq!(report_key("a/grün"), "a_2Fgr_C3_BCn");
        let long = |end: &str| format!("forgewarden/{}{end}", "ü".repeat(300));
        for key in [build_key, report_key] {
            assert!(key(&long("a")).len() <= MAX_KEY);
            assert_ne!(key(&long("a")), key(&long("b")));
        }
    }
}

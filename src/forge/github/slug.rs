//! Names from outside, made safe to stand in a URL.
//!
//! A repository's name becomes part of request paths and of git's URL, so
//! nothing else than GitHub's own alphabet gets through.

use crate::forge::ForgeError;
use crate::forge::support::url::{is_part, lawful_name};
use crate::model::event::EventRepository;
use crate::model::repo::ForgeKind;

/// Longest owner or repository name (GitHub's own limits are 39 and 100).
const MAX_PART: usize = 100;

/// Whether this is `owner/name` in GitHub's alphabet.
pub(super) fn is_slug(full_name: &str) -> bool {
    full_name
        .split_once('/')
        .is_some_and(|(owner, name)| is_part(owner, MAX_PART) && is_part(name, MAX_PART))
}

/// The repository's `owner/name`, or an error that shows what it is instead.
pub(super) fn of(repository: &EventRepository) -> Result<&str, ForgeError> {
    lawful_name(repository, (ForgeKind::GitHub, "owner/name"), is_slug)
}

#[cfg(test)]
mod tests {
    use super::is_slug;

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
}

//! Names from outside, made safe to stand in a URL.
//!
//! A repository's name becomes part of git's URL, so nothing else than GitLab's
//! own alphabet of paths gets through. The API is asked by number.

use crate::forge::ForgeError;
use crate::forge::support::url::{is_part, lawful_name};
use crate::model::event::EventRepository;
use crate::model::repo::ForgeKind;

/// Longest name of a group or project (GitLab's own limit).
const MAX_PART: usize = 255;
/// Most groups and projects of a path (GitLab nests groups up to 20 deep).
const MAX_PARTS: usize = 22;

/// Whether this is `group/project` or `group/…/project` in GitLab's alphabet.
pub(super) fn is_slug(path: &str) -> bool {
    let parts = path.split('/');
    (2..=MAX_PARTS).contains(&parts.clone().count()) && parts.into_iter().all(|it| is_part(it, MAX_PART))
}

/// The repository's path, or an error that shows what it is instead.
pub(super) fn of(repository: &EventRepository) -> Result<&str, ForgeError> {
    lawful_name(repository, (ForgeKind::GitLab, "group/project"), is_slug)
}

#[cfg(test)]
mod tests {
    use super::is_slug;

    #[test]
    fn only_groups_and_project_in_gitlabs_alphabet() {
        for good in [
            "acme/app",
            "acme/platform/team/app",
            "a-b_c/d.e",
            "alice/.x",
        ] {
            assert!(is_slug(good), "{good}");
        }
        let long = format!("acme/{}", "a".repeat(256));
        let deep = ["a"; 23].join("/");
        for bad in [
            "acme",
            "acme/",
            "/app",
            "acme//app",
            "acme/../app",
            "./app",
            "acme/a b",
            "acme/a%2fb",
            "acme/a?b",
            "acme/a#b",
            "acme/a@b",
            "acme/ä",
            "acme/a\n",
            &long,
            &deep,
        ] {
            assert!(!is_slug(bad), "{bad:?}");
        }
    }
}

//! Names from outside, made safe to stand in a URL.
//!
//! A repository's name becomes part of git's URL, so nothing else than GitLab's
//! own alphabet of paths gets through. The API is asked by number.

use crate::forge::ForgeError;
use crate::model::event::EventRepository;
use crate::model::repo::ForgeKind;
use crate::model::text::excerpt;

/// Longest name of a group or project (GitLab's own limit).
const MAX_PART: usize = 255;
/// Most groups and projects of a path (GitLab nests groups up to 20 deep).
const MAX_PARTS: usize = 22;

/// Whether this is `group/project` or `group/…/project` in GitLab's alphabet.
pub(super) fn is_slug(path: &str) -> bool {
    let lawful = |part: &str| {
        (1..=MAX_PART).contains(&part.len())
            && part != "."
            && part != ".."
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    (2..=MAX_PARTS).contains(&path.split('/').count()) && path.split('/').all(lawful)
}

/// The repository's path, or an error that shows what it is instead.
pub(super) fn of(repository: &EventRepository) -> Result<&str, ForgeError> {
    let name = repository.name.as_str();
    if is_slug(name) {
        return Ok(name);
    }
    Err(ForgeError::Refused {
        forge: ForgeKind::GitLab,
        reason: format!("\"{}\" is not group/project", excerpt(name, 80)),
    })
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

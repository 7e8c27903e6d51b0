//! When one pattern takes in another. It errs on the side of "not": what it
//! grants holds for every name.

use super::super::formats::{glob, matches};

const WILD: &[char] = &['*', '?', '[', '{', '\\'];

/// Formats of patterns that [`covers`] can compare.
pub(crate) fn is_comparable(format: &str) -> bool {
    matches!(format, "image-pattern" | "code-pattern" | "host-pattern")
}

/// Whether every name that `part` stands for is one that `whole` stands for.
pub(crate) fn covers(whole: &str, part: &str) -> bool {
    let (whole, part) = (whole.to_ascii_lowercase(), part.to_ascii_lowercase());
    if whole == part || whole == "**" {
        return true;
    }
    if is_plain(&part) {
        return glob(&whole).is_ok_and(|whole| matches(&whole, part.as_bytes()));
    }
    let folder = whole
        .strip_suffix("**")
        .filter(|folder| folder.ends_with('/'));
    folder.is_some_and(|folder| is_plain(folder) && plain_start(&part).starts_with(folder))
}

/// Whether no name can be one of both.
pub(crate) fn are_apart(one: &str, other: &str) -> bool {
    let (one, other) = (one.to_ascii_lowercase(), other.to_ascii_lowercase());
    let (start, begin) = (plain_start(&one), plain_start(&other));
    match (is_plain(&one), is_plain(&other)) {
        (true, _) => !covers(&other, &one),
        (_, true) => !covers(&one, &other),
        _ => !start.starts_with(begin) && !begin.starts_with(start),
    }
}

/// Whether a pattern stands for one name alone.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.contains(WILD)
}

fn plain_start(text: &str) -> &str {
    text.find(WILD).map_or(text, |end| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::{are_apart, covers};

    #[test]
    fn a_pattern_covers_what_lies_within_it() {
        assert!(covers("registry.example/**", "registry.example/base/**"));
        assert!(covers("registry.example/*", "Registry.example/app"));
        assert!(!covers("registry.example/*", "registry.example/a/b"));
        assert!(!covers(
            "registry.example/base/**",
            "registry.example/base*/**"
        ));
        assert!(!covers("*/base/**", "registry.example/base/*"));
        assert!(covers("**", "a/*"));
    }

    #[test]
    fn patterns_are_apart_only_if_nothing_fits_both() {
        assert!(are_apart("ghcr.io/a/**", "docker.io/**"));
        assert!(are_apart("ghcr.io/a", "ghcr.io/b/*"));
        assert!(!are_apart("ghcr.io/a/**", "ghcr.io/*/b"));
        assert!(!are_apart("ghcr.io/a", "ghcr.io/*"));
    }
}

//! Path patterns as git, GitHub and GitLab write them: `*` and `?` inside a
//! folder, `**` over folders, `[a-z]`, `\` before a letter that means itself.
//! Steps are bounded by the product of both lengths.

/// Whether a pattern with slashes matches a whole path.
pub(super) fn matches(pattern: &[&[u8]], path: &[&[u8]]) -> bool {
    let (mut at, mut seen) = (0, 0);
    // The last `**`, and how many folders it has taken.
    let mut stars: Option<(usize, usize)> = None;
    while seen < path.len() {
        match pattern.get(at) {
            Some(&b"**") => {
                stars = Some((at, seen));
                at += 1;
            }
            Some(part) if names(part, path[seen]) => {
                at += 1;
                seen += 1;
            }
            _ => match stars {
                Some((star, taken)) => {
                    stars = Some((star, taken + 1));
                    at = star + 1;
                    seen = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|part| part == b"**")
}

/// Cuts at slashes; empty parts are left out.
pub(super) fn parts(text: &[u8]) -> Vec<&[u8]> {
    text.split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty())
        .collect()
}

/// Whether a pattern without slashes matches a name.
fn names(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while seen < name.len() {
        match one(&pattern[at..], name[seen]) {
            Some(length) => {
                at += length;
                seen += 1;
            }
            None if pattern.get(at) == Some(&b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            None => match star {
                Some((position, taken)) => {
                    star = Some((position, taken + 1));
                    at = position + 1;
                    seen = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// How much of a pattern matches this one byte; none for `*`.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern.first()? {
        b'*' => None,
        b'?' => Some(1),
        b'\\' => (pattern.get(1) == Some(&byte)).then_some(2),
        b'[' => match set(pattern, byte) {
            Some((length, holds)) => holds.then_some(length),
            None => (byte == b'[').then_some(1),
        },
        literal => (*literal == byte).then_some(1),
    }
}

/// The length of a set in brackets, and whether it holds the byte.
fn set(pattern: &[u8], byte: u8) -> Option<(usize, bool)> {
    let negated = matches!(pattern.get(1), Some(b'!' | b'^'));
    let first = if negated { 2 } else { 1 };
    let end = first
        + 1
        + pattern
            .get(first + 1..)?
            .iter()
            .position(|it| *it == b']')?;
    let inside = &pattern[first..end];
    let mut holds = false;
    let mut at = 0;
    while let Some(low) = inside.get(at) {
        match (inside.get(at + 1), inside.get(at + 2)) {
            (Some(b'-'), Some(high)) => {
                holds |= (*low..=*high).contains(&byte);
                at += 3;
            }
            _ => {
                holds |= *low == byte;
                at += 1;
            }
        }
    }
    Some((end + 1, holds != negated))
}

/// Whether a pattern of `.gitattributes` in a folder matches a path: without a
/// slash it is a name anywhere below, never a folder.
pub(crate) fn is_attribute_match(folder: &[u8], pattern: &[u8], path: &[u8]) -> bool {
    let Some(path) = path.strip_prefix(folder) else {
        return false;
    };
    if pattern.ends_with(b"/") || path.is_empty() {
        return false;
    }
    let mut wanted = parts(pattern);
    if !pattern.contains(&b'/') {
        wanted.insert(0, b"**");
    }
    if wanted.last() == Some(&&b"**"[..]) {
        wanted.push(b"*");
    }
    matches(&wanted, &parts(path))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{is_attribute_match, matches, parts};

    fn is(pattern: &str, path: &str) -> bool {
        matches(&parts(pattern.as_bytes()), &parts(path.as_bytes()))
    }

    #[test]
    fn patterns_match_as_git_matches() {
        for (pattern, path) in [
            ("a/*.yml", "a/b.yml"),
            ("**/b", "b"),
            ("**/b", "a/x/b"),
            ("a/**/b", "a/b"),
            ("a/**/c/**/d", "a/c/c/x/d"),
            ("*a*b*", "xaybz"),
            ("[a-c]?[!x]", "bzy"),
            ("\\*", "*"),
            ("a[", "a["),
            ("[]]", "]"),
        ] {
            assert!(is(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("a/*", "a/b/c"),
            ("a", "a/b"),
            ("**/b", "a/bc"),
            ("[!a]", "a"),
            ("\\*", "x"),
            ("*.yml", "a/b.yml"),
        ] {
            assert!(!is(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn attributes_are_relative_to_their_folder() {
        let is = |folder: &str, pattern: &str, path: &str| {
            is_attribute_match(folder.as_bytes(), pattern.as_bytes(), path.as_bytes())
        };
        assert!(is("", "Jenkinsfile", "ci/Jenkinsfile"));
        assert!(is("ci/", "/Jenkinsfile", "ci/Jenkinsfile"));
        assert!(is("", ".github/**", ".github/workflows/ci.yml"));
        assert!(!is("ci/", "Jenkinsfile", "Jenkinsfile"));
        assert!(!is("", ".github/", ".github/x"));
        assert!(!is("", ".github/*", ".github/workflows/ci.yml"));
    }

    proptest! {
        /// The oracle expands `*` and `?` by brute force.
        #[test]
        fn stars_match_as_by_definition(pattern in "[ab*?]{0,8}", name in "[ab]{1,8}") {
            fn slow(pattern: &[u8], name: &[u8]) -> bool {
                match (pattern.split_first(), name.split_first()) {
                    (None, None) => true,
                    (Some((b'*', rest)), _) => {
                        (0..=name.len()).any(|cut| slow(rest, &name[cut..]))
                    }
                    (Some((b'?', rest)), Some((_, left))) => slow(rest, left),
                    (Some((one, rest)), Some((other, left))) => one == other && slow(rest, left),
                    _ => false,
                }
            }
            prop_assume!(pattern != "**");
            prop_assert_eq!(super::names(pattern.as_bytes(), name.as_bytes()), slow(pattern.as_bytes(), name.as_bytes()));
        }

        #[test]
        fn any_pattern_ends(pattern in proptest::collection::vec(any::<u8>(), 0..60), path in proptest::collection::vec(any::<u8>(), 0..60)) {
            matches(&parts(&pattern), &parts(&path));
        }
    }
}

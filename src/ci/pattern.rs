//! Path patterns of the file map, matched byte by byte without compiling a
//! regular expression: the hook is a fresh process for each push.
//!
//! `*` and `?` stay inside one segment, `**` stands for any number of segments,
//! `{a,b}` for one of several words. The policy's own patterns are globs and
//! are not read here.

use bstr::{BString, ByteSlice};

/// How letters are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Letters {
    /// Byte for byte.
    Exact,
    /// Without regard to ASCII letter case; the text is folded already.
    Folded,
}

/// One pattern, its braces expanded, cut at the slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    parts: Vec<Vec<u8>>,
}

impl Pattern {
    /// The patterns that a row of the map stands for.
    pub(super) fn expand(row: &str) -> Vec<Self> {
        let words = match row.split_once('{') {
            None => vec![row.to_owned()],
            Some((before, rest)) => {
                let (words, after) = rest.split_once('}').unwrap_or((rest, ""));
                let spelled = words
                    .split(',')
                    .map(|word| format!("{before}{word}{after}"));
                return spelled.flat_map(|row| Self::expand(&row)).collect();
            }
        };
        words
            .iter()
            .map(|row| Self {
                parts: row
                    .split('/')
                    .map(|part| part.as_bytes().to_vec())
                    .collect(),
            })
            .collect()
    }

    /// Whether the whole path matches, [`cut`] at its slashes.
    pub(super) fn matches(&self, path: &[&[u8]], letters: Letters) -> bool {
        // Most paths differ from most patterns in the name already.
        let (Some(own), Some(name)) = (self.parts.last(), path.last()) else {
            return false;
        };
        (own == b"**" || segment(own, name, letters)) && segments(&self.parts, path, letters)
    }

    /// Whether the path is a directory that the pattern leads through, so that
    /// a link or a submodule there hides or replaces what the pattern names.
    pub(super) fn leads_through(&self, directory: &[u8], letters: Letters) -> bool {
        let directory = cut(directory);
        let floating = usize::from(self.parts.first().is_some_and(|part| part == b"**"));
        (floating + 1..self.parts.len()).any(|end| {
            let named = &self.parts[floating..end];
            let spelled = named.iter().all(|part| part != b"**")
                && named
                    .last()
                    .is_some_and(|part| part.iter().any(u8::is_ascii_alphanumeric));
            spelled && segments(&self.parts[..end], &directory, letters)
        })
    }

    /// The path that a folded path imitates: the pattern's own spelling where
    /// it has one, the folded spelling elsewhere.
    pub(super) fn imitated(&self, folded: &[u8]) -> BString {
        let parts = cut(folded);
        let floats = self.parts.first().is_some_and(|part| part == b"**");
        let spelled = parts.iter().enumerate().map(|(index, part)| {
            let place = if floats {
                (index + self.parts.len()).checked_sub(parts.len())
            } else {
                Some(index)
            };
            place
                .and_then(|place| self.parts.get(place))
                .filter(|own| own.eq_ignore_ascii_case(part))
                .map_or(*part, Vec::as_slice)
        });
        bstr::join("/", spelled).into()
    }
}

/// The names of a path.
pub(super) fn cut(path: &[u8]) -> Vec<&[u8]> {
    path.split_str("/").collect()
}

/// Greedy with one place to go back to: the last `**`. An earlier one never
/// needs another try, so time is the product of both lengths at most.
fn segments(pattern: &[Vec<u8>], path: &[&[u8]], letters: Letters) -> bool {
    let (mut at, mut index) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while index < path.len() {
        match pattern.get(at) {
            Some(part) if part == b"**" => {
                at += 1;
                retry = Some((at, index));
            }
            Some(part) if segment(part, path[index], letters) => {
                at += 1;
                index += 1;
            }
            _ => match &mut retry {
                Some((after, from)) => {
                    *from += 1;
                    (at, index) = (*after, *from);
                }
                None => return false,
            },
        }
    }
    at == pattern.len()
}

/// The same for `*` inside one segment.
fn segment(pattern: &[u8], text: &[u8], letters: Letters) -> bool {
    let (mut at, mut index) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while index < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                at += 1;
                retry = Some((at, index));
            }
            Some(letter) if *letter == b'?' || same(*letter, text[index], letters) => {
                at += 1;
                index += 1;
            }
            _ => match &mut retry {
                Some((after, from)) => {
                    *from += 1;
                    (at, index) = (*after, *from);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|letter| *letter == b'*')
}

fn same(letter: u8, byte: u8, letters: Letters) -> bool {
    match letters {
        Letters::Exact => letter == byte,
        Letters::Folded => letter.eq_ignore_ascii_case(&byte),
    }
}

#[cfg(test)]
mod tests {
    use globset::GlobBuilder;
    use proptest::prelude::*;

    use super::{Letters, Pattern, cut};

    fn matches(row: &str, path: &str) -> bool {
        let all = Pattern::expand(row);
        all.iter()
            .any(|one| one.matches(&cut(path.as_bytes()), Letters::Exact))
    }

    #[test]
    fn stars_stay_in_their_segment_and_double_stars_do_not() {
        assert!(matches(
            ".github/workflows/*.{yml,yaml}",
            ".github/workflows/a.yaml"
        ));
        assert!(!matches(
            ".github/workflows/*.yml",
            ".github/workflows/a/b.yml"
        ));
        assert!(matches("**/Dockerfile", "Dockerfile"));
        assert!(matches("**/Dockerfile", "a/b/Dockerfile"));
        assert!(matches("a/**", "a/b/c"));
        assert!(!matches("a/**", "a"));
        assert!(matches("**/jobs/**/config.xml", "x/jobs/config.xml"));
    }

    #[test]
    fn directories_on_the_way_to_a_pattern_are_known() {
        let leads = |row: &str, directory: &str| {
            let all = Pattern::expand(row);
            all.iter()
                .any(|one| one.leads_through(directory.as_bytes(), Letters::Exact))
        };
        assert!(leads(".github/workflows/*.yml", ".github"));
        assert!(leads(".github/workflows/*.yml", ".github/workflows"));
        assert!(!leads(".github/workflows/*.yml", ".github/workflows/a.yml"));
        assert!(leads("**/.docker/config.json", "home/.docker"));
        assert!(!leads("**/Dockerfile", "src"));
        assert!(leads(".circleci/**", ".circleci"));
    }

    #[test]
    fn an_imitation_is_named_in_the_patterns_own_spelling() {
        let pattern = &Pattern::expand(".github/CODEOWNERS")[0];
        assert_eq!(
            pattern.imitated(b".github/codeowners"),
            ".github/CODEOWNERS"
        );
        let pattern = &Pattern::expand("**/Jenkinsfile")[0];
        assert_eq!(pattern.imitated(b"a/b/jenkinsfile"), "a/b/Jenkinsfile");
    }

    proptest! {
        /// `globset` is the independent opinion.
        #[test]
        fn agrees_with_globset(
            row in "(\\*\\*/)?([ab]{1,2}|\\*|a\\*b|\\?|\\*a\\*)(/(\\*\\*|[ab]|\\*b))?(/[ab*]{1,3}x)?",
            path in "[abx]{1,3}(/[abx]{1,3}){0,3}",
        ) {
            prop_assume!(!row.contains("***") && !row.contains("**x") && !row.contains("a**") && !row.contains("b**"));
            let glob = GlobBuilder::new(&row).literal_separator(true).build().expect("a glob").compile_matcher();
            prop_assert_eq!(matches(&row, &path), glob.is_match(&path), "{} on {}", row, path);
        }
    }
}

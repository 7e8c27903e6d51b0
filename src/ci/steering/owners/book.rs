//! A file of code owners, ready to be asked.

use std::collections::{BTreeMap, BTreeSet};

use super::line::{heading, is_github_owner, is_owner, pattern, without_comment};
use super::{Dialect, Owned};
use crate::ci::steering::glob::{matches, parts};

/// A file of code owners, ready to be asked.
#[derive(Debug, Clone)]
pub struct Book {
    dialect: Dialect,
    rules: Vec<Rule>,
    sections: BTreeMap<String, Section>,
    /// Lines that the forge skips, counted from 0.
    pub skipped: Vec<usize>,
}

#[derive(Debug, Clone)]
struct Rule {
    line: usize,
    section: String,
    pattern: Vec<Vec<u8>>,
    /// What lies in a folder that it matches is matched too.
    and_below: bool,
    excludes: bool,
    text: String,
    owners: BTreeSet<String>,
}

#[derive(Debug, Clone)]
struct Section {
    approvals: u32,
    optional: bool,
    owners: BTreeSet<String>,
}

impl Book {
    /// Reads the lines of a file.
    pub fn new<'a>(dialect: Dialect, lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut book = Self {
            dialect,
            rules: Vec::new(),
            sections: BTreeMap::new(),
            skipped: Vec::new(),
        };
        let mut section = String::new();
        for (number, line) in lines.into_iter().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if dialect == Dialect::GitLab
                && let Some(head) = heading(line)
            {
                section.clone_from(&head.name);
                let owners = lower(head.owners.iter().filter(|it| is_owner(it)).copied());
                let known = book.sections.entry(head.name).or_insert(Section {
                    approvals: head.approvals,
                    optional: head.optional,
                    owners: BTreeSet::new(),
                });
                known.approvals = known.approvals.max(head.approvals);
                known.optional &= head.optional;
                known.owners = owners;
                continue;
            }
            match book.rule(number, line, &section) {
                Some(rule) => book.rules.push(rule),
                None => book.skipped.push(number),
            }
        }
        book
    }

    fn rule(&self, line: usize, text: &str, section: &str) -> Option<Rule> {
        let (pattern, rest) = pattern(text);
        let rule = |pattern: Vec<Vec<u8>>, and_below, owners| Rule {
            line,
            section: section.to_owned(),
            pattern,
            and_below,
            excludes: false,
            text: text
                .split_whitespace()
                .next()
                .unwrap_or_default()
                .to_owned(),
            owners,
        };
        match self.dialect {
            Dialect::GitHub => {
                let mut words = without_comment(rest).split_whitespace();
                let fault = pattern.contains(['[', ']']) || pattern.starts_with('!');
                if fault || text.starts_with("\\#") || !words.clone().all(is_github_owner) {
                    return None;
                }
                let (parts, and_below) = github(&pattern);
                Some(rule(parts, and_below, lower(&mut words)))
            }
            Dialect::GitLab => {
                let (excludes, pattern) = match pattern.strip_prefix('!') {
                    Some(rest) => (true, rest),
                    None => (false, pattern.as_str()),
                };
                let named = lower(rest.split_whitespace().filter(|word| is_owner(word)));
                let default = self.sections.get(section).map(|section| &section.owners);
                let owners = match default {
                    Some(default) if named.is_empty() => default.clone(),
                    _ => named,
                };
                Some(Rule {
                    excludes,
                    ..rule(gitlab(pattern), false, owners)
                })
            }
            Dialect::Gitea => Some(rule(Vec::new(), false, lower(rest.split_whitespace()))),
        }
    }

    /// Who owns a path, in each section that speaks of it.
    pub fn of(&self, path: &[u8]) -> BTreeMap<String, Owned> {
        let path = parts(path);
        let mut all: BTreeMap<String, Owned> = BTreeMap::new();
        let mut excluded: BTreeSet<&str> = BTreeSet::new();
        for rule in self.rules.iter().filter(|rule| rule.is_match(&path)) {
            if rule.excludes {
                excluded.insert(&rule.section);
            }
            let section = self.sections.get(&rule.section);
            let owned = Owned {
                owners: if excluded.contains(rule.section.as_str()) {
                    BTreeSet::new()
                } else {
                    rule.owners.clone()
                },
                approvals: section.map_or(1, |section| section.approvals),
                optional: section.is_some_and(|section| section.optional),
                line: rule.line,
            };
            all.insert(rule.section.clone(), owned);
        }
        all
    }

    /// The patterns as written: for those that are not read, and to find paths
    /// that a line names.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| rule.text.as_str())
    }

    /// The owners of a line with this very pattern.
    pub fn of_pattern(&self, pattern: &str) -> Option<Owned> {
        let rule = self.rules.iter().rfind(|rule| rule.text == pattern)?;
        Some(Owned {
            owners: rule.owners.clone(),
            approvals: 1,
            optional: false,
            line: rule.line,
        })
    }
}

impl Rule {
    fn is_match(&self, path: &[&[u8]]) -> bool {
        if self.pattern.is_empty() {
            return false;
        }
        let mut pattern: Vec<&[u8]> = self.pattern.iter().map(Vec::as_slice).collect();
        if matches(&pattern, path) {
            return true;
        }
        pattern.extend([&b"**"[..], b"*"]);
        self.and_below && matches(&pattern, path)
    }
}

fn lower<'a>(words: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    words.map(str::to_lowercase).collect()
}

/// As `.gitignore`, but `folder/*` does not reach below.
fn github(pattern: &str) -> (Vec<Vec<u8>>, bool) {
    let folder = pattern.ends_with('/');
    let anchored = pattern.trim_end_matches('/').contains('/');
    let mut all: Vec<Vec<u8>> = Vec::new();
    if !anchored {
        all.push(b"**".to_vec());
    }
    all.extend(parts(pattern.as_bytes()).into_iter().map(<[u8]>::to_vec));
    let last = all.last().cloned().unwrap_or_default();
    if folder || last == b"**" {
        if last != b"**" {
            all.push(b"**".to_vec());
        }
        all.push(b"*".to_vec());
    }
    (all, !(folder || anchored && last == b"*"))
}

/// As Ruby's `File.fnmatch` with paths and dot files, after GitLab has made a
/// relative pattern match anywhere.
fn gitlab(pattern: &str) -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = Vec::new();
    if !pattern.starts_with('/') {
        all.push(b"**".to_vec());
    }
    all.extend(parts(pattern.as_bytes()).into_iter().map(<[u8]>::to_vec));
    if pattern.ends_with('/') {
        all.extend([b"**".to_vec(), b"*".to_vec()]);
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Book, Dialect};

    fn owners(dialect: Dialect, text: &str, path: &str) -> Vec<String> {
        let all = Book::new(dialect, text.lines()).of(path.as_bytes());
        let told = all.into_iter().map(|(section, owned)| {
            let names: Vec<_> = owned.owners.into_iter().collect();
            let sign = if owned.optional { "?" } else { "" };
            format!("{section}{sign}{}:{}", owned.approvals, names.join("+"))
        });
        told.collect()
    }

    #[test]
    fn on_github_the_last_lawful_line_counts() {
        let at = |text: &str, path: &str| owners(Dialect::GitHub, text, path);
        let ci = ".github/workflows/ci.yml";
        assert_eq!(at("* @all\n/.github/ @Acme/CI # why", ci), ["1:@acme/ci"]);
        assert_eq!(at("/.github/ @acme/ci\n* @devs", ci), ["1:@devs"]);
        assert_eq!(at("/.github/ @acme/ci\n/.github/workflows/", ci), ["1:"]);
        // Lines with a fault are as if they were not there.
        for fault in [
            "/.github/ acme",
            "!/.github/ @x",
            "/.github/[w]* @x",
            "/.github/ @a/b/c",
            "\\#x @x",
        ] {
            assert_eq!(at(&format!("* @all\n{fault}"), ci), ["1:@all"], "{fault}");
        }
        assert_eq!(at(".github/* @x", ci), Vec::<String>::new());
        assert_eq!(at(".github/** @x", ci), ["1:@x"]);
        assert_eq!(at("workflows @x", ci), ["1:@x"]);
        assert_eq!(at("*.yml @x", ci), ["1:@x"]);
        assert_eq!(at("/*.yml @x", ci), Vec::<String>::new());
        assert_eq!(at("a\\ b/ @x", "a b/c"), ["1:@x"]);
        assert_eq!(at("/apps/github @x", "apps/github/ci.yml"), ["1:@x"]);
    }

    #[test]
    fn on_gitlab_sections_count_beside_one_another() {
        let at = |text: &str, path: &str| owners(Dialect::GitLab, text, path);
        let text = "* @all\n[CI][2] @ci\n.gitlab-ci.yml\nci/ @other\n^[Docs]\n* @docs\n";
        assert_eq!(
            at(text, ".gitlab-ci.yml"),
            ["1:@all", "ci2:@ci", "docs?1:@docs"]
        );
        assert_eq!(
            at(text, "x/ci/a.yml"),
            ["1:@all", "ci2:@other", "docs?1:@docs"]
        );
        assert_eq!(at("[CI] @ci\n*\n!ci.yml\n", "ci.yml"), ["ci1:"]);
        assert_eq!(at("/ci/* @x", "ci/a/b"), Vec::<String>::new());
        assert_eq!(at("[a-c].yml @x", "b.yml"), ["1:@x"]);
    }

    #[test]
    fn gitea_lines_stand_for_themselves() {
        let book = Book::new(Dialect::Gitea, "^\\.gitea/.* @ci\n".lines());
        assert!(book.of(b".gitea/x").is_empty());
        let owned = book.of_pattern("^\\.gitea/.*").expect("a line");
        assert!(owned.owners.contains("@ci"));
    }

    proptest! {
        #[test]
        fn any_text_ends(text in "[@a#!*/\\[\\]^ \n\\\\]{0,120}", path in "[a/]{0,20}") {
            for dialect in [Dialect::GitHub, Dialect::GitLab, Dialect::Gitea] {
                Book::new(dialect, text.lines()).of(path.as_bytes());
            }
        }

        /// A line at the end that matches all decides for GitHub, whatever stands before.
        #[test]
        fn a_catch_all_at_the_end_wins(text in "([*/a.]{1,6} @[ab]\n){0,8}", path in "[a.]{1,4}(/[a.]{1,4}){0,2}") {
            prop_assert_eq!(owners(Dialect::GitHub, &format!("{text}* @last"), &path), ["1:@last"]);
        }
    }
}

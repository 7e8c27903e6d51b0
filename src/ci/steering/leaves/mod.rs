//! Settings of any format as one flat list: where a value stands, and which
//! keys lead to it. Knows formats, not what any key means.

mod ini;
mod toml;
mod xml;
mod yaml;

use std::collections::HashMap;

use crate::ci::text::Unparsable;

/// Most values of one file.
pub(super) const MAX_LEAVES: usize = 20_000;

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf {
    /// The keys that lead to it; an element of a list has a number in brackets: `[0]`.
    pub(super) keys: Vec<String>,
    /// As written; empty for an empty list or map.
    pub(super) value: String,
    /// Line, from 1.
    pub(super) line: u32,
    /// Column, from 1.
    pub(super) column: u32,
}

/// The values of a file, in the order of the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Leaves(pub(super) Vec<Leaf>);

/// How lines of keys and values are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// `[section]`, `key = value`, indented lines go on with the value: pip.
    Python,
    /// `[section "name"]`, keys in any letter case, indentation means nothing: git.
    Git,
    /// `key = value` or `key : value`, no sections: npm, Java, the shell.
    Properties,
}

impl Leaves {
    /// Reads YAML or JSON, JSON with comments too.
    pub(super) fn of_yaml(content: &[u8]) -> Result<Self, Unparsable> {
        yaml::read(content).and_then(Self::bounded)
    }

    /// Reads TOML.
    pub(super) fn of_toml(content: &[u8]) -> Result<Self, Unparsable> {
        toml::read(content).and_then(Self::bounded)
    }

    /// Reads lines of keys and values.
    pub(super) fn of_lines(text: &str, how: Lines) -> Result<Self, Unparsable> {
        Self::bounded(ini::read(text, how))
    }

    /// Reads XML by its tags alone: elements and attributes (`@name`).
    pub(super) fn of_xml(text: &str) -> Result<Self, Unparsable> {
        xml::read(text).and_then(Self::bounded)
    }

    fn bounded(all: Vec<Leaf>) -> Result<Self, Unparsable> {
        if all.len() > MAX_LEAVES {
            let reason = format!("it has more than {MAX_LEAVES} values");
            return Err(Unparsable::whole(reason));
        }
        Ok(Self(all))
    }

    /// The values at these keys. `*` stands for any key, `**` at the end for any that follow.
    pub(super) fn at<'a>(&'a self, keys: &'a [&'a str]) -> impl Iterator<Item = &'a Leaf> {
        self.0.iter().filter(move |leaf| leaf.is_at(keys))
    }

    /// The first value at these keys.
    pub(super) fn text_at(&self, keys: &[&str]) -> Option<&str> {
        let mut all = self.0.iter();
        all.find(|leaf| leaf.is_at(keys))
            .map(|leaf| leaf.value.as_str())
    }

    /// Every value with a name that does not change when a list's elements move:
    /// an element is called by what names it, or by nothing.
    pub(super) fn named(&self) -> Vec<(String, &Leaf)> {
        const NAMES: [&str; 12] = [
            "name",
            "id",
            "rule",
            "hook",
            "context",
            "path",
            "repo",
            "package-ecosystem",
            "url",
            "language",
            "pattern",
            "uses",
        ];
        let mut names: HashMap<&[String], (usize, &str)> = HashMap::new();
        for leaf in &self.0 {
            let Some((last, parent)) = leaf.keys.split_last() else {
                continue;
            };
            let Some(rank) = NAMES.iter().position(|name| last == name) else {
                continue;
            };
            if parent.last().is_some_and(|key| key.starts_with('[')) {
                let known = names.entry(parent).or_insert((rank, &leaf.value));
                if rank < known.0 {
                    *known = (rank, &leaf.value);
                }
            }
        }
        let name = |leaf: &Leaf| {
            let parts = (0..leaf.keys.len()).map(|at| {
                let key = leaf.keys[at].as_str();
                match key.starts_with('[') {
                    false => key.to_owned(),
                    true => match names.get(&leaf.keys[..=at]) {
                        Some((_, name)) => format!("[{name}]"),
                        None => "[]".to_owned(),
                    },
                }
            });
            parts.collect::<Vec<_>>().join(".")
        };
        self.0.iter().map(|leaf| (name(leaf), leaf)).collect()
    }
}

impl Leaf {
    /// Whether these keys lead to it.
    pub(super) fn is_at(&self, keys: &[&str]) -> bool {
        let (keys, open) = match keys.split_last() {
            Some((&"**", rest)) => (rest, true),
            _ => (keys, false),
        };
        let long_enough = match open {
            true => self.keys.len() >= keys.len(),
            false => self.keys.len() == keys.len(),
        };
        let mut pairs = keys.iter().zip(&self.keys);
        long_enough && pairs.all(|(wanted, key)| *wanted == "*" || wanted == key)
    }

    /// The last key.
    pub(super) fn key(&self) -> &str {
        self.keys.last().map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Leaves, Lines};

    #[test]
    fn elements_are_called_by_their_names() {
        let leaves = Leaves::of_yaml(b"r:\n - name: a\n   x: [1, 2]\n - y: 3\n").expect("YAML");
        let names: Vec<_> = leaves.named().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["r.[a].name", "r.[a].x.[]", "r.[a].x.[]", "r.[].y"]);
        assert_eq!(leaves.text_at(&["r", "*", "y"]), Some("3"));
        assert_eq!(leaves.at(&["r", "**"]).count(), 4);
    }

    proptest! {
        #[test]
        fn any_bytes_end(content in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Leaves::of_yaml(&content);
            let _ = Leaves::of_toml(&content);
            let text = String::from_utf8_lossy(&content);
            let _ = Leaves::of_xml(&text);
            for how in [Lines::Python, Lines::Git, Lines::Properties] {
                let _ = Leaves::of_lines(&text, how);
            }
        }

        #[test]
        fn any_markup_ends(text in "[<>/a-c=\"' !\\-\\[\\]?\n{}:,#]{0,200}") {
            let _ = Leaves::of_yaml(text.as_bytes());
            let _ = Leaves::of_toml(text.as_bytes());
            if let Ok(leaves) = Leaves::of_xml(&text) {
                let lines = text.lines().count().max(1);
                for leaf in leaves.0 {
                    prop_assert!(usize::try_from(leaf.line).is_ok_and(|line| line <= lines + 1));
                }
            }
        }
    }
}

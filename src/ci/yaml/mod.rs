//! YAML, read once for its form: does every reader see the same document, and
//! does it stay within bounds? Keeps no tree beyond the keys of each document's
//! top level; the models with spans are the build-environment checks' own.
//!
//! Tags that a system adds (`!reference`, `!include`) are lawful.

pub(crate) mod json_tree;
mod tokens;
pub(crate) mod tree;

pub(super) use tokens::tokens;

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use crate::ci::text::{Unparsable, decode, from_one};
use crate::model::text::excerpt;

/// Deepest nesting of mappings and sequences.
pub const MAX_YAML_DEPTH: usize = 64;
/// Most nodes of a file, each alias counted with all that it stands for.
pub const MAX_YAML_NODES: u64 = 500_000;
/// Most documents of a file.
pub const MAX_YAML_DOCUMENTS: usize = 1_000;
/// Most characters of a key that a message shows.
pub const MAX_YAML_KEY: usize = 40;

/// The top level of one document: its keys, and the values that are scalars.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Document {
    pub(super) pairs: Vec<(String, Option<String>)>,
}

impl Document {
    pub(super) fn has(&self, key: &str) -> bool {
        self.pairs.iter().any(|(own, _)| own == key)
    }

    pub(super) fn scalar(&self, key: &str) -> Option<&str> {
        let pair = self.pairs.iter().find(|(own, _)| own == key)?;
        pair.1.as_deref()
    }
}

/// Whether the file is YAML that all readers read alike.
pub(super) fn inspect(content: &[u8]) -> Result<(), Unparsable> {
    documents(content).map(drop)
}

/// The documents of a file.
pub(super) fn documents(content: &[u8]) -> Result<Vec<Document>, Unparsable> {
    let text = decode(content)?;
    if let Some(offset) = text.find(['\u{85}', '\u{2028}', '\u{2029}']) {
        let reason = "it contains a line separator that YAML 1.1 ends a line at and YAML 1.2 does not, \
             so readers disagree";
        return Err(Unparsable::at(text.as_bytes(), offset, reason));
    }
    match read(text) {
        Err(error) if is_closer_indentation(text, &error) => read(&indent_closers(text)),
        answer => answer,
    }
}

fn read(text: &str) -> Result<Vec<Document>, Unparsable> {
    let mut walk = Walk::default();
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let reason = format!("{NOT_YAML}{}", error.info());
            stop(*error.marker(), reason)
        })?;
        walk.event(event, span.start)?;
    }
    Ok(walk.documents)
}

const NOT_YAML: &str = "it is not YAML: ";

/// Spaces that bring any closing bracket inside its block.
const INSIDE: usize = 4 * MAX_YAML_DEPTH;

/// Whether the error is about a bracket that closes at the column of its key.
/// YAML 1.2 wants it further in, people do not write it so, and no other reader
/// minds.
fn is_closer_indentation(text: &str, error: &Unparsable) -> bool {
    let line = error.line.and_then(|line| usize::try_from(line).ok());
    let line = line.and_then(|line| text.lines().nth(line.saturating_sub(1)));
    error.reason.starts_with(NOT_YAML)
        && error.reason.contains("indentation")
        && line.is_some_and(starts_with_closer)
}

fn starts_with_closer(line: &str) -> bool {
    line.trim_start_matches(' ').starts_with([']', '}'])
}

/// The same text with such brackets further in. In a block scalar that changes
/// text which nobody looks at here; its first line, which sets its indentation,
/// is left alone.
fn indent_closers(text: &str) -> String {
    let mut indented = String::with_capacity(text.len());
    let mut after_indicator = false;
    for line in text.split_inclusive('\n') {
        if starts_with_closer(line) && !after_indicator {
            indented.extend(std::iter::repeat_n(' ', INSIDE));
        }
        indented.push_str(line);
        let end = line.trim_end();
        after_indicator =
            end.ends_with(['|', '>', '-', '+']) || (after_indicator && end.is_empty());
    }
    indented
}

fn stop(place: Marker, reason: impl Into<String>) -> Unparsable {
    Unparsable {
        reason: reason.into(),
        line: from_one(place.line().saturating_sub(1)),
        column: from_one(place.col()),
    }
}

/// A mapping or sequence that is open.
struct Open {
    anchor: usize,
    /// Nodes so far, itself included, aliases expanded.
    size: u64,
    /// Keys seen, for a mapping.
    keys: Option<HashSet<String>>,
    /// The key whose value comes next; `Some(None)` after a key that is no scalar.
    key: Option<Option<String>>,
}

/// A node that has just ended, as its parent sees it.
struct Node {
    text: Option<String>,
    size: u64,
    merge: bool,
}

#[derive(Default)]
struct Walk {
    open: Vec<Open>,
    anchors: HashMap<usize, (u64, Option<String>)>,
    total: u64,
    documents: Vec<Document>,
}

impl Walk {
    fn event(&mut self, event: Event<'_>, place: Marker) -> Result<(), Unparsable> {
        match event {
            Event::DocumentStart(_) => self.document(place),
            Event::MappingStart(anchor, _) => self.start(anchor, Some(HashSet::new()), place),
            Event::SequenceStart(anchor, _) => self.start(anchor, None, place),
            Event::MappingEnd | Event::SequenceEnd => self.end(place),
            Event::Scalar(text, style, anchor, _) => {
                self.count(1, place)?;
                let text = text.into_owned();
                self.anchors.insert(anchor, (1, Some(text.clone())));
                let merge = text == "<<" && style == ScalarStyle::Plain;
                self.node(
                    Node {
                        text: Some(text),
                        size: 1,
                        merge,
                    },
                    place,
                )
            }
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                let (size, text) =
                    known.ok_or_else(|| stop(place, "an alias stands inside what it refers to"))?;
                self.count(size, place)?;
                self.node(
                    Node {
                        text,
                        size,
                        merge: false,
                    },
                    place,
                )
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn document(&mut self, place: Marker) -> Result<(), Unparsable> {
        if self.documents.len() == MAX_YAML_DOCUMENTS {
            let reason = format!("it holds more than {MAX_YAML_DOCUMENTS} documents");
            return Err(stop(place, reason));
        }
        self.anchors.clear();
        self.documents.push(Document::default());
        Ok(())
    }

    fn count(&mut self, nodes: u64, place: Marker) -> Result<(), Unparsable> {
        self.total = self.total.saturating_add(nodes);
        if self.total > MAX_YAML_NODES {
            let reason =
                format!("it stands for more than {MAX_YAML_NODES} nodes, aliases expanded");
            return Err(stop(place, reason));
        }
        Ok(())
    }

    fn start(
        &mut self,
        anchor: usize,
        keys: Option<HashSet<String>>,
        place: Marker,
    ) -> Result<(), Unparsable> {
        self.count(1, place)?;
        if self.open.len() == MAX_YAML_DEPTH {
            let reason = format!("it is nested more than {MAX_YAML_DEPTH} deep");
            return Err(stop(place, reason));
        }
        self.anchors.remove(&anchor);
        self.open.push(Open {
            anchor,
            size: 1,
            keys,
            key: None,
        });
        Ok(())
    }

    fn end(&mut self, place: Marker) -> Result<(), Unparsable> {
        let Some(open) = self.open.pop() else {
            return Err(stop(place, "its nesting does not add up"));
        };
        self.anchors.insert(open.anchor, (open.size, None));
        self.node(
            Node {
                text: None,
                size: open.size,
                merge: false,
            },
            place,
        )
    }

    /// Gives a node to its parent: as an item, a key or a value.
    fn node(&mut self, node: Node, place: Marker) -> Result<(), Unparsable> {
        let top = self.open.len() == 1;
        let Some(parent) = self.open.last_mut() else {
            return Ok(());
        };
        parent.size = parent.size.saturating_add(node.size);
        let Some(keys) = &mut parent.keys else {
            return Ok(());
        };
        let Some(key) = parent.key.take() else {
            // Ruby merges each of several `<<`; they hide nothing from each other.
            if let Some(text) = node.text.as_ref().filter(|_| !node.merge)
                && !keys.insert(text.clone())
            {
                let shown = excerpt(text, MAX_YAML_KEY);
                return Err(stop(
                    place,
                    format!("the key \"{shown}\" stands twice, so readers disagree"),
                ));
            }
            parent.key = Some(node.text);
            return Ok(());
        };
        if let (true, Some(key), Some(document)) = (top, key, self.documents.last_mut()) {
            document.pairs.push((key, node.text));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MAX_YAML_DEPTH, documents, inspect};

    fn refusal(text: impl AsRef<[u8]>) -> String {
        let error = inspect(text.as_ref()).expect_err("must be refused");
        let place = |number: Option<u32>| number.map_or_else(|| "-".into(), |n| n.to_string());
        format!(
            "{}:{} {}",
            place(error.line),
            place(error.column),
            error.reason
        )
    }

    #[test]
    fn lawful_files_of_all_systems_are_read() {
        for text in [
            "on: push\njobs:\n  a:\n    steps:\n      - run: |\n          echo\n",
            "a: !reference [.b, script]\nc: !include x.yml\n",
            "\u{feff}a: 1\n---\nb: 2\n...\n",
            ".x: &x {a: 1}\nb:\n  <<: *x\n  <<: *x\n",
            "{\n\t\"a\": [1,\t2]\n}\n",
            "a: 1\r\nb: 2\r\n",
            "# nothing\n",
            "on:\n  push:\n    branches: [\n      main,\n    ]\n    tags: [\n      a\n  ]\n",
            "a: {\n  b: [\n    1\n]\n}\nrun: |\n  }\n  x\n",
            "",
        ] {
            assert_eq!(inspect(text.as_bytes()), Ok(()), "{text:?}");
        }
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_where_it_stands_again() {
        assert_eq!(
            refusal("image: good\nscript: x\nimage: evil\n"),
            "3:1 the key \"image\" stands twice, so readers disagree"
        );
        assert!(refusal("a: {b: 1, \"b\": 2}").starts_with("1:11 the key \"b\""));
        assert!(refusal("a: &k b\n? *k\n: 1\nb: 2\n").contains("the key \"b\""));
        assert!(refusal("{\"a\": 1, \"\\x61\": 2}").contains("the key \"a\""));
    }

    #[test]
    fn what_two_readers_read_differently_is_refused() {
        assert!(
            refusal("# c\u{2028}privileged: true\n")
                .starts_with("1:4 it contains a line separator")
        );
        assert!(refusal("a:\n\tb: 1\n").starts_with("2:"));
        assert!(refusal(b"a: \xff\n").contains("not UTF-8"));
        assert!(refusal(b"\xff\xfea\0:\0").contains("NUL"));
        assert!(refusal("a: [1, 2\n").contains("not YAML"));
        assert!(refusal("a: *nobody\n").contains("not YAML"));
        assert!(refusal("a:\n  b: [\n    1\n  ]\n  b: 2\n").starts_with("5:3 the key \"b\""));
        assert!(refusal("a: 1\n]\nb: 2\n").contains("not YAML"));
    }

    #[test]
    fn a_lone_carriage_return_ends_a_line_as_it_does_for_other_readers() {
        assert!(documents(b"# c\rkey: v\n").expect("YAML")[0].has("key"));
    }

    #[test]
    fn bombs_end_at_a_named_bound() {
        let mut laughs = String::from("l0: &l0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..9 {
            let below = format!("*l{},", level - 1).repeat(10);
            laughs.push_str(&format!("l{level}: &l{level} [{below}]\n"));
        }
        assert!(refusal(laughs).contains("more than 500000 nodes, aliases expanded"));
        assert!(refusal("a: &a [*a]").contains("inside what it refers to"));
        let deep = format!("{}x", "- ".repeat(MAX_YAML_DEPTH + 1));
        assert!(refusal(deep).contains("more than 64 deep"));
        assert!(refusal("---\na\n".repeat(1_001)).contains("more than 1000 documents"));
        assert!(refusal(vec![b'#'; 1 << 21]).contains("at most 1048576 are inspected"));
    }

    #[test]
    fn the_top_level_of_each_document_is_known() {
        let found =
            documents(b"apiVersion: v1\nkind: Pod\nspec: {kind: x}\n---\n{\"kind\": \"A\"}\n");
        let found = found.expect("YAML");
        assert_eq!(found[0].scalar("kind"), Some("Pod"));
        assert!(found[0].has("spec"));
        assert_eq!(found[1].scalar("kind"), Some("A"));
    }

    proptest! {
        #[test]
        fn any_bytes_end(content in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = inspect(&content);
        }

        #[test]
        fn anything_like_yaml_ends(text in "([\\[\\]{}&*!|>'\"%@`#?:,\\-. \t\r\nab<]|: |- |\\? |---\n){0,80}") {
            let _ = inspect(text.as_bytes());
        }
    }
}

//! YAML as a tree with places. Aliases share what they stand for; merge keys
//! are kept, and looked through on demand.
//!
//! Only for files that [`super::inspect`] accepts: its bounds hold here too,
//! and no key stands twice.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::{MAX_YAML_DEPTH, indent_closers, inspect, is_closer_indentation, read, stop};
use crate::ci::text::{Unparsable, decode};

/// One value with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// Line, from 1.
    pub(crate) line: u32,
    /// Column in characters, from 1.
    pub(crate) column: u32,
    /// A tag of the system's own: `reference` of `!reference`.
    pub(crate) tag: Option<String>,
    /// What it is.
    pub(crate) value: Value,
}

/// What a [`Node`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// Text; YAML's own reading of numbers and truth is left to who asks.
    Scalar { text: String, style: Style },
    /// Keys and values in the order of the text.
    Map(Vec<(Node, Rc<Node>)>),
    /// Values in the order of the text.
    List(Vec<Rc<Node>>),
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Without quotes: `true`, `1.0` and `~` may mean something else than text.
    Plain,
    /// In quotes.
    Quoted,
    /// `|`: each line of the text is a line of the file.
    Literal,
    /// `>`: lines are joined.
    Folded,
}

/// The roots of a file's documents.
///
/// # Errors
/// Why the file is not YAML that all readers read alike.
pub(crate) fn parse(content: &[u8]) -> Result<Vec<Rc<Node>>, Unparsable> {
    inspect(content)?;
    let text = decode(content)?;
    match read(text) {
        Err(error) if is_closer_indentation(text, &error) => build(&indent_closers(text)),
        _ => build(text),
    }
}

fn build(text: &str) -> Result<Vec<Rc<Node>>, Unparsable> {
    let mut builder = Builder::default();
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) =
            event.map_err(|error| stop(*error.marker(), error.info().to_owned()))?;
        builder.event(event, span);
    }
    Ok(builder.roots)
}

/// A mapping or sequence that is open; `key` waits for its value.
struct Open {
    node: Node,
    anchor: usize,
    key: Option<Node>,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Rc<Node>>,
    roots: Vec<Rc<Node>>,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, span: Span) {
        match event {
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::MappingStart(anchor, tag) => {
                self.start(anchor, node(span, tag.as_deref(), Value::Map(Vec::new())));
            }
            Event::SequenceStart(anchor, tag) => {
                self.start(anchor, node(span, tag.as_deref(), Value::List(Vec::new())));
            }
            Event::MappingEnd | Event::SequenceEnd => {
                if let Some(open) = self.open.pop() {
                    self.finish(open.anchor, open.node);
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::Literal => Style::Literal,
                    ScalarStyle::Folded => Style::Folded,
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                };
                let text = text.into_owned();
                self.finish(
                    anchor,
                    node(span, tag.as_deref(), Value::Scalar { text, style }),
                );
            }
            Event::Alias(anchor) => {
                if let Some(known) = self.anchors.get(&anchor).cloned() {
                    self.give(known);
                }
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
    }

    fn start(&mut self, anchor: usize, node: Node) {
        self.open.push(Open {
            node,
            anchor,
            key: None,
        });
    }

    fn finish(&mut self, anchor: usize, node: Node) {
        let node = Rc::new(node);
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        self.give(node);
    }

    fn give(&mut self, node: Rc<Node>) {
        let Some(parent) = self.open.last_mut() else {
            return self.roots.push(node);
        };
        match (&mut parent.node.value, parent.key.take()) {
            (Value::Map(pairs), Some(key)) => pairs.push((key, node)),
            (Value::Map(_), None) => parent.key = Some(Node::clone(&node)),
            (Value::List(items), _) => items.push(node),
            (Value::Scalar { .. }, _) => {}
        }
    }
}

fn node(span: Span, tag: Option<&saphyr_parser::Tag>, value: Value) -> Node {
    let one = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
    Node {
        line: one(span.start.line()),
        column: one(span.start.col()).saturating_add(1),
        tag: tag.map(|tag| tag.suffix.clone()),
        value,
    }
}

impl Node {
    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether it is a scalar that some reader takes for true: YAML 1.1's
    /// words, in any case, quoted or not.
    pub(crate) fn is_true(&self) -> bool {
        let text = self.text().map(str::to_ascii_lowercase);
        matches!(text.as_deref(), Some("true" | "yes" | "on" | "y" | "1"))
    }

    /// Whether it is a scalar that some reader takes for false.
    pub(crate) fn is_false(&self) -> bool {
        let text = self.text().map(str::to_ascii_lowercase);
        matches!(text.as_deref(), Some("false" | "no" | "off" | "n" | "0"))
    }

    /// Whether nothing is written: an empty plain scalar, `~` or `null`.
    pub(crate) fn is_null(&self) -> bool {
        let Value::Scalar {
            text,
            style: Style::Plain,
        } = &self.value
        else {
            return false;
        };
        matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// The items of a list, or the value itself if it is one scalar or map: many
    /// systems take both.
    pub(crate) fn one_or_many(&self) -> Vec<&Node> {
        match &self.value {
            Value::List(items) => items.iter().map(Rc::as_ref).collect(),
            _ if self.is_null() => Vec::new(),
            _ => vec![self],
        }
    }

    /// The items of a list; none if it is no list.
    pub(crate) fn items(&self) -> &[Rc<Node>] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The keys and values of a mapping, merge keys not looked through.
    pub(crate) fn own_pairs(&self) -> &[(Node, Rc<Node>)] {
        match &self.value {
            Value::Map(pairs) => pairs,
            _ => &[],
        }
    }

    /// The keys and values of a mapping; what it merges with `<<` comes last,
    /// without what stands in it already.
    pub(crate) fn pairs(&self) -> Vec<(&Node, &Node)> {
        let mut all = Vec::new();
        let left = Cell::new(MAX_YAML_DEPTH * MAX_YAML_DEPTH);
        self.collect(&mut all, &left, MAX_YAML_DEPTH);
        all
    }

    fn collect<'a>(
        &'a self,
        all: &mut Vec<(&'a Node, &'a Node)>,
        left: &Cell<usize>,
        depth: usize,
    ) {
        if depth == 0 || left.get() == 0 {
            return;
        }
        left.set(left.get() - 1);
        let (merges, own): (Vec<_>, Vec<_>) =
            self.own_pairs().iter().partition(|(key, _)| key.is_merge());
        for (key, value) in own {
            if !all.iter().any(|(known, _)| known.value == key.value) {
                all.push((key, value));
            }
        }
        for (_, merged) in merges {
            for one in merged.one_or_many() {
                one.collect(all, left, depth - 1);
            }
        }
    }

    fn is_merge(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, style: Style::Plain } if text == "<<")
    }

    /// The value of a key, through merge keys.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        let own = self
            .own_pairs()
            .iter()
            .find(|(own, _)| own.text() == Some(key));
        if let Some((_, value)) = own {
            return Some(value);
        }
        let merges = self.own_pairs().iter().any(|(own, _)| own.is_merge());
        let mut pairs = if merges { self.pairs() } else { Vec::new() }.into_iter();
        pairs
            .find(|(own, _)| own.text() == Some(key))
            .map(|(_, value)| value)
    }

    /// The text of a key's scalar.
    pub(crate) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// The value at the end of several keys.
    pub(crate) fn at(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The line of the file, from 1, on which a line of a block scalar's text
    /// stands, from 0. Exact for `|`; where the scalar begins for others.
    pub(crate) fn line_of_text(&self, line: usize) -> u32 {
        let Value::Scalar {
            text,
            style: Style::Literal,
        } = &self.value
        else {
            return self.line;
        };
        // The place is that of the first line that is not blank.
        let blank = text.bytes().take_while(|byte| *byte == b'\n').count();
        let offset = |lines: usize| u32::try_from(lines).unwrap_or(u32::MAX);
        self.line
            .saturating_add(offset(line))
            .saturating_sub(offset(blank))
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn places_are_those_of_the_text() {
        let roots = parse(
            b"a: 1\nrun: |\n  echo one\n  echo two\nlist:\n  - x\n  - k: v\nf: >-\n  p\n  q\n",
        )
        .expect("YAML");
        let run = roots[0].get("run").expect("run");
        assert_eq!(run.text(), Some("echo one\necho two\n"));
        assert_eq!((run.line_of_text(0), run.line_of_text(1)), (3, 4));
        let list = roots[0].get("list").expect("list").items();
        assert_eq!((list[0].line, list[0].column), (6, 5));
        assert_eq!(list[1].get("k").map(|v| (v.line, v.column)), Some((7, 8)));
        assert_eq!(roots[0].get("f").map(|f| f.line), Some(9));
    }

    #[test]
    fn a_block_with_blank_lines_above_keeps_its_lines() {
        let roots = parse(b"run: |2\n\n    x\n  y\n").expect("YAML");
        let run = roots[0].get("run").expect("run");
        assert_eq!(run.text(), Some("\n  x\ny\n"));
        assert_eq!((run.line_of_text(1), run.line_of_text(2)), (3, 4));
    }

    #[test]
    fn merges_and_aliases_are_looked_through() {
        let roots =
            parse(b".b: &b {image: x, tags: [a]}\njob:\n  <<: *b\n  image: y\n").expect("YAML");
        let job = roots[0].get("job").expect("job");
        assert_eq!(job.text_of("image"), Some("y"));
        assert_eq!(job.get("tags").map(|tags| tags.items().len()), Some(1));
        assert_eq!(job.pairs().len(), 2);
    }

    #[test]
    fn tags_and_words_are_kept() {
        let roots = parse(b"a: !reference [.x, script]\nb: Yes\nc: 'on'\nd: ~\n").expect("YAML");
        assert_eq!(
            roots[0].get("a").and_then(|a| a.tag.clone()),
            Some("reference".into())
        );
        assert!(roots[0].get("b").is_some_and(super::Node::is_true));
        assert!(roots[0].get("c").is_some_and(super::Node::is_true));
        assert!(roots[0].get("d").is_some_and(super::Node::is_null));
    }
}

//! The file that is being read, and the job that is being put together.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use bstr::{BString, ByteSlice};

use crate::ci::closure::Closure;
use crate::ci::yaml::tree::{Node, Style, Value};
use crate::model::build::{Item, Runner, Spot, Trigger, Unresolved, UnresolvedKind, What};

/// Most items of one entry file; what is beyond is said to be left out.
const MAX_ITEMS: usize = 100_000;

/// A file that is being read.
pub(super) struct Source {
    /// Its path.
    pub(super) path: Arc<BString>,
    /// What stands in it.
    content: Arc<[u8]>,
    /// Where its lines begin.
    lines: Vec<usize>,
    /// How many files led here from the entry.
    pub(super) depth: usize,
}

impl Source {
    pub(super) fn new(path: &Arc<BString>, content: Arc<[u8]>, depth: usize) -> Self {
        let mut lines = vec![0];
        lines.extend(content.find_iter(b"\n").map(|at| at + 1));
        Self {
            path: path.clone(),
            content,
            lines,
            depth,
        }
    }

    /// Where a value stands.
    pub(super) fn spot(&self, node: &Node) -> Spot {
        Spot {
            path: self.path.clone(),
            line: node.line,
            column: node.column,
        }
    }

    /// A line of a file's text, from 1.
    fn line(&self, number: u32) -> &[u8] {
        let at = usize::try_from(number)
            .unwrap_or(usize::MAX)
            .saturating_sub(1);
        let Some(start) = self.lines.get(at) else {
            return b"";
        };
        let end = self
            .lines
            .get(at + 1)
            .copied()
            .unwrap_or(self.content.len());
        self.content.get(*start..end).unwrap_or_default()
    }

    /// The version that a comment behind a value names: `v4.1.7` of
    /// `# v4.1.7`, `# tag=v4.1.7`, `# pin@v4`, `# ratchet:owner/name@v4`.
    pub(super) fn version_comment(&self, node: &Node) -> Option<String> {
        let line = self.line(node.line).to_str_lossy();
        let value = node.text()?;
        let rest = &line[line.find(value)? + value.len()..];
        let comment = rest.split_once(" #").or_else(|| rest.split_once("\t#"))?.1;
        let words = comment.split([' ', '\t', '=', '@', ':', ',', '(', ')', '\r', '\n']);
        words
            .filter(|word| is_version(word))
            .map(str::to_owned)
            .next()
    }
}

fn is_version(word: &str) -> bool {
    let number = word.strip_prefix(['v', 'V']).unwrap_or(word);
    number.starts_with(|first: char| first.is_ascii_digit())
        && word.len() <= 40
        && (word != number || number.contains('.'))
}

/// The job that is being put together.
pub(super) struct Reading<'r, 'c> {
    /// Reads other files of the tree.
    pub(super) closure: &'r mut Closure<'c>,
    /// Who starts the job.
    pub(super) triggers: Vec<Trigger>,
    /// What it has and does so far.
    pub(super) items: Vec<Item>,
    /// Where it runs.
    pub(super) runner: Option<Runner>,
    /// The step that is being read.
    pub(super) order: u32,
    /// How many scripts were read.
    pub(super) scripts: u32,
    /// How many items may still be made.
    pub(super) left: usize,
}

impl<'r, 'c> Reading<'r, 'c> {
    pub(super) fn new(closure: &'r mut Closure<'c>, triggers: Vec<Trigger>, left: usize) -> Self {
        Self {
            closure,
            triggers,
            items: Vec::new(),
            runner: None,
            order: 0,
            scripts: 0,
            left,
        }
    }

    /// Notes something that stands at a value.
    pub(super) fn note(&mut self, source: &Source, slot: &str, node: &Node, what: What) {
        let spot = source.spot(node);
        let order = self.order;
        self.add(Item {
            slot: slot.to_owned(),
            order,
            spot,
            what,
        });
    }

    /// Adds an item, within bounds.
    pub(super) fn add(&mut self, item: Item) {
        match self.left {
            0 => return,
            1 => self.items.push(Item {
                what: unresolved(
                    UnresolvedKind::Form,
                    "…",
                    &format!("more than {MAX_ITEMS} things stand here"),
                ),
                ..item
            }),
            _ => self.items.push(item),
        }
        self.left -= 1;
    }

    /// Notes a form that is not known.
    pub(super) fn odd(&mut self, source: &Source, slot: &str, node: &Node, why: &str) {
        let what = unresolved(UnresolvedKind::Form, slot, why);
        self.note(source, slot, node, what);
    }
}

/// How many items a file may have.
pub(super) fn budget() -> usize {
    MAX_ITEMS
}

pub(super) fn unresolved(kind: UnresolvedKind, text: &str, why: &str) -> What {
    What::Unresolved(Unresolved {
        kind,
        text: text.to_owned(),
        why: why.to_owned(),
    })
}

/// The merge keys of a document. GitHub refuses a file that has one.
pub(super) fn merge_keys(root: &Node) -> Vec<&Node> {
    let mut all = Vec::new();
    let mut seen = HashSet::new();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        if !seen.insert(std::ptr::from_ref(node)) {
            continue;
        }
        for (key, value) in node.own_pairs() {
            let plain =
                matches!(&key.value, Value::Scalar { text, style: Style::Plain } if text == "<<");
            if plain {
                all.push(key);
            }
            open.push(value);
        }
        open.extend(node.items().iter().map(Rc::as_ref));
    }
    all.sort_by_key(|key| (key.line, key.column));
    all
}

//! The graph for Graphviz (<https://graphviz.org/doc/info/lang.html>).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::model::build::{Blueprint, Destination};
use crate::model::text::{escape, excerpt};

/// Most characters of a node's name.
const MAX_NAME: usize = 120;

/// The graph as a `digraph`; a file that several entries name stands once.
pub(super) fn graph(entries: &[Arc<Blueprint>]) -> String {
    let mut nodes: BTreeMap<String, &str> = BTreeMap::new();
    let mut edges = BTreeMap::new();
    for entry in entries {
        nodes.insert(escape(entry.path.as_slice()), "shape=box, style=bold");
        for edge in &entry.edges {
            let from = escape(edge.spot.path.as_slice());
            let (to, look) = node(&edge.to);
            nodes.entry(from.clone()).or_insert("shape=box");
            nodes.entry(to.clone()).or_insert(look);
            edges.insert((from, to), edge.how);
        }
    }
    let mut text = "digraph ci {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n".to_owned();
    for (name, look) in &nodes {
        let _ = writeln!(text, "  {} [{look}];", quoted(name));
    }
    for ((from, to), how) in &edges {
        let _ = writeln!(
            text,
            "  {} -> {} [label={}];",
            quoted(from),
            quoted(to),
            quoted(how)
        );
    }
    text.push_str("}\n");
    text
}

fn node(to: &Destination) -> (String, &'static str) {
    match to {
        Destination::File(path) => (escape(path.as_slice()), "shape=box"),
        Destination::Missing(path) => (escape(path), "shape=box, color=red"),
        Destination::Elsewhere(what) => (excerpt(what, MAX_NAME), "shape=ellipse"),
        Destination::Dynamic(what) => (excerpt(what, MAX_NAME), "shape=ellipse, style=dashed"),
    }
}

/// A double-quoted string: a quote is escaped, and a backslash, which would
/// begin an escape in a label.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

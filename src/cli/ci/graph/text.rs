//! The graph as an indented list.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use bstr::BString;

use crate::ci;
use crate::model::build::{Blueprint, Destination, Edge, Spot, What};
use crate::model::text::{escape, excerpt};

/// Most characters of something elsewhere or dynamic that are shown.
const MAX_SHOWN: usize = 120;

/// The list, ending with a line break.
pub(super) fn graph(entries: &[Arc<Blueprint>]) -> String {
    let mut text = String::new();
    let says = |entry: &&Arc<Blueprint>| !entry.jobs.is_empty() || !entry.edges.is_empty();
    let (entries, others): (Vec<_>, Vec<_>) = entries.iter().partition(says);
    for entry in &entries {
        let title = ci::find(entry.system).map_or(entry.system, |system| system.title());
        let jobs = match entry.jobs.len() {
            0 => String::new(),
            1 => ", 1 job".to_owned(),
            many => format!(", {many} jobs"),
        };
        let _ = writeln!(text, "{}  ({title}{jobs})", escape(entry.path.as_slice()));
        let mut tree = Tree {
            entry,
            by_file: by_file(entry),
            text: &mut text,
        };
        tree.below(&entry.path, &mut vec![entry.path.clone()]);
        unresolved(entry, &mut text);
        text.push('\n');
    }
    let (edges, entries) = (
        entries.iter().map(|it| it.edges.len()).sum::<usize>(),
        entries.len(),
    );
    let _ = writeln!(
        text,
        "{entries} entry files, {edges} references; {} other files run and name nothing",
        others.len()
    );
    text
}

type ByFile<'a> = BTreeMap<&'a BString, Vec<&'a Edge>>;

fn by_file(entry: &Blueprint) -> ByFile<'_> {
    let mut files = ByFile::new();
    for edge in &entry.edges {
        files.entry(edge.spot.path.as_ref()).or_default().push(edge);
    }
    files
}

struct Tree<'a> {
    entry: &'a Blueprint,
    by_file: ByFile<'a>,
    text: &'a mut String,
}

impl Tree<'_> {
    /// What a file names. A file's own list is shown once, where it is named first.
    fn below(&mut self, file: &BString, on_the_way: &mut Vec<Arc<BString>>) {
        let Some(edges) = self.by_file.remove(file) else {
            return;
        };
        let indent = "  ".repeat(on_the_way.len());
        for edge in edges {
            let (mark, what) = shown(&edge.to);
            let _ = writeln!(
                self.text,
                "{indent}{mark} {} {what}  (line {})",
                edge.how, edge.spot.line
            );
            if let Destination::File(path) = &edge.to
                && **path != *self.entry.path
            {
                on_the_way.push(path.clone());
                self.below(path, on_the_way);
                on_the_way.pop();
            }
        }
    }
}

/// A mark for where it leads, and the place.
pub(super) fn shown(to: &Destination) -> (&'static str, String) {
    match to {
        Destination::File(path) => ("->", escape(path.as_slice())),
        Destination::Missing(path) => ("!!", format!("{}, which is not there", escape(path))),
        Destination::Elsewhere(what) => ("=>", format!("{}, elsewhere", excerpt(what, MAX_SHOWN))),
        Destination::Dynamic(what) => (
            "??",
            format!("`{}`, which only the run knows", excerpt(what, MAX_SHOWN)),
        ),
    }
}

/// What cannot be told and is no missing file, which stands among the references.
fn unresolved(entry: &Blueprint, text: &mut String) {
    let missing = |spot: &Spot| {
        let mut edges = entry.edges.iter();
        edges.any(|edge| edge.spot == *spot && matches!(edge.to, Destination::Missing(_)))
    };
    for (_, item) in entry.all_items() {
        if let What::Unresolved(it) = &item.what
            && !missing(&item.spot)
        {
            let _ = writeln!(
                text,
                "  ?? {}:{}: `{}` cannot be told: {}",
                escape(item.spot.path.as_slice()),
                item.spot.line,
                excerpt(&it.text, MAX_SHOWN),
                excerpt(&it.why, MAX_SHOWN)
            );
        }
    }
}

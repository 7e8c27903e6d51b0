//! Items of the model, as container files are read: one list with a path.
//! Knows no system.

use std::sync::Arc;

use bstr::BString;

use super::yaml::tree::Node;
use crate::model::build::{Item, Job, Spot, Unresolved, UnresolvedKind, What};

/// What has been read of one file or job.
pub(crate) struct Notes<'a> {
    /// The file.
    pub(crate) path: &'a Arc<BString>,
    /// The step that what is noted belongs to.
    pub(crate) order: u32,
    /// What has been noted.
    pub(crate) items: Vec<Item>,
}

impl<'a> Notes<'a> {
    /// Nothing yet.
    pub(crate) fn new(path: &'a Arc<BString>) -> Self {
        Self {
            path,
            order: 0,
            items: Vec::new(),
        }
    }

    /// A place in the file.
    pub(crate) fn spot(&self, line: u32, column: u32) -> Spot {
        Spot {
            path: self.path.clone(),
            line,
            column,
        }
    }

    /// Where a node begins.
    pub(crate) fn spot_of(&self, node: &Node) -> Spot {
        self.spot(node.line, node.column)
    }

    /// Notes something on a line.
    pub(crate) fn on(&mut self, line: u32, slot: impl Into<String>, what: What) {
        let spot = self.spot(line, 1);
        self.put(spot, slot, what);
    }

    /// Notes something where a node stands.
    pub(crate) fn at(&mut self, node: &Node, slot: impl Into<String>, what: What) {
        let spot = self.spot_of(node);
        self.put(spot, slot, what);
    }

    /// Notes something at a place.
    pub(crate) fn put(&mut self, spot: Spot, slot: impl Into<String>, what: What) {
        self.items.push(Item {
            slot: slot.into(),
            order: self.order,
            spot,
            what,
        });
    }

    /// Notes that a node has a form that is not known.
    pub(crate) fn odd(&mut self, node: &Node, slot: &str, why: &str) {
        let text = node.text().unwrap_or(slot);
        self.at(node, slot, unresolved(UnresolvedKind::Form, text, why));
    }
}

/// Something that static reading cannot tell.
pub(crate) fn unresolved(kind: UnresolvedKind, text: &str, why: &str) -> What {
    What::Unresolved(Unresolved {
        kind,
        text: text.to_owned(),
        why: why.to_owned(),
    })
}

/// Sorts jobs by slot. A slot that another job has too gets a number, in the
/// order of the text.
pub(crate) fn sorted(mut jobs: Vec<Job>) -> Vec<Job> {
    jobs.sort_by(|one, other| one.slot.cmp(&other.slot));
    let mut before = String::new();
    let mut count = 1_u32;
    for job in &mut jobs {
        if job.slot == before {
            count += 1;
            job.slot = format!("{before} ({count})");
        } else {
            before.clone_from(&job.slot);
            count = 1;
        }
    }
    jobs.sort_by(|one, other| one.slot.cmp(&other.slot));
    jobs
}

//! A job that is being read.

use crate::model::build::{Item, Spot, Unresolved, UnresolvedKind, What};

/// The items of a job so far.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) items: Vec<Item>,
    /// The step at which the job is.
    pub(super) order: u32,
    /// How many scripts it has.
    pub(super) scripts: u32,
}

impl Draft {
    pub(super) fn add(&mut self, slot: &str, spot: &Spot, what: What) {
        self.items.push(Item {
            slot: slot.to_owned(),
            order: self.order,
            spot: spot.clone(),
            what,
        });
    }

    pub(super) fn unresolved(&mut self, slot: &str, spot: &Spot, unresolved: Unresolved) {
        self.add(slot, spot, What::Unresolved(unresolved));
    }

    pub(super) fn odd_form(&mut self, slot: &str, spot: &Spot, why: &str) {
        let unresolved = Unresolved {
            kind: UnresolvedKind::Form,
            text: slot.to_owned(),
            why: why.to_owned(),
        };
        self.unresolved(slot, spot, unresolved);
    }
}

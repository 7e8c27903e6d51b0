//! A job that is being read.

use crate::model::build::{Item, Spot, Unresolved, UnresolvedKind, What};

/// The items of a job so far.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) items: Vec<Item>,
    /// The step at which the job is.
    pub(crate) order: u32,
    /// How many scripts it has.
    pub(crate) scripts: u32,
}

impl Draft {
    pub(crate) fn add(&mut self, slot: &str, spot: &Spot, what: What) {
        self.items.push(Item {
            slot: slot.to_owned(),
            order: self.order,
            spot: spot.clone(),
            what,
        });
    }

    pub(crate) fn unresolved(&mut self, slot: &str, spot: &Spot, unresolved: Unresolved) {
        self.add(slot, spot, What::Unresolved(unresolved));
    }

    pub(crate) fn odd_form(&mut self, slot: &str, spot: &Spot, why: &str) {
        let unresolved = Unresolved {
            kind: UnresolvedKind::Form,
            text: slot.to_owned(),
            why: why.to_owned(),
        };
        self.unresolved(slot, spot, unresolved);
    }

    /// Steps over a script that has been read.
    pub(crate) fn count(&mut self, items: &[Item]) {
        let last = items.iter().map(|item| item.order).max();
        self.order = last.unwrap_or(0).max(self.order).saturating_add(1);
        let scripts = items.iter().filter_map(|item| match &item.what {
            What::Command(command) => Some(command.script),
            _ => None,
        });
        self.scripts = scripts
            .max()
            .unwrap_or(0)
            .max(self.scripts)
            .saturating_add(1);
    }
}

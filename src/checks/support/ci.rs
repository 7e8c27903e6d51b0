//! The changed files of the build environment, for the checks that look at them.

use std::fmt;

use crate::model::ci::{CiChange, Oddity};
use crate::model::facts::{Facts, UpdateFacts};
use crate::model::finding::Place;
use crate::model::text::Escaped;

/// One changed file of the build environment, with the update that changes it.
#[derive(Clone, Copy)]
pub(crate) struct ChangedFile<'a> {
    /// The update.
    pub(crate) update: &'a UpdateFacts,
    /// The change.
    pub(crate) change: &'a CiChange,
}

/// Every changed file of some ref updates.
pub(crate) fn changed_files(updates: &[UpdateFacts]) -> impl Iterator<Item = ChangedFile<'_>> {
    updates.iter().flat_map(|update| {
        let changes = update.ci_changes.iter();
        changes.map(move |change| ChangedFile { update, change })
    })
}

/// Every oddity of every changed file.
pub(crate) fn oddities(facts: &Facts) -> impl Iterator<Item = (ChangedFile<'_>, &Oddity)> {
    changed_files(&facts.updates)
        .flat_map(|file| file.change.oddities.iter().map(move |odd| (file, odd)))
}

impl ChangedFile<'_> {
    /// Where an objection to it stands: the path, in the newest revision that changed it.
    pub(crate) fn place(&self) -> Place {
        Place::of_path(
            &self.update.update.name,
            self.change.revisions.first().copied(),
            self.change.path.clone(),
        )
    }
}

impl fmt::Display for ChangedFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let change = self.change;
        let path = Escaped(&change.path);
        write!(f, "{path} ({}, {})", change.system, change.tier)
    }
}

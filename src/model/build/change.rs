//! Two versions of the build environment, to be compared.

use std::collections::BTreeSet;
use std::sync::Arc;

use bstr::BString;

use super::Blueprint;
use super::likeness::{same_but_for_pins, same_but_for_places};
use crate::model::oid::ObjectId;

/// What one revision, or the whole update, did to the build environment. Holds
/// the entry files that it touches, itself or through what they read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildChange {
    /// The revision; `None` for the net difference of the update.
    pub revision: Option<ObjectId>,
    /// How it was: once for each parent or base, sorted by path.
    pub before: Vec<Vec<Arc<Blueprint>>>,
    /// How it is, sorted by path.
    pub after: Vec<Arc<Blueprint>>,
    /// The changed paths that were read for these models, or stand in the way of one.
    pub files: BTreeSet<BString>,
    /// How the text of these files differs: what no model sees counts here.
    pub text: TextDifference,
}

/// How much the text of files differs, the least first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TextDifference {
    /// In comments, blanks and layout only, as the files' own language reads them.
    Layout,
    /// Besides, in the versions of code and images that moved.
    Pins,
    /// In something else, or in a language whose comments are not told apart.
    #[default]
    Other,
}

impl BuildChange {
    /// Whether only comments and layout differ: the text says so, and what is
    /// understood of it is the same but for places. Says nothing of changed
    /// files that are not among [`BuildChange::files`].
    pub fn is_cosmetic(&self) -> bool {
        self.text == TextDifference::Layout && self.every_base(same_but_for_places)
    }

    /// Whether nothing but the versions of code and images differs, and
    /// comments and layout.
    pub fn only_pins_moved(&self) -> bool {
        self.text <= TextDifference::Pins
            && !self.is_cosmetic()
            && self.every_base(same_but_for_pins)
    }

    fn every_base(&self, same: impl Fn(&Blueprint, &Blueprint) -> bool) -> bool {
        let all = |base: &Vec<Arc<Blueprint>>| {
            let mut both = base.iter().zip(&self.after);
            base.len() == self.after.len() && both.all(|(one, other)| same(one, other))
        };
        !self.before.is_empty() && self.before.iter().all(all)
    }
}

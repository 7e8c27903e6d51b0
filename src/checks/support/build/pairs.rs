//! Which job of one version is which of the other, for rules.

use super::Side;
use crate::model::build;

pub(crate) use crate::model::build::Pair;

/// [`build::pairs`] of two sides.
pub(crate) fn pairs<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Pair<'a>> {
    build::pairs(before.blueprints, after.blueprints)
}

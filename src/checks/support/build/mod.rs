//! What the rules of the build environment share: they look at the models of
//! two versions, and report what the newer one brings.
//!
//! A rule is one of two kinds. One that can be seen in a single version
//! `detect`s; [`introduced`] reports what was not there before. One that
//! needs both `compare`s; [`compared`] reports what every base differs in.

mod detection;
mod exposure;
mod introduced;
mod matching;
mod pairs;
mod side;
mod slots;

pub(crate) use detection::Detection;
pub(crate) use exposure::Exposure;
pub(crate) use introduced::{Terms, compared, introduced};
pub(crate) use pairs::{Pair, pairs};
pub(crate) use side::{Seen, Side};
pub(crate) use slots::slot_changes;

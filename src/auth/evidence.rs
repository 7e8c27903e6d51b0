//! How the readers make their evidence, so that all of it is bounded.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::authentication::{Authentication, Evidence, Source, Strength};

/// Most characters of what a source says.
const MAX_SAYS: usize = 1000;

/// What a source that saw this very push says. `says` is safe to show.
pub(super) fn heard(
    source: Source,
    could_be: impl IntoIterator<Item = Authentication>,
    at: Timestamp,
    says: &str,
) -> Evidence {
    let says = match says.char_indices().nth(MAX_SAYS) {
        Some((end, _)) => format!("{}…", &says[..end]),
        None => says.to_owned(),
    };
    Evidence {
        could_be: could_be.into_iter().collect(),
        source,
        strength: Strength::Direct,
        observed_at: at,
        says,
    }
}

/// A source of which nothing is understood, and why; safe to show.
pub fn not_understood(source: Source, at: Timestamp, why: &str) -> Evidence {
    heard(source, BTreeSet::new(), at, why)
}

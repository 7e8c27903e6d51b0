//! What a change alters of what the build environment may do, for templates.

use serde::Serialize;

use super::stored::StoredCapability;
use super::view::{short_ref, text};

/// One capability that is altered.
#[derive(Debug, Serialize)]
pub(super) struct Altered {
    /// `+`, `!` or `-`, as in a diff.
    sign: &'static str,
    /// `gained`, `changed` or `lost`.
    direction: &'static str,
    class: String,
    what: String,
    place: String,
    reference: String,
    /// The whole as a line of a diff.
    line: String,
}

impl Altered {
    pub(super) fn of(stored: &StoredCapability) -> Self {
        use crate::model::build::Direction::{Changed, Gained, Lost};
        let (sign, direction) = match stored.direction {
            Gained => ("+", "gained"),
            Changed => ("!", "changed"),
            Lost => ("-", "lost"),
        };
        let what = text(&stored.what);
        let path = text(&stored.path);
        let place = match stored.line {
            Some(line) => format!("{path}:{line}"),
            None => path,
        };
        Self {
            sign,
            direction,
            class: stored.class.word().to_owned(),
            line: format!("{sign} {what}  ({place})"),
            what,
            place,
            reference: short_ref(&stored.subject),
        }
    }
}

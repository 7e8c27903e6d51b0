//! The doctor's lines about one place, written one after the other.

use crate::forge::{Diagnosis, ForgeError, Level};

/// Lines about one repository, or one branch of it.
pub(in crate::forge) struct Lines {
    place: String,
    lines: Vec<Diagnosis>,
}

impl Lines {
    /// About this place, none yet.
    pub(in crate::forge) fn at(place: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            lines: Vec::new(),
        }
    }

    /// The same list, about another place from here on.
    pub(in crate::forge) fn go_to(&mut self, place: impl Into<String>) {
        self.place = place.into();
    }

    /// As it should be.
    pub(in crate::forge) fn ok(&mut self, id: &'static str, message: impl Into<String>) {
        self.line((id, Level::Ok), message, "");
    }

    /// It holds, and something weakens it.
    pub(in crate::forge) fn warning(
        &mut self,
        id: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.line((id, Level::Warning), message, remedy);
    }

    /// A failing status does not block, or we cannot do our work.
    pub(in crate::forge) fn problem(
        &mut self,
        id: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.line((id, Level::Problem), message, remedy);
    }

    /// The forge did not tell; what would make it.
    pub(in crate::forge) fn unknown(
        &mut self,
        id: &'static str,
        error: &ForgeError,
        remedy: impl Into<String>,
    ) {
        self.line((id, Level::Unknown), error.to_string(), remedy);
    }

    /// All of them, in order.
    pub(in crate::forge) fn finish(self) -> Vec<Diagnosis> {
        self.lines
    }

    fn line(
        &mut self,
        (id, level): (&'static str, Level),
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.lines.push(Diagnosis {
            id,
            level,
            place: self.place.clone(),
            message: message.into(),
            remedy: remedy.into(),
        });
    }
}

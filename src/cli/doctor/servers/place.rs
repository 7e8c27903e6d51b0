//! Where something stands in a server's configuration.

use std::fmt;
use std::rc::Rc;

use crate::model::text::escape;

/// A line of a file: `/etc/nginx/nginx.conf:12`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    file: Rc<str>,
    line: usize,
}

impl Place {
    /// A line, counted from 1.
    pub(super) fn new(file: &Rc<str>, line: usize) -> Self {
        let file = Rc::clone(file);
        Self { file, line }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", escape(self.file.as_bytes()), self.line)
    }
}

/// What is no configuration. It quotes nothing: a configuration may hold
/// passwords and tokens.
#[derive(Debug)]
pub(super) struct SyntaxError {
    /// Where.
    pub(super) place: Place,
    /// One sentence.
    pub(super) what: &'static str,
}

impl SyntaxError {
    /// At a place.
    pub(super) fn at(place: &Place, what: &'static str) -> Self {
        let place = place.clone();
        Self { place, what }
    }
}

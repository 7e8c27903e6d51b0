//! What every reader of a shell's language answers.

use crate::model::build::Command;

/// A script, split.
#[derive(Debug, Default)]
pub(super) struct Split {
    /// Its simple commands; each one's `position` is its index.
    pub(super) parsed: Vec<Parsed>,
    /// What could not be read.
    pub(super) troubles: Vec<Trouble>,
}

/// A simple command and where it begins, in bytes of the text.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) at: usize,
    pub(super) command: Command,
}

/// Something that could not be read, and where, in bytes of the text.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) at: usize,
    pub(super) why: &'static str,
}

//! Shell text: split into simple commands, and what they mean for the build
//! environment. One place for every system.

mod called;
mod lines;
mod meaning;
mod posix;
mod reader;
mod split;
#[cfg(test)]
mod tests;
mod wrapper;

use std::sync::Arc;

use bstr::BString;

use super::closure::Closure;
use crate::model::build::Item;

/// A piece of shell text in a file.
pub(crate) struct Script<'a> {
    /// The text.
    pub(crate) text: &'a str,
    /// Its file.
    pub(crate) path: &'a Arc<BString>,
    /// The line of the file, from 1, of each line of the text, from 0.
    pub(crate) line: &'a dyn Fn(usize) -> u32,
    /// The column of its beginning, from 1.
    pub(crate) column: u32,
    /// The slot of its items.
    pub(crate) slot: &'a str,
    /// The step that it is, counted from 0.
    pub(crate) order: u32,
    /// Which of the job's scripts it is, counted from 0.
    pub(crate) script: u32,
    /// How it is read.
    pub(crate) dialect: Dialect,
    /// How many files led here from the entry.
    pub(crate) depth: usize,
}

/// The language of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// A POSIX shell or bash.
    Posix,
    /// PowerShell.
    PowerShell,
    /// cmd.exe.
    Batch,
}

/// The commands of a script and what they mean: logins, images, targets,
/// privileges, guards, secrets in clear; and those of the scripts of the tree
/// that it calls.
pub(crate) fn read(script: &Script<'_>, closure: &mut Closure<'_>) -> Vec<Item> {
    reader::Reader::new(script, closure).read()
}

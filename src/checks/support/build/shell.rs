//! The shell scripts of a version, as rules look at them: who feeds whom, what
//! is downloaded, which secrets a command carries.

use std::collections::HashMap;

use super::{Seen, Side};
use crate::ci::is_named_like_secret;
use crate::model::build::{Command, What, Word};

/// Longest chain of pipes that is followed.
const MAX_PIPES: usize = 16;

/// A command where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    /// Its place.
    pub(crate) seen: Seen<'a>,
    /// What it is.
    pub(crate) command: &'a Command,
}

/// One script of a job, with what it calls.
pub(crate) struct Shell<'a> {
    /// Its commands in the order in which they begin.
    pub(crate) lines: Vec<Line<'a>>,
    at: HashMap<u32, usize>,
}

/// Every script of every job.
pub(crate) fn scripts(side: Side<'_>) -> Vec<Shell<'_>> {
    let mut all: Vec<Shell<'_>> = Vec::new();
    let mut last = None;
    let commands = side.all(|what| match what {
        What::Command(command) => Some(command),
        _ => None,
    });
    for (seen, command) in commands {
        let job = seen.job.map(std::ptr::from_ref);
        let key = (std::ptr::from_ref(seen.blueprint), job, command.script);
        if last != Some(key) {
            last = Some(key);
            all.push(Shell {
                lines: Vec::new(),
                at: HashMap::new(),
            });
        }
        if let Some(shell) = all.last_mut() {
            shell.at.insert(command.position, shell.lines.len());
            shell.lines.push(Line { seen, command });
        }
    }
    all
}

impl<'a> Shell<'a> {
    fn line(&self, position: u32) -> Option<Line<'a>> {
        self.at
            .get(&position)
            .and_then(|at| self.lines.get(*at))
            .copied()
    }

    /// Those whose output it reads through pipes, the nearest first.
    pub(crate) fn feeding(&self, line: Line<'a>) -> Vec<Line<'a>> {
        let mut all = Vec::new();
        let mut next = line.command.fed_by;
        while let Some(found) = next.and_then(|at| self.line(at)) {
            if all.len() >= MAX_PIPES {
                break;
            }
            next = found.command.fed_by;
            all.push(found);
        }
        all
    }

    /// Those whose output stands in its words.
    pub(crate) fn within(&self, line: Line<'a>) -> Vec<Line<'a>> {
        let position = Some(line.command.position);
        let inner = self.lines.iter().filter(|it| it.command.inside == position);
        inner.copied().collect()
    }

    /// The command that reads its output through a pipe.
    pub(crate) fn reader(&self, line: Line<'a>) -> Option<Line<'a>> {
        let position = Some(line.command.position);
        let mut after = self.lines.iter().filter(|it| it.command.fed_by == position);
        after.next().copied()
    }
}

/// Whether a program fetches something from the network.
pub(crate) fn is_downloader(program: &str) -> bool {
    let program = program.to_ascii_lowercase();
    let known = [
        "curl",
        "wget",
        "wget2",
        "aria2c",
        "http",
        "https",
        "httpie",
        "fetch",
        "lynx",
        "invoke-webrequest",
        "iwr",
        "irm",
        "invoke-restmethod",
        "curl.exe",
        "bitsadmin",
        "start-bitstransfer",
        "certutil",
    ];
    known.contains(&program.as_str())
}

impl Line<'_> {
    /// The secrets that stand in its words, assignments and redirections, sorted.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let command = self.command;
        let set = command.variables.iter().map(|(_, word)| word);
        let fed = command.redirects.iter().map(|it| &it.target);
        let words = command.words.iter().chain(set).chain(fed);
        let mut all: Vec<String> = words.flat_map(|word| self.secrets_of(word)).collect();
        all.sort();
        all.dedup();
        all
    }

    /// The secrets of one word: pasted in, or held by a variable.
    pub(crate) fn secrets_of(&self, word: &Word) -> Vec<String> {
        let mut all = pasted(&word.text);
        for name in &word.variables {
            let bound = self.seen.job.and_then(|job| job.secret_in(name));
            if bound.is_some() || is_named_like_secret(name) {
                all.push(name.clone());
            }
        }
        all
    }

    /// Whether its job reaches a lasting secret.
    pub(crate) fn has_secrets(&self) -> bool {
        self.seen
            .job
            .is_some_and(|job| job.secrets().next().is_some())
    }
}

/// `secrets.X` of the expressions in a text.
fn pasted(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for part in text.split("${{").skip(1) {
        let expression = part.split("}}").next().unwrap_or(part);
        for found in expression.split("secrets.").skip(1) {
            let end = found.find(|it: char| !it.is_ascii_alphanumeric() && it != '_');
            all.push(found[..end.unwrap_or(found.len())].to_owned());
        }
        if expression.contains("toJSON(secrets)") || expression.contains("github.token") {
            all.push(expression.trim().to_owned());
        }
    }
    all
}

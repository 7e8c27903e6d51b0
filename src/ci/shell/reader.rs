//! Puts a script's commands, and those of what it calls, into one order, with
//! their places and meanings.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use bstr::{BString, ByteSlice};

use super::called::{Called, called};
use super::meaning::{Context, Variables};
use super::posix::MAX_COMMANDS;
use super::split::Split;
use super::{Dialect, Script, lines, posix, wrapper};
use crate::ci::closure::Closure;
use crate::model::build::{Command, Item, Spot, Unresolved, UnresolvedKind, What};
use crate::model::text::excerpt;

/// Deepest nesting of shell text in shell text: `sh -c "sh -c …"`.
const MAX_NESTED: usize = 6;
/// Longest shell text that is read.
const MAX_SCRIPT_BYTES: usize = 1 << 20;

/// A command with its place and what it makes a shell read.
struct Line {
    at: Spot,
    command: Command,
    calls: Vec<Line>,
}

/// Where a text stands.
struct Place<'a> {
    path: &'a Arc<BString>,
    line: &'a dyn Fn(usize) -> u32,
    column: u32,
    /// How many files led here.
    depth: usize,
    /// How many texts led here.
    nested: usize,
    dialect: Dialect,
    /// Whether its substitutions were read where it is written.
    expanded: bool,
}

pub(super) struct Reader<'a, 'f, 'c> {
    script: &'a Script<'a>,
    closure: &'f mut Closure<'c>,
    opened: BTreeSet<Arc<BString>>,
    items: Vec<Item>,
    commands: usize,
}

impl<'a, 'f, 'c> Reader<'a, 'f, 'c> {
    pub(super) fn new(script: &'a Script<'a>, closure: &'f mut Closure<'c>) -> Self {
        Self {
            script,
            closure,
            opened: BTreeSet::new(),
            items: Vec::new(),
            commands: 0,
        }
    }

    pub(super) fn read(mut self) -> Vec<Item> {
        let script = self.script;
        let place = Place {
            path: script.path,
            line: script.line,
            column: script.column,
            depth: script.depth,
            nested: 0,
            dialect: script.dialect,
            expanded: false,
        };
        let lines = self.lines(script.text, &place);
        let mut commands = Vec::new();
        flatten(lines, &mut commands);
        let meanings = self.meanings(&commands);
        for ((at, mut command), meant) in commands.into_iter().zip(meanings) {
            command.script = script.script;
            self.put(&at, What::Command(command));
            for what in meant {
                self.put(&at, what);
            }
        }
        self.items
    }

    fn meanings(&mut self, commands: &[(Spot, Command)]) -> Vec<Vec<What>> {
        let mut variables = Variables::default();
        let mut inner: HashMap<u32, Vec<&Command>> = HashMap::new();
        for (_, command) in commands {
            if let Some(owner) = command.inside {
                inner.entry(owner).or_default().push(command);
            }
        }
        let mut all = Vec::new();
        for (at, command) in commands {
            let feeding = command.fed_by.and_then(|it| usize::try_from(it).ok());
            let mut context = Context {
                command,
                variables: &variables,
                feeding: feeding.and_then(|it| commands.get(it)).map(|(_, it)| it),
                within: inner.remove(&command.position).unwrap_or_default(),
                means: Vec::new(),
                reads: Vec::new(),
            };
            context.understand();
            let Context { means, reads, .. } = context;
            for (how, path) in reads {
                self.named(at, how, &path, self.script.depth);
            }
            variables.note(command);
            all.push(means);
        }
        all
    }

    fn put(&mut self, at: &Spot, what: What) {
        self.items.push(Item {
            slot: self.script.slot.to_owned(),
            order: self.script.order,
            spot: at.clone(),
            what,
        });
    }

    fn lines(&mut self, text: &str, place: &Place<'_>) -> Vec<Line> {
        if text.len() > MAX_SCRIPT_BYTES || place.nested > MAX_NESTED {
            let why = match place.nested > MAX_NESTED {
                true => format!("shell text is nested more than {MAX_NESTED} times"),
                false => format!("it is longer than {MAX_SCRIPT_BYTES} bytes"),
            };
            self.unresolved(&spot(place, &[0], 0), text, why);
            return Vec::new();
        }
        let Split { parsed, troubles } = match place.dialect {
            Dialect::Posix => posix::split(text),
            dialect => lines::split(text, dialect),
        };
        let starts = line_starts(text);
        for trouble in troubles {
            let line = text[..text.floor_char_boundary(trouble.at)].lines().count();
            let line = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
            self.unresolved(
                &spot(place, &starts, trouble.at),
                line,
                trouble.why.to_owned(),
            );
        }
        let mut all = Vec::new();
        for parsed in parsed {
            if self.commands >= MAX_COMMANDS {
                let why = format!("it and what it calls hold more than {MAX_COMMANDS} commands");
                self.unresolved(&spot(place, &starts, parsed.at), "", why);
                break;
            }
            let mut command = parsed.command;
            if place.expanded && command.inside.is_some() {
                continue;
            }
            self.commands += 1;
            wrapper::unwrap(&mut command);
            let at = spot(place, &starts, parsed.at);
            all.push(Line {
                at,
                command,
                calls: Vec::new(),
            });
        }
        self.follow(&mut all, place);
        all
    }

    fn follow(&mut self, all: &mut [Line], place: &Place<'_>) {
        let owners: BTreeSet<u32> = all.iter().filter_map(|it| it.command.inside).collect();
        for line in all {
            let mut calls = Vec::new();
            for called in called(&line.command) {
                match called {
                    Called::Text(word) => {
                        let first = line.at.line;
                        let place = Place {
                            line: &|_| first,
                            column: line.at.column,
                            nested: place.nested + 1,
                            dialect: Dialect::Posix,
                            expanded: !word.plain && owners.contains(&line.command.position),
                            ..*place
                        };
                        calls.extend(self.lines(&word.text, &place));
                    }
                    Called::Script(path) => calls.extend(self.called_script(&line.at, path, place)),
                    Called::Dynamic(text) => {
                        self.closure
                            .dynamic(&line.at, "script", &excerpt(text, 120));
                    }
                    Called::Program(how, path) => self.named(&line.at, how, path, place.depth),
                }
            }
            line.calls = calls;
        }
    }

    fn called_script(&mut self, at: &Spot, path: &str, place: &Place<'_>) -> Vec<Line> {
        if path.starts_with(['/', '~', '-']) || path.contains("://") {
            return Vec::new();
        }
        let opened = match self
            .closure
            .open(at, "script", path.into(), place.depth + 1)
        {
            Ok(opened) => opened,
            Err(unresolved) => {
                self.put(at, What::Unresolved(unresolved));
                return Vec::new();
            }
        };
        let text = opened.content.to_str_lossy();
        let first = text.lines().next().unwrap_or_default();
        let other = first.starts_with("#!") && !first.contains("sh");
        if other || opened.content.contains(&0) || !self.opened.insert(opened.path.clone()) {
            return Vec::new();
        }
        let place = Place {
            path: &opened.path,
            line: &|line| u32::try_from(line).unwrap_or(u32::MAX).saturating_add(1),
            column: 1,
            depth: place.depth + 1,
            nested: place.nested,
            dialect: Dialect::Posix,
            expanded: false,
        };
        self.lines(&text, &place)
    }

    /// A file that runs and is not read here.
    fn named(&mut self, at: &Spot, how: &'static str, path: &str, depth: usize) {
        if path.contains(['$', '*']) || path.starts_with('/') {
            return;
        }
        if self.closure.has(path.into()) {
            let _ = self.closure.open(at, how, path.into(), depth + 1);
        }
    }

    fn unresolved(&mut self, at: &Spot, text: &str, why: String) {
        let unresolved = Unresolved {
            kind: UnresolvedKind::Form,
            text: excerpt(text, 80),
            why,
        };
        self.put(at, What::Unresolved(unresolved));
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    std::iter::once(0)
        .chain(breaks.map(|(at, _)| at + 1))
        .collect()
}

fn spot(place: &Place<'_>, starts: &[usize], at: usize) -> Spot {
    let line = starts
        .partition_point(|start| *start <= at)
        .saturating_sub(1);
    let column = at - starts.get(line).copied().unwrap_or(at);
    let column = u32::try_from(column).unwrap_or(u32::MAX);
    Spot {
        path: place.path.clone(),
        line: (place.line)(line),
        column: place
            .column
            .saturating_add(if place.nested > 0 { 0 } else { column }),
    }
}

/// One order: each command, then what it calls. Positions follow.
fn flatten(lines: Vec<Line>, into: &mut Vec<(Spot, Command)>) {
    let mut known: HashMap<u32, u32> = HashMap::new();
    for line in lines {
        let mut command = line.command;
        let position = u32::try_from(into.len()).unwrap_or(u32::MAX);
        known.insert(command.position, position);
        command.position = position;
        command.fed_by = command.fed_by.and_then(|at| known.get(&at).copied());
        command.inside = command.inside.and_then(|at| known.get(&at).copied());
        into.push((line.at, command));
        flatten(line.calls, into);
    }
}

//! Operators and simple commands.

use super::flow::{Block, Flow};
use super::word::Lexed;
use super::{End, MAX_QUOTED, Parser};
use crate::model::build::{Command, Word};

/// What follows `||` when a failure is to be ignored.
const IGNORING: &[&str] = &[
    "true",
    ":",
    "exit 0",
    "return 0",
    "echo",
    "printf",
    "/bin/true",
    "continue",
];

impl Parser<'_> {
    pub(super) fn operator(&mut self, flow: &mut Flow) {
        let next = self.byte(1);
        match (self.peek(), next) {
            (Some(b'\n'), _) => {
                self.newline();
                self.end_chain(flow);
            }
            (Some(b';'), Some(b';' | b'&')) => {
                let length = if self.rest().starts_with(b";;&") {
                    3
                } else {
                    2
                };
                self.at += length;
                self.end_chain(flow);
                if flow.in_case() {
                    self.pattern();
                }
            }
            (Some(b'&'), Some(b'&')) => self.at += 2,
            (Some(b'|'), Some(b'|')) => {
                self.at += 2;
                self.alternative(flow);
            }
            (Some(b'|'), _) => {
                self.at += if next == Some(b'&') { 2 } else { 1 };
                flow.feed = flow.last;
            }
            (Some(b'('), _) => {
                let end = self.arithmetic_end().filter(|_| next == Some(b'('));
                if let Some(end) = end {
                    self.at = end;
                    return;
                }
                flow.open(Block::Parenthesis);
                self.at += 1;
                flow.chain = self.parsed.len();
            }
            (Some(b')'), _) => {
                if !flow.in_parenthesis() {
                    self.trouble(self.at, "a parenthesis closes what was not opened");
                }
                flow.close(Block::Parenthesis);
                self.at += 1;
            }
            _ => {
                self.at += 1;
                self.end_chain(flow);
            }
        }
    }

    fn end_chain(&mut self, flow: &mut Flow) {
        flow.chain = self.parsed.len();
        flow.feed = None;
    }

    /// Behind `||`: whether what went before may fail.
    fn alternative(&mut self, flow: &mut Flow) {
        self.skip_blanks_and_lines();
        let near = self.rest().len().min(MAX_QUOTED);
        let near = self.text.floor_char_boundary(self.at + near);
        let line = self.slice(self.at, near).lines().next().unwrap_or_default();
        let starts = |word: &str| {
            let rest = line.strip_prefix(word);
            rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric()))
        };
        let fails_after_all = line.contains("exit 1") || line.contains("&& false");
        if IGNORING.iter().any(|word| starts(word)) && !fails_after_all {
            for parsed in self.parsed.iter_mut().skip(flow.chain) {
                parsed.command.failure_ignored = true;
            }
        }
    }

    pub(super) fn simple(&mut self, flow: &mut Flow, end: End) {
        let start = self.at;
        let position = self.begin(start, flow);
        let mut command = Command {
            position,
            inside: flow.inside,
            ..Command::default()
        };
        if !self.is_redirect() {
            let first = self.word(end, position);
            if first.bare && self.reserved(&first, position, flow, end) {
                return;
            }
            self.skip_blanks();
            if first.bare && self.is_function() {
                self.drop_if_last(position);
                return;
            }
            self.take(first, &mut command, end, position);
        }
        self.arguments(&mut command, end, position);
        self.done(command, flow);
    }

    pub(super) fn is_function(&mut self) -> bool {
        if self.peek() != Some(b'(') {
            return false;
        }
        let before = self.at;
        self.at += 1;
        self.skip_blanks();
        if self.peek() == Some(b')') {
            self.at += 1;
            return true;
        }
        self.at = before;
        false
    }

    fn arguments(&mut self, command: &mut Command, end: End, position: u32) {
        loop {
            self.skip_blanks();
            let before = self.at;
            if self.is_redirect() {
                self.redirect(command, end, position);
            } else {
                match self.peek() {
                    None | Some(b'\n' | b';' | b'&' | b'|' | b'(' | b')') => return,
                    Some(b'`') if end == End::Backtick => return,
                    _ => {
                        let word = self.word(end, position);
                        self.take(word, command, end, position);
                    }
                }
            }
            if self.at == before {
                return;
            }
        }
    }

    /// A word is an assignment or an argument.
    fn take(&mut self, lexed: Lexed, command: &mut Command, end: End, position: u32) {
        let raw = self.slice(lexed.start, self.at);
        let name = assigned(raw).map(str::to_owned);
        let mut word = lexed.word;
        if raw.ends_with('=') && name.is_some() && self.peek() == Some(b'(') {
            self.array(&mut word, end, position);
        }
        match name {
            Some(name) if command.words.is_empty() => {
                let at = word.text.find('=').map_or(0, |at| at + 1);
                word.text.drain(..at);
                command.variables.push((name, word));
            }
            _ => command.words.push(word),
        }
    }

    /// `=(a b c)`.
    fn array(&mut self, into: &mut Word, end: End, position: u32) {
        self.at += 1;
        loop {
            self.skip_blanks_and_lines();
            let before = self.at;
            match self.peek() {
                None => return,
                Some(b')') => {
                    self.at += 1;
                    return;
                }
                _ => {
                    let word = self.word(end, position).word;
                    if !into.text.ends_with('=') {
                        into.text.push(' ');
                    }
                    into.text.push_str(&word.text);
                    into.variables.extend(word.variables);
                    into.plain &= word.plain;
                }
            }
            if self.at == before {
                self.at += 1;
            }
        }
    }

    pub(super) fn done(&mut self, mut command: Command, flow: &mut Flow) {
        let position = command.position;
        if command.words.is_empty() && command.variables.is_empty() && command.redirects.is_empty()
        {
            self.drop_if_last(position);
            return;
        }
        command.fed_by = flow.feed.take();
        if let Some(ignoring) = errexit(&command) {
            flow.ignoring = !ignoring;
        }
        command.failure_ignored = flow.ignoring;
        flow.last = Some(position);
        let at = usize::try_from(position).unwrap_or(usize::MAX);
        if let Some(parsed) = self.parsed.get_mut(at) {
            parsed.command = command;
        }
    }

    pub(super) fn drop_if_last(&mut self, position: u32) {
        let at = usize::try_from(position).unwrap_or(usize::MAX);
        if at.checked_add(1) == Some(self.parsed.len()) {
            self.parsed.pop();
        }
    }
}

/// The name in front of an unquoted `=`: `X`, `X[1]`, `X+`.
fn assigned(raw: &str) -> Option<&str> {
    let (name, _) = raw.split_once('=')?;
    let name = name.strip_suffix('+').unwrap_or(name);
    let name = name.split_once('[').map_or(name, |(name, _)| name);
    let first = name.bytes().next()?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (!first.is_ascii_digit() && name.bytes().all(fits)).then_some(name)
}

/// Whether `set` switches the exit at errors on or off.
fn errexit(command: &Command) -> Option<bool> {
    if command.program() != "set" {
        return None;
    }
    let words: Vec<_> = command
        .arguments()
        .iter()
        .map(|it| it.text.as_str())
        .collect();
    let short = words.iter().rev().find_map(|word| {
        let on = word.starts_with('-');
        let letters = word.strip_prefix(['-', '+'])?;
        letters.contains('e').then_some(on)
    });
    let long = words.windows(2).rev().find_map(|pair| match pair {
        [sign, "errexit"] => Some(sign.starts_with('-')),
        _ => None,
    });
    short.or(long)
}

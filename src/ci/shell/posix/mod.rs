//! Splits a POSIX or bash script into simple commands. It knows quotes,
//! expansions, lists, pipes, groups and here-documents; it runs nothing, and
//! any text has an answer: what has no end is told as a [`Trouble`], and the
//! text behind it is read as well as it can be.
//!
//! Written after the grammar of POSIX.1-2024, Shell Command Language, 2.3 and
//! 2.10, and the bash manual.

mod compound;
mod expand;
mod flow;
mod redirect;
mod reserved;
#[cfg(test)]
mod tests;
mod word;

use flow::Flow;
use redirect::{Body, Pending};

use super::split::{Parsed, Split, Trouble};
use crate::model::build::Command;

/// Deepest nesting of substitutions.
const MAX_DEPTH: usize = 24;
/// Most quotation marks without an end that are read as if they ended with their line.
const MAX_REWINDS: usize = 16;
/// Longest `${{ … }}`, `$[[ … ]]` or `$(( … ))` that is taken as one, in bytes.
const MAX_EXPRESSION: usize = 8192;
/// Most of those without an end that are looked for.
const MAX_FAILED_SCANS: usize = 256;
/// Most places that are told as unreadable.
const MAX_TROUBLES: usize = 32;
/// How far a look ahead goes, in bytes.
const MAX_QUOTED: usize = 240;
/// Most commands of one script.
pub(super) const MAX_COMMANDS: usize = 5000;

/// Where a list of commands ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Text,
    Parenthesis,
    Backtick,
}

/// The simple commands of a script, in the order in which they begin.
pub(super) fn split(text: &str) -> Split {
    let mut parser = Parser {
        text,
        at: 0,
        limit: text.len(),
        depth: 0,
        rewinds: 0,
        failed_scans: 0,
        full: false,
        parsed: Vec::new(),
        troubles: Vec::new(),
        pending: Vec::new(),
        bodies: Vec::new(),
    };
    parser.list(End::Text, None);
    parser.finish()
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// Where the part that is being read ends.
    limit: usize,
    depth: usize,
    rewinds: usize,
    failed_scans: usize,
    full: bool,
    parsed: Vec<Parsed>,
    troubles: Vec<Trouble>,
    pending: Vec<Pending>,
    bodies: Vec<Body>,
}

/// How far a parser was, to begin again from there.
struct Mark {
    parsed: usize,
    troubles: usize,
    pending: usize,
    bodies: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.byte(0)
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        let at = self.at + ahead;
        let byte = self.text.as_bytes().get(at).copied();
        byte.filter(|_| at < self.limit)
    }

    fn rest(&self) -> &[u8] {
        self.text
            .as_bytes()
            .get(self.at..self.limit)
            .unwrap_or_default()
    }

    fn slice(&self, from: usize, to: usize) -> &str {
        self.text.get(from..to).unwrap_or_default()
    }

    fn line_end(&self, from: usize) -> usize {
        let rest = self.text.as_bytes().get(from..self.limit);
        let length = rest.and_then(|rest| rest.iter().position(|byte| *byte == b'\n'));
        length.map_or(self.limit, |length| from + length)
    }

    fn trouble(&mut self, at: usize, why: &'static str) {
        if self.troubles.len() < MAX_TROUBLES {
            self.troubles.push(Trouble { at, why });
        }
    }

    fn mark(&self) -> Mark {
        Mark {
            parsed: self.parsed.len(),
            troubles: self.troubles.len(),
            pending: self.pending.len(),
            bodies: self.bodies.len(),
        }
    }

    /// What began at `start` has no end: it is read as if it ended with its line.
    fn rewind(&mut self, mark: &Mark, start: usize, why: &'static str) {
        if self.rewinds < MAX_REWINDS {
            self.rewinds += 1;
            self.parsed.truncate(mark.parsed);
            self.troubles.truncate(mark.troubles);
            self.pending.truncate(mark.pending);
            self.bodies.truncate(mark.bodies);
            self.at = self.line_end(start);
        }
        self.trouble(start, why);
    }

    /// Blanks, continued lines and a comment.
    fn skip_blanks(&mut self) {
        loop {
            match (self.peek(), self.byte(1)) {
                (Some(b' ' | b'\t' | b'\r'), _) => self.at += 1,
                (Some(b'\\'), Some(b'\n')) => self.at += 2,
                (Some(b'\\'), Some(b'\r')) if self.byte(2) == Some(b'\n') => self.at += 3,
                (Some(b'#'), _) => self.at = self.line_end(self.at),
                _ => return,
            }
        }
    }

    fn skip_blanks_and_lines(&mut self) {
        loop {
            self.skip_blanks();
            if self.peek() != Some(b'\n') {
                return;
            }
            self.newline();
        }
    }

    fn newline(&mut self) {
        self.at += 1;
        self.here_documents();
    }

    fn list(&mut self, end: End, inside: Option<u32>) {
        let mut flow = Flow::new(inside, self.parsed.len());
        loop {
            self.skip_blanks();
            let before = self.at;
            let Some(byte) = self.peek() else {
                if end != End::Text {
                    self.trouble(self.limit.saturating_sub(1), "a substitution has no end");
                }
                return;
            };
            match byte {
                b')' if end == End::Parenthesis && !flow.in_parenthesis() => {
                    self.at += 1;
                    return;
                }
                b'`' if end == End::Backtick => {
                    self.at += 1;
                    return;
                }
                b'\n' | b';' | b'&' | b'|' | b'(' | b')' if !self.is_redirect() => {
                    self.operator(&mut flow);
                }
                _ => self.simple(&mut flow, end),
            }
            if self.at == before {
                self.at += 1;
            }
        }
    }

    /// Takes the place of a command that begins here.
    fn begin(&mut self, at: usize, flow: &Flow) -> u32 {
        let position = u32::try_from(self.parsed.len()).unwrap_or(u32::MAX);
        if self.parsed.len() >= MAX_COMMANDS {
            if !self.full {
                self.full = true;
                self.trouble(at, "it holds more than 5000 commands");
            }
            return position;
        }
        let command = Command {
            position,
            inside: flow.inside,
            ..Command::default()
        };
        self.parsed.push(Parsed { at, command });
        position
    }

    fn finish(mut self) -> Split {
        for body in std::mem::take(&mut self.bodies) {
            let owner = usize::try_from(body.owner).ok();
            let parsed = owner.and_then(|owner| self.parsed.get_mut(owner));
            if let Some(parsed) = parsed
                && let Some(redirect) = parsed.command.redirects.get_mut(body.redirect)
            {
                redirect.target = body.word;
            }
        }
        Split {
            parsed: self.parsed,
            troubles: self.troubles,
        }
    }
}

//! Expansions: variables, substitutions, and what a controller pastes in
//! before the shell sees it. They stay in the word as they are written.

use super::{End, MAX_DEPTH, MAX_EXPRESSION, MAX_FAILED_SCANS, MAX_QUOTED, Parser};
use crate::model::build::Word;

impl Parser<'_> {
    /// What `$` begins.
    pub(super) fn dollar(&mut self, word: &mut Word, owner: u32) {
        if self.pasted(word) {
            return;
        }
        if self.depth >= MAX_DEPTH {
            self.trouble(self.at, "substitutions are nested too deeply");
            word.plain = false;
            word.text.push('$');
            self.at += 1;
            return;
        }
        let start = self.at;
        let length = word.text.len();
        match self.byte(1) {
            Some(b'(') => {
                self.at += 1;
                let arithmetic = self.byte(1) == Some(b'(');
                match self.arithmetic_end().filter(|_| arithmetic) {
                    Some(end) => self.at = end,
                    None => self.nested(1, End::Parenthesis, owner),
                }
            }
            Some(b'{') => self.braces(word, owner),
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {
                self.at += 1;
                self.name(word, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
            }
            Some(byte) if byte.is_ascii_digit() || b"?#@*!$-".contains(&byte) => {
                word.variables.push(char::from(byte).to_string());
                self.at += 2;
            }
            _ => {
                self.at += 1;
                word.text.push('$');
                return;
            }
        }
        word.plain = false;
        word.text.truncate(length);
        word.text.push_str(self.slice(start, self.at));
    }

    fn name(&mut self, word: &mut Word, fits: impl Fn(u8) -> bool) {
        let start = self.at;
        while self.peek().is_some_and(&fits) {
            self.at += 1;
        }
        if self.at > start {
            word.variables.push(self.slice(start, self.at).to_owned());
        }
    }

    /// `${name…}`; `${bamboo.name}` too.
    fn braces(&mut self, word: &mut Word, owner: u32) {
        let start = self.at;
        let mark = self.mark();
        self.at += 2;
        if matches!(self.peek(), Some(b'!' | b'#')) && self.byte(1) != Some(b'}') {
            self.at += 1;
        }
        self.name(word, |byte| {
            byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.'
        });
        self.depth += 1;
        loop {
            match self.peek() {
                None => {
                    self.rewind(&mark, start, "an expansion has no end");
                    break;
                }
                Some(b'}') => {
                    self.at += 1;
                    break;
                }
                Some(b'\\') => self.at += 2,
                Some(b'$') => self.dollar(word, owner),
                Some(b'`') => self.backticks(word, owner),
                Some(b'\'') if self.quoted_here() => {
                    let length = self.rest().iter().skip(1).position(|byte| *byte == b'\'');
                    self.at += length.map_or(1, |length| length + 2);
                }
                Some(_) => self.at += 1,
            }
        }
        self.at = self.at.min(self.limit);
        self.depth -= 1;
    }

    /// Whether a quotation mark ends on its own line, not far away.
    fn quoted_here(&self) -> bool {
        let line = self.rest().iter().take(MAX_QUOTED).skip(1);
        let mut line = line.take_while(|byte| **byte != b'\n');
        line.any(|byte| *byte == b'\'')
    }

    /// The commands of a substitution that begins `skip` bytes ahead.
    fn nested(&mut self, skip: usize, end: End, owner: u32) {
        self.at += skip;
        self.depth += 1;
        self.list(end, Some(owner));
        self.depth -= 1;
    }

    pub(super) fn backticks(&mut self, word: &mut Word, owner: u32) {
        let start = self.at;
        if self.depth >= MAX_DEPTH {
            self.trouble(start, "substitutions are nested too deeply");
            self.at += 1;
            return;
        }
        self.nested(1, End::Backtick, owner);
        word.plain = false;
        word.text.push_str(self.slice(start, self.at));
    }

    /// `<(…)` and `>(…)`.
    pub(super) fn process(&mut self, word: &mut Word, owner: u32) {
        let start = self.at;
        if self.depth >= MAX_DEPTH {
            self.trouble(start, "substitutions are nested too deeply");
            self.at += 2;
            return;
        }
        self.nested(2, End::Parenthesis, owner);
        word.plain = false;
        word.text.push_str(self.slice(start, self.at));
    }

    /// What a controller replaces before the shell sees it: `${{ … }}`, `$[[ … ]]`.
    pub(super) fn pasted(&mut self, word: &mut Word) -> bool {
        let close: &[u8] = match self.rest() {
            [b'$', b'{', b'{', ..] => b"}}",
            [b'$', b'[', b'[', ..] => b"]]",
            [b'$', b'{', ..] if self.rest().starts_with(b"${bamboo.") => b"}",
            _ => return false,
        };
        if self.failed_scans >= MAX_FAILED_SCANS {
            return false;
        }
        let rest = self.rest();
        let window = &rest[..rest.len().min(MAX_EXPRESSION)];
        let Some(length) = window.windows(close.len()).position(|it| it == close) else {
            self.failed_scans += 1;
            return false;
        };
        let end = self.at + length + close.len();
        if close == b"}" {
            let name = self.slice(self.at + 2, end - 1).to_owned();
            word.variables.push(name);
        }
        word.text.push_str(self.slice(self.at, end));
        word.plain = false;
        self.at = end;
        true
    }

    /// Where `((…))` ends that begins here.
    pub(super) fn arithmetic_end(&mut self) -> Option<usize> {
        if self.failed_scans >= MAX_FAILED_SCANS {
            return None;
        }
        let end = self.find_arithmetic_end();
        self.failed_scans += usize::from(end.is_none());
        end
    }

    fn find_arithmetic_end(&self) -> Option<usize> {
        let rest = self.rest();
        let window = &rest[..rest.len().min(MAX_EXPRESSION)];
        let mut open = 0_usize;
        for (at, byte) in window.iter().enumerate() {
            match byte {
                b'(' => open += 1,
                b')' => {
                    open = open.checked_sub(1)?;
                    if open == 0 {
                        let twice = window[at.saturating_sub(1)] == b')';
                        return twice.then_some(self.at + at + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

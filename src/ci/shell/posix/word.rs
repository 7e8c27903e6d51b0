//! Words and quotation marks.

use super::{End, Parser};
use crate::model::build::Word;

/// A word as it was read.
pub(super) struct Lexed {
    pub(super) word: Word,
    /// Where it begins.
    pub(super) start: usize,
    /// Whether it holds no quotation mark, escape or expansion.
    pub(super) bare: bool,
}

impl Parser<'_> {
    /// The word that begins here. `owner` is the command that it belongs to.
    pub(super) fn word(&mut self, end: End, owner: u32) -> Lexed {
        let start = self.at;
        let mut word = Word {
            plain: true,
            ..Word::default()
        };
        if matches!(self.rest(), [b'<' | b'>', b'(', ..]) {
            self.process(&mut word, owner);
        }
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')' => {
                    break;
                }
                b'`' if end == End::Backtick => break,
                _ => self.piece(byte, &mut word, owner),
            }
        }
        let bare = word.plain && word.text == self.slice(start, self.at);
        Lexed { word, start, bare }
    }

    fn piece(&mut self, byte: u8, word: &mut Word, owner: u32) {
        match byte {
            b'\'' => self.single(word),
            b'"' => self.double(word, owner),
            b'`' => self.backticks(word, owner),
            b'$' if self.byte(1) == Some(b'\'') => {
                self.at += 1;
                self.ansi(word);
            }
            b'$' if self.byte(1) == Some(b'"') => {
                self.at += 1;
                self.double(word, owner);
            }
            b'$' => self.dollar(word, owner),
            b'\\' => self.escape(word),
            _ => self.letters(word),
        }
    }

    /// Everything up to what might mean something.
    fn letters(&mut self, word: &mut Word) {
        let start = self.at;
        let special = |byte: &u8| {
            matches!(
                byte,
                b' ' | b'\t'
                    | b'\r'
                    | b'\n'
                    | b';'
                    | b'&'
                    | b'|'
                    | b'<'
                    | b'>'
                    | b'('
                    | b')'
                    | b'`'
                    | b'\''
                    | b'"'
                    | b'$'
                    | b'\\'
            )
        };
        let length = self.rest().iter().position(special);
        self.at += length.unwrap_or_else(|| self.rest().len());
        word.text.push_str(self.slice(start, self.at));
    }

    fn escape(&mut self, word: &mut Word) {
        self.at += 1;
        match self.peek() {
            Some(b'\n') => self.at += 1,
            Some(b'\r') if self.byte(1) == Some(b'\n') => self.at += 2,
            Some(_) => self.one_letter(word),
            None => word.text.push('\\'),
        }
    }

    fn one_letter(&mut self, word: &mut Word) {
        let rest = self.slice(self.at, self.limit);
        match rest.chars().next() {
            Some(letter) => {
                word.text.push(letter);
                self.at += letter.len_utf8();
            }
            None => self.at += 1,
        }
    }

    /// `'…'`. A forge pastes its expressions in these too.
    fn single(&mut self, word: &mut Word) {
        let start = self.at;
        let length = word.text.len();
        self.at += 1;
        loop {
            match self.peek() {
                None => {
                    word.text.truncate(length);
                    let mark = self.mark();
                    self.rewind(&mark, start, "a quotation mark has no end");
                    let from = (start + 1).min(self.at);
                    word.text.push_str(self.slice(from, self.at));
                    return;
                }
                Some(b'\'') => {
                    self.at += 1;
                    return;
                }
                Some(b'$') if self.pasted(word) => {}
                Some(_) => self.run_of(word, b"'$"),
            }
        }
    }

    /// `$'…'`, escapes kept as they are but for the quotation mark.
    fn ansi(&mut self, word: &mut Word) {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None => {
                    let mark = self.mark();
                    return self.rewind(&mark, start, "a quotation mark has no end");
                }
                Some(b'\'') => {
                    self.at += 1;
                    return;
                }
                Some(b'\\') => {
                    self.at += 1;
                    if self.peek().is_some() {
                        self.one_letter(word);
                    }
                }
                Some(b'$') if self.pasted(word) => {}
                Some(_) => self.run_of(word, b"'\\$"),
            }
        }
    }

    /// At least one letter, up to one of `stops`.
    fn run_of(&mut self, word: &mut Word, stops: &[u8]) {
        let start = self.at;
        let rest = self.rest();
        let length = rest.iter().skip(1).position(|byte| stops.contains(byte));
        self.at += length.map_or(rest.len(), |length| length + 1);
        word.text.push_str(self.slice(start, self.at));
    }

    /// `"…"`.
    fn double(&mut self, word: &mut Word, owner: u32) {
        let start = self.at;
        let mark = self.mark();
        let (length, variables, plain) = (word.text.len(), word.variables.len(), word.plain);
        self.at += 1;
        loop {
            match self.peek() {
                None => {
                    word.text.truncate(length);
                    word.variables.truncate(variables);
                    word.plain = plain;
                    self.rewind(&mark, start, "a quotation mark has no end");
                    let from = (start + 1).min(self.at);
                    word.text.push_str(self.slice(from, self.at));
                    return;
                }
                Some(b'"') => {
                    self.at += 1;
                    return;
                }
                Some(b'\\') => match self.byte(1) {
                    Some(b'\n') => self.at += 2,
                    Some(b'"' | b'$' | b'\\' | b'`') => {
                        self.at += 1;
                        self.one_letter(word);
                    }
                    _ => self.run_of(word, b"\"\\$`"),
                },
                Some(b'`') => self.backticks(word, owner),
                Some(b'$') => self.dollar(word, owner),
                Some(_) => self.run_of(word, b"\"\\$`"),
            }
        }
    }
}

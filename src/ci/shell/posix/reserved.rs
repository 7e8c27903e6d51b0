//! Reserved words: blocks are skipped to the commands that stand in them.

use super::flow::{Block, Flow};
use super::word::Lexed;
use super::{End, Parser};
use crate::model::build::Command;

impl Parser<'_> {
    /// Whether a word is a reserved one, with what that brings about.
    pub(super) fn reserved(
        &mut self,
        first: &Lexed,
        position: u32,
        flow: &mut Flow,
        end: End,
    ) -> bool {
        match first.word.text.as_str() {
            "if" | "while" | "until" | "{" => {
                flow.open(Block::Other);
                self.drop_if_last(position);
                flow.chain = self.parsed.len();
            }
            "then" | "do" | "else" | "elif" => {
                self.drop_if_last(position);
                flow.chain = self.parsed.len();
            }
            "!" | "time" | "coproc" => self.drop_if_last(position),
            "fi" | "done" | "}" => {
                self.drop_if_last(position);
                flow.close(Block::Other);
            }
            "esac" => {
                self.drop_if_last(position);
                flow.close(Block::Case);
            }
            "for" | "select" | "case" => self.head(first, position, flow, end),
            "function" => {
                self.skip_blanks();
                self.word(end, position);
                self.skip_blanks();
                self.is_function();
                self.drop_if_last(position);
            }
            "[[" => self.condition(first, position, flow, end),
            _ => return false,
        }
        true
    }

    /// `for x in …` and `case … in`, kept as a command of that name.
    fn head(&mut self, first: &Lexed, position: u32, flow: &mut Flow, end: End) {
        let mut command = Command {
            position,
            inside: flow.inside,
            ..Command::default()
        };
        command.words.push(first.word.clone());
        let is_case = first.word.text == "case";
        flow.open(if is_case { Block::Case } else { Block::Other });
        self.skip_blanks();
        if self.rest().starts_with(b"((") {
            self.at = self.arithmetic_end().unwrap_or(self.at);
        }
        loop {
            self.skip_blanks();
            let before = self.at;
            match self.peek() {
                Some(b'\n') if is_case => self.newline(),
                None | Some(b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>') => break,
                _ => {
                    let word = self.word(end, position);
                    let is_in = word.bare && word.word.text == "in";
                    command.words.push(word.word);
                    if is_case && is_in {
                        break;
                    }
                }
            }
            if self.at == before {
                break;
            }
        }
        self.done(command, flow);
        if is_case {
            self.pattern();
        }
        flow.chain = self.parsed.len();
    }

    /// The patterns of a branch of `case`, with their parenthesis.
    pub(super) fn pattern(&mut self) {
        self.skip_blanks_and_lines();
        if self.rest().starts_with(b"esac") {
            return;
        }
        let start = self.at;
        let mark = self.mark();
        loop {
            self.skip_blanks_and_lines();
            let before = self.at;
            match self.peek() {
                None => return self.rewind(&mark, start, "a pattern of `case` has no end"),
                Some(b')') => {
                    self.at += 1;
                    return;
                }
                Some(b'|' | b'(' | b';' | b'&' | b'<' | b'>') => self.at += 1,
                _ => {
                    self.word(End::Text, u32::MAX);
                }
            }
            if self.at == before {
                self.at += 1;
            }
        }
    }

    /// `[[ … ]]`, in which operators are words.
    fn condition(&mut self, first: &Lexed, position: u32, flow: &mut Flow, end: End) {
        let mut command = Command {
            position,
            inside: flow.inside,
            words: vec![first.word.clone()],
            ..Command::default()
        };
        loop {
            self.skip_blanks();
            let before = self.at;
            match self.peek() {
                None | Some(b';') => break,
                Some(b'\n') => self.newline(),
                Some(b'&' | b'|' | b'(' | b')' | b'<' | b'>') => self.at += 1,
                _ => {
                    let word = self.word(end, position);
                    let closes = word.bare && word.word.text == "]]";
                    command.words.push(word.word);
                    if closes {
                        break;
                    }
                }
            }
            if self.at == before {
                self.at += 1;
            }
        }
        self.done(command, flow);
    }
}

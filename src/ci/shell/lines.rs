//! Splits PowerShell and cmd.exe scripts into commands, line by line: pipes,
//! separators, quotation marks and variables, no more. Blocks count as what
//! stands in them.

use super::Dialect;
use super::posix::MAX_COMMANDS;
use super::split::{Parsed, Split, Trouble};
use crate::model::build::{Command, Redirect, Word};

/// The commands of a script.
pub(super) fn split(text: &str, dialect: Dialect) -> Split {
    let mut lines = Lines {
        text,
        at: 0,
        dialect,
        words: Vec::new(),
        start: None,
        feed: None,
        split: Split::default(),
    };
    lines.run();
    lines.split
}

struct Lines<'a> {
    text: &'a str,
    at: usize,
    dialect: Dialect,
    words: Vec<(Word, bool)>,
    start: Option<usize>,
    feed: Option<u32>,
    split: Split,
}

impl Lines<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn is_powershell(&self) -> bool {
        self.dialect == Dialect::PowerShell
    }

    fn starts(&self, what: &str) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        rest.starts_with(what)
    }

    fn run(&mut self) {
        while let Some(letter) = self.peek() {
            let before = self.at;
            match letter {
                '\n' => self.end(false, 1),
                ';' if self.is_powershell() => self.end(false, 1),
                '&' if self.starts("&&") => self.end(false, 2),
                '|' if self.starts("||") => self.end(false, 2),
                '|' => self.end(true, 1),
                '&' if self.is_powershell() => self.at += 1,
                '&' => self.end(false, 1),
                '{' | '}' | '(' | ')' if self.at_boundary() => self.end(false, 1),
                '<' if self.is_powershell() && self.starts("<#") => self.skip_comment(),
                '#' if self.is_powershell() => self.skip_line(),
                '@' if !self.is_powershell() && self.words.is_empty() => self.at += 1,
                _ if letter.is_whitespace() => self.at += letter.len_utf8(),
                _ if self.continues() => self.skip_line_and_break(),
                _ => self.word(),
            }
            if self.at == before {
                self.at += letter.len_utf8();
            }
        }
        self.end(false, 0);
    }

    fn at_boundary(&self) -> bool {
        self.is_powershell() || self.words.is_empty()
    }

    fn continues(&self) -> bool {
        let mark = if self.is_powershell() { "`" } else { "^" };
        let rest = self.text.get(self.at..).unwrap_or_default();
        let rest = rest.strip_prefix(mark);
        rest.is_some_and(|rest| rest.starts_with('\n') || rest.starts_with("\r\n"))
    }

    fn skip_line(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at += rest.find('\n').unwrap_or(rest.len());
    }

    /// `<# … #>`; one without an end hides what follows, as it does from PowerShell.
    fn skip_comment(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.find("#>");
        if length.is_none() {
            self.split.troubles.push(Trouble {
                at: self.at,
                why: "a comment has no end",
            });
        }
        self.at += length.map_or(rest.len(), |length| length + 2);
    }

    fn skip_line_and_break(&mut self) {
        self.skip_line();
        self.at += 1;
    }

    fn word(&mut self) {
        self.start.get_or_insert(self.at);
        let mut word = Word {
            plain: true,
            ..Word::default()
        };
        let start = self.at;
        let mut quote = None;
        while let Some(letter) = self.peek() {
            match (quote, letter) {
                (Some(open), _) if letter == open => quote = None,
                (Some(_), '\n') => {
                    self.split.troubles.push(Trouble {
                        at: start,
                        why: "a quotation mark has no end on its line",
                    });
                    break;
                }
                (None, '"') => quote = Some('"'),
                (None, '\'') if self.is_powershell() => quote = Some('\''),
                (Some('\''), _) => word.text.push(letter),
                (_, '$') if self.is_powershell() || self.starts("${{") => {
                    self.variable(&mut word, "$");
                    continue;
                }
                (_, '%') if !self.is_powershell() => {
                    self.variable(&mut word, "%");
                    continue;
                }
                (None, '{' | '}' | '(' | ')' | ';') if self.is_powershell() => break,
                (None, '|' | '&') => break,
                (None, _) if letter.is_whitespace() => break,
                _ => word.text.push(letter),
            }
            self.at += letter.len_utf8();
        }
        let bare = self.text.get(start..self.at) == Some(word.text.as_str());
        self.words.push((word, bare));
    }

    /// `$X`, `$env:X`, `${env:X}`, `${{ … }}`, `%X%`.
    fn variable(&mut self, word: &mut Word, mark: &str) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let inner = &rest[mark.len()..];
        let is_name = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
        let plain_length = inner.find(|it| !is_name(it)).unwrap_or(inner.len());
        let (length, name) = if inner.starts_with("{{") {
            let end = rest.lines().next().and_then(|line| line.find("}}"));
            (end.map_or(mark.len(), |end| end + 2), "")
        } else if mark == "%" {
            match inner[plain_length..].starts_with('%') {
                true => (plain_length + 2, &inner[..plain_length]),
                false => (mark.len(), ""),
            }
        } else if let Some(braced) = inner.strip_prefix('{') {
            let end = braced.find(|it| !is_name(it)).unwrap_or(braced.len());
            let closed = usize::from(braced[end..].starts_with('}'));
            (mark.len() + 1 + end + closed, &braced[..end])
        } else {
            (mark.len() + plain_length, &inner[..plain_length])
        };
        if length > mark.len() {
            word.plain = false;
        }
        if !name.is_empty() {
            let own = name.strip_prefix("env:").unwrap_or(name);
            word.variables.push(own.to_owned());
        }
        word.text.push_str(&rest[..length]);
        self.at += length;
    }

    /// Ends a command.
    fn end(&mut self, pipe: bool, skip: usize) {
        self.at += skip;
        let words = std::mem::take(&mut self.words);
        let start = self.start.take();
        let feed = self.feed.take();
        let Some(start) = start.filter(|_| !self.is_comment(&words)) else {
            self.feed = feed.filter(|_| !pipe);
            return;
        };
        if self.split.parsed.len() >= MAX_COMMANDS {
            return;
        }
        let position = u32::try_from(self.split.parsed.len()).unwrap_or(u32::MAX);
        let mut command = Command {
            position,
            fed_by: feed,
            ..Command::default()
        };
        fill(&mut command, words);
        assign(&mut command, self.dialect);
        self.split.parsed.push(Parsed { at: start, command });
        self.feed = pipe.then_some(position);
        if self.split.parsed.len() == MAX_COMMANDS {
            self.split.troubles.push(Trouble {
                at: start,
                why: "it holds more than 5000 commands",
            });
        }
    }

    fn is_comment(&self, words: &[(Word, bool)]) -> bool {
        let first = words.first().map_or("", |(word, _)| word.text.as_str());
        !self.is_powershell() && (first.eq_ignore_ascii_case("rem") || first.starts_with("::"))
    }
}

/// Redirections apart, the rest are words.
fn fill(command: &mut Command, words: Vec<(Word, bool)>) {
    let mut words = words.into_iter().peekable();
    while let Some((word, bare)) = words.next() {
        let operator = word.text.trim_end_matches(|it| it != '>');
        let is_redirect = bare && matches!(operator, ">" | ">>" | "2>" | "2>>" | "*>" | "1>");
        if !is_redirect {
            command.words.push(word);
            continue;
        }
        let rest = word.text[operator.len()..].to_owned();
        let operator = operator.to_owned();
        let target = if rest.is_empty() {
            words.next().map(|(word, _)| word).unwrap_or_default()
        } else {
            Word { text: rest, ..word }
        };
        command.redirects.push(Redirect { operator, target });
    }
}

/// `$x = 1`, `$env:X = "1"`, `set X=1`.
fn assign(command: &mut Command, dialect: Dialect) {
    let texts: Vec<_> = command.words.iter().map(|it| it.text.clone()).collect();
    match (dialect, texts.as_slice()) {
        (Dialect::PowerShell, [name, equals, _, ..]) if equals == "=" && name.starts_with('$') => {
            let name = name
                .trim_start_matches('$')
                .trim_start_matches("env:")
                .to_owned();
            let value = command.words.remove(2);
            command.words.drain(..2);
            if command.words.is_empty() || !value.plain {
                command.variables.push((name, value));
            } else {
                command.words.insert(0, value.clone());
                command.variables.push((
                    name,
                    Word {
                        plain: false,
                        ..value
                    },
                ));
            }
        }
        (Dialect::Batch, [set, pair, ..]) if set.eq_ignore_ascii_case("set") => {
            if let Some((name, value)) = pair.split_once('=') {
                let value = Word {
                    text: value.to_owned(),
                    ..command.words[1].clone()
                };
                command.variables.push((name.to_owned(), value));
                command.words.clear();
            }
        }
        _ => {}
    }
}

//! Groovy's tokens, with their places. Knows strings, comments and brackets;
//! refuses to know what a program does. <https://groovy-lang.org/syntax.html>
//!
//! Ends within the text's length: nothing is looked at twice, and strings in
//! interpolations in strings nest to a bound.

use std::ops::Range;

use super::string::{DOLLAR_SLASHY, QUOTES, SLASHY};

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: Kind,
    /// Where it stands, in bytes.
    pub(super) span: Range<usize>,
}

/// What a [`Token`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name, keyword or number.
    Word(String),
    /// A string.
    Text(Text),
    /// `(`, `[` or `{`.
    Open(u8),
    /// `)`, `]` or `}`.
    Close(u8),
    /// The end of a line.
    Newline,
    /// `;`
    Semicolon,
    /// `,`
    Comma,
    /// `.`, `?.`, `*.`
    Dot,
    /// `:`
    Colon,
    /// `=`
    Assign,
    /// `@`
    At,
    /// Any other.
    Operator(&'static str),
}

/// A string, escapes read. Interpolations stand in it as `${expression}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Text {
    /// What it says.
    pub(super) text: String,
    /// The line of the source, from 1, of each of its lines.
    pub(super) lines: Vec<u32>,
    /// Its interpolations.
    pub(super) pasted: Vec<Pasted>,
}

/// An interpolation of a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pasted {
    /// Where it stands in the text, `${` and `}` included.
    pub(super) range: Range<usize>,
    /// The expression, blanks folded.
    pub(super) expression: String,
    /// The line of the source, from 1.
    pub(super) line: u32,
}

/// Something that is no Groovy, or that we do not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Where, in bytes.
    pub(super) offset: usize,
    /// Why, as a clause.
    pub(super) why: &'static str,
}

/// The tokens of a text, and what is wrong with it.
pub(super) fn tokens(text: &str) -> (Vec<Token>, Vec<Fault>) {
    let mut lexer = Lexer {
        text,
        at: 0,
        line: 1,
        list: Vec::new(),
        faults: Vec::new(),
        slashes_end: false,
    };
    lexer.run();
    (lexer.list, lexer.faults)
}

/// Longest first.
const OPERATORS: &[&str] = &[
    "<=>", "==~", "===", "!==", ">>>", "**=", "?.", "*.", ".&", "::", "..", "->", "==", "=~", "!=",
    "<=", ">=", "<<", ">>", "&&", "||", "?:", "++", "--", "+=", "-=", "*=", "/=", "%=", "|=", "&=",
    "^=", "**", "+", "-", "*", "/", "%", "<", ">", "!", "&", "|", "^", "~", "?", "#", "\\", "`",
];

pub(super) struct Lexer<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    pub(super) line: u32,
    list: Vec<Token>,
    faults: Vec<Fault>,
    /// A slashy string had no end: no other has one.
    slashes_end: bool,
}

impl Lexer<'_> {
    fn run(&mut self) {
        if self.text.starts_with("#!") {
            self.skip_line();
        }
        while let Some(letter) = self.rest().chars().next() {
            let start = self.at;
            let kind = self.one(letter);
            if let Some(kind) = kind {
                let span = start..self.at;
                self.list.push(Token { kind, span });
            }
        }
    }

    pub(super) fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    pub(super) fn fault(&mut self, offset: usize, why: &'static str) {
        // One is enough to distrust the reading; many tell no more.
        if self.faults.len() < 8 {
            self.faults.push(Fault { offset, why });
        }
    }

    fn one(&mut self, letter: char) -> Option<Kind> {
        if let Some((start, quotes)) = QUOTES
            .iter()
            .find(|(start, _)| self.rest().starts_with(start))
        {
            self.at += start.len();
            return Some(Kind::Text(self.string(*quotes, 0)));
        }
        if letter.is_alphanumeric() || letter == '_' || (letter == '$' && !self.begins("$/")) {
            return Some(self.word());
        }
        match letter {
            '/' if self.begins("//") => {
                self.skip_line();
                return None;
            }
            '/' if self.begins("/*") => {
                self.comment();
                return None;
            }
            '/' | '$' if self.value_may_begin() => {
                if let Some(text) = self.slashy(letter) {
                    return Some(Kind::Text(text));
                }
            }
            '\\' if self.begins("\\u") => {
                self.fault(self.at, "a Unicode escape stands outside a string")
            }
            '\\' if self.begins("\\\n") || self.begins("\\\r\n") => {
                self.at += 1;
                self.skip_line_end();
                return None;
            }
            _ => {}
        }
        self.sign(letter)
    }

    fn sign(&mut self, letter: char) -> Option<Kind> {
        let operator = OPERATORS.iter().find(|sign| self.begins(sign)).copied();
        if let Some(operator) = operator {
            self.at += operator.len();
            return Some(match operator {
                "?." | "*." | ".&" => Kind::Dot,
                _ => Kind::Operator(operator),
            });
        }
        self.at += letter.len_utf8();
        Some(match letter {
            '\n' => {
                self.line = self.line.saturating_add(1);
                Kind::Newline
            }
            '(' | '[' | '{' => Kind::Open(letter as u8),
            ')' | ']' | '}' => Kind::Close(letter as u8),
            ';' => Kind::Semicolon,
            ',' => Kind::Comma,
            '.' if self.byte(0) == Some(b'*') => {
                self.at += 1;
                Kind::Word("*".to_owned())
            }
            '.' => Kind::Dot,
            ':' => Kind::Colon,
            '=' => Kind::Assign,
            '@' => Kind::At,
            _ if letter.is_whitespace() => return None,
            _ => {
                self.fault(
                    self.at - letter.len_utf8(),
                    "a character stands where Groovy has none",
                );
                return None;
            }
        })
    }

    pub(super) fn begins(&self, with: &str) -> bool {
        self.rest().starts_with(with)
    }

    fn word(&mut self) -> Kind {
        let number = self.byte(0).is_some_and(|byte| byte.is_ascii_digit());
        let belongs = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$');
        let rest = self.rest();
        let mut end = rest.find(|letter| !belongs(letter)).unwrap_or(rest.len());
        let fraction = rest.get(end..).unwrap_or_default();
        let is_fraction = number
            && fraction.starts_with('.')
            && fraction[1..].starts_with(|letter: char| letter.is_ascii_digit());
        if is_fraction {
            let more = fraction[1..].find(|letter| !belongs(letter));
            end += 1 + more.unwrap_or(fraction.len() - 1);
        }
        let word = rest[..end].to_owned();
        self.at += end;
        Kind::Word(word)
    }

    fn skip_line(&mut self) {
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
    }

    fn skip_line_end(&mut self) {
        if self.byte(0) == Some(b'\r') {
            self.at += 1;
        }
        self.at += 1;
        self.line = self.line.saturating_add(1);
    }

    fn comment(&mut self) {
        let length = self.rest().find("*/");
        if length.is_none() {
            self.fault(self.at, "a comment has no end");
        }
        let end = length.map_or(self.text.len(), |length| self.at + length + 2);
        let lines = self.text[self.at..end]
            .bytes()
            .filter(|byte| *byte == b'\n')
            .count();
        self.line = self
            .line
            .saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.at = end;
    }

    /// Whether a slash begins a string here, and does not divide.
    fn value_may_begin(&self) -> bool {
        match self.list.last().map(|token| &token.kind) {
            Some(Kind::Word(word)) => {
                matches!(word.as_str(), "return" | "in" | "case" | "assert" | "else")
            }
            Some(Kind::Text(_) | Kind::Close(_)) => false,
            _ => true,
        }
    }

    fn slashy(&mut self, letter: char) -> Option<Text> {
        if letter == '$' {
            self.at += 2;
            return Some(self.string(DOLLAR_SLASHY, 0));
        }
        let behind = self.text.get(self.at + 1..).unwrap_or_default();
        if self.slashes_end || !behind.contains('/') {
            self.slashes_end = true;
            return None;
        }
        self.at += 1;
        Some(self.string(SLASHY, 0))
    }
}

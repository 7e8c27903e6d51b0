//! Groovy's tokens, with their places. Knows strings, comments and brackets;
//! refuses to know what a program does. <https://groovy-lang.org/syntax.html>
//!
//! Ends within the text's length: nothing is looked at twice, and strings in
//! interpolations in strings nest to [`MAX_INTERPOLATION`].

use std::ops::Range;

/// Deepest nesting of strings in interpolations of strings.
pub(super) const MAX_INTERPOLATION: usize = 16;

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

/// How a string is written.
#[derive(Clone, Copy)]
struct Quotes {
    end: &'static str,
    interpolates: bool,
    multiline: bool,
    escape: u8,
}

const fn quotes(end: &'static str, interpolates: bool, multiline: bool, escape: u8) -> Quotes {
    Quotes {
        end,
        interpolates,
        multiline,
        escape,
    }
}

const QUOTES: [(&str, Quotes); 4] = [
    ("'''", quotes("'''", false, true, b'\\')),
    ("\"\"\"", quotes("\"\"\"", true, true, b'\\')),
    ("'", quotes("'", false, false, b'\\')),
    ("\"", quotes("\"", true, false, b'\\')),
];
const SLASHY: Quotes = quotes("/", true, true, b'/');
const DOLLAR_SLASHY: Quotes = quotes("/$", true, true, b'$');

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    line: u32,
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

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn fault(&mut self, offset: usize, why: &'static str) {
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

    fn begins(&self, with: &str) -> bool {
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

impl Lexer<'_> {
    /// Reads a string behind its opening quotes.
    fn string(&mut self, quotes: Quotes, depth: usize) -> Text {
        let start = self.at;
        let mut text = Text {
            lines: vec![self.line],
            ..Text::default()
        };
        loop {
            if self.begins(quotes.end) {
                self.at += quotes.end.len();
                return text;
            }
            let Some(letter) = self.rest().chars().next() else {
                self.fault(start, "a string has no end");
                return text;
            };
            match letter {
                '\n' if !quotes.multiline => {
                    self.fault(start, "a string has no end in its line");
                    return text;
                }
                '\\' if quotes.escape == b'\\' => self.escape(&mut text),
                '\\' if self.begins("\\u") => self.unicode(&mut text),
                '\\' if quotes.escape == b'/' && self.begins("\\/") => self.take(&mut text, 1),
                '$' if quotes.escape == b'$' && (self.begins("$$") || self.begins("$/")) => {
                    self.take(&mut text, 1);
                }
                '$' if quotes.interpolates => self.interpolation(&mut text, depth),
                _ => self.take(&mut text, 0),
            }
        }
    }

    /// Takes one letter behind `skip` bytes as it is.
    fn take(&mut self, text: &mut Text, skip: usize) {
        self.at += skip;
        let Some(letter) = self.rest().chars().next() else {
            return;
        };
        self.at += letter.len_utf8();
        match letter {
            '\n' => {
                self.line = self.line.saturating_add(1);
                text.text.push('\n');
                text.lines.push(self.line);
            }
            '\r' if self.byte(0) == Some(b'\n') => {}
            _ => text.text.push(letter),
        }
    }

    fn escape(&mut self, text: &mut Text) {
        match self.byte(1) {
            Some(b'n') => {
                text.text.push('\n');
                text.lines.push(self.line);
            }
            Some(b't') => text.text.push('\t'),
            Some(b'r') => text.text.push('\r'),
            Some(b'b') => text.text.push('\u{8}'),
            Some(b'f') => text.text.push('\u{c}'),
            Some(b'u') => return self.unicode(text),
            Some(b'\n') => self.line = self.line.saturating_add(1),
            Some(b'\r') if self.byte(2) == Some(b'\n') => {
                self.at += 1;
                self.line = self.line.saturating_add(1);
            }
            _ => return self.take(text, 1),
        }
        self.at += 2;
    }

    /// `\u0041`. Groovy reads it before anything else, so that it may also end a string.
    fn unicode(&mut self, text: &mut Text) {
        let start = self.at;
        let behind = self.rest()[1..].trim_start_matches('u');
        let skipped = self.rest().len() - behind.len();
        let code = behind
            .get(..4)
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let Some(letter) = code.and_then(char::from_u32) else {
            return self.take(text, 1);
        };
        if matches!(
            letter,
            '\'' | '"' | '\\' | '$' | '\n' | '\r' | '{' | '}' | '/'
        ) {
            self.fault(start, "a Unicode escape stands for a sign of Groovy's own");
        }
        text.text.push(letter);
        self.at += skipped + 4;
    }

    fn interpolation(&mut self, text: &mut Text, depth: usize) {
        let line = self.line;
        self.at += 1;
        let expression = if self.begins("{") {
            self.at += 1;
            self.expression(depth)
        } else {
            self.path()
        };
        if expression.is_empty() {
            return text.text.push('$');
        }
        let start = text.text.len();
        text.text.push_str("${");
        text.text.push_str(&expression);
        text.text.push('}');
        text.pasted.push(Pasted {
            range: start..text.text.len(),
            expression,
            line,
        });
    }

    /// `name.other` of `$name.other`.
    fn path(&mut self) -> String {
        let start = self.at;
        let name = |text: &str| {
            let first = text.starts_with(|letter: char| letter.is_alphabetic() || letter == '_');
            let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
            if first { end.unwrap_or(text.len()) } else { 0 }
        };
        self.at += name(self.rest());
        while self.at > start && self.begins(".") && name(&self.rest()[1..]) > 0 {
            self.at += 1 + name(&self.rest()[1..]);
        }
        self.text[start..self.at].to_owned()
    }

    /// Reads to the brace that ends an interpolation, strings in it included.
    fn expression(&mut self, depth: usize) -> String {
        let start = self.at;
        if depth >= MAX_INTERPOLATION {
            self.fault(start, "strings nest too deep");
            self.at = self.text.len();
            return String::new();
        }
        let mut open = 0_usize;
        while let Some(letter) = self.rest().chars().next() {
            if let Some((quote, quotes)) = QUOTES.iter().find(|(start, _)| self.begins(start)) {
                self.at += quote.len();
                self.string(*quotes, depth + 1);
                continue;
            }
            match letter {
                '}' if open == 0 => {
                    let inner = &self.text[start..self.at];
                    self.at += 1;
                    return inner.split_whitespace().collect::<Vec<_>>().join(" ");
                }
                '}' => open -= 1,
                '{' => open += 1,
                '\n' => self.line = self.line.saturating_add(1),
                _ => {}
            }
            self.at += letter.len_utf8();
        }
        self.fault(start, "an interpolation has no end");
        self.text[start..]
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }
}

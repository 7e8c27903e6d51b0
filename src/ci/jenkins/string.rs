//! The strings of Groovy: escapes, interpolations, and the line of the source
//! of each line of the text. <https://groovy-lang.org/syntax.html#all-strings>

use super::token::{Lexer, Pasted, Text};

/// Deepest nesting of strings in interpolations of strings.
pub(super) const MAX_INTERPOLATION: usize = 16;

/// How a string is written.
#[derive(Clone, Copy)]
pub(super) struct Quotes {
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

/// By how it begins, the longest first.
pub(super) const QUOTES: [(&str, Quotes); 4] = [
    ("'''", quotes("'''", false, true, b'\\')),
    ("\"\"\"", quotes("\"\"\"", true, true, b'\\')),
    ("'", quotes("'", false, false, b'\\')),
    ("\"", quotes("\"", true, false, b'\\')),
];
/// `/…/`
pub(super) const SLASHY: Quotes = quotes("/", true, true, b'/');
/// `$/…/$`
pub(super) const DOLLAR_SLASHY: Quotes = quotes("/$", true, true, b'$');

impl Lexer<'_> {
    /// Reads a string behind its opening quotes.
    pub(super) fn string(&mut self, quotes: Quotes, depth: usize) -> Text {
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

//! nginx's configuration syntax: directives, blocks, quotes, escapes and
//! comments. It knows no directive's meaning.
//! Source: `ngx_conf_read_token` of nginx's `ngx_conf_file.c`.

use std::iter::Peekable;
use std::rc::Rc;
use std::str::Chars;

use super::super::place::{Place, SyntaxError};

/// Deepest nesting of blocks.
const MAX_DEPTH: usize = 32;

/// Most directives, those of includes as often as they are included.
pub(super) const MAX_DIRECTIVES: usize = 200_000;

/// A directive with its arguments, and its block if it has one.
#[derive(Debug, Clone)]
pub(super) struct Directive {
    pub(super) name: String,
    pub(super) arguments: Vec<String>,
    pub(super) block: Option<Vec<Directive>>,
    pub(super) place: Place,
}

impl Directive {
    /// An argument, empty if there is none.
    pub(super) fn argument(&self, number: usize) -> &str {
        self.arguments.get(number).map_or("", String::as_str)
    }

    /// What stands in the block.
    pub(super) fn inside(&self) -> &[Directive] {
        self.block.as_deref().unwrap_or_default()
    }
}

enum Token {
    Word(String),
    Semicolon,
    Open,
    Close,
}

/// The directives of one file.
pub(super) fn parse(text: &str, file: &Rc<str>) -> Result<Vec<Directive>, SyntaxError> {
    let mut reader = Reader {
        letters: text.chars().peekable(),
        file,
        line: 1,
    };
    // The directives of each open block, and what opened it.
    let mut open: Vec<(Directive, Vec<Directive>)> = Vec::new();
    let mut current = Vec::new();
    let mut words: Option<Directive> = None;
    let mut count = 0;
    while let Some(token) = reader.token()? {
        match token {
            Token::Word(word) => match &mut words {
                Some(directive) => directive.arguments.push(word),
                None => {
                    count += 1;
                    if count > MAX_DIRECTIVES {
                        return Err(
                            reader.error("there are more directives than 200000, the bound")
                        );
                    }
                    words = Some(reader.directive(word));
                }
            },
            Token::Semicolon => current.extend(Some(
                words
                    .take()
                    .ok_or_else(|| reader.error("`;` ends nothing"))?,
            )),
            Token::Open => {
                let opener = words
                    .take()
                    .ok_or_else(|| reader.error("`{` opens nothing"))?;
                if opener.name.ends_with("_by_lua_block") {
                    return Err(reader.error("a block of Lua is not understood"));
                }
                if open.len() == MAX_DEPTH {
                    return Err(reader.error("blocks are nested deeper than 32, the bound"));
                }
                open.push((opener, std::mem::take(&mut current)));
            }
            Token::Close => {
                if words.is_some() {
                    return Err(reader.error("`;` is missing before `}`"));
                }
                let (mut opener, outside) = open
                    .pop()
                    .ok_or_else(|| reader.error("`}` closes nothing"))?;
                opener.block = Some(std::mem::replace(&mut current, outside));
                current.push(opener);
            }
        }
    }
    match (words, open.last()) {
        (Some(unended), _) => Err(SyntaxError::at(&unended.place, "no `;` ends this")),
        (None, Some((opener, _))) => Err(SyntaxError::at(&opener.place, "no `}` closes this")),
        (None, None) => Ok(current),
    }
}

struct Reader<'a> {
    letters: Peekable<Chars<'a>>,
    file: &'a Rc<str>,
    line: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let letter = self.letters.next();
        self.line += usize::from(letter == Some('\n'));
        letter
    }

    fn place(&self) -> Place {
        Place::new(self.file, self.line)
    }

    fn error(&self, what: &'static str) -> SyntaxError {
        SyntaxError::at(&self.place(), what)
    }

    fn directive(&self, name: String) -> Directive {
        Directive {
            name,
            arguments: Vec::new(),
            block: None,
            place: self.place(),
        }
    }

    fn token(&mut self) -> Result<Option<Token>, SyntaxError> {
        loop {
            let Some(letter) = self.next() else {
                return Ok(None);
            };
            return Ok(Some(match letter {
                ' ' | '\t' | '\r' | '\n' => continue,
                '#' => {
                    while self.next().is_some_and(|letter| letter != '\n') {}
                    continue;
                }
                ';' => Token::Semicolon,
                '{' => Token::Open,
                '}' => Token::Close,
                '"' | '\'' => Token::Word(self.quoted(letter)?),
                first => Token::Word(self.plain(first)?),
            }));
        }
    }

    fn quoted(&mut self, quote: char) -> Result<String, SyntaxError> {
        let start = self.place();
        let mut word = String::new();
        loop {
            match self.next() {
                Some('\\') => self.escape(&mut word)?,
                Some(letter) if letter == quote => break,
                Some(letter) => word.push(letter),
                None => return Err(SyntaxError::at(&start, "no quote ends this")),
            }
        }
        match self.letters.peek() {
            None | Some(' ' | '\t' | '\r' | '\n' | ';' | '{' | ')') => Ok(word),
            Some(_) => Err(self.error("something follows a quote without a space")),
        }
    }

    fn plain(&mut self, first: char) -> Result<String, SyntaxError> {
        let mut word = String::new();
        let mut letter = first;
        loop {
            match letter {
                '\\' => self.escape(&mut word)?,
                _ => word.push(letter),
            }
            let of_variable = letter == '$';
            match self.letters.peek() {
                None | Some(' ' | '\t' | '\r' | '\n' | ';') => return Ok(word),
                Some('{') if !of_variable => return Ok(word),
                Some(_) => letter = self.next().unwrap_or_default(),
            }
        }
    }

    /// What follows a backslash, as nginx keeps it.
    fn escape(&mut self, word: &mut String) -> Result<(), SyntaxError> {
        match self.next() {
            Some(letter @ ('"' | '\'' | '\\')) => word.push(letter),
            Some('t') => word.push('\t'),
            Some('r') => word.push('\r'),
            Some('n') => word.push('\n'),
            Some(letter) => word.extend(['\\', letter]),
            None => return Err(self.error("the file ends in a backslash")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::parse;

    fn words(text: &str) -> Vec<Vec<String>> {
        let parsed = parse(text, &Rc::from("f")).expect("nginx's syntax");
        let words = |one: super::Directive| [vec![one.name], one.arguments].concat();
        parsed.into_iter().map(words).collect()
    }

    #[test]
    fn words_are_read_as_nginx_reads_them() {
        assert_eq!(
            words("a b;#c\nd \"e f\\\"\";"),
            [vec!["a", "b"], vec!["d", "e f\""]]
        );
        assert_eq!(words("a ${b}c#d;"), [vec!["a", "${b}c#d"]]);
        assert_eq!(words(r"a \d 'x\.';"), [vec!["a", r"\d", r"x\."]]);
    }

    #[test]
    fn blocks_know_their_lines() {
        let parsed = parse("a {\n b { c; }\n}\n", &Rc::from("f")).expect("nginx's syntax");
        let inner = &parsed[0].inside()[0];
        assert_eq!(inner.place.to_string(), "f:2");
        assert_eq!(inner.inside()[0].name, "c");
    }

    #[test]
    fn what_does_not_end_is_an_error() {
        let deep = "a {".repeat(100_000);
        for text in [
            "a", "a {", "a \"b;", "}", ";", "{", "a }", "a \\", "'a'b;", &deep,
        ] {
            assert!(parse(text, &Rc::from("f")).is_err());
        }
    }
}

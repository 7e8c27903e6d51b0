//! Apache's configuration syntax: directives, sections, quotes, comments and
//! lines that go on. It knows no directive's meaning.
//! Source: httpd's manual, "Configuration Files".

use std::rc::Rc;

use super::super::place::{Place, SyntaxError};

/// Deepest nesting of sections.
const MAX_DEPTH: usize = 32;

/// Longest line, with all lines that it goes on in.
const MAX_LINE: usize = 64 * 1024;

/// A directive, or a section with what stands in it.
#[derive(Debug)]
pub(super) struct Directive {
    /// In small letters.
    pub(super) name: String,
    pub(super) arguments: Vec<String>,
    /// What stands in the section; nothing if it is none.
    pub(super) section: Option<Vec<Directive>>,
    pub(super) place: Place,
}

impl Directive {
    /// An argument, empty if there is none.
    pub(super) fn argument(&self, number: usize) -> &str {
        self.arguments.get(number).map_or("", String::as_str)
    }

    /// Whether it has this name; `name` is in small letters.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    /// Whether an argument is this word, however it is written.
    pub(super) fn says(&self, word: &str) -> bool {
        self.arguments
            .iter()
            .any(|one| one.eq_ignore_ascii_case(word))
    }

    /// What stands in the section.
    pub(super) fn inside(&self) -> &[Directive] {
        self.section.as_deref().unwrap_or_default()
    }
}

/// The directives of a file.
pub(super) fn parse(text: &str, file: &Rc<str>) -> Result<Vec<Directive>, SyntaxError> {
    let mut open: Vec<(Directive, Vec<Directive>)> = Vec::new();
    let mut current = Vec::new();
    for (line, place) in lines(text, file)? {
        let error = |what| SyntaxError::at(&place, what);
        if let Some(name) = line.strip_prefix("</") {
            let name = name
                .strip_suffix('>')
                .ok_or_else(|| error("`>` is missing"))?
                .trim();
            let (mut section, outside) =
                open.pop().ok_or_else(|| error("this closes no section"))?;
            if !section.name.eq_ignore_ascii_case(name) {
                return Err(error("this closes another section than the innermost"));
            }
            section.section = Some(std::mem::replace(&mut current, outside));
            current.push(section);
        } else if let Some(head) = line.strip_prefix('<') {
            let head = head
                .strip_suffix('>')
                .ok_or_else(|| error("`>` is missing"))?;
            if open.len() == MAX_DEPTH {
                return Err(error("sections are nested deeper than 32, the bound"));
            }
            open.push((directive(head, &place)?, std::mem::take(&mut current)));
        } else {
            current.push(directive(&line, &place)?);
        }
    }
    match open.last() {
        Some((section, _)) => Err(SyntaxError::at(
            &section.place,
            "no line closes this section",
        )),
        None => Ok(current),
    }
}

/// The lines that say something, each with those that it goes on in.
fn lines(text: &str, file: &Rc<str>) -> Result<Vec<(String, Place)>, SyntaxError> {
    let mut found = Vec::new();
    let mut whole: Option<(String, Place)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_end_matches('\r');
        let (part, goes_on) = match line.strip_suffix('\\') {
            Some(part) => (part, true),
            None => (line, false),
        };
        let (text, place) = whole.get_or_insert_with(|| (String::new(), Place::new(file, number)));
        text.push_str(part);
        if text.len() > MAX_LINE {
            return Err(SyntaxError::at(
                place,
                "this line is longer than 65536 bytes, the bound",
            ));
        }
        if !goes_on {
            found.extend(whole.take());
        }
    }
    if let Some((_, place)) = whole {
        return Err(SyntaxError::at(
            &place,
            "the file ends in a line that goes on",
        ));
    }
    let trimmed = found
        .into_iter()
        .map(|(line, place)| (line.trim().to_owned(), place));
    Ok(trimmed
        .filter(|(line, _)| !line.is_empty() && !line.starts_with('#'))
        .collect())
}

fn directive(line: &str, place: &Place) -> Result<Directive, SyntaxError> {
    let mut words = words(line, place)?.into_iter();
    let name = words
        .next()
        .ok_or_else(|| SyntaxError::at(place, "there is no name"))?;
    Ok(Directive {
        name: name.to_ascii_lowercase(),
        arguments: words.collect(),
        section: None,
        place: place.clone(),
    })
}

/// The words of a line. A backslash keeps a quote inside of quotes.
fn words(line: &str, place: &Place) -> Result<Vec<String>, SyntaxError> {
    let mut words = Vec::new();
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_whitespace() {
            continue;
        }
        let mut word = String::new();
        if letter != '"' && letter != '\'' {
            word.push(letter);
            word.extend(std::iter::from_fn(|| {
                letters.next_if(|it| !it.is_whitespace())
            }));
            words.push(word);
            continue;
        }
        loop {
            match letters.next() {
                Some('\\') if letters.peek() == Some(&letter) => word.extend(letters.next()),
                Some(end) if end == letter => break,
                Some(other) => word.push(other),
                None => return Err(SyntaxError::at(place, "no quote ends this line's word")),
            }
        }
        words.push(word);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::parse;

    #[test]
    fn sections_lines_and_words_are_read_as_apache_reads_them() {
        let text = "# <Never>\n<Location \"/a b\">\n  Require \\\n valid-user\n</location>\nX 'y \"' \"\\\"\" z#\n";
        let parsed = parse(text, &Rc::from("f")).expect("Apache's syntax");
        assert_eq!(parsed[0].arguments, ["/a b"]);
        let require = &parsed[0].inside()[0];
        assert_eq!(
            (require.name.as_str(), require.argument(0)),
            ("require", "valid-user")
        );
        assert_eq!(require.place.to_string(), "f:3");
        assert_eq!(parsed[1].arguments, ["y \"", "\"", "z#"]);
    }

    #[test]
    fn what_does_not_end_is_an_error() {
        let (deep, long) = ("<A>\n".repeat(10_000), "a\\\n".repeat(100_000));
        for text in [
            "<A>",
            "</A>",
            "<A>\n</B>",
            "<A",
            "a \"b",
            "a \\",
            "<>\n</>",
            &deep,
            &long,
        ] {
            assert!(parse(text, &Rc::from("f")).is_err(), "{text:.20}");
        }
    }
}

//! XML by its tags alone, as a flat list. No entities from elsewhere, no
//! schema, and what is not well-formed is read as far as it goes.

use super::{Leaf, MAX_LEAVES};
use crate::ci::text::Unparsable;

/// Deepest nesting of elements.
const MAX_DEPTH: usize = 64;

pub(super) fn read(text: &str) -> Result<Vec<Leaf>, Unparsable> {
    let mut reader = Reader {
        text,
        at: 0,
        line: 1,
        counted: 0,
        open: Vec::new(),
        all: Vec::new(),
    };
    while let Some(start) = reader.text[reader.at..].find('<') {
        let start = reader.at + start;
        reader.words(start);
        reader.tag(start)?;
        if reader.all.len() > MAX_LEAVES {
            break;
        }
    }
    Ok(reader.all)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    counted: usize,
    open: Vec<String>,
    all: Vec<Leaf>,
}

impl<'a> Reader<'a> {
    /// Takes what stands between two tags.
    fn words(&mut self, end: usize) {
        let (start, words) = (self.at, &self.text[self.at..end]);
        let lead = words.len() - words.trim_start().len();
        if !words.trim().is_empty() && !self.open.is_empty() {
            self.leaf(self.open.clone(), decoded(words.trim()), start + lead);
        }
    }

    fn tag(&mut self, start: usize) -> Result<(), Unparsable> {
        let rest = &self.text[start..];
        for (opens, closes) in [
            ("<!--", "-->"),
            ("<![CDATA[", "]]>"),
            ("<?", "?>"),
            ("<!", ">"),
        ] {
            if let Some(inside) = rest.strip_prefix(opens) {
                let length = inside.find(closes);
                let inside = &inside[..length.unwrap_or(inside.len())];
                if opens == "<![CDATA[" && !self.open.is_empty() {
                    self.leaf(self.open.clone(), inside.trim().to_owned(), start);
                }
                let closed = length.map_or(0, |_| closes.len());
                self.at = start + opens.len() + inside.len() + closed;
                return Ok(());
            }
        }
        let end = end_of_tag(rest);
        self.at = start + end + usize::from(end < rest.len());
        let inside = &rest[1..end.max(1)];
        if let Some(name) = inside.strip_prefix('/') {
            let name = local(name.trim());
            if let Some(position) = self.open.iter().rposition(|open| open == name) {
                self.open.truncate(position);
            }
            return Ok(());
        }
        self.element(inside, start)
    }

    fn element(&mut self, inside: &'a str, start: usize) -> Result<(), Unparsable> {
        let closed = inside.ends_with('/');
        let inside = inside.strip_suffix('/').unwrap_or(inside);
        let end = inside.find(char::is_whitespace).unwrap_or(inside.len());
        if self.open.len() >= MAX_DEPTH {
            let reason = format!("elements stand more than {MAX_DEPTH} deep");
            return Err(Unparsable::at(self.text.as_bytes(), start, reason));
        }
        self.open.push(local(&inside[..end]).to_owned());
        let mut rest = &inside[end..];
        while let Some(equals) = rest.find('=') {
            let name = local(rest[..equals].trim()).to_owned();
            let value = rest[equals + 1..].trim_start();
            let Some(quote) = value.chars().next().filter(|it| matches!(it, '"' | '\'')) else {
                break;
            };
            let value = &value[1..];
            let end = value.find(quote).unwrap_or(value.len());
            let keys = self.open.iter().cloned().chain([format!("@{name}")]);
            self.leaf(keys.collect(), decoded(&value[..end]), start);
            rest = value.get(end + 1..).unwrap_or_default();
        }
        if closed {
            self.leaf(self.open.clone(), String::new(), start);
            self.open.pop();
        }
        Ok(())
    }

    fn leaf(&mut self, keys: Vec<String>, value: String, offset: usize) {
        let between = self
            .text
            .as_bytes()
            .get(self.counted..offset)
            .unwrap_or_default();
        let lines = between.iter().filter(|byte| **byte == b'\n').count();
        self.line = self
            .line
            .saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.counted = self.counted.max(offset);
        let (line, column) = (self.line, 1);
        self.all.push(Leaf {
            keys,
            value,
            line,
            column,
        });
    }
}

/// Where `>` stands, quotes skipped.
fn end_of_tag(text: &str) -> usize {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return at,
            _ => {}
        }
    }
    // An open quote hides the rest: read as if it were none.
    text.find('>').unwrap_or(text.len())
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn decoded(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let pairs = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ];
    pairs
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn elements_and_attributes_are_told() {
        let text = "<?xml version=\"1.0\"?>\n<!-- <a>no</a> -->\n<m:settings>\n <mirror>\n  <url>https://x?a&amp;b</url>\n </mirror>\n <add key='k' value=\"a>b\" />\n</m:settings>\n";
        let all = read(text).expect("XML");
        let told: Vec<_> = all
            .iter()
            .map(|leaf| (leaf.keys.join("/"), leaf.value.as_str(), leaf.line))
            .collect();
        let of = |keys: &str, value, line| (keys.to_owned(), value, line);
        assert_eq!(
            told,
            [
                of("settings/mirror/url", "https://x?a&b", 5),
                of("settings/add/@key", "k", 7),
                of("settings/add/@value", "a>b", 7),
                of("settings/add", "", 7),
            ]
        );
        assert!(read(&"<a>".repeat(1_000)).is_err());
    }
}

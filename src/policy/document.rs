//! A TOML text as a tree of plain values, with the place of every key and
//! value. Knows TOML and nothing of policies.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::place::{KeyPath, Spots};
use super::problem::{Problem, Source, Spot};
use crate::model::text::escape;

/// Largest policy file that is read, in bytes.
pub const MAX_POLICY_BYTES: usize = 1 << 20;

/// Most misleading characters that are reported.
const MAX_MISLEADING: usize = 20;

/// A TOML text, read.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// The tree. Dates are text; [`Document::dates`] tells them apart.
    pub(crate) value: Value,
    /// Where everything stands.
    pub(crate) spots: Spots,
    /// The values that were TOML dates or times.
    pub(crate) dates: BTreeSet<KeyPath>,
    /// Lines with syntax errors.
    broken_lines: BTreeSet<usize>,
}

impl Document {
    /// Reads a text. All syntax errors are reported, and what could be read is returned.
    pub(crate) fn parse(name: &str, text: &str, problems: &mut Vec<Problem>) -> Self {
        let source = Arc::new(Source {
            name: name.to_owned(),
            text: text.to_owned(),
        });
        let mut reader = Reader {
            document: Self::empty(&source),
            source,
            problems,
        };
        if text.len() > MAX_POLICY_BYTES {
            let message = format!(
                "the file has {} bytes; at most {MAX_POLICY_BYTES} are read",
                text.len()
            );
            reader.problems.push(reader.spot(0..0).error(message));
            return reader.document;
        }
        reader.misleading(text);
        let (table, errors) = DeTable::parse_recoverable(text);
        reader.syntax(errors);
        reader.document.value = reader.table(table.get_ref(), &KeyPath::root());
        reader.document
    }

    /// A document that was put together from others.
    pub(crate) fn merged(value: Value, spots: Spots) -> Self {
        let (dates, broken_lines) = (BTreeSet::new(), BTreeSet::new());
        Self {
            value,
            spots,
            dates,
            broken_lines,
        }
    }

    /// Whether a problem of a later stage is more than an echo of a syntax
    /// error: what stands on a broken line, lacks a key that could not be read
    /// or has no place is not worth telling.
    pub(crate) fn is_worth_telling(&self, problem: &Problem) -> bool {
        let echo = problem.message.contains(" lacks ") || (problem.line, problem.column) == (1, 1);
        self.broken_lines.is_empty() || !(echo || self.broken_lines.contains(&problem.line))
    }

    fn empty(source: &Arc<Source>) -> Self {
        Self {
            value: Value::Object(Map::new()),
            spots: Spots::new(Spot::new(source, 0..0)),
            dates: BTreeSet::new(),
            broken_lines: BTreeSet::new(),
        }
    }
}

struct Reader<'a> {
    document: Document,
    source: Arc<Source>,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn spot(&self, span: Range<usize>) -> Spot {
        Spot::new(&self.source, span)
    }

    /// Reports syntax errors: the first of each line, for the rest follows from
    /// it. After a list that is not closed every line is nonsense, so the
    /// first of them says enough.
    fn syntax(&mut self, errors: Vec<toml::de::Error>) {
        let spots: Vec<_> = errors
            .iter()
            .map(|error| self.spot(error.span().unwrap_or(0..0)))
            .collect();
        let is_key = |error: &toml::de::Error| {
            error.message().starts_with("string values must be quoted")
                || error.message().starts_with("unexpected `=`")
        };
        let keys: BTreeSet<_> = errors
            .iter()
            .zip(&spots)
            .filter(|(error, _)| is_key(error))
            .map(|(_, spot)| spot.line())
            .collect();
        let mut list_is_open = false;
        for (error, spot) in errors.iter().zip(&spots) {
            let fresh = self.document.broken_lines.insert(spot.line());
            if !fresh || list_is_open {
                continue;
            }
            list_is_open =
                error.message().starts_with("missing comma") && keys.contains(&spot.line());
            let help =
                list_is_open.then(|| "a list before this line is not closed with `]`".to_owned());
            self.problems
                .push(spot.error(escape(error.message())).with_some_help(help));
        }
    }

    /// Reports characters that make a reader see another policy than the one
    /// that is read (trojan-source). Emoji and their joiners are no such.
    fn misleading(&mut self, text: &str) {
        let hides = |letter: char| {
            matches!(u32::from(letter), 0x061c | 0x200b | 0x200e..=0x200f | 0x2028..=0x202e
                | 0x2060..=0x206f | 0xe0000..=0xe007f)
        };
        for (at, letter) in text
            .char_indices()
            .filter(|(_, letter)| hides(*letter))
            .take(MAX_MISLEADING)
        {
            let spot = self.spot(at..at + letter.len_utf8());
            let message = format!(
                "the character U+{:04X} hides or reorders what stands around it",
                u32::from(letter)
            );
            self.problems.push(
                spot.error(message)
                    .with_help("remove it; in a text, write it as an escape"),
            );
        }
    }

    fn table(&mut self, table: &DeTable<'_>, path: &KeyPath) -> Value {
        let mut out = Map::new();
        for (key, value) in table {
            let inner = path.key(key.get_ref());
            let spot = self.spot(key.span());
            self.document.spots.add_key(&inner, spot);
            let value = self.value(value, &inner);
            out.insert(key.get_ref().to_string(), value);
        }
        Value::Object(out)
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, path: &KeyPath) -> Value {
        let spot = self.spot(value.span());
        self.document.spots.add_value(path, spot.clone());
        match value.get_ref() {
            DeValue::String(text) => Value::from(text.as_ref()),
            DeValue::Boolean(flag) => Value::from(*flag),
            DeValue::Integer(number) => {
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => Value::from(number),
                    Err(_) => {
                        self.problems
                            .push(spot.error("the number has more than 64 bits"));
                        Value::from(0)
                    }
                }
            }
            DeValue::Float(number) => number
                .as_str()
                .parse::<f64>()
                .map_or(Value::Null, Value::from),
            DeValue::Datetime(date) => {
                self.document.dates.insert(path.clone());
                Value::from(date.to_string())
            }
            DeValue::Array(list) => {
                for entry in list {
                    if let DeValue::String(text) = entry.get_ref() {
                        let spot = self.spot(entry.span());
                        self.document.spots.add_entry(path, text, spot);
                    }
                }
                let entries = list.iter().enumerate();
                entries
                    .map(|(index, entry)| self.value(entry, &path.index(index)))
                    .collect()
            }
            DeValue::Table(table) => self.table(table, path),
        }
    }
}

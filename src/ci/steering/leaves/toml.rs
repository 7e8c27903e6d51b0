//! TOML as a flat list.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Leaf, MAX_LEAVES};
use crate::ci::text::{Unparsable, decode};
use crate::model::text::excerpt;

/// Deepest nesting of tables and arrays.
const MAX_DEPTH: usize = 64;
/// Most opening brackets that no text closes between: the reader descends once for each.
const MAX_OPEN: usize = 128;

pub(super) fn read(content: &[u8]) -> Result<Vec<Leaf>, Unparsable> {
    let text = decode(content)?;
    if let Some(offset) = too_deep(text) {
        let reason = format!("brackets stand more than {MAX_OPEN} deep");
        return Err(Unparsable::at(text.as_bytes(), offset, reason));
    }
    let table = DeTable::parse(text).map_err(|error| {
        let reason = format!("it is not TOML: {}", excerpt(error.message(), 120));
        match error.span() {
            Some(span) => Unparsable::at(text.as_bytes(), span.start, reason),
            None => Unparsable::whole(reason),
        }
    })?;
    let mut walk = Walk {
        starts: std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect(),
        text,
        keys: Vec::new(),
        all: Vec::new(),
    };
    walk.table(table.get_ref(), table.span().start);
    Ok(walk.all)
}

fn too_deep(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        if open > MAX_OPEN {
            return Some(at);
        }
    }
    None
}

struct Walk<'a> {
    text: &'a str,
    starts: Vec<usize>,
    keys: Vec<String>,
    all: Vec<Leaf>,
}

impl Walk<'_> {
    fn table(&mut self, table: &DeTable<'_>, start: usize) {
        if table.is_empty() && !self.keys.is_empty() {
            self.leaf(String::new(), start);
        }
        for (key, value) in table {
            self.keys.push(key.get_ref().to_string());
            self.value(value);
            self.keys.pop();
        }
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>) {
        let start = value.span().start;
        if self.all.len() > MAX_LEAVES || self.keys.len() > MAX_DEPTH {
            return self.leaf(String::new(), start);
        }
        match value.get_ref() {
            DeValue::Table(table) => self.table(table, start),
            DeValue::Array(items) if !items.is_empty() => {
                for (at, item) in items.iter().enumerate() {
                    self.keys.push(format!("[{at}]"));
                    self.value(item);
                    self.keys.pop();
                }
            }
            DeValue::Array(_) => self.leaf(String::new(), start),
            DeValue::String(text) => self.leaf(text.to_string(), start),
            DeValue::Boolean(it) => self.leaf(it.to_string(), start),
            _ => self.leaf(self.text[value.span()].to_owned(), start),
        }
    }

    fn leaf(&mut self, value: String, start: usize) {
        let line = self.starts.partition_point(|at| *at <= start);
        let begin = self
            .starts
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or(0);
        let before = self.text.get(begin..start).unwrap_or_default();
        let one = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        self.all.push(Leaf {
            keys: self.keys.clone(),
            value,
            line: one(line),
            column: one(before.chars().count()).saturating_add(1),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn places_are_those_of_the_text() {
        let text = "a = 1\n[[s]]\nname = \"x\"\nurl = 'https://x'\n[t.u]\nv = [true, 2024-01-01]\n";
        let all = read(text.as_bytes()).expect("TOML");
        let told: Vec<_> = all
            .iter()
            .map(|leaf| {
                (
                    leaf.keys.join("."),
                    leaf.value.as_str(),
                    leaf.line,
                    leaf.column,
                )
            })
            .collect();
        let of = |keys: &str, value, line, column| (keys.to_owned(), value, line, column);
        assert_eq!(
            told,
            [
                of("a", "1", 1, 5),
                of("s.[0].name", "x", 3, 8),
                of("s.[0].url", "https://x", 4, 7),
                of("t.u.v.[0]", "true", 6, 6),
                of("t.u.v.[1]", "2024-01-01", 6, 12),
            ]
        );
        let deep = format!("a = {}", "[".repeat(1_000));
        assert!(
            read(deep.as_bytes())
                .expect_err("deep")
                .reason
                .contains("deep")
        );
    }
}

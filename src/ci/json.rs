//! JSON, read once for its form: is it JSON, and does a key stand twice? Not
//! YAML's business: JSON spells letters beyond the basic plane as two escapes,
//! which a YAML reader refuses.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::text::{Unparsable, decode};
use super::yaml::MAX_YAML_KEY;
use crate::model::text::excerpt;

/// Whether the file is JSON that all readers read alike. Depth is bounded by
/// the reader (128).
pub(super) fn inspect(content: &[u8]) -> Result<(), Unparsable> {
    let text = decode(content)?;
    serde_json::from_str::<Once>(text)
        .map(drop)
        .map_err(|error| {
            let position = |number: usize| u32::try_from(number).ok().filter(|number| *number > 0);
            let shown = error.to_string();
            let reason = shown.split(" at line ").next().unwrap_or(&shown);
            Unparsable {
                reason: match reason.strip_prefix(TWICE) {
                    Some(_) => reason.to_owned(),
                    None => format!("it is not JSON: {}", excerpt(reason, 120)),
                },
                line: position(error.line()),
                column: position(error.column()),
            }
        })
}

const TWICE: &str = "the key \"";

/// A value in which no key stands twice.
struct Once;

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Once)
    }
}

impl<'de> Visitor<'de> for Once {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if keys.contains(&key) {
                let shown = excerpt(&key, MAX_YAML_KEY);
                let message = format!("{TWICE}{shown}\" stands twice, so readers disagree");
                return Err(A::Error::custom(message));
            }
            keys.insert(key);
            map.next_value::<Once>()?;
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Once>()?.is_some() {}
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::inspect;

    #[test]
    fn json_is_read_and_a_key_stands_once() {
        let lawful = "\u{feff}{\n\t\"a\": [1, -2, 1.5e3, null, true], \"smile\": \"\\ud83d\\ude00\", \"b\": {}}";
        assert_eq!(inspect(lawful.as_bytes()), Ok(()));
        let twice = inspect(b"{\"a\": {\n  \"b\": 1,\n  \"\\u0062\": 2}}").expect_err("twice");
        assert_eq!(
            twice.reason,
            "the key \"b\" stands twice, so readers disagree"
        );
        assert_eq!(twice.line, Some(3));
        for odd in ["{\"a\": }", "", "{} x", "{'a': 1}", "// c\n{}"] {
            let reason = inspect(odd.as_bytes()).expect_err(odd).reason;
            assert!(reason.starts_with("it is not JSON: "), "{reason}");
        }
        assert!(inspect("[".repeat(100_000).as_bytes()).is_err());
    }
}

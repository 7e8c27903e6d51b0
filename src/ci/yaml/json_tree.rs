//! Files that are JSON or YAML, as one tree. JSON that a YAML reader refuses
//! (tabs, letters as two escapes) has the whole file's place.

use std::rc::Rc;

use super::tree::{Node, Style, Value, parse};
use crate::ci::text::{Unparsable, decode};

/// The roots of a file's documents; of JSON there is one.
///
/// # Errors
/// Why the file is neither.
pub(crate) fn parse_either(content: &[u8]) -> Result<Vec<Rc<Node>>, Unparsable> {
    parse(content).or_else(|error| {
        let json: serde_json::Value = serde_json::from_str(decode(content)?).map_err(|_| error)?;
        Ok(vec![Rc::new(node(json))])
    })
}

fn node(json: serde_json::Value) -> Node {
    let scalar = |text: String, style| Value::Scalar { text, style };
    let value = match json {
        serde_json::Value::Null => scalar("null".to_owned(), Style::Plain),
        serde_json::Value::Bool(it) => scalar(it.to_string(), Style::Plain),
        serde_json::Value::Number(it) => scalar(it.to_string(), Style::Plain),
        serde_json::Value::String(it) => scalar(it, Style::Quoted),
        serde_json::Value::Array(all) => {
            Value::List(all.into_iter().map(|one| Rc::new(node(one))).collect())
        }
        serde_json::Value::Object(all) => {
            let key = |text| Node {
                line: 1,
                column: 1,
                tag: None,
                value: scalar(text, Style::Quoted),
            };
            let pairs = all.into_iter();
            Value::Map(
                pairs
                    .map(|(name, one)| (key(name), Rc::new(node(one))))
                    .collect(),
            )
        }
    };
    Node {
        line: 1,
        column: 1,
        tag: None,
        value,
    }
}

#[cfg(test)]
mod tests {
    use super::parse_either;

    #[test]
    fn json_that_is_no_yaml_is_read_too() {
        let roots = parse_either(b"{\n\t\"a\": [\"\\ud83d\\ude00\", true]\n}").expect("JSON");
        let items = roots[0].get("a").expect("a").items();
        assert_eq!(items[0].text(), Some("\u{1f600}"));
        assert!(items[1].is_true());
        assert!(parse_either(b"a: [").is_err());
    }
}

//! YAML, JSON and JSON with comments as a flat list.

use super::{Leaf, MAX_LEAVES};
use crate::ci::text::{Unparsable, decode};
use crate::ci::yaml::tree::{Node, Value, parse};

pub(super) fn read(content: &[u8]) -> Result<Vec<Leaf>, Unparsable> {
    let roots = match parse(content) {
        Ok(roots) => roots,
        Err(error) => {
            let text = decode(content)?;
            if !text.trim_start().starts_with(['{', '[', '/']) {
                return Err(error);
            }
            parse(without_comments(text).as_bytes()).map_err(|_| error)?
        }
    };
    let mut all = Vec::new();
    for root in &roots {
        walk(root, &mut Vec::new(), &mut all);
    }
    Ok(all)
}

/// Depth is bounded by the reader of YAML.
fn walk(node: &Node, keys: &mut Vec<String>, all: &mut Vec<Leaf>) {
    if all.len() > MAX_LEAVES {
        return;
    }
    match &node.value {
        Value::Map(pairs) if !pairs.is_empty() => {
            for (key, value) in node.pairs() {
                keys.push(key.text().unwrap_or_default().to_owned());
                walk(value, keys, all);
                keys.pop();
            }
        }
        Value::List(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                keys.push(format!("[{at}]"));
                walk(item, keys, all);
                keys.pop();
            }
        }
        _ => all.push(Leaf {
            keys: keys.clone(),
            value: match node.is_null() {
                true => String::new(),
                false => node.text().unwrap_or_default().to_owned(),
            },
            line: node.line,
            column: node.column,
        }),
    }
}

/// Blanks out `//` and `/* */` outside of strings; places stay.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let mut quote = None;
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(_), '\\') => {
                out.push(letter);
                out.extend(letters.next());
            }
            (Some(open), _) => {
                quote = (letter != open).then_some(open);
                out.push(letter);
            }
            (None, '"' | '\'') => {
                quote = Some(letter);
                out.push(letter);
            }
            (None, '/') if letters.peek() == Some(&'/') => {
                while letters.peek().is_some_and(|next| *next != '\n') {
                    letters.next();
                    out.push(' ');
                }
            }
            (None, '/') if letters.peek() == Some(&'*') => {
                let mut last = ' ';
                for inside in letters.by_ref() {
                    out.push(if inside == '\n' { '\n' } else { ' ' });
                    if last == '*' && inside == '/' {
                        break;
                    }
                    last = inside;
                }
            }
            // Tabs may stand between JSON's words, and not between YAML's.
            (None, '\t') => out.push(' '),
            (None, _) => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn json_may_have_comments() {
        let text = "{\n  // why: \"x\"\n  \"a\": \"https://x\", /* b\n */ 'c': [1,],\n}\n";
        let all = read(text.as_bytes()).expect("JSON with comments");
        let told: Vec<_> = all
            .iter()
            .map(|leaf| (leaf.keys.join("."), leaf.value.as_str(), leaf.line))
            .collect();
        assert_eq!(
            told,
            [
                ("a".to_owned(), "https://x", 3),
                ("c.[0]".to_owned(), "1", 4)
            ]
        );
    }
}

//! JSON values as YAML 1.2: every text is quoted as in JSON, which YAML takes
//! in, so that nothing in a policy can become structure.

use std::fmt::Write as _;

use serde_json::Value;

/// Several documents of one stream.
pub(super) fn documents(all: &[Value]) -> String {
    let mut out = String::new();
    for document in all {
        out.push_str("---\n");
        node(&mut out, document, 0);
    }
    out
}

fn node(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(table) if !table.is_empty() => {
            for (key, value) in table {
                indent(out, depth);
                let _ = write!(out, "{key}:");
                under(out, value, depth);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for entry in list {
                indent(out, depth);
                out.push('-');
                item(out, entry, depth);
            }
        }
        plain => {
            indent(out, depth);
            let _ = writeln!(out, "{plain}");
        }
    }
}

/// What stands behind a key.
fn under(out: &mut String, value: &Value, depth: usize) {
    let nested = match value {
        Value::Object(table) => !table.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => false,
    };
    if nested {
        out.push('\n');
        node(out, value, depth + 1);
    } else {
        let _ = writeln!(out, " {value}");
    }
}

/// What stands behind a dash: a table begins on the same line.
fn item(out: &mut String, value: &Value, depth: usize) {
    let nested = matches!(value, Value::Object(table) if !table.is_empty())
        || matches!(value, Value::Array(list) if !list.is_empty());
    if !nested {
        let _ = writeln!(out, " {value}");
        return;
    }
    let mut inner = String::new();
    node(&mut inner, value, depth + 1);
    out.push(' ');
    out.push_str(inner.trim_start());
}

fn indent(out: &mut String, depth: usize) {
    out.push_str(&"  ".repeat(depth));
}

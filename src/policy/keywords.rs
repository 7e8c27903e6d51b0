//! The part of JSON Schema that the strict reader enforces. A test over the
//! real schema shows that it uses no other.

use serde_json::Value;

/// Keywords that only describe.
const DESCRIPTIVE: &[&str] = &[
    "$defs",
    "$id",
    "$schema",
    "default",
    "deprecated",
    "description",
    "examples",
    "title",
    "x-layer",
];

/// Keywords that the walker enforces.
const ENFORCED: &[&str] = &[
    "$ref",
    "additionalProperties",
    "anyOf",
    "const",
    "enum",
    "format",
    "items",
    "maximum",
    "maxItems",
    "maxLength",
    "minimum",
    "minItems",
    "minLength",
    "oneOf",
    "properties",
    "propertyNames",
    "required",
    "type",
    "uniqueItems",
];

/// Formats of numbers, which the schema's bounds express already.
pub(crate) const NUMBER_FORMATS: &[&str] = &[
    "uint", "uint8", "uint16", "uint32", "uint64", "int", "int32", "int64",
];

/// Keywords and formats of this one schema that the walker does not enforce.
pub(crate) fn unknown_keywords(schema: &Value) -> Vec<String> {
    let Some(keywords) = schema.as_object() else {
        return vec![schema.to_string()];
    };
    let mut unknown: Vec<String> = keywords
        .keys()
        .filter(|key| !DESCRIPTIVE.contains(&key.as_str()) && !ENFORCED.contains(&key.as_str()))
        .cloned()
        .collect();
    let is_table = keywords.get("type").and_then(Value::as_str) == Some("object");
    if is_table && !keywords.contains_key("additionalProperties") {
        unknown.push("a table that is open to unknown keys".to_owned());
    }
    unknown
}

/// The types that a schema allows.
pub(crate) fn type_names(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ if schema.get("oneOf").is_some() || schema.get("enum").is_some() => vec!["string"],
        _ => Vec::new(),
    }
}

/// The schema's name of a value's type.
pub(crate) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether a value is of a type.
pub(crate) fn is_type(name: &str, value: &Value) -> bool {
    let found = type_of(value);
    name == found || (name == "number" && found == "integer")
}

/// A type for people.
pub(crate) fn type_text(name: &str) -> &'static str {
    match name {
        "boolean" => "true or false",
        "number" => "a number",
        "integer" => "a whole number",
        "string" => "a text in quotes",
        "array" => "a list",
        "object" => "a table",
        _ => "nothing",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{NUMBER_FORMATS, unknown_keywords};
    use crate::policy::{formats, schema};

    /// Every schema inside a schema.
    fn each<'a>(schema: &'a Value, visit: &mut dyn FnMut(&'a Value)) {
        visit(schema);
        for list in ["properties", "$defs"] {
            let inner = schema.get(list).and_then(Value::as_object);
            inner
                .into_iter()
                .flatten()
                .for_each(|(_, inner)| each(inner, visit));
        }
        for list in ["anyOf", "oneOf"] {
            let inner = schema.get(list).and_then(Value::as_array);
            inner
                .into_iter()
                .flatten()
                .for_each(|inner| each(inner, visit));
        }
        for one in ["items", "additionalProperties"] {
            schema
                .get(one)
                .filter(|inner| inner.is_object())
                .into_iter()
                .for_each(|inner| each(inner, visit));
        }
    }

    #[test]
    fn every_construct_of_the_real_schema_is_enforced() {
        let mut count = 0;
        each(schema(), &mut |schema| {
            count += 1;
            assert_eq!(unknown_keywords(schema), Vec::<String>::new(), "{schema:#}");
            if let Some(format) = schema.get("format").and_then(Value::as_str) {
                let known = formats::rule(format).is_some() || NUMBER_FORMATS.contains(&format);
                assert!(known, "format {format}");
            }
            if schema.get("oneOf").is_some() || schema.get("enum").is_some() {
                assert!(schema::allowed_values(schema).is_some(), "{schema:#}");
            }
        });
        assert!(count > 30, "{count}");
    }

    #[test]
    fn a_construct_that_is_not_enforced_is_noticed() {
        assert_eq!(
            unknown_keywords(&json!({"type": "string", "pattern": "^a"})),
            ["pattern"]
        );
        assert_eq!(unknown_keywords(&json!({"type": "object"})).len(), 1);
    }
}

//! The JSON Schema of a policy file, generated from its types. It drives the
//! strict reader and serves editors.

use std::sync::OnceLock;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::file::PolicyFile;
use super::place::KeyPath;

/// The schema's own name.
pub const SCHEMA_ID: &str = "urn:forgewarden:policy:v1";

/// The file in a repository that holds its own layer.
pub const REPOSITORY_FILE: &str = ".forgewarden.toml";

/// The JSON Schema (draft 2020-12) of a policy file of either layer.
pub fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let generator = SchemaSettings::draft2020_12().into_generator();
        let mut schema = generator.into_root_schema_for::<PolicyFile>();
        schema.insert("$id".to_owned(), SCHEMA_ID.into());
        schema.into()
    })
}

/// A schema with its references followed.
pub(crate) fn resolve(mut schema: &Value) -> &Value {
    while let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let pointer = name.trim_start_matches('#');
        match self::schema().pointer(pointer) {
            Some(target) => schema = target,
            None => return &Value::Null,
        }
    }
    schema
}

/// The schema of a key in a table with this schema.
pub(crate) fn property<'a>(schema: &'a Value, key: &str) -> Option<&'a Value> {
    let schema = resolve(schema);
    let stated = schema
        .get("properties")
        .and_then(|properties| properties.get(key));
    stated.or_else(|| {
        schema
            .get("additionalProperties")
            .filter(|rest| rest.is_object())
    })
}

/// The keys that a table with this schema may have; none if it is a map of any names.
pub(crate) fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    resolve(schema).get("properties").and_then(Value::as_object)
}

/// The texts that a schema allows, if it is a closed list.
pub(crate) fn allowed_values(schema: &Value) -> Option<Vec<&str>> {
    let schema = resolve(schema);
    if let Some(list) = schema.get("enum").and_then(Value::as_array) {
        return list.iter().map(Value::as_str).collect();
    }
    if let Some(only) = schema.get("const").and_then(Value::as_str) {
        return Some(vec![only]);
    }
    let branches = schema.get("oneOf").and_then(Value::as_array)?;
    let lists: Option<Vec<_>> = branches.iter().map(allowed_values).collect();
    Some(lists?.concat())
}

/// All keys that the repository's layer could be allowed to loosen: every key
/// of the schema, with `*` for names of the user's choice.
pub(crate) fn key_paths() -> Vec<String> {
    fn collect(schema: &Value, path: &KeyPath, out: &mut Vec<String>) {
        let schema = resolve(schema);
        for (key, inner) in properties(schema).into_iter().flatten() {
            let path = path.key(key);
            out.push(path.as_str().to_owned());
            collect(inner, &path, out);
        }
    }
    let mut out = Vec::new();
    collect(schema(), &KeyPath::root(), &mut out);
    out.retain(|path| {
        !["version", "repository"]
            .iter()
            .any(|own| KeyPath::from(path.as_str()).is_within(&KeyPath::from(*own)))
    });
    out
}

#[cfg(test)]
mod tests {
    use super::{allowed_values, key_paths, property, schema};

    #[test]
    fn the_schema_knows_every_check_and_mode() {
        let checks = property(schema(), "checks").expect("checks");
        for check in crate::checks::ALL {
            let config = property(checks, check.meta.id).expect(check.meta.id);
            let mode = property(config, "mode").expect("mode");
            assert_eq!(allowed_values(mode), Some(vec!["off", "audit", "enforce"]));
        }
    }

    #[test]
    fn keys_of_the_file_itself_cannot_be_loosened() {
        let paths = key_paths();
        assert!(paths.contains(&"checks.unsigned-commit.mode".to_owned()));
        assert!(!paths.iter().any(|path| path.starts_with("repository")));
    }
}

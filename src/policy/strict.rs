//! The strict reader: walks a document along the schema and reports all that
//! does not fit, each at its place and with the nearest valid name. A construct
//! of the schema that it does not know is a problem too, never a pass.

use std::collections::HashSet;

use serde_json::{Map, Number, Value};

use super::document::Document;
use super::keywords::{NUMBER_FORMATS, is_type, type_names, type_of, type_text, unknown_keywords};
use super::place::KeyPath;
use super::problem::{MAX_PROBLEMS, Problem, Spot};
use super::suggest::{nearest, suggestion};
use super::{formats, schema};
use crate::model::text::excerpt;

/// A pair of keywords that bound a number.
struct Bound {
    least: &'static str,
    most: &'static str,
    what: &'static str,
}

const SIZE: Bound = Bound {
    least: "minimum",
    most: "maximum",
    what: "",
};
const ENTRIES: Bound = Bound {
    least: "minItems",
    most: "maxItems",
    what: "the number of entries of ",
};
const LENGTH: Bound = Bound {
    least: "minLength",
    most: "maxLength",
    what: "the length of ",
};

/// Longest excerpt of a text in a message, in characters.
const SHOWN: usize = 60;

/// Text that stands in a registered format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Formatted {
    /// The format's name.
    pub(crate) format: String,
    /// Where it stands.
    pub(crate) path: KeyPath,
    /// The text.
    pub(crate) text: String,
}

/// Walks a document along the policy's schema; returns the text that stands in
/// formats, for rules across the file.
pub(crate) fn check(document: &Document, problems: &mut Vec<Problem>) -> Vec<Formatted> {
    let mut walker = Walker {
        document,
        problems: Vec::new(),
        formatted: Vec::new(),
    };
    walker.walk(schema(), &document.value, &KeyPath::root());
    let told = walker.problems.into_iter();
    problems.extend(told.filter(|problem| document.is_worth_telling(problem)));
    walker.formatted
}

struct Walker<'a> {
    document: &'a Document,
    problems: Vec<Problem>,
    formatted: Vec<Formatted>,
}

impl Walker<'_> {
    fn walk(&mut self, schema: &Value, value: &Value, path: &KeyPath) {
        self.own_keywords(schema, path);
        if let Some(format) = schema.get("format").and_then(Value::as_str) {
            self.format(format, value, path);
        }
        let resolved = schema::resolve(schema);
        if !std::ptr::eq(resolved, schema) {
            return self.walk(resolved, value, path);
        }
        if let Some(branches) = schema.get("anyOf").and_then(Value::as_array) {
            return self.any_of(branches, value, path);
        }
        if schema.get("oneOf").is_some() || schema.get("enum").is_some() {
            return self.one_of(schema, value, path);
        }
        if !self.has_type(schema, value, path) {
            return;
        }
        if let Some(only) = schema.get("const").filter(|only| *only != value) {
            self.error(
                self.spot(path),
                format!("`{path}` must be {only}, not {}", shown(value)),
            );
        }
        match value {
            Value::Object(table) => self.table(schema, table, path),
            Value::Array(list) => self.list(schema, list, path),
            _ => self.scalar(schema, value, path),
        }
    }

    fn spot(&self, path: &KeyPath) -> Spot {
        self.document.spots.value(path).clone()
    }

    fn error(&mut self, spot: Spot, message: String) {
        self.report(spot.error(message));
    }

    fn report(&mut self, problem: Problem) {
        if self.problems.len() < MAX_PROBLEMS * 2 {
            self.problems.push(problem);
        }
    }

    fn own_keywords(&mut self, schema: &Value, path: &KeyPath) {
        for unknown in unknown_keywords(schema) {
            let message = format!(
                "`{path}` cannot be checked: the schema uses `{unknown}`, which this program does not enforce"
            );
            let problem = self
                .spot(path)
                .error(message)
                .with_help("this is a defect of Forgewarden; please report it");
            self.report(problem);
        }
    }

    fn any_of(&mut self, branches: &[Value], value: &Value, path: &KeyPath) {
        let fits = |branch: &&Value| {
            type_names(schema::resolve(branch))
                .iter()
                .any(|name| is_type(name, value))
        };
        match branches.iter().find(fits) {
            Some(branch) => self.walk(branch, value, path),
            None => {
                let wanted = branches
                    .iter()
                    .flat_map(|branch| type_names(schema::resolve(branch)));
                self.wrong_type(&wanted.collect::<Vec<_>>(), value, path);
            }
        }
    }

    fn one_of(&mut self, schema: &Value, value: &Value, path: &KeyPath) {
        let Some(allowed) = schema::allowed_values(schema) else {
            let message = format!(
                "`{path}` cannot be checked: the schema has alternatives that are no texts"
            );
            return self.error(self.spot(path), message);
        };
        let Value::String(text) = value else {
            return self.wrong_type(&["string"], value, path);
        };
        if !allowed.contains(&text.as_str()) {
            let list = allowed
                .iter()
                .map(|name| format!("`{name}`"))
                .collect::<Vec<_>>();
            let message = format!(
                "`{path}` must be one of {}, not {}",
                list.join(", "),
                shown(value)
            );
            let help = nearest(text, allowed).map(|name| format!("did you mean `{name}`?"));
            self.report(self.spot(path).error(message).with_some_help(help));
        }
    }

    fn has_type(&mut self, schema: &Value, value: &Value, path: &KeyPath) -> bool {
        let wanted = type_names(schema);
        let is_date = self.document.dates.contains(path);
        let date_wanted = schema.get("format").and_then(Value::as_str) == Some("date");
        if wanted.is_empty() && schema.get("const").is_some() {
            return true;
        }
        if wanted.iter().any(|name| is_type(name, value)) && (!is_date || date_wanted) {
            return true;
        }
        self.wrong_type(&wanted, value, path);
        false
    }

    fn wrong_type(&mut self, wanted: &[&str], value: &Value, path: &KeyPath) {
        let wanted: Vec<_> = wanted
            .iter()
            .filter(|name| **name != "null")
            .map(|name| type_text(name))
            .collect();
        let is_date = self.document.dates.contains(path);
        let found = if is_date {
            "a date"
        } else {
            type_text(type_of(value))
        };
        let message = format!("`{path}` must be {}, not {found}", wanted.join(" or "));
        self.error(self.spot(path), message);
    }

    fn table(&mut self, schema: &Value, table: &Map<String, Value>, path: &KeyPath) {
        for (key, value) in table {
            let inner = path.key(key);
            if let Some(format) = schema
                .pointer("/propertyNames/format")
                .and_then(Value::as_str)
            {
                self.key_format(format, key, &inner);
            }
            match schema::property(schema, key) {
                Some(property) => self.walk(property, value, &inner),
                None => self.unknown_key(schema, key, path),
            }
        }
        for key in schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let key = key.as_str().unwrap_or_default();
            if !table.contains_key(key) {
                let whole = if path.as_str().is_empty() {
                    "the policy".to_owned()
                } else {
                    format!("`{path}`")
                };
                let spot = self.document.spots.key(path).clone();
                let help = schema::property(schema, key)
                    .and_then(|property| schema::resolve(property).get("description"));
                let help = help
                    .and_then(Value::as_str)
                    .map(|help| format!("add `{key}`: {}", help.replace('\n', " ")));
                self.report(
                    spot.error(format!("{whole} lacks `{key}`"))
                        .with_some_help(help),
                );
            }
        }
    }

    fn key_format(&mut self, format: &str, key: &str, path: &KeyPath) {
        let spot = self.document.spots.key(path).clone();
        match formats::rule(format).map(|rule| rule(key)) {
            Some(Ok(())) => {}
            Some(Err(why)) => self.error(spot, format!("`{}` {why}", excerpt(key, SHOWN))),
            None => self.error(
                spot,
                format!("`{path}` cannot be checked: the format `{format}` is not known"),
            ),
        }
    }

    fn unknown_key(&mut self, schema: &Value, key: &str, path: &KeyPath) {
        let names: Vec<&str> = schema::properties(schema)
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str())
            .collect();
        let within = if path.as_str().is_empty() {
            String::new()
        } else {
            format!(" in `{path}`")
        };
        let message = format!("unknown key `{}`{within}", excerpt(key, SHOWN));
        let spot = self.document.spots.key(&path.key(key)).clone();
        self.report(spot.error(message).with_some_help(suggestion(key, &names)));
    }

    fn list(&mut self, schema: &Value, list: &[Value], path: &KeyPath) {
        let Some(items) = schema.get("items") else {
            return self.error(
                self.spot(path),
                format!("`{path}` cannot be checked: the schema does not say what it lists"),
            );
        };
        self.bound(schema, &ENTRIES, count(list.len()), path);
        let unique = schema.get("uniqueItems") == Some(&Value::Bool(true));
        let mut seen = HashSet::new();
        for (index, value) in list.iter().enumerate() {
            let inner = path.index(index);
            if unique && !seen.insert(value.to_string()) {
                self.error(
                    self.spot(&inner),
                    format!("{} stands twice in `{path}`", shown(value)),
                );
            }
            self.walk(items, value, &inner);
        }
    }

    fn scalar(&mut self, schema: &Value, value: &Value, path: &KeyPath) {
        match value {
            Value::Number(number) => {
                let number = whole(number);
                self.bound(schema, &SIZE, number, path);
            }
            Value::String(text) => {
                let length = count(text.chars().count());
                self.bound(schema, &LENGTH, length, path);
            }
            _ => {}
        }
    }

    fn bound(&mut self, schema: &Value, bound: &Bound, number: i64, path: &KeyPath) {
        let limit = |keyword: &str| schema.get(keyword).and_then(Value::as_number).map(whole);
        let what = bound.what;
        if let Some(least) = limit(bound.least).filter(|least| number < *least) {
            let message = format!("{what}`{path}` must be at least {least}, not {number}");
            self.error(self.spot(path), message);
        }
        if let Some(most) = limit(bound.most).filter(|most| number > *most) {
            let message = format!("{what}`{path}` must be at most {most}, not {number}");
            self.error(self.spot(path), message);
        }
    }

    fn format(&mut self, format: &str, value: &Value, path: &KeyPath) {
        match value {
            Value::Array(list) => {
                for (index, entry) in list.iter().enumerate() {
                    self.format(format, entry, &path.index(index));
                }
            }
            Value::String(text) => self.text_format(format, text, path),
            _ => {}
        }
    }

    fn text_format(&mut self, format: &str, text: &str, path: &KeyPath) {
        let Some(rule) = formats::rule(format) else {
            if NUMBER_FORMATS.contains(&format) {
                return;
            }
            let message = format!("`{path}` cannot be checked: the format `{format}` is not known");
            return self.error(self.spot(path), message);
        };
        if let Err(why) = rule(text) {
            return self.error(self.spot(path), format!("`{}` {why}", excerpt(text, SHOWN)));
        }
        let formatted = Formatted {
            format: format.to_owned(),
            path: path.clone(),
            text: text.to_owned(),
        };
        // A field and its type may both state the format.
        if self.formatted.last() != Some(&formatted) {
            self.formatted.push(formatted);
        }
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A bound or value as a whole number; the policy has no others.
fn whole(number: &Number) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates, and bounds are far below 2^52"
    )]
    number
        .as_i64()
        .unwrap_or_else(|| number.as_f64().map_or(i64::MAX, |number| number as i64))
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{}`", excerpt(text, SHOWN)),
        Value::Array(_) => "this list".to_owned(),
        Value::Object(_) => "this table".to_owned(),
        other => format!("`{other}`"),
    }
}

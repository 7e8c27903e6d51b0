//! The repository's own layer over the operator's: it tightens, and loosens
//! only what the operator allows.
//!
//! Each key of the schema states in `x-layer` what the repository may do with
//! it without being allowed more:
//!
//! | `x-layer` | the repository may |
//! |---|---|
//! | `raise` | state a value that is not lower: numbers, and lists of words in rising strictness (modes are this by themselves) |
//! | `lower` | state a value that is not higher |
//! | `add` | add entries to a list |
//! | `narrow` | replace a list by a part of it that is not empty; names of principals compare by the people and groups they stand for, patterns of sources by what they match |
//! | `narrow-from-all` | the same, where an empty list stands for everything |
//! | (none) | nothing: the key belongs to the operator |
//!
//! What it may not do is ignored and reported.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::document::Document;
use super::place::{KeyPath, Spots};
use super::problem::{Problem, Problems};
use super::{Policy, environment, formats, read, schema, strict};
use crate::model::directory::{Directory, Group};
use crate::model::principal::PrincipalId;
use crate::model::text::excerpt;

/// Puts a repository's layer over a policy.
pub(crate) fn tighten(policy: &Policy, source: &str, text: &str) -> Result<Policy, Problems> {
    let mut problems = Vec::new();
    let layer = Document::parse(source, text, &mut problems);
    strict::check(&layer, &mut problems);
    if problems.iter().any(Problem::is_error) {
        return Err(Problems::in_order(problems));
    }
    let may_loosen = policy.file.repository.may_loosen.iter();
    let mut merge = Merge {
        directory: &policy.directory,
        may_loosen: may_loosen
            .map(|key| KeyPath::from(key.0.as_str()))
            .collect(),
        layer: &layer,
        spots: policy.spots.clone(),
        notices: policy.notices.clone(),
    };
    let mut value = policy.effective.clone();
    merge.apply(&mut value);
    let mut problems = merge.notices;
    let merged = Document::merged(value, merge.spots);
    key_files(policy, &merged, &layer, &mut problems);
    read::finish_merged(merged, policy, problems)
}

/// A repository's layer may bring keys if it is allowed to, but names no files
/// of the operator's machine.
fn key_files(policy: &Policy, merged: &Document, layer: &Document, problems: &mut Vec<Problem>) {
    let principals = merged.value.get("principals").and_then(Value::as_object);
    let mut lists = vec![KeyPath::from("trust.allowed_signers")];
    lists.extend(
        principals
            .into_iter()
            .flatten()
            .map(|(name, _)| KeyPath::from("principals").key(name).key("openpgp")),
    );
    for list in &lists {
        for (text, spot) in layer.spots.texts(list) {
            let accepted =
                merged.spots.has_entry(list, text) && !policy.spots.has_entry(list, text);
            if accepted && !formats::is_armour(text) {
                let problem = spot.error("a repository's layer cannot name key files");
                problems.push(problem.with_help("write the key or the certificate itself"));
            }
        }
    }
}

/// What a merge starts from and writes to.
struct Merge<'a> {
    /// The operator's principals and teams.
    directory: &'a Directory,
    /// The keys that the repository may set as it likes.
    may_loosen: Vec<KeyPath>,
    /// The repository's layer.
    layer: &'a Document,
    /// The places of the result.
    spots: Spots,
    /// What was ignored.
    notices: Vec<Problem>,
}

/// What the repository tries with a key.
enum Attempt {
    /// The rule lets it.
    Tightens,
    /// The rule does not; why, as a clause.
    Loosens(&'static str),
}

impl Merge<'_> {
    /// Puts the layer over `base`, the operator's effective values.
    fn apply(&mut self, base: &mut Value) {
        let layer = &self.layer.value;
        self.table(schema(), base, layer, &KeyPath::root());
    }

    fn table(&mut self, schema: &Value, base: &mut Value, layer: &Value, path: &KeyPath) {
        let (Some(base), Some(layer)) = (base.as_object_mut(), layer.as_object()) else {
            return;
        };
        for (key, value) in layer {
            let inner = path.key(key);
            if inner.as_str() == "version" {
                continue;
            }
            let Some(property) = schema::property(schema, key) else {
                continue;
            };
            self.key(property, base, (key, value), &inner);
        }
    }

    fn key(
        &mut self,
        schema: &Value,
        base: &mut Map<String, Value>,
        (key, value): (&String, &Value),
        path: &KeyPath,
    ) {
        if base.get(key) == Some(value) {
            return;
        }
        let closed = !has_rule(schema) && !self.may_loosen.iter().any(|free| free.is_within(path));
        let allowed = self.may_loosen.iter().any(|free| path.is_within(free));
        if value.is_object() && (allowed || !closed) {
            let spots = &self.layer.spots;
            self.spots.adopt_key(spots, path);
            let inner = base
                .entry(key.clone())
                .or_insert_with(|| Value::Object(Map::new()));
            return self.table(schema, inner, value, path);
        }
        let before = base.get(key).unwrap_or(&Value::Null);
        match self.attempt(schema, before, value) {
            Attempt::Loosens(why) if !allowed => self.ignored(path, before, value, why),
            _ => self.set(schema, base, (key, value), path),
        }
    }

    fn attempt(&self, schema: &Value, before: &Value, value: &Value) -> Attempt {
        let judge = |holds: bool, why| {
            if holds {
                Attempt::Tightens
            } else {
                Attempt::Loosens(why)
            }
        };
        let ranks = rank(schema, before).zip(rank(schema, value));
        match rule(schema) {
            "raise" => judge(
                ranks.is_some_and(|(old, new)| new >= old),
                "the repository may only raise it",
            ),
            "lower" => judge(
                ranks.is_some_and(|(old, new)| new <= old),
                "the repository may only lower it",
            ),
            "add" => Attempt::Tightens,
            "narrow-from-all" if before.as_array().is_some_and(Vec::is_empty) => judge(
                value.as_array().is_some_and(|part| !part.is_empty()),
                "the repository may only narrow it",
            ),
            "narrow" | "narrow-from-all" => judge(
                self.is_part(before, value) || is_within(schema, before, value),
                "the repository may only narrow it",
            ),
            _ => Attempt::Loosens("it belongs to the operator"),
        }
    }

    fn is_part(&self, before: &Value, value: &Value) -> bool {
        let (whole, part) = (self.meaning(before), self.meaning(value));
        !part.is_empty() && part.is_subset(&whole)
    }

    /// The entries of a list; names of principals and teams as the people they stand for.
    fn meaning(&self, list: &Value) -> BTreeSet<String> {
        let entries = list.as_array().into_iter().flatten();
        let texts = entries.map(|entry| {
            entry
                .as_str()
                .map_or_else(|| entry.to_string(), str::to_owned)
        });
        texts
            .flat_map(|text| {
                let people = self.directory.members([text.as_str()]).into_iter();
                let people = people.map(PrincipalId::as_str).map(str::to_owned);
                // A group stands for whoever its forge says: no list of people covers it.
                let groups = self.directory.groups_of([text.as_str()]).into_iter();
                let people: Vec<_> = people.chain(groups.map(Group::to_string)).collect();
                // An empty team stands for nobody, and so does a name that is none.
                let is_team = text
                    .strip_prefix("team:")
                    .is_some_and(|team| self.directory.teams.contains_key(team));
                if people.is_empty() && !is_team {
                    vec![text]
                } else {
                    people
                }
            })
            .collect()
    }

    fn ignored(&mut self, path: &KeyPath, before: &Value, value: &Value, why: &str) {
        let brief = |value: &Value| match value {
            Value::String(_) | Value::Number(_) | Value::Bool(_) => {
                Some(excerpt(value.to_string(), 60))
            }
            _ => None,
        };
        let stated = brief(value)
            .map(|text| format!(" = {text}"))
            .unwrap_or_default();
        let kept = brief(before)
            .map(|text| format!("; {text} stays"))
            .unwrap_or_default();
        let spot = self.layer.spots.key(path);
        let message = format!("`{path}`{stated} is ignored: {why}{kept}");
        let own = path.is_within(&KeyPath::from("repository"));
        let help = format!(
            "the operator's policy can allow it: [repository] may_loosen = [{}]",
            Value::from(path.as_str())
        );
        self.notices
            .push(spot.warning(message).with_some_help((!own).then_some(help)));
    }

    fn set(
        &mut self,
        schema: &Value,
        base: &mut Map<String, Value>,
        (key, value): (&String, &Value),
        path: &KeyPath,
    ) {
        let spots = &self.layer.spots;
        let appends = !matches!(
            rule(schema),
            "raise" | "lower" | "narrow" | "narrow-from-all"
        );
        match (base.get_mut(key), value) {
            (Some(Value::Array(before)), Value::Array(more)) if appends => {
                for (index, entry) in more.iter().enumerate() {
                    let entry = normal(schema, entry);
                    if !before.contains(&entry) {
                        self.spots
                            .adopt(spots, &path.index(index), &path.index(before.len()));
                        before.push(entry);
                    }
                }
                self.spots.adopt_entries(spots, path);
            }
            _ => {
                self.spots.forget(path);
                self.spots.adopt(spots, path, path);
                base.insert(key.clone(), value.clone());
            }
        }
    }
}

/// A list's entry in the form that the effective values have.
fn normal(schema: &Value, entry: &Value) -> Value {
    let format = schema::resolve(schema)
        .pointer("/items/format")
        .and_then(Value::as_str);
    match (format, entry) {
        (Some("ref-pattern"), Value::String(text)) => {
            formats::full_ref_pattern(text).map_or_else(|_| entry.clone(), Value::from)
        }
        _ => entry.clone(),
    }
}

/// Whether each pattern of a list lies within one of another list, where the
/// list is of patterns that can be compared.
fn is_within(schema: &Value, before: &Value, value: &Value) -> bool {
    let format = schema::resolve(schema).pointer("/items/format");
    let format = format.and_then(Value::as_str).unwrap_or_default();
    let texts = |list: &Value| -> Vec<String> {
        let entries = list.as_array().into_iter().flatten();
        let texts = entries.filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    };
    let (whole, part) = (texts(before), texts(value));
    let inside = |text: &String| whole.iter().any(|wide| environment::covers(wide, text));
    environment::is_comparable(format) && !part.is_empty() && part.iter().all(inside)
}

/// The rule of a key. A list of words in rising strictness, as every `mode`
/// is, rises by itself.
fn rule(schema: &Value) -> &str {
    let stated = schema
        .get("x-layer")
        .or_else(|| schema::resolve(schema).get("x-layer"));
    let mode =
        || schema::allowed_values(schema).is_some_and(|words| words == ["off", "audit", "enforce"]);
    stated
        .and_then(Value::as_str)
        .unwrap_or_else(|| if mode() { "raise" } else { "" })
}

fn has_rule(schema: &Value) -> bool {
    let properties = schema::properties(schema).into_iter().flatten();
    !rule(schema).is_empty() || properties.into_iter().any(|(_, inner)| has_rule(inner))
}

/// How strict a value is among those that its schema allows, if it has a rank.
fn rank(schema: &Value, value: &Value) -> Option<i128> {
    match value {
        Value::Number(number) => number.as_i64().map(i128::from),
        Value::Bool(flag) => Some(i128::from(*flag)),
        Value::String(text) => {
            if let Ok(span) = formats::duration(text) {
                return i128::try_from(span.as_millis()).ok();
            }
            let place = schema::allowed_values(schema)?
                .iter()
                .position(|word| word == text)?;
            i128::try_from(place).ok()
        }
        _ => None,
    }
}

//! The effective values of a policy and which layer decided them, and what
//! the passing of time makes of it.

use jiff::Timestamp;
use serde_json::Value;

use super::Policy;
use super::place::KeyPath;
use super::problem::Problem;

/// One effective value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The key, as written in a policy.
    pub key: String,
    /// The value, in the notation of TOML.
    pub value: String,
    /// The files and lines that state it; empty for a default.
    pub origins: Vec<String>,
}

impl Policy {
    /// Every effective value, in the order of the schema.
    pub fn settings(&self) -> Vec<Setting> {
        let mut out = Vec::new();
        self.collect(&self.effective, &KeyPath::root(), &mut out);
        out
    }

    fn collect(&self, value: &Value, path: &KeyPath, out: &mut Vec<Setting>) {
        match value {
            Value::Object(table) => {
                for (key, value) in table {
                    self.collect(value, &path.key(key), out);
                }
            }
            Value::Array(list) if list.iter().any(Value::is_object) => {
                for (index, value) in list.iter().enumerate() {
                    self.collect(value, &path.index(index), out);
                }
            }
            plain => {
                let origins = self.spots.origins(path).into_iter();
                out.push(Setting {
                    key: path.to_string(),
                    value: crate::model::text::escape(plain.to_string().replace(",\"", ", \"")),
                    origins: origins
                        .map(|(source, line)| format!("{source}:{line}"))
                        .collect(),
                });
            }
        }
    }

    /// What is over at an instant: waivers that ended.
    pub fn ended(&self, now: Timestamp) -> Vec<Problem> {
        let waivers = self.waivers.iter().enumerate();
        let ended = waivers.filter(|(_, waiver)| !waiver.counts_at(now));
        ended
            .map(|(index, waiver)| {
                let path = KeyPath::from("waivers").index(index).key("until");
                let message = format!("the waiver of `{}` ended on {}", waiver.check, waiver.until);
                self.spots
                    .value(&path)
                    .warning(message)
                    .with_help("remove it, or agree on a new last day")
            })
            .collect()
    }
}

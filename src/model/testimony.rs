//! What a hook saw of a push, for a service that was not there.
//!
//! It is one file of the hook's spool and the body of what is forwarded from
//! it. Whoever takes it says whether to believe it: the envelope proves nothing.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de};

use super::authentication::Evidence;
use super::principal::Actor;
use super::refs::RefUpdate;
use super::repo::RepositoryName;

/// The version of the JSON, its `schema`.
pub const EVIDENCE_SCHEMA: &str = "forgewarden/evidence/v1";

/// Longest [`Testimony`] as JSON, in bytes; the hook writes no longer one.
pub const MAX_TESTIMONY_BYTES: usize = 1024 * 1024;

/// Digits of a [`Testimony::id`]: those of a SHA-256.
const ID_DIGITS: usize = 64;

/// The evidence of one push, as the hook that let it pass read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Testimony {
    /// [`EVIDENCE_SCHEMA`]; nothing else is read.
    pub schema: Schema,
    /// Tells one testimony from another, so that one that is sent twice counts
    /// once: 64 hexadecimal digits.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// The repository, as the hook calls it.
    pub repository: RepositoryName,
    /// What the push moved.
    pub updates: Vec<RefUpdate>,
    /// Who pushed, if the server says so.
    pub actor: Option<Actor>,
    /// When, by the hook's clock.
    pub at: Timestamp,
    /// How it was authenticated, as the hook's sources say.
    pub evidence: Vec<Evidence>,
}

/// The one schema that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Schema {
    /// The first.
    #[serde(rename = "forgewarden/evidence/v1")]
    V1,
}

fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let id = String::deserialize(deserializer)?;
    let lawful =
        id.len() == ID_DIGITS && id.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
    if lawful {
        Ok(id)
    } else {
        Err(de::Error::custom(format!(
            "an id has {ID_DIGITS} lower-case hexadecimal digits"
        )))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::Timestamp;

    use super::{EVIDENCE_SCHEMA, Schema, Testimony};
    use crate::model::authentication::{Authentication, Evidence, Method, Source, Strength};
    use crate::model::refs::{RefName, RefUpdate};
    use crate::model::repo::RepositoryName;

    fn testimony() -> Testimony {
        Testimony {
            schema: Schema::V1,
            id: "1f".repeat(32),
            repository: RepositoryName::new("group/project"),
            updates: vec![RefUpdate {
                name: RefName::new("refs/heads/main").expect("lawful"),
                old: None,
                new: None,
            }],
            actor: None,
            at: Timestamp::UNIX_EPOCH,
            evidence: vec![Evidence {
                could_be: BTreeSet::from([Authentication::by(Method::SshKey)]),
                source: Source::Sshd,
                strength: Strength::Direct,
                observed_at: Timestamp::UNIX_EPOCH,
                says: "publickey".to_owned(),
            }],
        }
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let json = serde_json::to_string(&testimony()).expect("serialises");
        assert!(json.contains(EVIDENCE_SCHEMA), "{json}");
        assert_eq!(
            serde_json::from_str::<Testimony>(&json).expect("reads back"),
            testimony()
        );
    }

    #[test]
    fn another_schema_another_id_and_more_fields_are_refused() {
        let json = serde_json::to_string(&testimony()).expect("serialises");
        for (from, to) in [
            ("evidence/v1", "evidence/v2"),
            ("1f1f", "1F1F"),
            ("1f1f", "1f"),
            ("\"actor\"", "\"more\":1,\"actor\""),
        ] {
            let other = json.replacen(from, to, 1);
            assert_ne!(other, json);
            assert!(serde_json::from_str::<Testimony>(&other).is_err(), "{to}");
        }
    }
}

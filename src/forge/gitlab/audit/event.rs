//! One audit event of GitLab's: whether it is a push, and how it was let in
//! (docs.gitlab.com, "Audit event schema").
//!
//! Only the documented combinations of protocol and author mean a method. It
//! does not know whether the event is GitLab's.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::authentications;
use crate::forge::support::reading::Id;
use crate::forge::{AuditRecord, RecordedRepository};
use crate::model::authentication::{
    Authentication, Credential, Evidence, Method, Source, Strength,
};
use crate::model::principal::Actor;
use crate::model::repo::ForgeKind;
use crate::model::text::excerpt;

/// The type of what git does.
pub(super) const GIT_OPERATION: &str = "repository_git_operation";
/// Longest id of an event, in bytes.
const MAX_ID: usize = 128;
/// Longest word of GitLab's that is shown, in characters.
const MAX_WORD: usize = 40;

/// An event of any type: only what all have, and nothing is sure of the rest.
#[derive(Deserialize)]
pub(super) struct Event {
    #[serde(default)]
    id: Value,
    pub(super) event_type: Option<String>,
    #[serde(default)]
    author_id: Value,
    #[serde(default)]
    entity_id: Value,
    entity_type: Option<String>,
    created_at: Option<String>,
    #[serde(default)]
    details: Value,
}

#[derive(Deserialize)]
struct Details {
    author_class: Option<String>,
    #[serde(default)]
    custom_message: Value,
}

/// What git did.
#[derive(Deserialize)]
struct Operation {
    protocol: Option<String>,
    action: Option<String>,
    verb: Option<String>,
    gl_key_type: Option<String>,
    gl_key_id: Option<Id>,
}

impl Operation {
    fn is_push(&self) -> bool {
        self.action.as_deref() == Some("git-receive-pack") || self.verb.as_deref() == Some("push")
    }
}

/// A push to a project's repository; nothing if it is another operation, or
/// about a group, whose wiki is no repository of a project.
pub(super) fn record(event: &Event) -> Result<Option<AuditRecord>, String> {
    let details: Details = object("details", &event.details)?;
    let operation: Operation = object("custom_message", &details.custom_message)?;
    if !operation.is_push() || event.entity_type.as_deref() != Some("Project") {
        return Ok(None);
    }
    let project: Id = field("entity_id", &event.entity_id)?;
    let at: Timestamp = field("created_at", &Value::from(event.created_at.clone()))?;
    let class = details.author_class.as_deref();
    // The number of a deploy key's or token's author is no account's.
    let actor = match class {
        Some("User") => Some(author(field("author_id", &event.author_id)?)),
        _ => None,
    };
    Ok(Some(AuditRecord {
        id: id(event)?,
        repository: RecordedRepository::Number(project.0),
        actor,
        at,
        evidence: Evidence {
            could_be: could_be(&operation, class),
            source: Source::AuditStream,
            strength: Strength::Correlated,
            observed_at: at,
            says: says(&operation, class),
        },
    }))
}

/// The account by its number. The name in an event is that of a person, and may
/// be anything: `#7` is a name that no account can have.
fn author(id: Id) -> Actor {
    Actor {
        forge: ForgeKind::GitLab,
        login: format!("#{}", id.0),
        id: Some(id.0),
        robot: false,
    }
}

/// What only the combinations that are documented mean.
fn could_be(operation: &Operation, class: Option<&str>) -> BTreeSet<Authentication> {
    let mut methods = match (operation.protocol.as_deref(), class) {
        (Some("ssh"), Some("User")) => {
            vec![Method::SshKey, Method::SshCertificate, Method::Kerberos]
        }
        (Some("ssh"), Some("DeployKey")) => vec![Method::DeployKey],
        (Some("http"), Some("User")) => vec![Method::Token, Method::Password],
        (Some("http"), Some("DeployToken")) => vec![Method::DeployToken],
        _ => Vec::new(),
    };
    if let Some(kind) = operation.gl_key_type.as_deref() {
        let possible: &[Method] = match kind {
            "key" => &[Method::SshKey, Method::DeployKey],
            "deploy_key" => &[Method::DeployKey],
            _ => &[],
        };
        methods.retain(|method| possible.contains(method));
    }
    match (methods.as_slice(), operation.gl_key_id) {
        ([method @ (Method::SshKey | Method::DeployKey)], Some(key)) => {
            let id = format!("key-{}", key.0);
            let credential = Some(Credential::Numbered { id });
            [Authentication::with(*method, credential)].into()
        }
        (methods, _) => authentications(methods),
    }
}

fn says(operation: &Operation, class: Option<&str>) -> String {
    let word = |text: Option<&str>| match text {
        Some(text) => excerpt(text, MAX_WORD),
        None => "not told".to_owned(),
    };
    let (protocol, class) = (word(operation.protocol.as_deref()), word(class));
    let mut says = format!("{GIT_OPERATION}: protocol {protocol}, author_class {class}");
    if let Some(kind) = operation.gl_key_type.as_deref() {
        says.push_str(&format!(", gl_key_type {}", excerpt(kind, MAX_WORD)));
    }
    says
}

/// The event's own id; of one without (early versions have none for what is
/// only streamed) the digest of what it says.
fn id(event: &Event) -> Result<String, String> {
    match &event.id {
        Value::String(id) if (1..=MAX_ID).contains(&id.len()) => Ok(id.clone()),
        Value::Number(id) => Ok(id.to_string()),
        Value::Null => {
            let mut digest = Sha256::new();
            for part in [&event.author_id, &event.entity_id, &event.details] {
                digest.update(part.to_string());
                digest.update([0]);
            }
            digest.update(event.created_at.as_deref().unwrap_or_default());
            Ok(format!("sha256-{}", hex::encode(digest.finalize())))
        }
        _ => Err(format!("id is neither a number nor a text of 1 to {MAX_ID} bytes")),
    }
}

/// An object, which may be written as a text that holds its JSON.
fn object<T: DeserializeOwned>(name: &str, value: &Value) -> Result<T, String> {
    match value {
        Value::String(text) => {
            serde_json::from_str(text).map_err(|error| format!("{name}: {error}"))
        }
        other => field(name, other),
    }
}

fn field<T: DeserializeOwned>(name: &str, value: &Value) -> Result<T, String> {
    T::deserialize(value).map_err(|error| format!("{name}: {error}"))
}


#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Event, GIT_OPERATION, record};
    use crate::forge::{AuditRecord, RecordedRepository};
    use crate::model::authentication::Credential;

    fn read(event: &Value) -> Vec<AuditRecord> {
        let event: Event = serde_json::from_value(event.clone()).expect("an event");
        record(&event).expect("readable").into_iter().collect()
    }

    /// As GitLab documents it.
    fn push(protocol: &str, class: &str) -> Value {
        json!({ "id": "e-1", "author_id": 3, "entity_id": 29, "entity_type": "Project",
            "entity_path": "acme/app", "event_type": GIT_OPERATION,
            "created_at": "2026-02-23T06:21:05.283Z", "ip_address": "127.0.0.1",
            "target_id": 29, "target_type": "Project",
            "details": { "author_name": "Alice", "author_class": class, "target_id": 29,
                "custom_message": { "protocol": protocol, "action": "git-receive-pack" } } })
    }

    fn words(event: &Value) -> Vec<String> {
        let records = read(event);
        assert_eq!(records.len(), 1, "{event}");
        let could_be = &records[0].evidence.could_be;
        could_be.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn only_what_is_documented_means_a_method() {
        for (protocol, class, means) in [
            ("ssh", "User", &["ssh-key", "ssh-certificate", "kerberos"][..]),
            ("ssh", "DeployKey", &["deploy-key"]),
            ("http", "User", &["password", "token"]),
            ("http", "DeployToken", &["deploy-token"]),
            ("ssh", "DeployToken", &[]),
            ("http", "DeployKey", &[]),
            ("https", "User", &[]),
            ("web", "User", &[]),
            ("SSH", "User", &[]),
            ("ssh", "Ci::Build", &[]),
            ("ssh", "", &[]),
        ] {
            assert_eq!(words(&push(protocol, class)), means, "{protocol} {class}");
        }
        let mut older = push("ssh", "User");
        older["details"]
            .as_object_mut()
            .expect("an object")
            .remove("author_class");
        assert_eq!(words(&older), [""; 0]);
        assert_eq!(read(&older)[0].actor, None);
    }

    #[test]
    fn the_type_of_a_key_narrows_and_never_widens() {
        for (protocol, class, kind, means) in [
            ("ssh", "User", json!("key"), &["ssh-key"][..]),
            ("ssh", "DeployKey", json!("deploy_key"), &["deploy-key"]),
            ("ssh", "DeployKey", json!("key"), &["deploy-key"]),
            ("ssh", "User", json!("deploy_key"), &[]),
            ("ssh", "User", json!("ssh-rsa"), &[]),
            ("http", "User", json!("key"), &[]),
            ("ssh", "User", json!(null), &["ssh-key", "ssh-certificate", "kerberos"]),
        ] {
            let mut event = push(protocol, class);
            event["details"]["custom_message"]["gl_key_type"] = kind.clone();
            event["details"]["custom_message"]["gl_key_id"] = json!(7);
            assert_eq!(words(&event), means, "{protocol} {class} {kind}");
            let credential = read(&event)[0].evidence.could_be.first().cloned();
            let credential = credential.and_then(|it| it.factors[0].credential.clone());
            let numbered = Credential::Numbered { id: "key-7".into() };
            assert_eq!(credential, (means.len() == 1).then_some(numbered));
        }
    }

    #[test]
    fn a_record_names_project_account_and_time_and_is_named() {
        let record = read(&push("ssh", "User")).remove(0);
        assert_eq!(record.id, "e-1");
        assert_eq!(record.repository, RecordedRepository::Number(29));
        let actor = record.actor.expect("an account");
        assert_eq!((actor.login.as_str(), actor.id), ("#3", Some(3)));
        assert!(!actor.robot);
        assert_eq!(record.at.to_string(), "2026-02-23T06:21:05.283Z");
        let says = "repository_git_operation: protocol ssh, author_class User";
        assert_eq!(record.evidence.says, says);
        let mut key = push("ssh", "DeployKey");
        key["author_id"] = json!(-3);
        key["id"] = json!(12);
        let record = read(&key).remove(0);
        assert_eq!((record.actor, record.id.as_str()), (None, "12"));
        // The same event twice is one record; another is another.
        let mut nameless = push("ssh", "User");
        nameless["id"] = Value::Null;
        let id = |event: &Value| read(event).remove(0).id;
        let first = id(&nameless);
        assert_eq!(first, id(&nameless));
        nameless["created_at"] = json!("2026-02-23T06:21:05.284Z");
        assert_ne!(first, id(&nameless));
    }
}

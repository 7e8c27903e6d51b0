//! GitLab's audit event stream: whether a delivery is its own, and what it says
//! of pushes (docs.gitlab.com, "Audit event streaming", "Audit event schema").
//!
//! Nothing signs it: the token in the header is all there is. The body is JSON
//! whatever the content type says. It knows nothing of which push a record is.

use std::collections::BTreeSet;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::authentications;
use crate::forge::support::headers::only;
use crate::forge::support::reading::{Id, unreadable};
use crate::forge::support::secrets::Secrets;
use crate::forge::{
    AuditRecord, ConfigError, Delivery, RecordedRepository, Refused, StreamError,
};
use crate::model::authentication::{
    Authentication, Credential, Evidence, Method, Source, Strength,
};
use crate::model::principal::Actor;
use crate::model::repo::ForgeKind;
use crate::model::text::excerpt;

const TOKEN: &str = "x-gitlab-event-streaming-token";
const EVENT: &str = "x-gitlab-audit-event-type";
/// The type of what git does.
const GIT_OPERATION: &str = "repository_git_operation";
/// Most events that one delivery may hold. GitLab sends them one by one; what
/// forwards them may send them together.
const MAX_EVENTS: usize = 1000;
/// Longest id of an event, in bytes.
const MAX_ID: usize = 128;
/// Longest word of GitLab's that is shown, in characters.
const MAX_WORD: usize = 40;

/// Authenticates and reads one GitLab's stream.
pub(super) struct Stream(Option<Secrets>);

impl Stream {
    /// No token: no stream is taken. A blank one is an error.
    pub(super) fn new(tokens: Vec<SecretString>) -> Result<Self, ConfigError> {
        let some = (!tokens.is_empty()).then_some(tokens);
        let secrets = some.map(|tokens| Secrets::new("audit.stream_tokens", tokens));
        secrets.transpose().map(Self)
    }

    pub(super) fn is_configured(&self) -> bool {
        self.0.is_some()
    }

    /// The pushes in a delivery, all or an error.
    pub(super) fn records(&self, delivery: &Delivery) -> Result<Vec<AuditRecord>, StreamError> {
        let secrets = self.0.as_ref().ok_or(Refused::NotAuthentic(
            "no stream of audit events is configured: `audit.stream_tokens` is empty",
        ))?;
        let token = only(&delivery.headers, TOKEN).ok_or(Refused::NotAuthentic(
            "X-Gitlab-Event-Streaming-Token is not there exactly once",
        ))?;
        if !secrets.has(token) {
            let why = "X-Gitlab-Event-Streaming-Token is no token of ours";
            return Err(Refused::NotAuthentic(why).into());
        }
        let told = only(&delivery.headers, EVENT).unwrap_or_default();
        let told = String::from_utf8_lossy(told);
        let read = events(&delivery.body).and_then(|all| pushes(all, &told));
        read.map_err(|reason| unreadable("audit event", reason).into())
    }
}

/// An event of any type: only what all have, and nothing is sure of the rest.
#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    id: Value,
    event_type: Option<String>,
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

/// One event, a list of them, or one after the other.
fn events(body: &[u8]) -> Result<Vec<Event>, String> {
    let text = str::from_utf8(body).map_err(|error| error.to_string())?;
    let events: Vec<Event> = match text.trim_start().starts_with('[') {
        true => serde_json::from_str(text).map_err(|error| error.to_string())?,
        false => {
            let all = serde_json::Deserializer::from_str(text).into_iter();
            let all = all.take(MAX_EVENTS + 1).collect::<Result<_, _>>();
            all.map_err(|error: serde_json::Error| error.to_string())?
        }
    };
    match events.len() {
        0 => Err("there is no event in it".into()),
        many if many > MAX_EVENTS => Err(format!("more than {MAX_EVENTS} events in one delivery")),
        _ => Ok(events),
    }
}

/// `told` is the type that the header names; it counts only where an event has none.
fn pushes(all: Vec<Event>, told: &str) -> Result<Vec<AuditRecord>, String> {
    let mut records = Vec::new();
    for event in all {
        let kind = event.event_type.as_deref().unwrap_or(told);
        match kind {
            GIT_OPERATION => records.extend(record(event)?),
            "" => return Err("neither event_type nor a header says what it is".into()),
            _ => {}
        }
    }
    Ok(records)
}

/// A push to a project's repository; nothing if it is another operation, or
/// about a group, whose wiki is no repository of a project.
fn record(event: Event) -> Result<Option<AuditRecord>, String> {
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
        id: id(&event)?,
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
    use http::HeaderMap;
    use jiff::Timestamp;
    use secrecy::SecretString;
    use serde_json::{Value, json};

    use super::{GIT_OPERATION, MAX_EVENTS, Stream};
    use crate::forge::{AuditRecord, Delivery, RecordedRepository, Refused, StreamError};
    use crate::model::authentication::Credential;

    const OURS: &str = "the stream's token";

    fn stream() -> Stream {
        let tokens = ["an older one", OURS].map(SecretString::from).to_vec();
        Stream::new(tokens).expect("lawful")
    }

    fn heard(
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Result<Vec<AuditRecord>, StreamError> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: http::HeaderName = name.parse().expect("a header name");
            map.append(name, value.parse().expect("a header value"));
        }
        stream().records(&Delivery {
            headers: map,
            body: body.into(),
            path_secret: None,
            received_at: Timestamp::UNIX_EPOCH,
        })
    }

    fn authentic(body: impl Into<Vec<u8>>) -> Result<Vec<AuditRecord>, StreamError> {
        heard(&[("x-gitlab-event-streaming-token", OURS)], body)
    }

    fn read(event: &Value) -> Vec<AuditRecord> {
        authentic(event.to_string()).unwrap_or_else(|error| panic!("{event}: {error}"))
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

    #[test]
    fn what_is_no_push_to_a_project_is_left_out() {
        let mut fetch = push("ssh", "User");
        fetch["details"]["custom_message"]["action"] = json!("git-upload-pack");
        fetch["details"]["custom_message"]["verb"] = json!("clone");
        let mut wiki_of_a_group = push("ssh", "User");
        wiki_of_a_group["entity_type"] = json!("Group");
        let renamed = json!({ "id": 1, "event_type": "project_name_updated",
            "details": "anything", "entity_id": "x" });
        for event in [fetch, wiki_of_a_group, renamed] {
            assert_eq!(read(&event), [], "{event}");
        }
        let mut by_verb = push("ssh", "User");
        by_verb["details"]["custom_message"] = json!({ "protocol": "ssh", "verb": "push" });
        assert_eq!(read(&by_verb).len(), 1);
    }

    #[test]
    fn events_come_alone_in_a_list_or_in_lines_and_details_as_text() {
        let (one, mut other) = (push("ssh", "User"), push("http", "User"));
        other["id"] = json!("e-2");
        let lines = format!("{one}\n{other}\n");
        let list = json!([one, other]).to_string();
        for body in [lines, list] {
            let ids: Vec<_> = authentic(body).expect("read").into_iter().map(|it| it.id).collect();
            assert_eq!(ids, ["e-1", "e-2"]);
        }
        let mut text = push("ssh", "User");
        let message = text["details"]["custom_message"].to_string();
        text["details"]["custom_message"] = json!(message);
        assert_eq!(words(&text).len(), 3);
        text["details"] = json!(text["details"].to_string());
        assert_eq!(words(&text).len(), 3);
        let many = |count| Value::Array(vec![push("ssh", "User"); count]).to_string();
        assert_eq!(authentic(many(MAX_EVENTS)).expect("read").len(), MAX_EVENTS);
        let lines = format!("{one}\n").repeat(MAX_EVENTS + 1);
        for body in [many(MAX_EVENTS + 1), lines] {
            let error = authentic(body).expect_err("too many").to_string();
            assert!(error.contains("more than 1000 events"), "{error}");
        }
    }

    #[test]
    fn the_header_says_the_type_of_an_event_that_has_none() {
        let mut event = push("ssh", "User");
        event.as_object_mut().expect("an object").remove("event_type");
        let token = ("x-gitlab-event-streaming-token", OURS);
        let told = |kind: &str| {
            heard(&[token, ("x-gitlab-audit-event-type", kind)], event.to_string())
        };
        assert_eq!(told(GIT_OPERATION).expect("read").len(), 1);
        assert_eq!(told("project_created").expect("read"), []);
        assert!(authentic(event.to_string()).is_err());
        let lying = heard(
            &[token, ("x-gitlab-audit-event-type", "project_created")],
            push("ssh", "User").to_string(),
        );
        assert_eq!(lying.expect("the body counts").len(), 1);
    }

    #[test]
    fn nothing_is_read_that_is_not_authentic() {
        let token = "x-gitlab-event-streaming-token";
        let body = push("ssh", "User").to_string();
        for headers in [
            &[][..],
            &[(token, "")],
            &[(token, "the stream's toke")],
            &[(token, "other")],
            &[(token, OURS), (token, OURS)],
            &[("x-gitlab-token", OURS)],
        ] {
            let refused = heard(headers, body.clone());
            assert!(
                matches!(refused, Err(StreamError::Refused(Refused::NotAuthentic(_)))),
                "{headers:?}"
            );
        }
        assert!(heard(&[(token, "an older one")], body).is_ok());
        let closed = Stream::new(Vec::new()).expect("lawful");
        assert!(!closed.is_configured() && stream().is_configured());
        let blank = Stream::new(vec![SecretString::from(" ")]).err().expect("refused");
        assert!(blank.to_string().starts_with("audit.stream_tokens: "));
    }

    #[test]
    fn a_push_that_cannot_be_read_is_an_error_and_no_silence() {
        let with = |path: &[&str], value: Value| {
            let mut event = push("ssh", "User");
            let mut at = &mut event;
            for name in path {
                at = &mut at[*name];
            }
            *at = value;
            event.to_string()
        };
        let whole = push("ssh", "User").to_string();
        for body in [
            String::new(),
            "[]".into(),
            "null".into(),
            "{}".into(),
            whole[..whole.len() - 1].to_owned(),
            format!("{whole}x"),
            format!("payload={whole}"),
            whole.replacen('{', "{\"id\":\"twice\",", 1),
            with(&["entity_id"], json!(0)),
            with(&["entity_id"], json!("29")),
            with(&["author_id"], json!(null)),
            with(&["author_id"], json!(-3)),
            with(&["created_at"], json!(null)),
            with(&["created_at"], json!("yesterday")),
            with(&["id"], json!("")),
            with(&["id"], json!("x".repeat(129))),
            with(&["id"], json!({})),
            with(&["details"], json!(null)),
            with(&["details", "custom_message"], json!("pushed something")),
            with(&["details", "custom_message", "protocol"], json!(["ssh"])),
        ] {
            let read = authentic(body.clone());
            assert!(matches!(read, Err(StreamError::Unreadable(_))), "{body}: {read:?}");
        }
        assert!(authentic(b"\xff".to_vec()).is_err());
    }
}

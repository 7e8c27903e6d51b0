//! GitLab's audit event stream: whether a delivery is its own, and the pushes in
//! it (docs.gitlab.com, "Audit event streaming").
//!
//! Nothing signs it: the token in the header is all there is. The body is JSON
//! whatever the content type says. It knows nothing of which push a record is.

use secrecy::SecretString;

use super::event::{Event, GIT_OPERATION, record};
use crate::forge::support::headers::only;
use crate::forge::support::reading::unreadable;
use crate::forge::support::secrets::Secrets;
use crate::forge::{AuditRecord, ConfigError, Delivery, Refused, StreamError};

const TOKEN: &str = "x-gitlab-event-streaming-token";
const EVENT: &str = "x-gitlab-audit-event-type";
/// Most events that one delivery may hold. GitLab sends them one by one; what
/// forwards them may send them together.
const MAX_EVENTS: usize = 1000;

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
            GIT_OPERATION => records.extend(record(&event)?),
            "" => return Err("neither event_type nor a header says what it is".into()),
            _ => {}
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use jiff::Timestamp;
    use secrecy::SecretString;
    use serde_json::{Value, json};

    use super::{GIT_OPERATION, MAX_EVENTS, Stream};
    use crate::forge::{AuditRecord, Delivery, Refused, StreamError};

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
        assert_eq!(read(&text).len(), 1);
        text["details"] = json!(text["details"].to_string());
        assert_eq!(read(&text).len(), 1);
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

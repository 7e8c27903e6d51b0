//! Audit events of what git does, streamed (GitLab's documentation of audit
//! event streaming and of the events' schema): with a token, and as JSON under
//! the content type of a form.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::common::traffic::Sent;
use super::GitLab;

const TOKEN: &str = "the token of the audit stream";
/// What stands for the account of a deploy key.
const DEPLOY_KEY: i64 = -3;

/// What the stream says of a push, and when.
#[derive(Debug, Clone)]
pub struct Told {
    pub protocol: &'static str,
    pub class: &'static str,
    /// `gl_key_type`, if it is said.
    pub key: Option<&'static str>,
    /// How often; 0 is never.
    pub times: usize,
    /// How long after the push.
    pub after: Duration,
}

impl Told {
    /// At once and once.
    pub fn by(protocol: &'static str, class: &'static str) -> Self {
        Self {
            protocol,
            class,
            key: None,
            times: 1,
            after: Duration::ZERO,
        }
    }

    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    pub fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }

    pub fn with_key(self, kind: &'static str) -> Self {
        let key = Some(kind);
        Self { key, ..self }
    }
}

/// Where events are streamed to, and which.
#[derive(Default)]
pub struct Streaming {
    url: Option<String>,
    told: Option<Told>,
    sent: Vec<Sent>,
}

impl GitLab {
    /// What the header of every streamed event holds.
    pub fn streaming_token(&self) -> &str {
        TOKEN
    }

    /// Events are streamed to this URL from now on.
    pub fn streams_to(&self, url: impl Into<String>) {
        self.state().streaming.url = Some(url.into());
    }

    /// From now on every push is told like this.
    pub fn tells_the_stream(&self, told: Told) {
        self.state().streaming.told = Some(told);
    }

    /// Every streamed event so far, oldest first.
    pub fn streamed(&self) -> Vec<Sent> {
        self.state().streaming.sent.clone()
    }

    /// The event of a push of `by`'s, not sent.
    pub fn audit_event(&self, name: &str, by: &str, told: &Told) -> Sent {
        let payload = self.git_operation(name, by, told);
        self.envelope("repository_git_operation", &payload)
    }

    /// Any other event, not sent.
    pub fn other_audit_event(&self, kind: &str) -> Sent {
        let payload = json!({ "id": uuid::Uuid::new_v4().to_string(), "author_id": 1, "entity_id": 50,
            "entity_type": "Group", "event_type": kind, "details": { "change": "name" },
            "created_at": jiff::Timestamp::now() });
        self.envelope(kind, &payload)
    }

    /// Streams what a push is told to be.
    pub(super) async fn streams_push(&self, name: &str, by: &str) {
        let (url, told) = {
            let state = self.state();
            (state.streaming.url.clone(), state.streaming.told.clone())
        };
        let Some(told) = told.filter(|told| told.times > 0) else {
            return;
        };
        let sent = self.audit_event(name, by, &told);
        let (forge, times, after) = (self.clone(), told.times, told.after);
        let send = async move {
            tokio::time::sleep(after).await;
            for _ in 0..times {
                let mut sent = sent.clone();
                sent.post(&forge.0.http, url.as_deref()).await;
                forge.state().streaming.sent.push(sent);
            }
        };
        match after.is_zero() {
            true => send.await,
            false => drop(tokio::spawn(send)),
        }
    }

    fn git_operation(&self, name: &str, by: &str, told: &Told) -> Value {
        let mut state = self.state();
        let (project, author) = (state.project(name).id, state.account(by) as i64);
        let author = match told.class {
            "User" => author,
            _ => DEPLOY_KEY,
        };
        let at = state.now();
        let mut message = json!({ "protocol": told.protocol, "action": "git-receive-pack",
            "verb": "push" });
        if let Some(kind) = told.key {
            message["gl_key_type"] = json!(kind);
            message["gl_key_id"] = json!(7);
        }
        json!({ "id": uuid::Uuid::new_v4().to_string(), "author_id": author, "author_name": by,
            "entity_id": project, "entity_type": "Project", "entity_path": name,
            "event_type": "repository_git_operation", "ip_address": "127.0.0.1",
            "created_at": at, "target_id": project, "target_type": "Project",
            "target_details": name,
            "details": { "author_name": by, "author_class": told.class, "target_id": project,
                "target_type": "Project", "target_details": name, "custom_message": message,
                "ip_address": "127.0.0.1", "entity_path": name } })
    }

    fn envelope(&self, kind: &str, payload: &Value) -> Sent {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("x-gitlab-event-streaming-token", TOKEN),
            ("x-gitlab-audit-event-type", kind),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Sent {
            guid: payload["id"].as_str().unwrap_or_default().to_owned(),
            event: kind.to_owned(),
            headers: headers.to_vec(),
            body: payload.to_string().into_bytes(),
            answered: None,
        }
    }
}

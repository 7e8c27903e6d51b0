//! Signed deliveries, sent again, and sent in ways that Stash never would.

use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::super::common::traffic::Sent;
use super::{Stash, WEBHOOK_SECRET};

/// What an attacker, or a broken proxy, does to a delivery.
#[derive(Debug, Clone)]
pub enum Tamper {
    /// This text of the body becomes that one; the signature stays.
    Body(&'static str, &'static str),
    /// The header has this value, whatever it had.
    Header(&'static str, String),
    /// The header is gone.
    Without(&'static str),
    /// The body is another one, signed with this secret.
    SignedWith(&'static str, Vec<u8>),
}

/// `sha256=` and the HMAC, as Stash computes it.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

impl Stash {
    /// Deliveries go to this URL from now on.
    pub fn delivers_to(&self, url: impl Into<String>) {
        self.state().target = Some(url.into());
    }

    /// All deliveries so far, oldest first.
    pub fn sent(&self) -> Vec<Sent> {
        self.state().sent.clone()
    }

    /// Sends a delivery once more: same id, same bytes.
    pub async fn redelivers(&self, guid: &str) -> Sent {
        let sent = self.sent();
        let found = sent.iter().find(|it| it.guid == guid);
        self.sends(found.expect("it was sent").clone()).await
    }

    /// Sends a delivery once more, tampered with.
    pub async fn sends_tampered(&self, original: &Sent, tampers: &[Tamper]) -> Sent {
        let mut sent = original.clone();
        for tamper in tampers {
            tamper.apply(&mut sent);
        }
        self.sends(sent).await
    }

    /// Sends any event with any payload, lawfully signed.
    pub async fn delivers(&self, event: &str, payload: &Value) -> Sent {
        let body = serde_json::to_vec(payload).expect("JSON");
        let signed = ("x-hub-signature", signature(WEBHOOK_SECRET, &body));
        let headers = [("x-event-key", event.to_owned()), signed];
        self.posts(event, body, &headers).await
    }

    /// "Test connection": not signed.
    pub async fn tests_connection(&self) -> Sent {
        let event = "diagnostics:ping";
        let body = br#"{"test":true}"#.to_vec();
        self.posts(event, body, &[("x-event-key", event.to_owned())])
            .await
    }

    /// What an old Stash (3.x) posts after a push: no signature, no event's
    /// name, no actor.
    pub async fn delivers_post_receive(&self, name: &str, reference: &str, ids: [&str; 2]) -> Sent {
        let repository = {
            let state = self.state();
            state.repository_json(state.repository(name).id)
        };
        let change = json!({ "refId": reference, "fromHash": ids[0], "toHash": ids[1],
            "type": "UPDATE" });
        let body = json!({ "repository": repository, "refChanges": [change],
            "changesets": { "size": 0, "limit": 100, "isLastPage": true, "values": [] } });
        let body = serde_json::to_vec(&body).expect("JSON");
        self.posts("post-receive", body, &[]).await
    }

    async fn posts(&self, event: &str, body: Vec<u8>, more: &[(&str, String)]) -> Sent {
        let guid = uuid::Uuid::new_v4().to_string();
        let mut headers = vec![(
            "content-type".into(),
            "application/json; charset=utf-8".into(),
        )];
        if !more.is_empty() {
            headers.push(("x-request-id".to_owned(), guid.clone()));
        }
        let more = more
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        headers.extend(more);
        let event = event.to_owned();
        let sent = Sent {
            guid,
            event,
            headers,
            body,
            answered: None,
        };
        self.sends(sent).await
    }

    /// A delivery about a repository, with what every such delivery has.
    pub(super) async fn tells(&self, event: &str, by: &str, mut payload: Value) -> Sent {
        {
            let mut state = self.state();
            payload["eventKey"] = json!(event);
            payload["date"] = json!("2026-01-02T03:04:05+0000");
            payload["actor"] = state.account(by);
        }
        self.delivers(event, &payload).await
    }

    /// Sends what API requests caused, a little later, as Stash does.
    pub(super) fn tells_what_followed(&self) {
        let all = std::mem::take(&mut self.state().outbox);
        if all.is_empty() {
            return;
        }
        let forge = self.clone();
        tokio::spawn(async move {
            for (event, _, by, payload) in all {
                forge.tells(&event, &by, payload).await;
            }
        });
    }

    /// Sends it as it is.
    pub async fn sends(&self, mut sent: Sent) -> Sent {
        let target = self.state().target.clone();
        sent.post(&self.0.http, target.as_deref()).await;
        self.state().sent.push(sent.clone());
        sent
    }
}

impl Tamper {
    fn apply(&self, sent: &mut Sent) {
        match self {
            Self::Body(from, to) => {
                let body = String::from_utf8_lossy(&sent.body);
                assert!(body.contains(from), "the body has no {from:?}");
                sent.body = body.replace(from, to).into_bytes();
            }
            Self::Header(name, value) => {
                sent.headers.retain(|(it, _)| it != name);
                sent.headers.push(((*name).to_owned(), value.clone()));
            }
            Self::Without(name) => sent.headers.retain(|(it, _)| it != name),
            Self::SignedWith(secret, body) => {
                sent.body = body.clone();
                let signature = signature(secret, body);
                Self::Header("x-hub-signature", signature).apply(sent);
            }
        }
    }
}

//! Signed deliveries, sent again, and sent in ways that GitHub never would.

use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::super::common::traffic::Sent;
use super::GitHub;
use super::app::{INSTALLATION_ID, WEBHOOK_SECRET};

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

/// `sha256=` and the HMAC, as GitHub computes it.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

impl GitHub {
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
        let guid = uuid::Uuid::new_v4().to_string();
        let body = serde_json::to_vec(payload).expect("JSON");
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("user-agent", "GitHub-Hookshot/stand-in".to_owned()),
            ("x-github-event", event.to_owned()),
            ("x-github-delivery", guid.clone()),
            ("x-github-hook-id", "1".to_owned()),
            (
                "x-github-hook-installation-target-type",
                "integration".to_owned(),
            ),
            ("x-hub-signature-256", signature(WEBHOOK_SECRET, &body)),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value));
        let event = event.to_owned();
        let headers = headers.to_vec();
        self.sends(Sent {
            guid,
            event,
            headers,
            body,
            answered: None,
        })
        .await
    }

    /// A delivery about a repository, with what every such delivery has.
    pub(super) async fn tells(
        &self,
        event: &str,
        repository: &str,
        by: &str,
        mut payload: Value,
    ) -> Sent {
        {
            let mut state = self.state();
            payload["repository"] = state.repository_json(repository);
            // Seconds in `push`, and a text in every other event.
            let now = jiff::Timestamp::now();
            payload["repository"]["pushed_at"] = match event {
                "push" => now.as_second().into(),
                _ => now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into(),
            };
            payload["sender"] = state.account(by);
            payload["installation"] = json!({ "id": INSTALLATION_ID });
        }
        self.delivers(event, &payload).await
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
                Self::Header("x-hub-signature-256", signature).apply(sent);
            }
        }
    }
}

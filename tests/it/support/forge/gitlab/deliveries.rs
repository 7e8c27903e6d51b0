//! Deliveries with GitLab's headers, sent again, and sent in ways that GitLab
//! never would.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use serde_json::Value;
use sha2::Sha256;

use super::super::common::traffic::Sent;
use super::hooks::Hook;
use super::{GitLab, SECRET};

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
    /// It was signed so many seconds before, with the right secret.
    SignedBefore(i64),
}

/// The token of this secret, as GitLab shows it once.
pub fn signing_token(secret: &str) -> String {
    format!("whsec_{}", STANDARD.encode(secret))
}

/// The signature of the Standard Webhooks specification.
pub fn signature(secret: &str, id: &str, at: Timestamp, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key");
    mac.update(format!("{id}.{}.", at.as_second()).as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// Signs a delivery anew.
pub fn sign(sent: &mut Sent, secret: &str, at: Timestamp) {
    let signed = signature(secret, &sent.guid, at, &sent.body);
    sent.set("webhook-id", sent.guid.clone());
    sent.set("webhook-timestamp", at.as_second().to_string());
    sent.set("webhook-signature", signed);
}

impl GitLab {
    /// Deliveries go to this URL from now on.
    pub fn delivers_to(&self, url: impl Into<String>) {
        self.state().hooks[0].url = Some(url.into());
    }

    /// All deliveries so far, oldest first.
    pub fn sent(&self) -> Vec<Sent> {
        self.state().sent.clone()
    }

    /// Presses "Resend": same key, same bytes, a new signature.
    pub async fn redelivers(&self, guid: &str) -> Sent {
        let sent = self.sent();
        let found = sent.iter().find(|it| it.guid == guid);
        let mut sent = found.expect("it was sent").clone();
        sent.set("x-gitlab-webhook-uuid", uuid::Uuid::new_v4());
        if sent
            .headers
            .iter()
            .any(|(name, _)| name == "webhook-signature")
        {
            sign(&mut sent, SECRET, Timestamp::now());
        }
        self.sends(sent).await
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
        let hook = self.state().hooks[0].clone();
        self.posts(&hook, event, payload, None).await
    }

    /// Sends it as it is.
    pub async fn sends(&self, sent: Sent) -> Sent {
        let url = self.state().hooks[0].url.clone();
        self.posts_to(url, (0, None), sent).await
    }

    pub(super) async fn posts(
        &self,
        hook: &Hook,
        event: &str,
        payload: &Value,
        project: Option<u64>,
    ) -> Sent {
        let new = || uuid::Uuid::new_v4().to_string();
        let guid = new();
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("user-agent", "GitLab/19.0.0".to_owned()),
            ("x-gitlab-event", event.to_owned()),
            ("x-gitlab-instance", self.url()),
            ("x-gitlab-webhook-uuid", new()),
            ("x-gitlab-event-uuid", new()),
            ("idempotency-key", guid.clone()),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value));
        let mut sent = Sent {
            guid,
            event: event.into(),
            headers: headers.to_vec(),
            body: serde_json::to_vec(payload).expect("JSON"),
            answered: None,
        };
        if let Some(token) = &hook.token {
            sent.set("x-gitlab-token", token.clone());
        }
        if let Some(token) = &hook.signing_token {
            let key = token.trim_start_matches("whsec_");
            let key = STANDARD.decode(key).expect("base64");
            let key = String::from_utf8(key).expect("the stand-in's keys are texts");
            sign(&mut sent, &key, Timestamp::now());
        }
        self.posts_to(hook.url.clone(), (hook.id, project), sent)
            .await
    }

    async fn posts_to(
        &self,
        url: Option<String>,
        (hook, project): (u64, Option<u64>),
        mut sent: Sent,
    ) -> Sent {
        sent.post(&self.0.http, url.as_deref()).await;
        let mut state = self.state();
        let at = state.now();
        state.log.push((hook, at, project));
        state.sent.push(sent.clone());
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
            Self::Header(name, value) => sent.set(name, value.clone()),
            Self::Without(name) => sent.headers.retain(|(it, _)| it != name),
            Self::SignedWith(secret, body) => {
                sent.body = body.clone();
                sign(sent, secret, Timestamp::now());
            }
            Self::SignedBefore(seconds) => {
                let at = Timestamp::now() - jiff::SignedDuration::from_secs(*seconds);
                sign(sent, SECRET, at);
            }
        }
    }
}

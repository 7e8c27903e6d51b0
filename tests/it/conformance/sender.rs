//! What a forge could tell us, in neutral words; and who puts it into the
//! forge's own.

use forgewarden::config::Forges;
use forgewarden::forge::{self, Delivery, Instance, Meaning, Refused};
use forgewarden::model::event::Event;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;

pub(super) const SECRET: &str = "the secret of the conformance suite";
pub(super) const ONE: &str = "1111111111111111111111111111111111111111";
pub(super) const TWO: &str = "2222222222222222222222222222222222222222";
pub(super) const NULL: &str = "0000000000000000000000000000000000000000";

/// A repository: its name where the forge's alphabet allows it, and its number.
#[derive(Debug, Clone)]
pub(super) struct Repository {
    pub(super) owner: String,
    pub(super) name: String,
    pub(super) id: u64,
}

impl Repository {
    pub(super) fn app() -> Self {
        Self {
            owner: "acme".to_owned(),
            name: "app".to_owned(),
            id: 7,
        }
    }
}

/// What happened.
#[derive(Debug, Clone)]
pub(super) enum Told {
    /// Refs moved: full name, old and new id; zeros for none.
    Push(Vec<(String, String, String)>),
    /// A pull request was opened, or closed.
    PullRequest {
        number: u64,
        target: String,
        from_fork: bool,
        open: bool,
    },
    /// Something that no version of the product knows.
    SomethingNew,
}

impl Told {
    pub(super) fn push(name: &str, old: &str, new: &str) -> Self {
        Self::Push(vec![(name.to_owned(), old.to_owned(), new.to_owned())])
    }
}

/// A delivery as bytes.
#[derive(Debug, Clone)]
pub(super) struct Raw {
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Raw {
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(it, _)| it != name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// As it is received at the beginning of time.
    pub(super) fn delivery(&self) -> Delivery {
        let mut headers = http::HeaderMap::new();
        for (name, value) in &self.headers {
            let name: http::HeaderName = name.parse().expect("a header name");
            headers.append(name, value.parse().expect("a header value"));
        }
        Delivery {
            headers,
            body: self.body.clone(),
            path_secret: None,
            received_at: Timestamp::UNIX_EPOCH,
        }
    }
}

/// What a delivery is sent as.
#[derive(Debug, Clone, Copy)]
pub(super) struct Envelope<'a> {
    pub(super) event: &'a str,
    pub(super) id: &'a str,
    pub(super) secret: &'a str,
    /// When it is sent.
    pub(super) at: Timestamp,
}

/// Puts what happened into a forge's words.
pub(super) trait Send {
    /// The headers that say that a delivery is authentic; any of them.
    const AUTHENTICITY: &'static [&'static str];

    /// An instance with these secrets.
    fn configured(key: &str, secrets: Vec<SecretString>) -> Forges;

    /// The bodies of the deliveries that tell it, each with its event's name.
    fn bodies(repository: &Repository, told: &Told) -> Vec<(String, Value)>;

    /// The headers of a delivery.
    fn headers(envelope: &Envelope<'_>, body: &[u8]) -> Vec<(String, String)>;
}

/// The instance `main`, or why it cannot be made.
pub(super) fn instance<S: Send>(secrets: &[&str]) -> Result<Instance, forge::ConfigError> {
    let secrets = secrets.iter().copied().map(SecretString::from).collect();
    let clock: forgewarden::clock::SharedClock =
        std::sync::Arc::new(forgewarden::clock::SystemClock);
    let made = forge::instances(&S::configured("main", secrets), &clock)?;
    Ok(made.into_iter().next().expect("one instance"))
}

/// The deliveries that tell it, signed with a secret.
pub(super) fn deliveries<S: Send>(repository: &Repository, told: &Told, secret: &str) -> Vec<Raw> {
    let bodies = S::bodies(repository, told).into_iter().enumerate();
    let sign = |(number, (event, body)): (usize, (String, Value))| {
        let body = body.to_string().into_bytes();
        signed::<S>(&event, &format!("id-{number}"), body, secret)
    };
    bodies.map(sign).collect()
}

pub(super) fn signed<S: Send>(event: &str, id: &str, body: Vec<u8>, secret: &str) -> Raw {
    signed_at::<S>(event, id, body, (secret, Timestamp::UNIX_EPOCH))
}

fn signed_at<S: Send>(
    event: &str,
    id: &str,
    body: Vec<u8>,
    (secret, at): (&str, Timestamp),
) -> Raw {
    let envelope = Envelope {
        event,
        id,
        secret,
        at,
    };
    let headers = S::headers(&envelope, &body);
    Raw { headers, body }
}

/// The usual push, sent now.
pub(super) fn a_push_now<S: Send>() -> Raw {
    let told = Told::push("refs/heads/main", ONE, TWO);
    let (event, body) = S::bodies(&Repository::app(), &told).remove(0);
    let body = body.to_string().into_bytes();
    signed_at::<S>(&event, "id-0", body, (SECRET, Timestamp::now()))
}

/// The first delivery of the usual push.
pub(super) fn a_push<S: Send>() -> Raw {
    let told = Told::push("refs/heads/main", ONE, TWO);
    deliveries::<S>(&Repository::app(), &told, SECRET).remove(0)
}

/// What an authentic delivery means; the reader's complaint if it has one.
pub(super) fn meaning<S: Send>(raw: &Raw) -> Result<Meaning, String> {
    let instance = instance::<S>(&[SECRET]).expect("lawful");
    let verified = instance.intake.authenticate(raw.delivery());
    let verified = verified.expect("authentic");
    instance
        .intake
        .meaning(&verified)
        .map_err(|it| it.to_string())
}

/// The events of everything that tells it.
pub(super) fn events<S: Send>(repository: &Repository, told: &Told) -> Vec<Event> {
    let mut events = Vec::new();
    for raw in deliveries::<S>(repository, told, SECRET) {
        match meaning::<S>(&raw).expect("readable") {
            Meaning::Events(more) => events.extend(more),
            Meaning::NotOfInterest(_) => {}
        }
    }
    events
}

/// Why a delivery is refused.
pub(super) fn refused<S: Send>(raw: &Raw, secrets: &[&str]) -> Refused {
    let instance = instance::<S>(secrets).expect("lawful");
    match instance.intake.authenticate(raw.delivery()) {
        Ok(verified) => panic!("taken: {verified:?}"),
        Err(refused) => refused,
    }
}

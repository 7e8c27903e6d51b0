//! Hostile deliveries to every forge of the registry: none panics, and none is
//! accepted that no secret of ours made.
//!
//! An input is header lines, an empty line, and the body. It is tried as it is
//! (it must be refused) and with a lawful signature or the secret in the URL (it
//! must be read or refused without a panic). The same for batches of a stream of
//! audit records.
#![no_main]

use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forgewarden::clock::{SharedClock, SystemClock};
use forgewarden::config::{Forges, GitHubAudit, GitHubInstance, GitLabInstance, StashInstance};
use forgewarden::forge::{self, AuditRecord, Delivery, Instance, Meaning};
use forgewarden::model::event::Event;
use forgewarden::model::repo::ForgeKind;
use forgewarden::model::text::is_misleading;
use hmac::{Hmac, Mac as _};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use secrecy::SecretString;
use sha2::Sha256;

/// The secret of every instance; no input can know what it signs.
const SECRET: &str = "0123456789abcdef0123456789abcdef";

fuzz_target!(|input: &[u8]| {
    let (headers, body) = parse(input);
    for instance in instances() {
        for path_secret in [None, Some("a secret that is not ours")] {
            let mut raw = delivery(headers.clone(), body);
            raw.path_secret = path_secret.map(SecretString::from);
            if instance.intake.authenticate(raw).is_ok() {
                panic!("accepted by {} without a secret", instance.key);
            }
        }
        let mut signed = headers.clone();
        sign(instance.kind, &mut signed, body);
        let mut poke = delivery(headers.clone(), body);
        poke.path_secret = Some(SecretString::from(SECRET));
        for lawful in [delivery(signed, body), poke] {
            if let Ok(verified) = instance.intake.authenticate(lawful)
                && let Ok(Meaning::Events(events)) = instance.intake.meaning(&verified)
            {
                events.iter().for_each(is_sane);
            }
        }
        if instance
            .audit
            .streamed(&delivery(headers.clone(), body))
            .is_ok()
        {
            panic!("a stream accepted by {} without a token", instance.key);
        }
        let mut authorized = headers.clone();
        authorize(instance.kind, &mut authorized);
        let records = instance.audit.streamed(&delivery(authorized, body));
        records.iter().flatten().for_each(is_sane_record);
    }
});

fn delivery(headers: HeaderMap, body: &[u8]) -> Delivery {
    Delivery {
        headers,
        body: body.to_vec(),
        path_secret: None,
        received_at: Timestamp::UNIX_EPOCH,
    }
}

fn parse(input: &[u8]) -> (HeaderMap, &[u8]) {
    let end = input.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = match end {
        Some(end) => (&input[..end], &input[end + 2..]),
        None => (&[][..], input),
    };
    let mut headers = HeaderMap::new();
    for line in head.split(|byte| *byte == b'\n').take(50) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    (headers, body)
}

/// What an event must hold whatever it was read from.
fn is_sane(event: &Event) {
    match event {
        Event::Push { updates, .. } => {
            assert!(
                updates
                    .iter()
                    .all(|it| it.old.is_some() || it.new.is_some())
            );
        }
        Event::PullRequest { number, .. } => assert!(*number > 0),
        _ => {}
    }
}

/// What a record must hold whatever it was read from.
fn is_sane_record(record: &AuditRecord) {
    assert!(!record.id.is_empty() && record.id.len() <= 200);
    let says = &record.evidence.says;
    assert!(says.chars().count() < 500 && !says.chars().any(is_misleading));
}

/// Gives the token of the stream as the forge would.
fn authorize(kind: ForgeKind, headers: &mut HeaderMap) {
    if kind == ForgeKind::GitHub {
        let value = HeaderValue::from_str(&format!("Splunk {SECRET}")).expect("a header");
        headers.insert("authorization", value);
    }
}

fn hmac(secret: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any key");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

/// Signs as the forge would.
fn sign(kind: ForgeKind, headers: &mut HeaderMap, body: &[u8]) {
    let set = |headers: &mut HeaderMap, name: &'static str, value: String| {
        headers.insert(name, HeaderValue::from_str(&value).expect("a header"));
    };
    match kind {
        ForgeKind::GitHub => {
            let signature = hex::encode(hmac(SECRET.as_bytes(), &[body]));
            set(
                headers,
                "x-hub-signature-256",
                format!("sha256={signature}"),
            );
        }
        ForgeKind::Stash => {
            let signature = hex::encode(hmac(SECRET.as_bytes(), &[body]));
            set(headers, "x-hub-signature", format!("sha256={signature}"));
        }
        ForgeKind::GitLab => {
            let id = headers.get("idempotency-key").cloned();
            let id = id.unwrap_or(HeaderValue::from_static("one"));
            let signature = hmac(SECRET.as_bytes(), &[id.as_bytes(), b".0.", body]);
            headers.insert("webhook-id", id);
            set(headers, "webhook-timestamp", "0".to_owned());
            set(
                headers,
                "webhook-signature",
                format!("v1,{}", STANDARD.encode(signature)),
            );
        }
        ForgeKind::Git => {}
    }
}

/// One instance of every forge.
fn instances() -> &'static [Instance] {
    static INSTANCES: OnceLock<Vec<Instance>> = OnceLock::new();
    INSTANCES.get_or_init(|| {
        let clock: SharedClock = Arc::new(SystemClock);
        let made = forge::instances(&forges(), &clock).expect("lawful settings");
        assert_eq!(
            made.len(),
            forge::NAMES.len(),
            "a forge is not configured here"
        );
        made
    })
}

fn forges() -> Forges {
    let secrets = || vec![SecretString::from(SECRET)];
    Forges {
        github: vec![GitHubInstance {
            key: "github".into(),
            api_url: "https://api.github.com".into(),
            web_url: "https://github.com".into(),
            app_id: 1,
            private_key_pem: SecretString::from(private_key()),
            webhook_secrets: secrets(),
            api_version: "2022-11-28".into(),
            admin_token: None,
            audit: GitHubAudit {
                stream_tokens: secrets(),
                ..GitHubAudit::default()
            },
        }],
        gitlab: vec![GitLabInstance {
            key: "gitlab".into(),
            url: "https://gitlab.com".into(),
            token: SecretString::from(SECRET),
            webhook_secrets: secrets(),
            signing_tokens: vec![format!("whsec_{}", STANDARD.encode(SECRET)).into()],
            ca: None,
            admin_token: None,
            audit: Default::default(),
        }],
        stash: vec![StashInstance {
            key: "stash".into(),
            url: "https://stash.example.com".into(),
            user: "forgewarden".into(),
            token: SecretString::from(SECRET),
            webhook_secrets: secrets(),
            ca: None,
            admin_token: None,
            audit: Default::default(),
        }],
    }
}

fn private_key() -> String {
    use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let der: Pkcs8V1Der<'_> = pair.as_der().expect("PKCS #8");
    let body = STANDARD.encode(der.as_ref());
    format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")
}

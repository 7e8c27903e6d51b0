//! Whether a delivery is GitLab's: a Standard Webhooks signature over the raw
//! body, or the plain secret in `X-Gitlab-Token`
//! (docs.gitlab.com, "Webhooks"; standardwebhooks.com, the specification).
//!
//! It knows nothing of what a payload means. A delivery that carries a
//! signature, or any part of one, is judged by it alone: whoever knows the plain
//! secret could otherwise leave the signature broken and be let in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256};
use standardwebhooks::{
    HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook,
};
use subtle::{Choice, ConstantTimeEq as _};

use crate::forge::support::headers::{json, name, only};
use crate::forge::support::secrets::Secrets;
use crate::forge::{ConfigError, Delivery, Intake, Meaning, Refused, Unreadable};
use crate::model::delivery::VerifiedDelivery;

const TOKEN: &str = "x-gitlab-token";
const EVENT: &str = "x-gitlab-event";
const IDEMPOTENCY_KEY: &str = "idempotency-key";
const REQUEST: &str = "x-gitlab-webhook-uuid";
const NOT_JSON: &str = "the content type is not application/json";
/// How far a signature's time may be from ours (the specification's five minutes).
const WINDOW: SignedDuration = SignedDuration::from_mins(5);
/// What a signing token starts with; base64 of the key follows.
const PREFIX: &str = "whsec_";
/// Shortest key of a signing token, in bytes (the specification; GitLab makes 32).
const SHORTEST_KEY: usize = 24;
/// Most signatures in one header that are looked at.
const MAX_SIGNATURES: usize = 8;

/// Authenticates and reads the deliveries of one GitLab.
pub(super) struct GitLabIntake {
    key: String,
    /// Nothing if only signed deliveries are taken.
    secrets: Option<Secrets>,
    signers: Vec<Webhook>,
}

impl GitLabIntake {
    /// `key` is the instance's key. Neither kind of secret, or one that is blank
    /// or malformed, is an error.
    pub(super) fn new(
        key: String,
        secrets: Vec<SecretString>,
        tokens: &[SecretString],
    ) -> Result<Self, ConfigError> {
        let signers = tokens.iter().map(signer).collect::<Result<Vec<_>, _>>()?;
        let only_signed = secrets.is_empty() && !signers.is_empty();
        let secrets = match only_signed {
            true => None,
            false => Some(Secrets::new("webhook_secrets", secrets)?),
        };
        Ok(Self {
            key,
            secrets,
            signers,
        })
    }

    /// The signature's own name of the delivery.
    fn signed(&self, delivery: &Delivery) -> Result<String, Refused> {
        if self.signers.is_empty() {
            return Err(Refused::NotAuthentic(
                "it is signed, and `signing_tokens` is not set",
            ));
        }
        let part = |header| only(&delivery.headers, header).and_then(|it| str::from_utf8(it).ok());
        let parts = (
            part(HEADER_WEBHOOK_ID),
            part(HEADER_WEBHOOK_TIMESTAMP),
            part(HEADER_WEBHOOK_SIGNATURE),
        );
        let (Some(id), Some(timestamp), Some(signatures)) = parts else {
            return Err(Refused::NotAuthentic(
                "webhook-id, -timestamp and -signature are not there exactly once each",
            ));
        };
        let seconds = seconds(timestamp, delivery.received_at)?;
        if !self.made(id, seconds, signatures, &delivery.body) {
            return Err(Refused::NotAuthentic(
                "no signing token of ours made the signature",
            ));
        }
        Ok(id.to_owned())
    }

    /// Whether one of our tokens made one of the signatures. Every pair is
    /// compared, so the time does not tell which matched.
    fn made(&self, id: &str, seconds: i64, signatures: &str, body: &[u8]) -> bool {
        let mut matched = Choice::from(0);
        for signer in &self.signers {
            let Ok(expected) = signer.sign(id, seconds, body) else {
                continue;
            };
            for signature in signatures.split(' ').take(MAX_SIGNATURES) {
                matched |= expected.as_bytes().ct_eq(signature.as_bytes());
            }
        }
        matched.into()
    }

    fn plain(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let secrets = self.secrets.as_ref().ok_or(Refused::NotAuthentic(
            "it is not signed, and only `signing_tokens` is set",
        ))?;
        let token = only(headers, TOKEN).ok_or(Refused::NotAuthentic(
            "X-Gitlab-Token is not there exactly once",
        ))?;
        match secrets.has(token) {
            true => Ok(()),
            false => Err(Refused::NotAuthentic("X-Gitlab-Token is no secret of ours")),
        }
    }
}

impl Intake for GitLabIntake {
    fn authenticate(&self, delivery: Delivery) -> Result<VerifiedDelivery, Refused> {
        let headers = &delivery.headers;
        let signature = [
            HEADER_WEBHOOK_ID,
            HEADER_WEBHOOK_TIMESTAMP,
            HEADER_WEBHOOK_SIGNATURE,
        ];
        let signed = match signature.iter().any(|header| headers.contains_key(*header)) {
            true => Some(self.signed(&delivery)?),
            false => {
                self.plain(headers)?;
                None
            }
        };
        json(headers, NOT_JSON)?;
        let event = name(headers, EVENT, b" -_.", "X-Gitlab-Event is missing or odd")?;
        let id = id(&delivery, signed.as_deref())?;
        Ok(VerifiedDelivery::attest(
            self.key.clone(),
            id,
            event,
            delivery.body,
            delivery.received_at,
        ))
    }

    fn meaning(&self, delivery: &VerifiedDelivery) -> Result<Meaning, Unreadable> {
        super::meaning::meaning(delivery)
    }
}

/// A delivery that GitLab's API says was sent to us, as good as received: it was
/// read over our authenticated connection.
pub(super) fn recovered(
    key: &str,
    (id, event): (String, String),
    body: Vec<u8>,
    at: Timestamp,
) -> VerifiedDelivery {
    VerifiedDelivery::attest(key.to_owned(), id, event, body, at)
}

/// The key of a signing token. The error never quotes it.
fn signer(token: &SecretString) -> Result<Webhook, ConfigError> {
    let odd = || {
        let problem = "not whsec_ and the base64 of 24 bytes or more, as GitLab shows it once";
        ConfigError::new("signing_tokens", problem)
    };
    let key = token.expose_secret().strip_prefix(PREFIX).ok_or_else(odd)?;
    let key = STANDARD.decode(key).map_err(|_| odd())?;
    if key.len() < SHORTEST_KEY {
        return Err(odd());
    }
    Webhook::from_bytes(key).map_err(|_| odd())
}

/// The signature's time, if it is written as GitLab writes it and near ours.
fn seconds(text: &str, received_at: Timestamp) -> Result<i64, Refused> {
    let odd = Refused::NotAuthentic("webhook-timestamp is not a time in seconds");
    let seconds: i64 = text.parse().map_err(|_| odd.clone())?;
    let at = Timestamp::from_second(seconds).map_err(|_| odd.clone())?;
    if seconds.to_string() != text {
        return Err(odd);
    }
    match received_at.duration_since(at).abs() <= WINDOW {
        true => Ok(seconds),
        false => Err(Refused::NotAuthentic(
            "the signature is more than five minutes old or ahead: is the clock right?",
        )),
    }
}

/// The name of the delivery, by which a repetition is known.
///
/// A retry keeps `Idempotency-Key` (GitLab 17.4), and what is signed must name
/// the same. Before, `X-Gitlab-Webhook-UUID` (16.2) is new for each request: a
/// retry is judged again, which is harmless; taking two true events for one
/// would not be. Before that nothing names a delivery: the body and the time of
/// receipt do.
fn id(delivery: &Delivery, signed: Option<&str>) -> Result<String, Refused> {
    let headers = &delivery.headers;
    let odd = "Idempotency-Key or X-Gitlab-Webhook-UUID is odd";
    if headers.contains_key(IDEMPOTENCY_KEY) {
        let key = name(headers, IDEMPOTENCY_KEY, b"-_.", odd)?;
        return match signed.is_none_or(|id| id == key) {
            true => Ok(key),
            false => Err(Refused::NotAuthentic(
                "Idempotency-Key is not the signed webhook-id",
            )),
        };
    }
    if signed.is_some() {
        return name(headers, HEADER_WEBHOOK_ID, b"-_.", "webhook-id is odd");
    }
    if headers.contains_key(REQUEST) {
        return name(headers, REQUEST, b"-_.", odd);
    }
    let mut digest = Sha256::new();
    digest.update(delivery.received_at.to_string());
    digest.update(&delivery.body);
    Ok(hex::encode(&digest.finalize()[..16]))
}

#[cfg(test)]
mod tests {
    use super::GitLabIntake;
    use crate::forge::{Delivery, Intake as _, Refused};
    use jiff::Timestamp;
    use secrecy::SecretString;

    /// The vector of the crate `standardwebhooks`, which is Svix's.
    const SIGNING: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
    const AT: &str = "1649367553";
    const BODY: &str = r#"{"email":"test@example.com","username":"test_user"}"#;
    const SIGNATURE: &str = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";
    const OTHER: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn secrets(texts: &[&str]) -> Vec<SecretString> {
        texts.iter().copied().map(SecretString::from).collect()
    }

    fn intake(plain: &[&str], signing: &[&str]) -> GitLabIntake {
        let made = GitLabIntake::new("gitlab".into(), secrets(plain), &secrets(signing));
        made.expect("lawful")
    }

    fn delivery(headers: &[(&str, &str)]) -> Delivery {
        let mut map = http::HeaderMap::new();
        for (name, value) in headers {
            let name: http::HeaderName = name.parse().expect("a header name");
            map.append(name, value.parse().expect("a header value"));
        }
        Delivery {
            headers: map,
            body: BODY.into(),
            path_secret: None,
            received_at: Timestamp::from_second(1_649_367_553).expect("a time"),
        }
    }

    const COMMON: [(&str, &str); 2] = [
        ("content-type", "application/json"),
        ("x-gitlab-event", "Merge Request Hook"),
    ];
    const SIGNED: [(&str, &str); 3] = [
        ("webhook-id", ID),
        ("webhook-timestamp", AT),
        ("webhook-signature", SIGNATURE),
    ];

    /// The lawful signed delivery with one header replaced (or taken away).
    fn with(header: &str, values: &[&str]) -> Delivery {
        let mut headers = [&COMMON[..], &SIGNED].concat();
        headers.retain(|(name, _)| *name != header);
        headers.extend(values.iter().map(|value| (header, *value)));
        delivery(&headers)
    }

    fn refused(intake: &GitLabIntake, delivery: Delivery) -> bool {
        matches!(intake.authenticate(delivery), Err(Refused::NotAuthentic(_)))
    }

    #[test]
    fn a_signature_by_any_of_our_tokens_is_authentic() {
        for tokens in [&[SIGNING][..], &[OTHER, SIGNING], &[SIGNING, OTHER]] {
            let verified = intake(&[], tokens).authenticate(with("", &[]));
            let verified = verified.expect("authentic");
            assert_eq!(verified.id(), ID);
            assert_eq!(verified.event(), "Merge Request Hook");
        }
        let rotated = format!("v1,AAAA {SIGNATURE}");
        let several = with("webhook-signature", &[&rotated]);
        assert!(intake(&[], &[SIGNING]).authenticate(several).is_ok());
    }

    #[test]
    fn anything_else_is_not() {
        let odd = [
            ("webhook-signature", &[][..]),
            ("webhook-signature", &["v1,"]),
            ("webhook-signature", &[""]),
            ("webhook-signature", &[&SIGNATURE[..20]]),
            ("webhook-signature", &[&SIGNATURE[3..]]),
            ("webhook-signature", &[SIGNATURE, SIGNATURE]),
            ("webhook-id", &["other"]),
            ("webhook-id", &[]),
            ("webhook-timestamp", &["1649367554"]),
            ("webhook-timestamp", &["+1649367553"]),
            ("webhook-timestamp", &["now"]),
            ("idempotency-key", &["other"]),
        ];
        for (header, values) in odd {
            let delivery = with(header, values);
            assert!(
                refused(&intake(&[], &[SIGNING]), delivery),
                "{header} {values:?}"
            );
        }
        assert!(refused(&intake(&[], &[OTHER]), with("", &[])));
        let mut tampered = with("", &[]);
        tampered.body.push(b' ');
        assert!(refused(&intake(&[], &[SIGNING]), tampered));
        for seconds in [-301, 301] {
            let mut late = with("", &[]);
            late.received_at += jiff::SignedDuration::from_secs(seconds);
            assert!(refused(&intake(&[], &[SIGNING]), late));
        }
    }

    #[test]
    fn a_broken_signature_never_falls_back_to_the_plain_secret() {
        let both = intake(&["plain"], &[SIGNING]);
        let none = intake(&["plain"], &[]);
        for part in SIGNED {
            let headers = [&COMMON[..], &[("x-gitlab-token", "plain"), part]].concat();
            assert!(refused(&both, delivery(&headers)), "{part:?}");
            assert!(refused(&none, delivery(&headers)), "{part:?}");
        }
        let unsigned = [&COMMON[..], &[("x-gitlab-token", "plain")]].concat();
        assert!(both.authenticate(delivery(&unsigned)).is_ok());
        assert!(refused(&intake(&[], &[SIGNING]), delivery(&unsigned)));
    }

    #[test]
    fn the_plain_secret_counts_exactly_once() {
        let intake = intake(&["old", "new"], &[]);
        for (tokens, lawful) in [
            (&["old"][..], true),
            (&["new"], true),
            (&["ol"], false),
            (&[""], false),
            (&[], false),
            (&["old", "old"], false),
        ] {
            let tokens = tokens.iter().map(|token| ("x-gitlab-token", *token));
            let headers: Vec<_> = COMMON.into_iter().chain(tokens).collect();
            assert_eq!(intake.authenticate(delivery(&headers)).is_ok(), lawful);
        }
    }

    #[test]
    fn a_delivery_is_named_by_what_a_retry_keeps() {
        let name = |more: &[(&str, &str)]| {
            let headers = [&COMMON[..], &[("x-gitlab-token", "plain")], more].concat();
            let verified = intake(&["plain"], &[]).authenticate(delivery(&headers));
            verified.map(|it| it.id().to_owned())
        };
        let (key, request) = (("idempotency-key", "k-1"), ("x-gitlab-webhook-uuid", "u-1"));
        assert_eq!(name(&[request, key]).as_deref(), Ok("k-1"));
        assert_eq!(name(&[request]).as_deref(), Ok("u-1"));
        assert_eq!(name(&[]).expect("named").len(), 32);
        assert!(matches!(name(&[key, key]), Err(Refused::Malformed(_))));
        let odd = ("idempotency-key", "../../etc");
        assert!(matches!(name(&[odd, request]), Err(Refused::Malformed(_))));
    }

    #[test]
    fn no_secret_and_a_malformed_token_refuse_to_start() {
        let made = |plain: &[&str], signing: &[&str]| {
            let made = GitLabIntake::new("gitlab".into(), secrets(plain), &secrets(signing));
            made.map(|_| ()).map_err(|error| error.to_string())
        };
        let none = made(&[], &[]).expect_err("refused");
        assert!(none.starts_with("webhook_secrets: "), "{none}");
        assert!(made(&[" "], &[SIGNING]).is_err());
        for odd in ["", "whsec_", &SIGNING[6..], "whsec_AAAA", "whsec_?"] {
            let error = made(&["plain"], &[odd]).expect_err("refused");
            assert!(error.starts_with("signing_tokens: "), "{error}");
        }
    }
}

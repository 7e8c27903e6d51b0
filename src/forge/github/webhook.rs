//! Whether a delivery is GitHub's: HMAC-SHA256 over the raw body
//! (docs.github.com, "Validating webhook deliveries").
//!
//! It knows nothing of what a payload means. The SHA-1 signature that GitHub
//! still sends is never looked at. The headers are not signed: an event name
//! or a delivery id may be replayed onto another signed body, so the body is
//! read strictly for the event that the header names, and the state of a pull
//! request is asked for again before it is judged.

use hmac::{Hmac, Mac};
use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

use crate::forge::{ConfigError, Delivery, Intake, Meaning, Refused, Unreadable};
use crate::model::delivery::VerifiedDelivery;

const SIGNATURE: &str = "x-hub-signature-256";
const EVENT: &str = "x-github-event";
const DELIVERY: &str = "x-github-delivery";

/// Longest event name or delivery id that is taken, in bytes.
const MAX_NAME: usize = 64;

/// The webhook secrets that count now: at least one, none of them blank.
pub(super) struct Secrets(Vec<SecretString>);

impl Secrets {
    /// An empty list or a blank secret would let anybody in: an error.
    pub(super) fn new(secrets: Vec<SecretString>) -> Result<Self, ConfigError> {
        let blank = |secret: &SecretString| secret.expose_secret().trim().is_empty();
        if secrets.is_empty() {
            return Err(ConfigError::new(
                "webhook_secrets",
                "there is none: set the secret of the GitHub App's webhook",
            ));
        }
        if secrets.iter().any(blank) {
            return Err(ConfigError::new(
                "webhook_secrets",
                "one of them is empty: anybody could sign with it",
            ));
        }
        Ok(Self(secrets))
    }

    /// Whether one of the secrets made this signature of the body. Every secret
    /// is tried whatever the others say, so the time does not tell which matched.
    fn made(&self, signature: &[u8; 32], body: &[u8]) -> bool {
        let mut matched = Choice::from(0);
        for secret in &self.0 {
            let key = secret.expose_secret().as_bytes();
            // HMAC takes a key of any length: the error cannot occur, and would not match.
            if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) {
                mac.update(body);
                matched |= mac.finalize().into_bytes().ct_eq(signature);
            }
        }
        matched.into()
    }
}

/// Authenticates and reads the deliveries of one GitHub App.
pub(super) struct GitHubIntake {
    key: String,
    app_id: u64,
    secrets: Secrets,
}

impl GitHubIntake {
    /// `key` is the instance's key, `app_id` tells our own check runs from others'.
    pub(super) fn new(key: String, app_id: u64, secrets: Secrets) -> Self {
        Self {
            key,
            app_id,
            secrets,
        }
    }
}

impl Intake for GitHubIntake {
    fn authenticate(&self, delivery: Delivery) -> Result<VerifiedDelivery, Refused> {
        let signature = signature(&delivery.headers)?;
        if !self.secrets.made(&signature, &delivery.body) {
            return Err(Refused::NotAuthentic(
                "no secret of ours made the signature",
            ));
        }
        json(&delivery.headers)?;
        let event = name(&delivery.headers, EVENT, "X-GitHub-Event is missing or odd")?;
        let id = name(
            &delivery.headers,
            DELIVERY,
            "X-GitHub-Delivery is missing or odd",
        )?;
        Ok(VerifiedDelivery::attest(
            self.key.clone(),
            id,
            event,
            delivery.body,
            delivery.received_at,
        ))
    }

    fn meaning(&self, delivery: &VerifiedDelivery) -> Result<Meaning, Unreadable> {
        super::meaning::meaning(self.app_id, delivery.event(), delivery.body())
    }
}

/// `sha256=` and 64 lower-case hexadecimal digits, exactly once.
fn signature(headers: &HeaderMap) -> Result<[u8; 32], Refused> {
    let value = only(headers, SIGNATURE).ok_or(Refused::NotAuthentic(
        "X-Hub-Signature-256 is not there exactly once",
    ))?;
    let odd = Refused::NotAuthentic("X-Hub-Signature-256 is not sha256= and 64 digits");
    let digits = value.strip_prefix(b"sha256=").ok_or(odd.clone())?;
    if digits.iter().any(u8::is_ascii_uppercase) {
        return Err(odd);
    }
    let mut signature = [0; 32];
    hex::decode_to_slice(digits, &mut signature).map_err(|_| odd)?;
    Ok(signature)
}

/// GitHub's other content type, `application/x-www-form-urlencoded`, is its
/// default: a misconfiguration that must be seen.
fn json(headers: &HeaderMap) -> Result<(), Refused> {
    let value = only(headers, "content-type").unwrap_or_default();
    let kind = value.split(|byte| *byte == b';').next().unwrap_or_default();
    if kind.trim_ascii().eq_ignore_ascii_case(b"application/json") {
        return Ok(());
    }
    Err(Refused::Malformed(
        "the content type is not application/json: set it in the GitHub App's webhook",
    ))
}

/// A header of letters, digits, `-`, `_` and `.`, exactly once.
fn name(headers: &HeaderMap, header: &str, odd: &'static str) -> Result<String, Refused> {
    let value = only(headers, header).unwrap_or_default();
    let lawful = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    if !(1..=MAX_NAME).contains(&value.len()) || !value.iter().all(lawful) {
        return Err(Refused::Malformed(odd));
    }
    Ok(String::from_utf8_lossy(value).into_owned())
}

/// The header's value if it stands there once.
fn only<'a>(headers: &'a HeaderMap, header: &str) -> Option<&'a [u8]> {
    let mut values = headers.get_all(header).iter();
    let first = values.next()?;
    values.next().is_none().then(|| first.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{GitHubIntake, Secrets};
    use crate::forge::{Delivery, Intake as _, Refused};
    use secrecy::SecretString;

    /// The vector of docs.github.com, "Validating webhook deliveries".
    const SECRET: &str = "It's a Secret to Everybody";
    const BODY: &str = "Hello, World!";
    const SIGNED: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn intake(secrets: &[&str]) -> GitHubIntake {
        let secrets = secrets.iter().copied().map(SecretString::from).collect();
        GitHubIntake::new("github".into(), 7, Secrets::new(secrets).expect("lawful"))
    }

    fn delivery(headers: &[(&str, &str)], body: &str) -> Delivery {
        let pairs = headers.iter().map(|(name, value)| {
            let name: http::HeaderName = name.parse().expect("a header name");
            (name, value.parse().expect("a header value"))
        });
        let mut map = http::HeaderMap::new();
        pairs.for_each(|(name, value): (_, http::HeaderValue)| {
            map.append(name, value);
        });
        Delivery {
            headers: map,
            body: body.into(),
            received_at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    const LAWFUL: [(&str, &str); 4] = [
        ("x-hub-signature-256", SIGNED),
        ("content-type", "application/json; charset=utf-8"),
        ("x-github-event", "push"),
        ("x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"),
    ];

    /// The lawful delivery with one header replaced (or taken away).
    fn with(header: &str, values: &[&str]) -> Delivery {
        let mut headers: Vec<_> = LAWFUL
            .into_iter()
            .filter(|(name, _)| *name != header)
            .collect();
        headers.extend(values.iter().map(|value| (header, *value)));
        delivery(&headers, BODY)
    }

    #[test]
    fn githubs_own_vector_is_authentic_with_any_of_our_secrets() {
        for secrets in [&[SECRET][..], &["new", SECRET], &[SECRET, "old"]] {
            let verified = intake(secrets)
                .authenticate(delivery(&LAWFUL, BODY))
                .expect("authentic");
            assert_eq!(verified.event(), "push");
            assert_eq!(verified.id(), "72d3162e-cc78-11e3-81ab-4c9367dc0958");
            assert_eq!(verified.body(), BODY.as_bytes());
        }
    }

    #[test]
    fn anything_else_is_not_authentic() {
        let upper = SIGNED.to_uppercase().replace("SHA256", "sha256");
        let odd = [
            &[][..],
            &[""],
            &["sha256="],
            &[&SIGNED[7..]],
            &[&SIGNED[..70]],
            &[&format!("{SIGNED}00")],
            &[&upper],
            &[&SIGNED.replace("sha256=", "sha1=")],
            &[SIGNED, SIGNED],
            &[SIGNED, "sha256=00"],
        ];
        for values in odd {
            let refused = intake(&[SECRET]).authenticate(with("x-hub-signature-256", values));
            assert!(
                matches!(refused, Err(Refused::NotAuthentic(_))),
                "{values:?}"
            );
        }
        let tampered = delivery(&LAWFUL, "Hello, World?");
        assert!(intake(&[SECRET]).authenticate(tampered).is_err());
        assert!(
            intake(&["other"])
                .authenticate(delivery(&LAWFUL, BODY))
                .is_err()
        );
    }

    #[test]
    fn the_old_signature_is_never_fallen_back_to() {
        // `printf 'Hello, World!' | openssl dgst -sha1 -hmac "It's a Secret to Everybody"`
        let sha1 = (
            "x-hub-signature",
            "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59",
        );
        let headers: Vec<_> = LAWFUL[1..].iter().copied().chain([sha1]).collect();
        let refused = intake(&[SECRET]).authenticate(delivery(&headers, BODY));
        assert!(matches!(refused, Err(Refused::NotAuthentic(_))));
    }

    #[test]
    fn an_authentic_request_without_the_promised_headers_is_malformed() {
        let odd = [
            ("content-type", &[][..]),
            ("content-type", &["application/x-www-form-urlencoded"]),
            ("content-type", &["text/plain; a=application/json"]),
            ("x-github-event", &[]),
            ("x-github-event", &["push", "ping"]),
            ("x-github-event", &["pu sh"]),
            ("x-github-delivery", &[]),
            ("x-github-delivery", &["../../etc"]),
            ("x-github-delivery", &[&SIGNED[..66]]),
        ];
        for (header, values) in odd {
            let refused = intake(&[SECRET]).authenticate(with(header, values));
            assert!(
                matches!(refused, Err(Refused::Malformed(_))),
                "{header}: {values:?}"
            );
        }
    }

    #[test]
    fn no_secret_and_an_empty_secret_refuse_to_start() {
        for secrets in [&[][..], &[""], &["good", " \n"]] {
            let secrets = secrets.iter().copied().map(SecretString::from).collect();
            let error = Secrets::new(secrets).err().expect("refused");
            assert!(error.to_string().starts_with("webhook_secrets: "));
        }
    }
}

//! Whether a delivery is GitHub's: HMAC-SHA256 over the raw body
//! (docs.github.com, "Validating webhook deliveries").
//!
//! It knows nothing of what a payload means. The SHA-1 signature that GitHub
//! still sends is never looked at. The headers are not signed: an event name
//! or a delivery id may be replayed onto another signed body, so the body is
//! read strictly for the event that the header names, and the state of a pull
//! request is asked for again before it is judged.

use http::HeaderMap;

use crate::forge::support::headers::{json, name, signature};
use crate::forge::support::secrets::Secrets;
use crate::forge::{Delivery, Intake, Meaning, Refused, Unreadable};
use crate::model::delivery::VerifiedDelivery;

const SIGNATURE: &str = "x-hub-signature-256";
/// What is said of a delivery without it, and of an odd one.
const NOT_SIGNED: (&str, &str) = (
    "X-Hub-Signature-256 is not there exactly once",
    "X-Hub-Signature-256 is not sha256= and 64 digits",
);
const EVENT: &str = "x-github-event";
const DELIVERY: &str = "x-github-delivery";
/// GitHub's default is a form.
const NOT_JSON: &str =
    "the content type is not application/json: set it in the GitHub App's webhook";

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

/// A delivery that failed, as GitHub's list of deliveries states it.
pub(super) struct Failed {
    /// The instance's key.
    pub(super) key: String,
    /// `X-GitHub-Delivery`.
    pub(super) guid: String,
    /// `X-GitHub-Event`.
    pub(super) event: String,
    /// The payload.
    pub(super) body: Vec<u8>,
    /// When GitHub sent it.
    pub(super) at: jiff::Timestamp,
}

/// A failed delivery, as if it had arrived; none if its names are not lawful.
///
/// Its bytes are JSON written anew, so no signature fits them. They are authentic
/// because only GitHub's API, asked as the App over an authenticated channel, gives them.
pub(super) fn recovered(failed: Failed) -> Option<VerifiedDelivery> {
    let mut headers = HeaderMap::new();
    headers.insert(EVENT, failed.event.parse().ok()?);
    headers.insert(DELIVERY, failed.guid.parse().ok()?);
    let event = name(&headers, EVENT, b"-_.", "odd").ok()?;
    let id = name(&headers, DELIVERY, b"-_.", "odd").ok()?;
    Some(VerifiedDelivery::attest(
        failed.key, id, event, failed.body, failed.at,
    ))
}

impl Intake for GitHubIntake {
    fn authenticate(&self, delivery: Delivery) -> Result<VerifiedDelivery, Refused> {
        let signature = signature(&delivery.headers, SIGNATURE, NOT_SIGNED)?;
        if !self.secrets.made(&signature, &delivery.body) {
            return Err(Refused::NotAuthentic(
                "no secret of ours made the signature",
            ));
        }
        let headers = &delivery.headers;
        json(headers, NOT_JSON)?;
        let event = name(headers, EVENT, b"-_.", "X-GitHub-Event is missing or odd")?;
        let id = name(headers, DELIVERY, b"-_.", "X-GitHub-Delivery is missing or odd")?;
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

#[cfg(test)]
mod tests {
    use super::GitHubIntake;
    use crate::forge::support::secrets::Secrets;
    use crate::forge::{Delivery, Intake as _, Refused};
    use secrecy::SecretString;

    /// The vector of docs.github.com, "Validating webhook deliveries".
    const SECRET: &str = "It's a Secret to Everybody";
    const BODY: &str = "Hello, World!";
    const SIGNED: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn intake(secrets: &[&str]) -> GitHubIntake {
        let secrets = secrets.iter().copied().map(SecretString::from).collect();
        GitHubIntake::new("github".into(), 7, Secrets::new("webhook_secrets", secrets).expect("lawful"))
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
            path_secret: None,
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
}

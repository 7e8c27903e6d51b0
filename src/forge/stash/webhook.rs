//! Whether a delivery is Stash's: HMAC-SHA256 over the raw body
//! (Bitbucket Data Center, "Manage webhooks", "Webhook secrets").
//!
//! It knows nothing of what a payload means. The headers are not signed: the
//! event that the header names must be the one that the body names.
//!
//! Stash up to 3.x (and Bitbucket Server 4.x) has no secrets: its
//! "post-receive webhooks" know a URL and nothing else. Such a delivery is
//! taken only with one of the webhook secrets in its URL, and becomes no more
//! than [`POKE`]: URLs stand in logs, so nothing it says is believed.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256};

use crate::forge::support::headers::{json, name, only, signature};
use crate::forge::support::secrets::Secrets;
use crate::forge::{Delivery, Intake, Meaning, Refused, Unreadable};
use crate::model::delivery::VerifiedDelivery;

const SIGNATURE: &str = "x-hub-signature";
/// What is said of a delivery without it, and of an odd one.
const NOT_SIGNED: (&str, &str) = (
    "X-Hub-Signature is not there exactly once: give the webhook its secret",
    "X-Hub-Signature is not sha256= and 64 digits",
);
const EVENT: &str = "x-event-key";
const DELIVERY: &str = "x-request-id";
const NOT_JSON: &str = "the content type is not application/json";
/// The event of "Test connection", which Stash does not sign.
pub(super) const PING: &str = "diagnostics:ping";
/// Our own name for a delivery that may only ask us to look.
pub(super) const POKE: &str = "poke";

/// Authenticates and reads the deliveries of one Stash.
pub(super) struct StashIntake {
    key: String,
    /// The name of our own account.
    user: String,
    secrets: Secrets,
}

impl StashIntake {
    /// `key` is the instance's key, `user` the name of our own account.
    pub(super) fn new(key: String, user: String, secrets: Secrets) -> Self {
        Self { key, user, secrets }
    }

    /// Signed: an event.
    fn signed(&self, delivery: Delivery) -> Result<VerifiedDelivery, Refused> {
        let headers = &delivery.headers;
        let signature = signature(headers, SIGNATURE, NOT_SIGNED)?;
        if !self.secrets.made(&signature, &delivery.body) {
            return Err(Refused::NotAuthentic(
                "no secret of ours made the signature",
            ));
        }
        json(headers, NOT_JSON)?;
        let event = name(headers, EVENT, b"-_.:", "X-Event-Key is missing or odd")?;
        if event == POKE {
            return Err(Refused::Malformed("X-Event-Key is a word of ours"));
        }
        let id = name(headers, DELIVERY, b"-_.", "X-Request-Id is missing or odd")?;
        Ok(self.attest(delivery, id, event))
    }

    /// Not signed, with a secret in the URL: a poke.
    fn poke(&self, delivery: Delivery, secret: &SecretString) -> Result<VerifiedDelivery, Refused> {
        if !self.secrets.has(secret.expose_secret().as_bytes()) {
            return Err(Refused::NotAuthentic("no secret of ours is in the URL"));
        }
        let headers = &delivery.headers;
        if headers.contains_key(EVENT) || headers.contains_key(SIGNATURE) {
            return Err(Refused::Malformed(
                "this Stash can sign: take the secret out of the webhook's URL",
            ));
        }
        json(headers, NOT_JSON)?;
        // It has no id. The same body later is another push: nothing is repeated by itself.
        let digest = hex::encode(&Sha256::digest(&delivery.body)[..8]);
        let id = format!("{POKE}-{}-{digest}", delivery.received_at.as_nanosecond());
        Ok(self.attest(delivery, id, POKE.to_owned()))
    }

    fn attest(&self, delivery: Delivery, id: String, event: String) -> VerifiedDelivery {
        let (body, received_at) = (delivery.body, delivery.received_at);
        VerifiedDelivery::attest(self.key.clone(), id, event, body, received_at)
    }
}

impl Intake for StashIntake {
    fn authenticate(&self, mut delivery: Delivery) -> Result<VerifiedDelivery, Refused> {
        if let Some(secret) = delivery.path_secret.take() {
            return self.poke(delivery, &secret);
        }
        let headers = &delivery.headers;
        if !headers.contains_key(SIGNATURE) && only(headers, EVENT) == Some(PING.as_bytes()) {
            return Err(Refused::Test);
        }
        self.signed(delivery)
    }

    fn meaning(&self, delivery: &VerifiedDelivery) -> Result<Meaning, Unreadable> {
        super::meaning::meaning(&self.user, delivery.event(), delivery.body())
    }
}

#[cfg(test)]
mod tests {
    use super::StashIntake;
    use crate::forge::support::secrets::Secrets;
    use crate::forge::{Delivery, Intake as _, Meaning, Refused};
    use secrecy::SecretString;

    const SECRET: &str = "It's a Secret to Everybody";
    const BODY: &str = "Hello, World!";
    /// `printf 'Hello, World!' | openssl dgst -sha256 -hmac "It's a Secret to Everybody"`
    const SIGNED: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    const OLD: &str = r#"{"repository":{"slug":"app","id":7,"project":{"key":"PROJ"}},"refChanges":[]}"#;

    fn intake(secrets: &[&str]) -> StashIntake {
        let secrets = secrets.iter().copied().map(SecretString::from).collect();
        let secrets = Secrets::new("webhook_secrets", secrets).expect("lawful");
        StashIntake::new("stash".into(), "warden".into(), secrets)
    }

    fn delivery(headers: &[(&str, &str)], body: &str, path_secret: Option<&str>) -> Delivery {
        let mut map = http::HeaderMap::new();
        for (name, value) in headers {
            let name: http::HeaderName = name.parse().expect("a header name");
            map.append(name, value.parse().expect("a header value"));
        }
        Delivery {
            headers: map,
            body: body.into(),
            path_secret: path_secret.map(SecretString::from),
            received_at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    const LAWFUL: [(&str, &str); 4] = [
        ("x-hub-signature", SIGNED),
        ("content-type", "application/json; charset=utf-8"),
        ("x-event-key", "repo:refs_changed"),
        ("x-request-id", "72d3162e-cc78-11e3-81ab-4c9367dc0958"),
    ];

    /// The lawful delivery with one header replaced (or taken away).
    fn with(header: &str, values: &[&str]) -> Delivery {
        let kept = LAWFUL.into_iter().filter(|(name, _)| *name != header);
        let headers: Vec<_> = kept
            .chain(values.iter().map(|value| (header, *value)))
            .collect();
        delivery(&headers, BODY, None)
    }

    #[test]
    fn a_signed_delivery_is_authentic_with_any_of_our_secrets() {
        for secrets in [&[SECRET][..], &["new", SECRET], &[SECRET, "old"]] {
            let verified = intake(secrets).authenticate(delivery(&LAWFUL, BODY, None));
            let verified = verified.expect("authentic");
            assert_eq!(verified.event(), "repo:refs_changed");
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
            &[&format!("{SIGNED}00")],
            &[&upper],
            &[&SIGNED.replace("sha256=", "sha1=")],
            &[SIGNED, SIGNED],
        ];
        for values in odd {
            let refused = intake(&[SECRET]).authenticate(with("x-hub-signature", values));
            let refused = refused.expect_err("refused");
            assert!(matches!(refused, Refused::NotAuthentic(_)), "{values:?}");
        }
        let tampered = delivery(&LAWFUL, "Hello, World?", None);
        assert!(intake(&[SECRET]).authenticate(tampered).is_err());
        let foreign = intake(&["other"]).authenticate(delivery(&LAWFUL, BODY, None));
        assert!(foreign.is_err());
    }

    #[test]
    fn an_authentic_request_without_the_promised_headers_is_malformed() {
        let odd = [
            ("content-type", &[][..]),
            ("content-type", &["application/x-www-form-urlencoded"]),
            ("x-event-key", &[]),
            ("x-event-key", &["poke"]),
            ("x-event-key", &["repo:refs_changed", "diagnostics:ping"]),
            ("x-request-id", &[]),
            ("x-request-id", &["../../etc"]),
        ];
        for (header, values) in odd {
            let refused = intake(&[SECRET]).authenticate(with(header, values));
            let refused = refused.expect_err("refused");
            assert!(matches!(refused, Refused::Malformed(_)), "{header}");
        }
    }

    #[test]
    fn an_unsigned_test_of_the_connection_is_answered_and_no_event() {
        let test = ("x-event-key", "diagnostics:ping");
        let unsigned = delivery(&[test], r#"{"test":true}"#, None);
        assert_eq!(intake(&[SECRET]).authenticate(unsigned), Err(Refused::Test));
        let forged = delivery(&[test, ("x-hub-signature", "sha256=00")], "{}", None);
        let forged = intake(&[SECRET]).authenticate(forged);
        assert!(matches!(forged, Err(Refused::NotAuthentic(_))));
        let both = [test, ("x-event-key", "repo:refs_changed")];
        let both = intake(&[SECRET]).authenticate(delivery(&both, "{}", None));
        assert!(matches!(both, Err(Refused::NotAuthentic(_))));
    }

    #[test]
    fn an_old_stash_is_known_by_its_url_and_may_only_poke() {
        let json = ("content-type", "application/json");
        let poke = intake(&["new", SECRET]).authenticate(delivery(&[json], OLD, Some(SECRET)));
        let poke = poke.expect("authentic");
        assert_eq!(poke.event(), "poke");
        let meaning = intake(&[SECRET]).meaning(&poke).expect("readable");
        assert!(matches!(meaning, Meaning::Events(events)
            if matches!(&events[..], [crate::model::event::Event::Poke { .. }])));
        for wrong in ["", "It's a Secret", "other"] {
            let refused = intake(&[SECRET]).authenticate(delivery(&[json], OLD, Some(wrong)));
            assert!(matches!(refused, Err(Refused::NotAuthentic(_))), "{wrong}");
        }
        for more in [LAWFUL[0], LAWFUL[2], ("x-event-key", "diagnostics:ping")] {
            let refused =
                intake(&[SECRET]).authenticate(delivery(&[json, more], BODY, Some(SECRET)));
            assert!(matches!(refused, Err(Refused::Malformed(_))), "{more:?}");
        }
        assert!(intake(&[SECRET]).authenticate(delivery(&[json], OLD, None)).is_err());
    }
}

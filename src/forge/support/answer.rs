//! What a forge's answers mean for us: done, later, wait, or never.
//!
//! Sources: docs.github.com, "Rate limits for the REST API" and "Best
//! practices for using the REST API"; docs.gitlab.com, "Rate limits";
//! Bitbucket Data Center, "Improving instance stability with rate limiting".
//! Redirects were followed before.

use http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::forge::ForgeError;
use crate::model::repo::ForgeKind;
use crate::model::text::excerpt;

/// How long we wait when a forge limits us and does not say until when.
const UNNAMED_WAIT: SignedDuration = SignedDuration::from_secs(60);
/// Longest wait that we believe.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(6);
/// Longest part of a forge's own words that is kept, in characters.
const MAX_WORDS: usize = 500;

/// A whole answer.
pub(in crate::forge) struct Answer {
    /// Whose it is.
    pub(in crate::forge) forge: ForgeKind,
    /// What was asked, for messages: method and path.
    pub(in crate::forge) request: String,
    pub(in crate::forge) status: StatusCode,
    pub(in crate::forge) headers: HeaderMap,
    pub(in crate::forge) body: Vec<u8>,
    /// What would help after a 401, 403 or 404, if anything is known.
    pub(in crate::forge) hint: String,
    /// When it came.
    pub(in crate::forge) at: Timestamp,
}

impl Answer {
    /// Reads the body of a success; anything else is an error.
    pub(in crate::forge) fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, ForgeError> {
        self.succeeded()?;
        serde_json::from_slice(&self.body).map_err(|error| {
            let reason = format!("{}: {}", self.request, excerpt(error.to_string(), 300));
            unreadable(self.forge, reason)
        })
    }

    /// Whether it is a success, whatever its body says; else the error.
    pub(in crate::forge) fn succeeded(&self) -> Result<(), ForgeError> {
        match self.status.is_success() {
            true => Ok(()),
            false => Err(self.error()),
        }
    }

    /// Why this is not a success.
    pub(in crate::forge) fn error(&self) -> ForgeError {
        let (forge, words) = (self.forge, self.words());
        if let Some(until) = self.limited(&words) {
            return ForgeError::RateLimited { forge, until };
        }
        let said = format!("{}: {}: {words}", self.request, self.status);
        match self.status.as_u16() {
            408 | 409 | 425 | 500.. => unavailable(forge, said),
            401 | 403 | 404 => refused(forge, format!("{said}{}", self.hint)),
            300..=399 => unreadable(forge, said),
            _ => refused(forge, said),
        }
    }

    /// When to ask again, if this is a rate limit: primary or secondary.
    fn limited(&self, words: &str) -> Option<Timestamp> {
        let status = self.status;
        if status != StatusCode::FORBIDDEN && status != StatusCode::TOO_MANY_REQUESTS {
            return None;
        }
        let either = |name: &str| {
            let own = self.number(name);
            own.or_else(|| self.number(&format!("x-{name}")))
        };
        let wait = if let Some(seconds) = self.number("retry-after") {
            SignedDuration::from_secs(seconds)
        } else if either("ratelimit-remaining") == Some(0) {
            let reset = either("ratelimit-reset");
            let reset = reset.and_then(|second| Timestamp::from_second(second).ok());
            reset.map_or(UNNAMED_WAIT, |reset| reset.duration_since(self.at))
        } else if status == StatusCode::TOO_MANY_REQUESTS || words.contains("rate limit") {
            UNNAMED_WAIT
        } else {
            return None;
        };
        let wait = wait.clamp(SignedDuration::from_secs(1), LONGEST_WAIT);
        self.at.checked_add(wait).ok()
    }

    fn number(&self, header: &str) -> Option<i64> {
        self.headers.get(header)?.to_str().ok()?.parse().ok()
    }

    /// The forge's message and the fields that it objects to. GitHub says
    /// `message` and `errors`, GitLab `message` or `error`, Stash `errors`.
    pub(in crate::forge) fn words(&self) -> String {
        let said = match serde_json::from_slice::<Value>(&self.body) {
            Ok(Value::Object(body)) => {
                let known = ["message", "error", "error_description", "errors"];
                let parts = known.iter().filter_map(|name| body.get(*name));
                let parts = parts.filter(|part| !part.is_null()).map(|part| match part {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                });
                parts.collect::<Vec<_>>().join(" ")
            }
            _ => String::new(),
        };
        match said.is_empty() {
            true => excerpt(&self.body, MAX_WORDS),
            false => excerpt(said, MAX_WORDS),
        }
    }

    /// The URL of the next page, if there is one (RFC 8288).
    pub(in crate::forge) fn next_page(&self) -> Option<&str> {
        let links = self.headers.get_all(http::header::LINK).iter();
        links
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .find_map(|link| {
                let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
                let next = |part: &str| matches!(part.trim(), "rel=\"next\"" | "rel=next");
                parameters.split(';').any(next).then_some(target)
            })
    }
}

/// It may work later.
pub(in crate::forge) fn unavailable(forge: ForgeKind, reason: impl Into<String>) -> ForgeError {
    let reason = reason.into();
    ForgeError::Unavailable { forge, reason }
}

/// It will not work without somebody changing something.
pub(in crate::forge) fn refused(forge: ForgeKind, reason: impl Into<String>) -> ForgeError {
    let reason = reason.into();
    ForgeError::Refused { forge, reason }
}

/// It does not follow the contract.
pub(in crate::forge) fn unreadable(forge: ForgeKind, reason: impl Into<String>) -> ForgeError {
    let reason = reason.into();
    ForgeError::Unreadable { forge, reason }
}

#[cfg(test)]
mod tests {
    use super::Answer;
    use crate::forge::ForgeError;
    use crate::model::repo::ForgeKind;
    use jiff::{SignedDuration, Timestamp};

    fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Answer {
        let pairs = headers.iter().map(|(name, value)| {
            let name = http::HeaderName::from_static(name);
            (name, value.parse().expect("a header value"))
        });
        Answer {
            forge: ForgeKind::GitHub,
            request: "GET /x".to_owned(),
            hint: "; ask for more".to_owned(),
            at: Timestamp::UNIX_EPOCH,
            status: http::StatusCode::from_u16(status).expect("a status"),
            headers: pairs.collect(),
            body: body.into(),
        }
    }

    fn error(status: u16, headers: &[(&'static str, &str)], body: &str) -> ForgeError {
        let read = answer(status, headers, body).read::<u8>();
        read.expect_err("not a success")
    }

    fn wait(error: ForgeError) -> SignedDuration {
        match error {
            ForgeError::RateLimited { until, .. } => until.duration_since(Timestamp::UNIX_EPOCH),
            other => panic!("not a rate limit: {other}"),
        }
    }

    #[test]
    fn rate_limits_say_when_to_ask_again() {
        let seconds = SignedDuration::from_secs;
        assert_eq!(wait(error(403, &[("retry-after", "7")], "")), seconds(7));
        assert_eq!(wait(error(429, &[], "")), seconds(60));
        let exhausted = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "90")];
        assert_eq!(wait(error(403, &exhausted, "")), seconds(90));
        let secondary = r#"{"message":"You have exceeded a secondary rate limit."}"#;
        assert_eq!(wait(error(403, &[], secondary)), seconds(60));
        let gitlab = [("ratelimit-remaining", "0"), ("ratelimit-reset", "40")];
        assert_eq!(wait(error(429, &gitlab, "")), seconds(40));
        let absurd = wait(error(429, &[("retry-after", "99999999999")], ""));
        assert_eq!(absurd, SignedDuration::from_hours(6));
    }

    #[test]
    fn a_missing_permission_is_named_and_a_broken_server_is_asked_again() {
        let body = r#"{"message":"Resource not accessible by integration"}"#;
        let refused = error(403, &[("x-ratelimit-remaining", "4999")], body);
        assert!(matches!(&refused, ForgeError::Refused { reason, .. }
            if reason.contains("not accessible") && reason.ends_with("; ask for more")));
        for status in [500, 502, 503] {
            let later = error(status, &[], "<html>");
            assert!(matches!(later, ForgeError::Unavailable { .. }), "{status}");
        }
        assert!(matches!(
            error(200, &[], "{"),
            ForgeError::Unreadable { .. }
        ));
        assert!(matches!(error(422, &[], ""), ForgeError::Refused { .. }));
    }

    #[test]
    fn the_next_page_is_read_from_the_link_header() {
        let link = r#"<https://h/x?page=1>; rel="prev", <https://h/x?page=3>; rel="next""#;
        let page = answer(200, &[("link", link)], "");
        assert_eq!(page.next_page(), Some("https://h/x?page=3"));
        let last = answer(200, &[("link", r#"<https://h/x?page=1>; rel="prev""#)], "");
        assert_eq!(last.next_page(), None);
    }
}

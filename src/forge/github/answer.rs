//! What GitHub's answers mean for us: done, later, wait, or never.
//!
//! Sources: docs.github.com, "Rate limits for the REST API" and "Best
//! practices for using the REST API". Redirects were followed before.

use http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::forge::ForgeError;
use crate::model::repo::ForgeKind;
use crate::model::text::excerpt;

/// How long we wait when GitHub limits us and does not say until when.
const UNNAMED_WAIT: SignedDuration = SignedDuration::from_secs(60);
/// Longest wait that we believe.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(6);
/// Longest part of GitHub's own words that is kept, in characters.
const MAX_WORDS: usize = 500;

/// A whole answer.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// Reads the body of a success; anything else is an error.
    pub(super) fn read<T: serde::de::DeserializeOwned>(
        &self,
        request: &str,
        now: Timestamp,
    ) -> Result<T, ForgeError> {
        if !self.status.is_success() {
            return Err(self.error(request, now));
        }
        serde_json::from_slice(&self.body)
            .map_err(|error| unreadable(format!("{request}: {}", excerpt(error.to_string(), 300))))
    }

    /// Why this is not a success.
    fn error(&self, request: &str, now: Timestamp) -> ForgeError {
        let words = self.words();
        if let Some(until) = self.limited(&words, now) {
            let forge = ForgeKind::GitHub;
            return ForgeError::RateLimited { forge, until };
        }
        let said = format!("{request}: {}: {words}", self.status);
        match self.status.as_u16() {
            408 | 409 | 425 | 500.. => unavailable(said),
            401 => refused(format!("{said} (is the App's id, key or clock right?)")),
            403 | 404 => refused(format!("{said}{}", self.needed())),
            300..=399 => unreadable(said),
            _ => refused(said),
        }
    }

    /// When to ask again, if this is a rate limit: primary or secondary.
    fn limited(&self, words: &str, now: Timestamp) -> Option<Timestamp> {
        let status = self.status;
        if status != StatusCode::FORBIDDEN && status != StatusCode::TOO_MANY_REQUESTS {
            return None;
        }
        let wait = if let Some(seconds) = self.number("retry-after") {
            SignedDuration::from_secs(seconds)
        } else if self.number("x-ratelimit-remaining") == Some(0) {
            let reset = self.number("x-ratelimit-reset");
            let reset = reset.and_then(|second| Timestamp::from_second(second).ok());
            reset.map_or(UNNAMED_WAIT, |reset| reset.duration_since(now))
        } else if status == StatusCode::TOO_MANY_REQUESTS || words.contains("rate limit") {
            UNNAMED_WAIT
        } else {
            return None;
        };
        let wait = wait.clamp(SignedDuration::from_secs(1), LONGEST_WAIT);
        now.checked_add(wait).ok()
    }

    fn number(&self, header: &str) -> Option<i64> {
        self.headers.get(header)?.to_str().ok()?.parse().ok()
    }

    /// GitHub's message and the fields that it objects to.
    fn words(&self) -> String {
        #[derive(Deserialize)]
        struct Words {
            message: String,
            errors: Option<serde_json::Value>,
        }
        match serde_json::from_slice::<Words>(&self.body) {
            Ok(Words {
                message,
                errors: Some(errors),
            }) => excerpt(format!("{message} {errors}"), MAX_WORDS),
            Ok(words) => excerpt(words.message, MAX_WORDS),
            Err(_) => excerpt(&self.body, MAX_WORDS),
        }
    }

    /// The permissions that the request needs, if GitHub names them.
    fn needed(&self) -> String {
        let header = self.headers.get("x-accepted-github-permissions");
        header.map_or_else(String::new, |value| {
            let permissions = excerpt(value.as_bytes(), 200);
            format!("; grant the App one of these permissions: {permissions}")
        })
    }

    /// The URL of the next page, if there is one (RFC 8288).
    pub(super) fn next_page(&self) -> Option<&str> {
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
pub(super) fn unavailable(reason: impl Into<String>) -> ForgeError {
    ForgeError::Unavailable {
        forge: ForgeKind::GitHub,
        reason: reason.into(),
    }
}

/// It will not work without somebody changing something.
pub(super) fn refused(reason: impl Into<String>) -> ForgeError {
    ForgeError::Refused {
        forge: ForgeKind::GitHub,
        reason: reason.into(),
    }
}

/// It does not follow the contract.
pub(super) fn unreadable(reason: impl Into<String>) -> ForgeError {
    ForgeError::Unreadable {
        forge: ForgeKind::GitHub,
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::Answer;
    use crate::forge::ForgeError;
    use jiff::{SignedDuration, Timestamp};

    fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Answer {
        let pairs = headers.iter().map(|(name, value)| {
            let name = http::HeaderName::from_static(name);
            (name, value.parse().expect("a header value"))
        });
        Answer {
            status: http::StatusCode::from_u16(status).expect("a status"),
            headers: pairs.collect(),
            body: body.into(),
        }
    }

    fn error(status: u16, headers: &[(&'static str, &str)], body: &str) -> ForgeError {
        let read = answer(status, headers, body).read::<u8>("GET /x", Timestamp::UNIX_EPOCH);
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
        let absurd = wait(error(429, &[("retry-after", "99999999999")], ""));
        assert_eq!(absurd, SignedDuration::from_hours(6));
    }

    #[test]
    fn a_missing_permission_is_named_and_a_broken_server_is_asked_again() {
        let body = r#"{"message":"Resource not accessible by integration"}"#;
        let needed = [
            ("x-accepted-github-permissions", "checks=write"),
            ("x-ratelimit-remaining", "4999"),
        ];
        let refused = error(403, &needed, body);
        assert!(matches!(&refused, ForgeError::Refused { reason, .. }
            if reason.contains("not accessible") && reason.contains("checks=write")));
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

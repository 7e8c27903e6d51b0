//! A batch of a stream to us: whether it is authentic, and the events in it.
//!
//! GitHub streams to Splunk's HTTP event collector (docs.github.com, "Streaming
//! the audit log for your enterprise"), whose form this is (docs.splunk.com,
//! "Format events for HTTP Event Collector"): JSON objects one after the other,
//! each with an `event`. Forwarders of other streams send the events themselves,
//! one per line or as a list.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;
use serde_json::Value;

use super::record::{PUSH, Reader, once};
use crate::forge::support::headers::only;
use crate::forge::support::reading::unreadable;
use crate::forge::support::secrets::Secrets;
use crate::forge::{AuditRecord, Delivery, Refused, StreamError};
use crate::model::text::excerpt;

/// Most events of one batch.
const MAX_EVENTS: usize = 10_000;
/// Largest batch after unpacking, in bytes.
const MAX_UNPACKED: usize = 32 << 20;
/// What is unreadable, in messages.
const BATCH: &str = "audit stream";

/// The records of pushes in a batch, each once. An empty batch, which is how a
/// collector is tried, has none.
pub(super) fn records(
    tokens: Option<&Secrets>,
    reader: &Reader<'_>,
    delivery: &Delivery,
) -> Result<Vec<AuditRecord>, StreamError> {
    authenticate(tokens, delivery)?;
    let read = || {
        let body = unpacked(delivery)?;
        let events = events(&body)?;
        let mut records = Vec::new();
        for event in events {
            records.extend(reader.read(event)?);
        }
        once(records)
    };
    read().map_err(|reason| unreadable(BATCH, reason).into())
}

/// `Authorization: Splunk TOKEN`, exactly once.
fn authenticate(tokens: Option<&Secrets>, delivery: &Delivery) -> Result<(), Refused> {
    let tokens = tokens.ok_or(Refused::NotAuthentic(
        "no stream of audit records is configured",
    ))?;
    let value = only(&delivery.headers, "authorization").ok_or(Refused::NotAuthentic(
        "the stream's Authorization is not there exactly once",
    ))?;
    let (scheme, token) = value.split_at_checked(7).unwrap_or_default();
    if !scheme.eq_ignore_ascii_case(b"splunk ") {
        let why = "the stream's Authorization is not \"Splunk\" and a token";
        return Err(Refused::NotAuthentic(why));
    }
    match tokens.has(token) {
        true => Ok(()),
        false => Err(Refused::NotAuthentic("the stream's token is not ours")),
    }
}

fn unpacked(delivery: &Delivery) -> Result<Vec<u8>, String> {
    let mut codings = delivery.headers.get_all("content-encoding").iter();
    let coding = codings.next().map(|coding| coding.as_bytes().trim_ascii());
    if codings.next().is_some() {
        return Err("Content-Encoding is there more than once".to_owned());
    }
    let coding = coding.unwrap_or(b"identity").to_ascii_lowercase();
    match coding.as_slice() {
        b"" | b"identity" => Ok(delivery.body.clone()),
        b"gzip" | b"x-gzip" => gunzip(&delivery.body),
        other => Err(format!(
            "Content-Encoding {} is neither gzip nor identity",
            excerpt(other, 40)
        )),
    }
}

fn gunzip(packed: &[u8]) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    let limit = MAX_UNPACKED as u64 + 1;
    let read = MultiGzDecoder::new(packed)
        .take(limit)
        .read_to_end(&mut body);
    read.map_err(|error| format!("gzip: {error}"))?;
    match body.len() > MAX_UNPACKED {
        true => Err(format!("more than {MAX_UNPACKED} bytes after unpacking")),
        false => Ok(body),
    }
}

/// All events of a body, whichever of the forms it has.
fn events(body: &[u8]) -> Result<Vec<Value>, String> {
    let mut all = Vec::new();
    for value in serde_json::Deserializer::from_slice(body).into_iter::<Value>() {
        let value = value.map_err(|error| error.to_string())?;
        let values = match value {
            Value::Array(values) => values,
            one => vec![one],
        };
        for value in values {
            all.extend(event(value)?);
        }
        if all.len() > MAX_EVENTS {
            return Err(format!("more than {MAX_EVENTS} events in one batch"));
        }
    }
    Ok(all)
}

/// The event in a collector's envelope, or the one that stands alone. What is in
/// an envelope and is no event of a log, or is a text, tries the collector,
/// unless it speaks of a push.
fn event(mut value: Value) -> Result<Option<Value>, String> {
    let inside = match value.as_object_mut() {
        Some(envelope) if !envelope.contains_key("action") => envelope.remove("event"),
        _ => return Ok(Some(value)),
    };
    let inside = match inside {
        Some(Value::String(text)) if text.trim_start().starts_with('{') => {
            let event = serde_json::from_str(&text);
            event.map_err(|error| format!("an event that is a text: {error}"))?
        }
        Some(event) => event,
        None => return Ok(Some(value)),
    };
    let is_trial = inside.get("action").is_none() && !inside.to_string().contains(PUSH);
    Ok((!is_trial).then_some(inside))
}

#[cfg(test)]
mod tests {
    use super::{MAX_EVENTS, events};

    fn count(body: &str) -> Result<usize, String> {
        events(body.as_bytes()).map(|all| all.len())
    }

    #[test]
    fn every_form_of_a_batch_is_read() {
        let bare = r#"{"action":"a"}"#;
        let wrapped = r#"{"event":{"action":"a"},"time":1.5,"sourcetype":"x"}"#;
        let text = r#"{"event":"{\"action\":\"a\"}"}"#;
        for one in [bare, wrapped, text] {
            assert_eq!(count(one), Ok(1), "{one}");
            assert_eq!(count(&format!("{one}{one}")), Ok(2), "{one}");
            assert_eq!(count(&format!("{one}\n{one}\r\n\n")), Ok(2), "{one}");
            assert_eq!(count(&format!("[{one}, {one}]")), Ok(2), "{one}");
            let all = events(one.as_bytes()).expect("readable");
            assert_eq!(all[0]["action"], "a");
        }
        assert_eq!(count(""), Ok(0));
        assert_eq!(count(" \n"), Ok(0));
        assert_eq!(count("[]"), Ok(0));
        for trial in [r#""a trial""#, r#"{"a":"trial"}"#, r#""{}""#, "1", "null"] {
            assert_eq!(count(&format!(r#"{{"event":{trial}}}"#)), Ok(0), "{trial}");
        }
        for push in [r#""git.push""#, r#"{"a":"git.push"}"#, r#"["git.push"]"#] {
            assert_eq!(count(&format!(r#"{{"event":{push}}}"#)), Ok(1), "{push}");
        }
    }

    #[test]
    fn what_is_cut_short_or_no_json_is_an_error() {
        for body in [
            r#"{"action":"a"}{"action":"#,
            r#"[{"action":"a"}"#,
            r#"{"action":"a"} and more"#,
            r#"{"event":"{\"action\":"}"#,
            "\u{feff}{}",
            "\u{1f}\u{8b}",
        ] {
            assert!(count(body).is_err(), "{body}");
        }
        assert!(events(b"{\"a\":\"\xff\"}").is_err());
    }

    #[test]
    fn a_batch_has_a_bound() {
        let most = "{}".repeat(MAX_EVENTS);
        assert_eq!(count(&most), Ok(MAX_EVENTS));
        let error = count(&format!("{most}{{}}")).expect_err("too many");
        assert!(error.contains("10000"), "{error}");
        let deep = "[".repeat(10_000);
        assert!(count(&deep).is_err());
    }
}

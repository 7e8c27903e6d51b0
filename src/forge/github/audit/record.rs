//! One event of the audit log, as the REST API and the streams write it.
//!
//! Events that are about no push are left out; a push that cannot be read is an
//! error. Source: docs.github.com, "Audit log events for your enterprise"
//! (`git.push`); npm `@octokit/openapi`, `audit-log-event`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::labels::{Labels, PUBLIC_KEY};
use super::transport::Transport;
use crate::forge::github::slug::is_slug;
use crate::forge::support::reading::{self, Id};
use crate::forge::{AuditRecord, RecordedRepository};
use crate::model::authentication::{Authentication, Credential, Evidence, Method, Source, Strength};
use crate::model::principal::Actor;
use crate::model::repo::ForgeKind;
use crate::model::text::excerpt;

/// The action of a push.
pub(super) const PUSH: &str = "git.push";
/// What stands for the account where a deploy key pushed.
const DEPLOY_KEY: &str = "deploy_key";
/// Longest id of a record that is taken, in bytes.
const MAX_ID: usize = 200;
/// Longest part of a message, of a label that is shown.
const MAX_REASON: usize = 200;
const MAX_LABEL: usize = 80;
/// GitHub writes times in milliseconds. A smaller number, which would lie before
/// 1974, is of another unit.
const LEAST_TIME: i64 = 100_000_000_000;
/// Bytes of a token's hash: SHA-256.
const HASH: usize = 32;

/// Reads events: with these labels, for this source.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) labels: &'a Labels,
    pub(super) source: Source,
}

/// The fields of a push's event that count; null is the same as absent.
#[derive(Deserialize)]
struct Push {
    #[serde(rename = "_document_id")]
    document_id: Option<String>,
    #[serde(rename = "@timestamp")]
    timestamp: Option<i64>,
    actor: Option<String>,
    actor_id: Option<u64>,
    actor_is_bot: Option<bool>,
    repo: Option<String>,
    repository: Option<String>,
    repo_id: Option<u64>,
    repository_id: Option<u64>,
    programmatic_access_type: Option<String>,
    transport_protocol: Option<u64>,
    transport_protocol_name: Option<String>,
    token_id: Option<Value>,
    hashed_token: Option<Value>,
}

impl Reader<'_> {
    /// The record of a push; nothing if the event is about something else. The
    /// error says what is wrong, safe to show.
    pub(super) fn read(&self, event: Value) -> Result<Option<AuditRecord>, String> {
        let Value::Object(fields) = &event else {
            return Err("an event is not an object".to_owned());
        };
        match fields.get("action") {
            Some(Value::String(action)) if action == PUSH => {}
            Some(Value::String(_)) => return Ok(None),
            Some(_) => return Err("`action` of an event is not a text".to_owned()),
            None => return Err("an event has no `action`".to_owned()),
        }
        let id = fields.get("_document_id").and_then(Value::as_str);
        let named = excerpt(id.unwrap_or("without _document_id"), MAX_LABEL);
        let push = serde_json::from_value::<Push>(event);
        let push = push.map_err(|error| error.to_string());
        let record = push.and_then(|push| self.record(push));
        let odd = |error| format!("{PUSH} {named}: {}", excerpt(error, MAX_REASON));
        record.map(Some).map_err(odd)
    }

    fn record(&self, push: Push) -> Result<AuditRecord, String> {
        let id = push.document_id.clone().unwrap_or_default();
        let lawful = (1..=MAX_ID).contains(&id.len()) && id.bytes().all(|it| it.is_ascii_graphic());
        if !lawful {
            return Err(format!(
                "`_document_id` is not 1 to {MAX_ID} visible letters"
            ));
        }
        let at = time(push.timestamp)?;
        Ok(AuditRecord {
            repository: repository(&push)?,
            actor: actor(&push)?,
            evidence: self.evidence(&push, at),
            id,
            at,
        })
    }

    fn evidence(&self, push: &Push, at: Timestamp) -> Evidence {
        let label = push.programmatic_access_type.as_deref().unwrap_or_default();
        let name = push.transport_protocol_name.as_deref();
        let transport = Transport::told(push.transport_protocol, name);
        let mut methods = self.labels.methods(label, transport);
        if label == PUBLIC_KEY && by_deploy_key(push) {
            // GitHub names no account: it was nobody's own key.
            methods.retain(|method| *method == Method::DeployKey);
        }
        let credential = credential(push);
        let could_be = methods.into_iter().map(|method| {
            let of_token = credential.clone().filter(|_| method.is_token());
            Authentication::with(method, of_token)
        });
        let shown = match label {
            "" => "no programmatic_access_type".to_owned(),
            label => format!("programmatic_access_type \"{}\"", excerpt(label, MAX_LABEL)),
        };
        let over = match (transport, name) {
            (Transport::Untold, Some(name)) => excerpt(name, MAX_LABEL),
            _ => transport.word().to_owned(),
        };
        Evidence {
            could_be: could_be.collect(),
            source: self.source,
            strength: Strength::Correlated,
            observed_at: at,
            says: format!("{shown}, transport {over}"),
        }
    }
}

fn time(milliseconds: Option<i64>) -> Result<Timestamp, String> {
    let odd = || "`@timestamp` is not a time in milliseconds".to_owned();
    let known = milliseconds.filter(|it| *it >= LEAST_TIME);
    Timestamp::from_millisecond(known.ok_or_else(odd)?).map_err(|_| odd())
}

/// By its number if the record has one.
fn repository(push: &Push) -> Result<RecordedRepository, String> {
    let number = agreed(push.repository_id, push.repo_id, "repository_id")?;
    if let Some(number) = number {
        return match number > 0 && i64::try_from(number).is_ok() {
            true => Ok(RecordedRepository::Number(number)),
            false => Err("`repository_id` is outside 1..=2^63-1".to_owned()),
        };
    }
    let named = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
    let name = agreed(named(&push.repository), named(&push.repo), "repository")?;
    match name {
        Some(name) if is_slug(&name) => Ok(RecordedRepository::Name(name)),
        Some(_) => Err("`repository` is not owner/name".to_owned()),
        None => Err("no repository is named".to_owned()),
    }
}

/// GitHub writes some things twice, and both must say the same.
fn agreed<T: PartialEq>(one: Option<T>, other: Option<T>, field: &str) -> Result<Option<T>, String> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => {
            Err(format!("`{field}` is there twice and differs"))
        }
        (one, other) => Ok(one.or(other)),
    }
}

fn by_deploy_key(push: &Push) -> bool {
    push.actor.as_deref() == Some(DEPLOY_KEY) && push.actor_id.unwrap_or(0) == 0
}

/// Who pushed; nobody where GitHub leaves it out, or a deploy key did.
fn actor(push: &Push) -> Result<Option<Actor>, String> {
    let login = push.actor.clone().filter(|login| !login.is_empty());
    let robot = push.actor_is_bot == Some(true);
    let forge = ForgeKind::GitHub;
    match (login, push.actor_id.filter(|id| *id > 0)) {
        (None, None) => Ok(None),
        (Some(_), None) if by_deploy_key(push) => Ok(None),
        (Some(login), Some(id)) => reading::actor(forge, login, Id(id), robot).map(Some),
        (Some(login), None) => {
            // A name alone is checked like one with a number, which it does not get.
            let mut actor = reading::actor(forge, login, Id(1), robot)?;
            actor.id = None;
            Ok(Some(actor))
        }
        (None, Some(_)) => Err("`actor_id` is there and `actor` is not".to_owned()),
    }
}

/// What tells one token from another and opens nothing: GitHub's number for it,
/// or its hash. What does not look like one is not shown, since it might be a token.
fn credential(push: &Push) -> Option<Credential> {
    let number = match &push.token_id {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(digits)) => digits.parse().ok(),
        _ => None,
    };
    if let Some(number) = number.filter(|number| *number > 0) {
        let id = format!("token {number}");
        return Some(Credential::Numbered { id });
    }
    let hash = push.hashed_token.as_ref()?.as_str()?;
    let bytes = STANDARD.decode(hash).ok()?;
    (bytes.len() == HASH).then(|| Credential::Numbered {
        id: format!("hashed token {hash}"),
    })
}

/// Each record once: GitHub tells some twice. Two that have one id and differ
/// are an error, since nobody knows which is true.
pub(super) fn once(records: Vec<AuditRecord>) -> Result<Vec<AuditRecord>, String> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut kept: Vec<AuditRecord> = Vec::new();
    for record in records {
        match places.get(&record.id).map(|at| &kept[*at]) {
            Some(known) if *known == record => {}
            Some(_) => {
                let id = excerpt(&record.id, MAX_LABEL);
                return Err(format!("{PUSH} {id} is there twice and differs"));
            }
            None => {
                places.insert(record.id.clone(), kept.len());
                kept.push(record);
            }
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests;

//! The audit log of organisations, what they ask of their members, and what the
//! server says of itself.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::common::traffic::Sent;
use super::GitHub;
use super::api::{Answer, error, not_accessible, ok, pairs};
use super::app::INSTALLATION_ID;
use super::settings::ADMIN_TOKEN;
use super::state::State;

/// The token of an owner of every organisation, who may read audit logs.
pub const OWNER_TOKEN: &str = "ghp_ownerOfTheOrganisationAcme";

/// How somebody authenticated for a push, as the log tells it, and when and how
/// often it does.
#[derive(Debug, Clone)]
pub struct Recorded {
    label: &'static str,
    transport: &'static str,
    token: u64,
    /// As `deploy_key`, whom no account stands for.
    nobody: bool,
    times: usize,
    after: SignedDuration,
}

impl Recorded {
    fn with(label: &'static str, transport: &'static str) -> Self {
        Self {
            label,
            transport,
            token: 0,
            nobody: false,
            times: 1,
            after: SignedDuration::ZERO,
        }
    }

    /// GitHub documents no label for it; over HTTPS and nothing more is told.
    pub fn password() -> Self {
        Self::with("", "http")
    }

    pub fn classic_token() -> Self {
        let mut it = Self::with("Personal access token (classic)", "http");
        it.token = 42;
        it
    }

    pub fn fine_grained_token() -> Self {
        let mut it = Self::with("Fine-grained personal access token", "http");
        it.token = 43;
        it
    }

    pub fn app_token() -> Self {
        Self::with("GitHub App server-to-server token", "http")
    }

    pub fn ssh_key() -> Self {
        Self::with("Public Key (User/Deploy)", "ssh")
    }

    pub fn deploy_key() -> Self {
        let mut it = Self::ssh_key();
        it.nobody = true;
        it
    }

    /// As records over SSH were before there was a label for keys.
    pub fn ssh_unlabelled() -> Self {
        Self::with("", "ssh")
    }

    /// Whatever the log may say one day.
    pub fn labelled(label: &'static str, transport: &'static str) -> Self {
        Self::with(label, transport)
    }

    /// The log and the stream have it only so much later.
    pub fn after(mut self, delay: SignedDuration) -> Self {
        self.after = delay;
        self
    }

    /// The same record so many times.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// It is pushed, and no record ever tells it.
    pub fn never(self) -> Self {
        self.times(0)
    }
}

/// What is remembered of audit logs and organisations.
#[derive(Default)]
pub struct Audit {
    log: Vec<Entry>,
    /// How many entries the stream has sent.
    streamed: usize,
    organisations: BTreeMap<String, Organisation>,
    /// `verifiable_password_authentication`; nothing if it is left out.
    pub passwords: Option<bool>,
}

struct Entry {
    organisation: String,
    visible_from: Timestamp,
    event: Value,
}

/// What an organisation asks for. Its default is a good one.
#[derive(Clone)]
pub struct Organisation {
    pub two_factor: bool,
    pub deploy_keys: bool,
}

impl Default for Organisation {
    fn default() -> Self {
        Self {
            two_factor: true,
            deploy_keys: true,
        }
    }
}

impl GitHub {
    /// Somebody pushed just now, and the audit log tells how; the push itself
    /// is another method's. Gives the record's id.
    pub fn records_push(&self, full_name: &str, by: &str, recorded: &Recorded) -> String {
        self.records_push_at(full_name, by, recorded, Timestamp::now())
    }

    /// [`GitHub::records_push`], at another time.
    pub fn records_push_at(
        &self,
        full_name: &str,
        by: &str,
        recorded: &Recorded,
        at: Timestamp,
    ) -> String {
        let mut state = self.state();
        let number = state.audit.log.len() + 1;
        let id = format!("doc-{number}_{}", uuid::Uuid::new_v4().simple());
        let event = event(&mut state, (full_name, by), recorded, (&id, at));
        for _ in 0..recorded.times {
            state.audit.log.push(Entry {
                organisation: owner(full_name).to_owned(),
                visible_from: at + recorded.after,
                event: event.clone(),
            });
        }
        id
    }

    /// Anything is written to the log of an organisation.
    pub fn records(&self, organisation: &str, event: Value) {
        self.state().audit.log.push(Entry {
            organisation: organisation.to_owned(),
            visible_from: Timestamp::UNIX_EPOCH,
            event,
        });
    }

    /// What the stream has to send now: a batch in the form of Splunk's event
    /// collector. [`Sent::post`] sends it.
    pub fn streams(&self, token: &str) -> Sent {
        let mut state = self.state();
        let now = Timestamp::now();
        let audit = &mut state.audit;
        let mut body = Vec::new();
        for entry in audit.log.iter().skip(audit.streamed) {
            if entry.visible_from > now {
                break;
            }
            audit.streamed += 1;
            let time = entry.event["@timestamp"].as_i64().unwrap_or(0) / 1000;
            let batch = json!({ "event": entry.event, "time": time, "source": "github" });
            body.extend(batch.to_string().into_bytes());
        }
        batch(token, body)
    }

    /// Changes what an organisation asks for.
    pub fn changes_organisation(&self, name: &str, change: impl FnOnce(&mut Organisation)) {
        let mut state = self.state();
        change(state.audit.organisations.entry(name.into()).or_default());
    }

    /// The server says of itself whether it takes passwords.
    pub fn takes_passwords(&self, takes: impl Into<Option<bool>>) {
        self.state().audit.passwords = takes.into();
    }

    /// Who installed the App lets it read the organisation's log and settings.
    pub fn lets_app_read_logs(&self) {
        self.changes_app(|app| {
            let permission = "organization_administration".to_owned();
            app.granted.insert(permission, "read".to_owned());
        });
    }
}

/// A batch of any bytes with this token.
pub fn batch(token: &str, body: impl Into<Vec<u8>>) -> Sent {
    let headers = [
        ("authorization", format!("Splunk {token}")),
        ("content-type", "application/json".to_owned()),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value));
    Sent {
        guid: String::new(),
        event: "audit".to_owned(),
        headers: headers.to_vec(),
        body: body.into(),
        answered: None,
    }
}

fn owner(full_name: &str) -> &str {
    full_name.split_once('/').expect("owner/name").0
}

fn event(
    state: &mut State,
    (full_name, by): (&str, &str),
    recorded: &Recorded,
    (id, at): (&str, Timestamp),
) -> Value {
    let repository = state.repository(full_name).id;
    let account = state.account(by);
    let (actor, actor_id) = match recorded.nobody {
        true => (json!("deploy_key"), Value::Null),
        false => (account["login"].clone(), account["id"].clone()),
    };
    let token = match recorded.token {
        0 => Value::Null,
        number => number.into(),
    };
    json!({
        "@timestamp": at.as_millisecond(), "_document_id": id, "action": "git.push",
        "actor": actor, "actor_id": actor_id, "actor_is_bot": account["type"] == "Bot",
        "business": "acme-inc", "business_id": 3, "org": owner(full_name), "org_id": 5,
        "programmatic_access_type": recorded.label, "token_id": token, "hashed_token": "",
        "repo": full_name, "repository": full_name,
        "repo_id": repository, "repository_id": repository, "repository_public": false,
        "transport_protocol": if recorded.transport == "ssh" { 2 } else { 1 },
        "transport_protocol_name": recorded.transport, "user": "", "user_id": 0,
        "user_agent": "git/2.50.0",
    })
}

/// Who asks: may they see what owners see? Nothing if they are nobody.
fn is_owner(state: &State, authorization: &str) -> Option<bool> {
    let value = authorization.strip_prefix("Bearer ").unwrap_or("");
    if [OWNER_TOKEN, ADMIN_TOKEN].contains(&value) {
        return Some(true);
    }
    let token = state.tokens.iter().find(|it| it.value == value)?;
    let mut held = token.permissions.iter();
    Some(held.any(|(name, _)| name == "organization_administration"))
}

/// `GET /meta` and what is below `/orgs/{org}` about the organisation itself.
pub fn answer(forge: &GitHub, authorization: &str, rest: &[&str], query: &str) -> Answer {
    let state = forge.state();
    let Some(owner) = is_owner(&state, authorization) else {
        return error(StatusCode::UNAUTHORIZED, "Bad credentials");
    };
    let known = |name: &str| {
        let mut all = state.repositories.iter();
        all.any(|it| it.full_name.starts_with(&format!("{name}/")))
    };
    match rest {
        ["meta"] => {
            let mut meta = json!({ "installed_version": "3.19.0", "domains": {} });
            if let Some(passwords) = state.audit.passwords {
                meta["verifiable_password_authentication"] = passwords.into();
            }
            ok(meta)
        }
        ["orgs", name, ..] if !known(name) => error(StatusCode::NOT_FOUND, "Not Found"),
        ["orgs", name] => {
            let settings = state.audit.organisations.get(*name).cloned();
            let settings = settings.unwrap_or_default();
            let mut shown = json!({ "login": name, "id": 5, "type": "Organization" });
            if owner {
                shown["two_factor_requirement_enabled"] = settings.two_factor.into();
                shown["deploy_keys_enabled_for_repositories"] = settings.deploy_keys.into();
            }
            ok(shown)
        }
        ["orgs", _, "audit-log"] if !owner => not_accessible("organization_administration=read"),
        ["orgs", name, "audit-log"] => {
            let url = format!("{}/orgs/{name}/audit-log", forge.api_url());
            log(&state.audit, (name, &url), query)
        }
        _ => error(StatusCode::NOT_FOUND, "Not Found"),
    }
}

/// `GET /orgs/{org}/installation`: for the App.
pub fn installation(forge: &GitHub, organisation: &str) -> Answer {
    let state = forge.state();
    let mut all = state.repositories.iter();
    match all.any(|it| owner(&it.full_name) == organisation) {
        true => ok(json!({ "id": INSTALLATION_ID })),
        false => error(StatusCode::NOT_FOUND, "Not Found"),
    }
}

/// One page of a log, with a cursor to the next: the number of events before it.
fn log(audit: &Audit, (organisation, url): (&str, &str), query: &str) -> Answer {
    let query = pairs(query);
    let asked = |name: &str| query.iter().find(|(it, _)| it == name).map(|it| &it.1[..]);
    let size = asked("per_page").and_then(|it| it.parse::<usize>().ok());
    let size = size.unwrap_or(30).clamp(1, 100);
    let git = matches!(asked("include"), Some("git" | "all"));
    let (mut action, mut since) = (None, Timestamp::UNIX_EPOCH);
    for word in asked("phrase").unwrap_or("").split(' ') {
        match word.split_once(':') {
            Some(("action", it)) => action = Some(it),
            Some(("created", it)) => {
                let it = it.strip_prefix(">=").expect("the stand-in knows no other");
                since = it.parse().expect("a time");
            }
            _ => {}
        }
    }
    let now = Timestamp::now();
    let fits = |entry: &&Entry| {
        let event = &entry.event;
        let its = event["action"].as_str().unwrap_or("");
        let at = event["@timestamp"].as_i64().unwrap_or(i64::MAX);
        entry.organisation == organisation
            && entry.visible_from <= now
            && its.starts_with("git.") == git
            && action.is_none_or(|action| action == its)
            && at >= since.as_millisecond()
    };
    let mut all: Vec<Value> = audit
        .log
        .iter()
        .filter(fits)
        .map(|it| it.event.clone())
        .collect();
    all.sort_by_key(|event| event["@timestamp"].as_i64());
    if asked("order") != Some("asc") {
        all.reverse();
    }
    let from = asked("after").and_then(|it| it.parse::<usize>().ok());
    let from = from.unwrap_or(0);
    let mut headers = Vec::new();
    if all.len() > from + size {
        let kept = query.iter().filter(|(name, _)| name != "after");
        let kept: String = kept.map(|(n, v)| format!("{n}={}&", escaped(v))).collect();
        let next = format!("<{url}?{kept}after={}>; rel=\"next\"", from + size);
        headers.push(("link", next));
    }
    let page = all.into_iter().skip(from).take(size);
    (StatusCode::OK, headers, page.collect())
}

fn escaped(value: &str) -> String {
    let letters = value.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    });
    letters.collect()
}

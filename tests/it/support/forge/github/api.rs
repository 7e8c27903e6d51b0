//! The REST API: who may ask, and the answers.

use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::super::common::git;
use super::super::common::git_http::repository_and_path;
use super::super::common::traffic::{Fault, Request};
use super::app::{self, APP_ID, INSTALLATION_ID};
use super::{GitHub, audit, check_runs, git_http, settings, teams};

pub type Answer = (StatusCode, Vec<(&'static str, String)>, Value);

pub fn ok(body: Value) -> Answer {
    (StatusCode::OK, Vec::new(), body)
}

pub fn created(body: Value) -> Answer {
    (StatusCode::CREATED, Vec::new(), body)
}

pub fn error(status: StatusCode, message: impl Into<String>) -> Answer {
    let body =
        json!({ "message": message.into(), "documentation_url": "https://docs.github.com/rest" });
    (status, Vec::new(), body)
}

/// The refusal of a token that lacks a permission.
pub fn not_accessible(needed: &str) -> Answer {
    let mut answer = error(
        StatusCode::FORBIDDEN,
        "Resource not accessible by integration",
    );
    answer
        .1
        .push(("x-accepted-github-permissions", needed.to_owned()));
    answer
}

/// Every HTTP request arrives here.
pub async fn answer(
    Extract(forge): Extract<GitHub>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if repository_and_path(uri.path()).is_some() {
        return git_http::answer(&forge, &method, &uri, &headers, &body).await;
    }
    let whole = uri.path_and_query().map_or("/", |it| it.as_str());
    let path = whole.strip_prefix("/api/v3").unwrap_or(whole).to_owned();
    let fault = forge.takes_fault(&method, &path);
    let skipped = fault.as_ref().is_some_and(|it| !it.done);
    let json: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let mut answer = match skipped {
        true => ok(Value::Null),
        false => forge.routes(&method, &path, &headers, &json),
    };
    let mut text = answer.2.to_string();
    if let Some(fault) = fault {
        let status = StatusCode::from_u16(fault.status).expect("a status");
        answer = (status, fault.headers, Value::Null);
        text = fault.body;
    }
    forge.state().requests.push(Request {
        method: method.to_string(),
        path,
        headers: shown(&headers),
        body: json,
        authorized: headers.contains_key(header::AUTHORIZATION),
        answered: answer.0.as_u16(),
        answer: serde_json::from_str(&text).unwrap_or(Value::Null),
    });
    let mut response = (answer.0, text).into_response();
    for (name, value) in answer.1 {
        let value = value.parse().expect("a header value");
        response.headers_mut().append(name, value);
    }
    let kind = "application/json; charset=utf-8"
        .parse()
        .expect("a header value");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// One request below `/repos/{owner}/{name}`, with a token that was found.
pub struct Call<'a> {
    pub repository: String,
    pub id: u64,
    pub query: Vec<(String, String)>,
    pub body: &'a Value,
    pub token: app::Token,
    /// The API's own URL of this path, for `Link`.
    url: String,
}

impl Call<'_> {
    pub fn asked(&self, name: &str) -> Option<&str> {
        let mut all = self.query.iter();
        all.find(|(it, _)| it == name)
            .map(|(_, value)| value.as_str())
    }

    /// One page of a list, with GitHub's `Link` header.
    pub fn page(&self, all: Vec<Value>) -> (Vec<(&'static str, String)>, Vec<Value>) {
        let number = |name: &str| self.asked(name).and_then(|it| it.parse::<usize>().ok());
        let size = number("per_page").unwrap_or(30).clamp(1, 100);
        let page = number("page").unwrap_or(1).max(1);
        let last = all.len().div_ceil(size).max(1);
        let mut headers = Vec::new();
        if page < last {
            let at = |page: usize| {
                let kept = self.query.iter().filter(|(name, _)| name != "page");
                let kept: String = kept.map(|(n, v)| format!("{n}={v}&")).collect();
                format!("<{}?{kept}page={page}>", self.url)
            };
            let link = format!("{}; rel=\"next\", {}; rel=\"last\"", at(page + 1), at(last));
            headers.push(("link", link));
        }
        let entries = all.into_iter().skip((page - 1) * size).take(size);
        (headers, entries.collect())
    }

    fn list(&self, all: Vec<Value>) -> Answer {
        let (headers, page) = self.page(all);
        (StatusCode::OK, headers, Value::Array(page))
    }
}

impl GitHub {
    fn takes_fault(&self, method: &Method, path: &str) -> Option<Fault> {
        let mut state = self.state();
        let at = state.faults.iter().position(|it| it.fits(method, path))?;
        Some(state.faults.remove(at))
    }

    fn routes(&self, method: &Method, path: &str, headers: &HeaderMap, body: &Value) -> Answer {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let segments: Vec<String> = path.split('/').skip(1).map(decoded).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let authorization = headers.get(header::AUTHORIZATION);
        let authorization = authorization.and_then(|it| it.to_str().ok()).unwrap_or("");
        if headers.get(header::USER_AGENT).is_none() {
            return error(
                StatusCode::FORBIDDEN,
                "Request forbidden by administrative rules",
            );
        }
        match (method.as_str(), segments.as_slice()) {
            ("POST", ["app", "installations", id, "access_tokens"]) => {
                self.mints(authorization, id, body)
            }
            ("GET", ["repos", owner, name, "installation"]) => {
                let known = self.knows(&format!("{owner}/{name}"));
                self.as_app(authorization, |_| match known {
                    true => ok(settings::installation(&self.state())),
                    false => error(StatusCode::NOT_FOUND, "Not Found"),
                })
            }
            ("GET", ["orgs", organisation, "teams", slug, rest @ ..]) => {
                let team = format!("{organisation}/{slug}");
                teams::answer(self, authorization, &team, rest)
            }
            ("GET", ["orgs", name, "installation"]) => {
                self.as_app(authorization, |forge| audit::installation(forge, name))
            }
            ("GET", ["meta"] | ["orgs", _] | ["orgs", _, "audit-log"]) => {
                audit::answer(self, authorization, &segments, query)
            }
            ("POST", ["app-manifests", code, "conversions"]) => self.converts(code),
            ("GET", ["orgs", _, "pre-receive-hooks", _]) => {
                settings::organisations_hook(&self.state(), authorization)
            }
            (_, ["app"] | ["app", "hook", "config"]) => self.as_app(authorization, |forge| {
                settings::app(&mut forge.state(), method.as_str(), &segments[1..], body)
            }),
            ("GET", ["app", "installations"]) => self.as_app(authorization, |_| {
                ok(json!([{ "id": INSTALLATION_ID, "app_id": APP_ID, "suspended_at": null }]))
            }),
            ("GET", ["app", "hook", "deliveries", id @ ..]) => {
                self.as_app(authorization, |forge| forge.shows_deliveries(id))
            }
            ("GET", ["installation", "repositories"]) => {
                self.lists_repositories(authorization, query, body, path)
            }
            (_, ["repositories", id, rest @ ..]) => {
                let named = self.named(id);
                let call = self.call(authorization, &named, query, body, path);
                match call {
                    Ok(call) => self.repository_routes(method.as_str(), rest, &call),
                    Err(answer) => answer,
                }
            }
            (_, ["repos", owner, name, rest @ ..]) => {
                if let Some(answer) = self.moved(method, &format!("{owner}/{name}"), rest, query) {
                    return answer;
                }
                let call = self.call(authorization, &format!("{owner}/{name}"), query, body, path);
                match call {
                    Ok(call) => self.repository_routes(method.as_str(), rest, &call),
                    Err(answer) => answer,
                }
            }
            _ => error(StatusCode::NOT_FOUND, "Not Found"),
        }
    }

    /// All repositories of the token, in the form that this list has.
    fn lists_repositories(
        &self,
        authorization: &str,
        query: &str,
        body: &Value,
        path: &str,
    ) -> Answer {
        let value = authorization.strip_prefix("Bearer ").unwrap_or("");
        let mut state = self.state();
        let found = state.tokens.iter().find(|it| it.value == value).cloned();
        let Some(token) = found else {
            return error(StatusCode::UNAUTHORIZED, "Bad credentials");
        };
        let covered = |it: &&super::state::Repository| token.repositories.contains(&it.id);
        let names = state.repositories.iter().filter(covered);
        let names: Vec<String> = names.map(|it| it.full_name.clone()).collect();
        let all = names.iter().map(|name| state.repository_json(name));
        let all: Vec<Value> = all.collect();
        let call = Call {
            repository: String::new(),
            id: 0,
            query: pairs(query),
            body,
            token,
            url: format!("{}{path}", self.api_url()),
        };
        let count = all.len();
        let (headers, page) = call.page(all);
        let body = json!({ "total_count": count, "repositories": page });
        (StatusCode::OK, headers, body)
    }

    /// The App's deliveries, newest first, or one of them with what was sent.
    fn shows_deliveries(&self, id: &[&str]) -> Answer {
        let sent = self.state().sent.clone();
        let now = jiff::Timestamp::now();
        let short = |(at, it): (usize, &super::Sent)| {
            let age = i64::try_from(sent.len() - at).expect("few");
            let delivered = now - jiff::SignedDuration::from_secs(age);
            let good = it
                .answered
                .is_some_and(|status| (200..300).contains(&status));
            json!({
                "id": at + 1, "guid": it.guid, "event": it.event, "action": null,
                "delivered_at": delivered.to_string(), "redelivery": false, "duration": 0.1,
                "status": if good { "OK" } else { "Failed to connect" },
                "status_code": it.answered.unwrap_or(0),
            })
        };
        let all = sent.iter().enumerate();
        match id {
            [] => ok(all.rev().map(short).collect()),
            [id] => match all.clone().find(|(at, _)| (at + 1).to_string() == *id) {
                Some((at, it)) => {
                    let mut whole = short((at, it));
                    whole["request"] = json!({ "headers": {}, "payload": it.payload() });
                    ok(whole)
                }
                None => error(StatusCode::NOT_FOUND, "Not Found"),
            },
            _ => error(StatusCode::NOT_FOUND, "Not Found"),
        }
    }

    /// The protected branches: those with a required check.
    fn lists_branches(&self, call: &Call<'_>) -> Answer {
        let state = self.state();
        let repository = state.repository(&call.repository);
        let mut names: Vec<&String> = repository.required.iter().map(|(it, _)| it).collect();
        names.sort();
        names.dedup();
        let all = names.into_iter().filter_map(|name| {
            let full = format!("refs/heads/{name}");
            let tip = git::try_git(&repository.path, &["rev-parse", "--verify", &full]).ok()?;
            Some(json!({ "name": name, "commit": { "sha": tip, "url": "" }, "protected": true }))
        });
        call.list(all.collect())
    }

    /// The repository with this number.
    fn named(&self, id: &str) -> String {
        let state = self.state();
        let found = state.repositories.iter().find(|it| it.id.to_string() == id);
        found.map_or_else(String::new, |it| it.full_name.clone())
    }

    /// A renamed repository answers under its number.
    fn moved(&self, method: &Method, old: &str, rest: &[&str], query: &str) -> Option<Answer> {
        let state = self.state();
        let (_, id) = state.renamed.iter().find(|(name, _)| name == old)?;
        let base = self.api_url();
        let to = format!("{base}/repositories/{id}/{}?{query}", rest.join("/"));
        let status = match *method == Method::GET {
            true => StatusCode::MOVED_PERMANENTLY,
            false => StatusCode::TEMPORARY_REDIRECT,
        };
        let body = json!({ "message": "Moved Permanently", "url": to });
        Some((status, vec![("location", to)], body))
    }

    fn knows(&self, repository: &str) -> bool {
        let state = self.state();
        state
            .repositories
            .iter()
            .any(|it| it.full_name == repository)
    }

    fn as_app(&self, authorization: &str, then: impl FnOnce(&Self) -> Answer) -> Answer {
        let now = jiff::Timestamp::now().as_second();
        match self.0.key.signed(authorization, now) {
            Ok(()) => then(self),
            Err(why) => error(StatusCode::UNAUTHORIZED, why),
        }
    }

    fn mints(&self, authorization: &str, installation: &str, body: &Value) -> Answer {
        self.as_app(authorization, |forge| {
            if installation != INSTALLATION_ID.to_string() {
                return error(StatusCode::NOT_FOUND, "Not Found");
            }
            if forge.state().app.suspended {
                let message = "This installation has been suspended";
                return error(StatusCode::FORBIDDEN, message);
            }
            match app::mint(&mut forge.state(), body) {
                Ok(token) => created(token),
                Err(why) => (StatusCode::UNPROCESSABLE_ENTITY, Vec::new(), why),
            }
        })
    }

    fn call<'a>(
        &self,
        authorization: &str,
        repository: &str,
        query: &str,
        body: &'a Value,
        path: &str,
    ) -> Result<Call<'a>, Answer> {
        let state = self.state();
        let value = authorization.strip_prefix("Bearer ").unwrap_or("");
        let token = state.tokens.iter().find(|it| it.value == value).cloned();
        let Some(token) = token.or_else(|| app::Token::of_person(value, &state)) else {
            return Err(error(StatusCode::UNAUTHORIZED, "Bad credentials"));
        };
        let found = state
            .repositories
            .iter()
            .find(|it| it.full_name == repository);
        match found {
            Some(found) if token.repositories.contains(&found.id) => Ok(Call {
                repository: repository.to_owned(),
                id: found.id,
                query: pairs(query),
                body,
                token,
                url: format!("{}{path}", self.api_url()),
            }),
            _ => Err(error(StatusCode::NOT_FOUND, "Not Found")),
        }
    }

    fn repository_routes(&self, method: &str, rest: &[&str], call: &Call<'_>) -> Answer {
        if let Some((permission, level)) = settings::permission(method, rest) {
            // A person does not hear that there is something to be seen.
            let person = call.token.value.starts_with("ghp_");
            return match call.token.may(call.id, permission, level) {
                true => settings::answer(self, method, rest, call),
                false if person => error(StatusCode::NOT_FOUND, "Not Found"),
                false => not_accessible(&format!("{permission}={level}")),
            };
        }
        let (permission, level) = match (method, rest) {
            ("GET", []) => ("metadata", "read"),
            ("GET", ["git", ..] | ["branches"]) => ("contents", "read"),
            ("GET", ["pulls", ..] | ["commits", _, "pulls"]) => ("pull_requests", "read"),
            ("GET", ["check-runs", ..] | ["commits", _, "check-runs"]) => ("checks", "read"),
            ("POST" | "PATCH", ["check-runs", ..]) => ("checks", "write"),
            _ => return error(StatusCode::NOT_FOUND, "Not Found"),
        };
        if !call.token.may(call.id, permission, level) {
            return not_accessible(&format!("{permission}={level}"));
        }
        let number = |text: &str| text.parse::<u64>().unwrap_or(0);
        match (method, rest) {
            ("GET", []) => ok(self.state().repository_json(&call.repository)),
            ("GET", ["branches"]) => self.lists_branches(call),
            ("GET", ["git", "ref", name @ ..]) => self.shows_ref(call, &name.join("/")),
            ("GET", ["pulls"]) => self.lists_pull_requests(call, None),
            ("GET", ["pulls", n]) => self.shows_pull_request(call, number(n)),
            ("GET", ["pulls", n, "reviews"]) => self.lists_reviews(call, number(n)),
            ("GET", ["commits", sha, "pulls"]) => self.lists_pull_requests(call, Some(sha)),
            ("GET", ["commits", sha, "check-runs"]) => check_runs::list(self, call, sha),
            ("GET", ["check-runs", id]) => check_runs::show(self, call, number(id)),
            ("GET", ["check-runs", id, "annotations"]) => {
                call.list(check_runs::annotations(self, call, number(id)))
            }
            ("POST", ["check-runs"]) => check_runs::create(self, call),
            ("PATCH", ["check-runs", id]) => check_runs::change(self, call, number(id)),
            _ => error(StatusCode::NOT_FOUND, "Not Found"),
        }
    }

    fn shows_ref(&self, call: &Call<'_>, name: &str) -> Answer {
        let path = self.state().repository(&call.repository).path.clone();
        let full = format!("refs/{name}");
        match git::try_git(&path, &["rev-parse", "--verify", "--quiet", &full]) {
            Ok(id) => ok(json!({ "ref": full, "object": { "type": "commit", "sha": id } })),
            Err(_) => error(StatusCode::NOT_FOUND, "Not Found"),
        }
    }

    fn shows_pull_request(&self, call: &Call<'_>, number: u64) -> Answer {
        let mut state = self.state();
        let all = &state.repository(&call.repository).pull_requests;
        match all.iter().any(|it| it.number == number) {
            true => ok(state.pull_request_json(&call.repository, number)),
            false => error(StatusCode::NOT_FOUND, "Not Found"),
        }
    }

    /// All, newest first; of a commit, like GitHub, none that come from a fork.
    fn lists_pull_requests(&self, call: &Call<'_>, of: Option<&str>) -> Answer {
        let mut state = self.state();
        let wanted = call.asked("state").unwrap_or("open").to_owned();
        let all = state.repository(&call.repository).pull_requests.clone();
        let listed = all.iter().rev().filter(|it| match of {
            Some(sha) => it.head == sha && it.head_repository == call.repository,
            None => wanted == "all" || it.state == wanted,
        });
        let numbers: Vec<u64> = listed.map(|it| it.number).collect();
        let shown = numbers
            .into_iter()
            .map(|n| state.pull_request_json(&call.repository, n));
        call.list(shown.collect())
    }

    fn lists_reviews(&self, call: &Call<'_>, number: u64) -> Answer {
        let mut state = self.state();
        let reviews = state.pull_request(&call.repository, number).reviews.clone();
        let shown = reviews.iter().map(|it| state.review_json(it));
        call.list(shown.collect())
    }
}

/// The headers but the credential.
fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let shown = headers
        .iter()
        .filter(|(name, _)| *name != header::AUTHORIZATION);
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    shown
        .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
        .collect()
}

pub fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

/// Percent-decoding.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|it| std::str::from_utf8(it).ok());
        match digits.and_then(|it| u8::from_str_radix(it, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

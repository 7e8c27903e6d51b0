//! The REST API: who may ask, pages, errors, and which resource answers.

use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::super::common::git_http::repository_and_path;
use super::super::common::traffic::{Fault, Request};
use super::state::{DEVELOPER, State};
use super::{GitLab, git_http};

/// Status, headers and body.
pub type Answer = (u16, Vec<(&'static str, String)>, Value);
/// An answer, or the error that is one.
pub type Answered = Result<Answer, Answer>;

pub fn ok(body: Value) -> Answered {
    Ok((200, Vec::new(), body))
}

pub fn created(body: Value) -> Answered {
    Ok((201, Vec::new(), body))
}

/// What GitLab says when it refuses.
pub fn error(status: u16, message: impl Into<Value>) -> Answer {
    (status, Vec::new(), json!({ "message": message.into() }))
}

pub fn not_found(what: &str) -> Answer {
    let space = if what.is_empty() { "" } else { " " };
    error(404, format!("404 {what}{space}Not Found"))
}

pub fn forbidden() -> Answer {
    error(403, "403 Forbidden")
}

pub fn unauthorized() -> Answer {
    error(401, "401 Unauthorized")
}

/// A field that is missing or not as it should be.
pub fn invalid(problem: &str) -> Answer {
    (400, Vec::new(), json!({ "error": problem }))
}

/// Every HTTP request arrives here.
pub async fn answer(
    Extract(forge): Extract<GitLab>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if repository_and_path(uri.path()).is_some() {
        return git_http::answer(&forge, &method, &uri, &headers, &body).await;
    }
    let whole = uri.path_and_query().map_or("/", |it| it.as_str());
    let path = whole.strip_prefix("/api/v4").unwrap_or("/").to_owned();
    let fault = forge.takes_fault(&method, &path);
    let skipped = fault.as_ref().is_some_and(|it| !it.done);
    let json: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let (mut status, mut more, said) = match skipped {
        true => (200, Vec::new(), Value::Null),
        false => {
            let answered = forge.state().routes(&method, &path, &headers, &json);
            answered.unwrap_or_else(|error| error)
        }
    };
    let mut text = match status {
        204 => String::new(),
        _ => said.to_string(),
    };
    if let Some(fault) = fault {
        (status, more, text) = (fault.status, fault.headers, fault.body);
    }
    forge.state().requests.push(Request {
        method: method.to_string(),
        path,
        headers: shown(&headers),
        body: json,
        authorized: credential(&headers).is_some(),
        answered: status,
        answer: serde_json::from_str(&text).unwrap_or(Value::Null),
    });
    forge.tells_what_followed();
    let status = StatusCode::from_u16(status).expect("a status");
    let mut response = (status, text).into_response();
    let kept = response.headers_mut();
    let json = "application/json".parse().expect("a header value");
    kept.insert(header::CONTENT_TYPE, json);
    for (name, value) in more {
        kept.append(name, value.parse().expect("a header value"));
    }
    response
}

fn credential(headers: &HeaderMap) -> Option<&str> {
    let own = headers.get("private-token").and_then(|it| it.to_str().ok());
    let bearer = headers.get(header::AUTHORIZATION);
    let bearer = bearer.and_then(|it| it.to_str().ok()?.strip_prefix("Bearer "));
    own.or(bearer)
}

fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let secret = ["private-token", "authorization"];
    let all = headers
        .iter()
        .filter(|(name, _)| !secret.contains(&name.as_str()));
    let texts = all.map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.to_string(), value)
    });
    texts.collect()
}

/// One request, of an account that was found.
pub struct Call<'a> {
    pub method: &'a str,
    pub query: Vec<(String, String)>,
    pub body: &'a Value,
    pub user: String,
    /// The project that it is below; 0 if it is below none.
    pub project: u64,
    /// The role of the account there.
    pub role: u64,
    /// The API's own URL of this path, for `Link`.
    url: String,
}

impl Call<'_> {
    pub fn asked(&self, name: &str) -> Option<&str> {
        let mut all = self.query.iter();
        all.find(|(it, _)| it == name).map(|(_, it)| it.as_str())
    }

    pub fn says(&self, name: &str) -> Option<&str> {
        self.body[name].as_str().filter(|it| !it.is_empty())
    }

    /// Refused, unless the account has this role.
    pub fn needs(&self, role: u64) -> Result<(), Answer> {
        match self.role >= role {
            true => Ok(()),
            false => Err(forbidden()),
        }
    }

    /// One page of a list with GitLab's headers; by keyset if that is asked for.
    pub fn page(&self, all: Vec<Value>) -> Answered {
        let number = |name: &str| self.asked(name).and_then(|it| it.parse::<usize>().ok());
        let size = number("per_page").unwrap_or(20).clamp(1, 100);
        let kept = |left_out: &str| {
            let kept = self.query.iter().filter(|(name, _)| name != left_out);
            kept.map(|(n, v)| format!("{n}={v}&")).collect::<String>()
        };
        if self.asked("pagination") == Some("keyset") {
            if self.asked("order_by") != Some("id") {
                return Err(error(
                    405,
                    "Keyset pagination is not yet available for this type of request",
                ));
            }
            let after = number("id_after").unwrap_or(0);
            let mut left = all;
            left.retain(|it| it["id"].as_u64().is_some_and(|id| id > after as u64));
            left.sort_by_key(|it| it["id"].as_u64());
            let more = left.len() > size;
            left.truncate(size);
            let last = left.last().map(|it| it["id"].clone()).unwrap_or_default();
            let link = format!(
                "<{}?{}id_after={last}>; rel=\"next\"",
                self.url,
                kept("id_after")
            );
            let headers = more.then_some(("link", link)).into_iter().collect();
            return Ok((200, headers, Value::Array(left)));
        }
        let page = number("page").unwrap_or(1).max(1);
        let last = all.len().div_ceil(size).max(1);
        let at = |page: usize, rel: &str| {
            format!("<{}?{}page={page}>; rel=\"{rel}\"", self.url, kept("page"))
        };
        let next = (page < last).then(|| page + 1);
        let mut links: Vec<_> = next.map(|next| at(next, "next")).into_iter().collect();
        links.extend([at(1, "first"), at(last, "last")]);
        let next = next.map(|it| it.to_string()).unwrap_or_default();
        let headers = vec![
            ("x-page", page.to_string()),
            ("x-per-page", size.to_string()),
            ("x-next-page", next),
            ("x-total", all.len().to_string()),
            ("x-total-pages", last.to_string()),
            ("link", links.join(", ")),
        ];
        let entries = all.into_iter().skip((page - 1) * size).take(size);
        Ok((200, headers, entries.collect()))
    }
}

impl GitLab {
    fn takes_fault(&self, method: &Method, path: &str) -> Option<Fault> {
        let mut state = self.state();
        let at = state.faults.iter().position(|it| it.fits(method, path))?;
        Some(state.faults.remove(at))
    }
}

impl State {
    fn routes(
        &mut self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: &Value,
    ) -> Answered {
        let token = credential(headers).ok_or_else(unauthorized)?;
        let user = self.tokens.iter().find(|(it, _)| it == token);
        let Some((_, user)) = user else {
            let said = json!({ "error": "invalid_token", "error_description":
                "Token was revoked. You have to re-authorize from the user." });
            return Err((401, Vec::new(), said));
        };
        let (short, query) = path.split_once('?').unwrap_or((path, ""));
        let segments: Vec<String> = short.split('/').skip(1).map(decoded).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let mut call = Call {
            method: method.as_str(),
            query: pairs(query),
            body,
            user: user.clone(),
            project: 0,
            role: 0,
            url: format!("{}/api/v4{short}", self.url),
        };
        match segments.as_slice() {
            ["user"] => ok(self.account_json(&call.user, true)),
            ["users", id] => match self.user_json(id) {
                Some(user) => ok(user),
                None => Err(not_found("User")),
            },
            ["application", "settings"] => self.settings_routes(&call),
            ["groups", path, rest @ ..] => self.group_routes(&call, path, rest),
            ["hooks", rest @ ..] => self.hook_routes(&call, rest),
            ["projects"] => self.lists_projects(&call),
            ["projects", path, rest @ ..] => {
                let found = self.find(path).map(|it| it.id);
                call.project = found.ok_or_else(|| not_found("Project"))?;
                call.role = self.role(call.project, &call.user);
                if call.role == 0 {
                    return Err(not_found("Project"));
                }
                self.below_project(&call, rest)
            }
            _ => Err((404, Vec::new(), json!({ "error": "404 Not Found" }))),
        }
    }

    fn below_project(&mut self, call: &Call<'_>, rest: &[&str]) -> Answered {
        match (call.method, rest) {
            ("POST", ["statuses", sha]) => {
                call.needs(DEVELOPER)?;
                self.posts_status(call, sha)
            }
            ("GET", ["repository", "commits", sha, "statuses"]) => self.lists_statuses(call, sha),
            ("GET", ["repository", "commits", sha, "merge_requests"]) => {
                self.lists_merge_requests_of(call, sha)
            }
            (_, ["external_status_checks", ..]) => self.check_routes(call, rest),
            (_, ["hooks", rest @ ..]) => self.project_hook_routes(call, rest),
            (_, ["merge_requests"]) => self.lists_merge_requests(call),
            (_, ["merge_requests", iid, rest @ ..]) => {
                let iid = iid
                    .parse()
                    .map_err(|_| invalid("merge_request_iid is invalid"))?;
                let mut all = self.with_id(call.project).merge_requests.iter();
                if !all.any(|it| it.iid == iid) {
                    return Err(not_found(""));
                }
                self.merge_request_routes(call, iid, rest)
            }
            _ => self.project_routes(call, rest),
        }
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let all = query.split('&').filter_map(|pair| pair.split_once('='));
    all.map(|(name, value)| (decoded(name), decoded(&value.replace('+', " "))))
        .collect()
}

/// Without percent signs.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, left)) = rest.split_first() {
        let hex = left.get(..2).and_then(|it| str::from_utf8(it).ok());
        let byte = hex.and_then(|it| u8::from_str_radix(it, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &left[2..];
            }
            _ => {
                bytes.push(first);
                rest = left;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

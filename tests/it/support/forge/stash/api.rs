//! The REST API: who may ask, paging, errors, and which resource answers.

use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::super::common::git_http::user_and_password;
use super::super::common::traffic::{Fault, Request};
use super::state::State;
use super::{ADMIN, Stash, git_http};

pub type Answer = (StatusCode, Value);
/// An answer, or the error that is one.
pub type Answered = Result<Answer, Answer>;

pub fn ok(body: Value) -> Answered {
    Ok((StatusCode::OK, body))
}

/// Without a body.
pub fn done() -> Answered {
    Ok((StatusCode::NO_CONTENT, Value::Null))
}

pub fn error(status: u16, exception: &str, message: impl Into<String>) -> Answer {
    let status = StatusCode::from_u16(status).expect("a status");
    let exception = format!("com.atlassian.bitbucket.{exception}");
    let one = json!({ "context": null, "message": message.into(), "exceptionName": exception });
    (status, json!({ "errors": [one] }))
}

pub fn nothing(what: &str) -> Answer {
    error(
        404,
        "NoSuchEntityException",
        format!("{what} does not exist."),
    )
}

pub fn not_permitted() -> Answer {
    let words = "You are not permitted to access this resource";
    error(401, "AuthorisationException", words)
}

/// Every HTTP request arrives here.
pub async fn answer(
    Extract(forge): Extract<Stash>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if uri.path().starts_with("/scm/") {
        return git_http::answer(&forge, &method, &uri, &headers, &body).await;
    }
    let whole = uri.path_and_query().map_or("/", |it| it.as_str());
    let path = whole.strip_prefix("/rest").unwrap_or("/").to_owned();
    let fault = forge.takes_fault(&method, &path);
    let skipped = fault.as_ref().is_some_and(|it| !it.done);
    let json: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let (mut status, said) = match skipped {
        true => (StatusCode::OK, Value::Null),
        false => forge.state().routes(&method, &path, &headers, &json),
    };
    let mut more = Vec::new();
    let mut text = match said {
        Value::Null => String::new(),
        said => said.to_string(),
    };
    if let Some(fault) = fault {
        status = StatusCode::from_u16(fault.status).expect("a status");
        (more, text) = (fault.headers, fault.body);
    }
    forge.state().requests.push(Request {
        method: method.to_string(),
        path,
        headers: shown(&headers),
        body: json,
        authorized: headers.contains_key(header::AUTHORIZATION),
        answered: status.as_u16(),
        answer: serde_json::from_str(&text).unwrap_or(Value::Null),
    });
    forge.tells_what_followed();
    let mut response = (status, text).into_response();
    let json = "application/json;charset=UTF-8".parse();
    let kept = response.headers_mut();
    kept.insert(header::CONTENT_TYPE, json.expect("a header value"));
    for (name, value) in more {
        kept.append(name, value.parse().expect("a header value"));
    }
    response
}

fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let all = headers
        .iter()
        .filter(|(name, _)| *name != header::AUTHORIZATION);
    all.map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.to_string(), value)
    })
    .collect()
}

/// One request, of an account that was found.
pub struct Call<'a> {
    pub method: &'a str,
    pub query: Vec<(String, String)>,
    pub body: &'a Value,
    pub user: String,
    /// `PROJ/slug` of a request below a repository.
    pub name: String,
}

impl Call<'_> {
    pub fn asked(&self, name: &str) -> Option<&str> {
        let mut all = self.query.iter();
        all.find(|(it, _)| it == name).map(|(_, it)| it.as_str())
    }

    /// Whether the entry has the text of a parameter in it, or there is none.
    pub fn fits(&self, parameter: &str, entry: &str) -> bool {
        let wanted = self.asked(parameter).unwrap_or("").to_lowercase();
        entry.to_lowercase().contains(&wanted)
    }

    /// A field of the body that must be a text.
    pub fn text(&self, field: &str) -> Result<&str, Answer> {
        let missing = || error(400, "validation.ArgumentValidationException", field);
        self.body[field].as_str().ok_or_else(missing)
    }
}

impl Stash {
    fn takes_fault(&self, method: &Method, path: &str) -> Option<Fault> {
        let mut state = self.state();
        let at = state.faults.iter().position(|it| it.fits(method, path))?;
        Some(state.faults.remove(at))
    }
}

impl State {
    /// The account that a request is made as.
    pub fn authenticates(&self, headers: &HeaderMap) -> Result<String, Answer> {
        let words = "Authentication failed. Please check your credentials and try again.";
        let refused = || error(401, "auth.IncorrectPasswordAuthenticationException", words);
        let given = headers.get(header::AUTHORIZATION);
        let given = given.and_then(|it| it.to_str().ok()).unwrap_or("");
        let basic = user_and_password(headers);
        if basic.is_some() && !self.basic {
            let words = "Basic Authentication has been disabled on this instance.";
            return Err((StatusCode::FORBIDDEN, json!({ "message": words })));
        }
        let token = match (given.strip_prefix("Bearer "), &basic) {
            (Some(token), _) => token,
            (None, Some((_, password))) => password,
            (None, None) => return Err(refused()),
        };
        let found = self.tokens.iter().find(|(it, _)| it == token);
        let found = found.filter(|(_, of)| basic.is_none_or(|(user, _)| user == *of));
        found.map(|(_, of)| of.clone()).ok_or_else(refused)
    }

    /// Fails unless the account may do this: `REPO_READ`, `REPO_WRITE` or `REPO_ADMIN`.
    pub fn permits(&self, user: &str, name: &str, wanted: &str) -> Result<(), Answer> {
        let rank = |it: &str| {
            ["NONE", "REPO_READ", "REPO_WRITE", "REPO_ADMIN"]
                .iter()
                .position(|known| *known == it)
        };
        let all = &self.repository(name).permissions;
        let has = all.iter().rev().find(|(of, _)| of == user);
        let has = has.map_or("REPO_READ", |(_, has)| has);
        match user == ADMIN || rank(has) >= rank(wanted) {
            true => Ok(()),
            false => Err(not_permitted()),
        }
    }

    /// One page of a list.
    pub fn page(&self, call: &Call<'_>, all: Vec<Value>) -> Answered {
        let number = |name: &str| call.asked(name).and_then(|it| it.parse::<usize>().ok());
        let limit = number("limit").unwrap_or(25).clamp(1, self.longest_page);
        let start = number("start").unwrap_or(0);
        let last = start + limit >= all.len();
        let values: Vec<_> = all.into_iter().skip(start).take(limit).collect();
        let next = (!last).then_some(start + limit);
        ok(
            json!({ "size": values.len(), "limit": limit, "start": start, "isLastPage": last,
            "values": values, "nextPageStart": next }),
        )
    }

    fn routes(&mut self, method: &Method, path: &str, headers: &HeaderMap, body: &Value) -> Answer {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        // Tomcat takes no encoded slash in a path.
        if path.to_lowercase().contains("%2f") {
            return error(400, "BadRequest", "an encoded slash");
        }
        let segments: Vec<String> = path.split('/').skip(1).map(decoded).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let pairs = query.split('&').filter_map(|it| it.split_once('='));
        let user = match self.authenticates(headers) {
            Ok(user) => user,
            Err(answer) => return answer,
        };
        let mut call = Call {
            method: method.as_str(),
            query: pairs
                .map(|(name, it)| (decoded(name), decoded(it)))
                .collect(),
            body,
            user,
            name: String::new(),
        };
        let answered = match segments.as_slice() {
            [plugin, _, "projects", project, "repos", slug, rest @ ..] => {
                call.name = format!("{project}/{slug}");
                self.below_repository(&call, plugin, rest)
            }
            ["build-status", _, "commits", commit] => self.old_builds(&call, commit),
            ["api", _, rest @ ..] => self.of_server(&call, rest),
            _ => Err(nothing("The resource")),
        };
        answered.unwrap_or_else(|refused| refused)
    }

    fn below_repository(&mut self, call: &Call<'_>, plugin: &str, rest: &[&str]) -> Answered {
        let (project, slug) = call.name.split_once('/').unwrap_or_default();
        let found = self.find(&call.name).map(|at| &self.repositories[at]);
        // A personal project is not found without its `~` by programs.
        let exact = |it: &&super::state::Repository| {
            it.project.eq_ignore_ascii_case(project) && it.slug.eq_ignore_ascii_case(slug)
        };
        if found.filter(exact).is_none() {
            let words = format!("Repository {} does not exist.", call.name);
            return Err(error(404, "repository.NoSuchRepositoryException", words));
        }
        self.permits(&call.user, &call.name, "REPO_READ")?;
        match (plugin, rest) {
            ("api", ["commits", commit, "builds"]) => self.builds_of(call, commit),
            ("insights", ["commits", commit, "reports", key, more @ ..]) => {
                self.report_routes(call, (commit, key), more)
            }
            ("api", ["commits", commit, "pull-requests"]) => self.pulls_of(call, commit),
            ("api", ["pull-requests", more @ ..]) => self.pull_routes(call, more),
            ("api", ["webhooks" | "settings" | "permissions" | "hook-scripts", ..])
            | ("branch-permissions" | "required-builds" | "default-reviewers", _) => {
                self.setting_routes(call, plugin, rest)
            }
            ("api", more) => self.repository_routes(call, more),
            _ => Err(nothing("The resource")),
        }
    }
}

/// Percent-encoding and `+`, undone.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let escaped = match byte {
            b'%' => {
                let mut digit = || rest.next().and_then(|it| char::from(it).to_digit(16));
                let (high, low) = (digit().unwrap_or(0), digit().unwrap_or(0));
                u8::try_from(high * 16 + low).expect("two digits")
            }
            b'+' => b' ',
            other => other,
        };
        bytes.push(escaped);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

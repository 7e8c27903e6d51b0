//! git over HTTP: the repositories through git's own `http-backend`, for
//! holders of a token that may read contents.

use std::process::Stdio;

use axum::body::Body;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::AsyncWriteExt as _;

use super::{GitHub, git};

/// `/owner/name.git/…`, split.
pub fn repository_and_path(path: &str) -> Option<(String, &str)> {
    let (name, rest) = path.trim_start_matches('/').split_once(".git/")?;
    (name.matches('/').count() == 1).then(|| (name.to_owned(), rest))
}

/// Answers one request of git's.
pub async fn answer(
    forge: &GitHub,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let Some((name, rest)) = repository_and_path(uri.path()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let path = {
        let state = forge.state();
        let found = state.repositories.iter().find(|it| it.full_name == name);
        let Some(repository) = found else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let given = password(headers);
        let token = state
            .tokens
            .iter()
            .find(|it| Some(&it.value) == given.as_ref());
        if !token.is_some_and(|it| it.may(repository.id, "contents", "read")) {
            let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"GitHub\"")];
            return (StatusCode::UNAUTHORIZED, challenge).into_response();
        }
        repository.path.clone()
    };
    let mut backend = tokio::process::Command::from(git::command(&path));
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|it| it.to_str().ok())
            .unwrap_or("")
    };
    backend
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", &path)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", format!("/{rest}"))
        .env("REQUEST_METHOD", method.as_str())
        .env("QUERY_STRING", uri.query().unwrap_or(""))
        .env("CONTENT_TYPE", text("content-type"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", text("content-encoding"))
        .env("GIT_PROTOCOL", text("git-protocol"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = backend.spawn().expect("git http-backend starts");
    let mut stdin = child.stdin.take().expect("piped");
    let body = body.to_vec();
    let writer = tokio::spawn(async move { drop(stdin.write_all(&body).await) });
    let output = child
        .wait_with_output()
        .await
        .expect("git http-backend ends");
    writer.await.expect("the input is written");
    response(&output.stdout)
}

fn password(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let decoded = STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    text.strip_prefix("x-access-token:").map(str::to_owned)
}

/// A CGI answer as an HTTP one.
fn response(cgi: &[u8]) -> Response {
    let end = cgi.windows(4).position(|it| it == b"\r\n\r\n").unwrap_or(0);
    let mut answer = Response::builder();
    for line in String::from_utf8_lossy(&cgi[..end]).lines() {
        match line.split_once(": ") {
            Some(("Status", status)) => {
                answer = answer.status(status[..3].parse::<u16>().expect("a status"));
            }
            Some((name, value)) => answer = answer.header(name, value),
            None => {}
        }
    }
    let body = cgi.get(end + 4..).unwrap_or_default().to_vec();
    answer.body(Body::from(body)).expect("an answer")
}

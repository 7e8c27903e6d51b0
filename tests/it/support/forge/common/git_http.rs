//! git over HTTP: a repository through git's own `http-backend`.

use std::path::Path;
use std::process::Stdio;

use axum::body::Body;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::AsyncWriteExt as _;

use super::git;

/// `/group/name.git/…`, split.
pub fn repository_and_path(path: &str) -> Option<(String, &str)> {
    let (name, rest) = path.trim_start_matches('/').split_once(".git/")?;
    name.contains('/').then(|| (name.to_owned(), rest))
}

/// The user and password of basic authentication.
pub fn user_and_password(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let decoded = STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// What git is told when it must say who it is.
pub fn challenge() -> Response {
    let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"forge\"")];
    (StatusCode::UNAUTHORIZED, challenge).into_response()
}

/// Answers one request of git's about a repository that the caller may read.
pub async fn serve(
    path: &Path,
    rest: &str,
    (method, uri): (&Method, &Uri),
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let mut backend = tokio::process::Command::from(git::command(path));
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|it| it.to_str().ok())
            .unwrap_or("")
    };
    backend
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", path)
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

//! git over HTTP at `/scm/PROJ/slug.git`, for accounts that may read.

use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};

use super::super::common::git_http;
use super::Stash;

/// Answers one request of git's.
pub async fn answer(
    forge: &Stash,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let below = uri.path().strip_prefix("/scm").unwrap_or("");
    let Some((name, rest)) = git_http::repository_and_path(below) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let path = {
        let state = forge.state();
        let Ok(user) = state.authenticates(headers) else {
            return git_http::challenge();
        };
        let Some(at) = state.find(&name) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        if state.permits(&user, &name, "REPO_READ").is_err() {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        state.repositories[at].path.clone()
    };
    git_http::serve(&path, rest, (method, uri), headers, body).await
}

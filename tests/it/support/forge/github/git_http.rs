//! git over HTTP, for holders of a token that may read contents.

use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};

use super::super::common::git_http;
use super::GitHub;

/// Answers one request of git's.
pub async fn answer(
    forge: &GitHub,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let Some((name, rest)) = git_http::repository_and_path(uri.path()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let path = {
        let state = forge.state();
        let found = state.repositories.iter().find(|it| it.full_name == name);
        let Some(repository) = found else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let given = git_http::user_and_password(headers);
        let given = given.filter(|(user, _)| user == "x-access-token");
        let mut tokens = state.tokens.iter();
        let token = tokens.find(|it| given.as_ref().is_some_and(|(_, given)| *given == it.value));
        if !token.is_some_and(|it| it.may(repository.id, "contents", "read")) {
            return git_http::challenge();
        }
        repository.path.clone()
    };
    git_http::serve(&path, rest, (method, uri), headers, body).await
}

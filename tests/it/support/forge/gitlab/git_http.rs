//! git over HTTP, for holders of a token that may read the code.

use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};

use super::super::common::git_http;
use super::GitLab;
use super::state::REPORTER;

/// Answers one request of git's. The name of the user does not matter.
pub async fn answer(
    forge: &GitLab,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let Some((name, rest)) = git_http::repository_and_path(uri.path()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let folder = {
        let state = forge.state();
        let given = git_http::user_and_password(headers);
        let given = given.filter(|(user, _)| !user.is_empty());
        let mut tokens = state.tokens.iter();
        let token = tokens.find(|(token, _)| given.as_ref().is_some_and(|(_, it)| it == token));
        let Some((_, user)) = token else {
            return git_http::challenge();
        };
        let project = state.find(&name);
        let project = project.filter(|it| state.role(it.id, user) >= REPORTER);
        match project {
            None => return StatusCode::NOT_FOUND.into_response(),
            Some(project) => project.folder.clone(),
        }
    };
    git_http::serve(&folder, rest, (method, uri), headers, body).await
}

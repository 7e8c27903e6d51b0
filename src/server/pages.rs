//! Pages for people: what this is, and why a verdict says what it says.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;

use super::App;
use crate::report::{self, PageContext};

const FRONT: &str = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
    <title>Forgewarden</title>\
    <body style=\"font-family: sans-serif; max-width: 40em; margin: 3em auto\">\
    <h1>Forgewarden</h1>\
    <p>This service judges pushes and pull requests: commit signatures, and changes of the \
    build environment. Its answers stand on the forge, as statuses of the revisions; the \
    details of each answer are behind the link in its status.</p></body></html>\n";

/// The signature of a link.
#[derive(Deserialize)]
pub(super) struct Signed {
    #[serde(default)]
    sig: String,
}

/// `GET /`
pub(super) async fn front() -> Html<&'static str> {
    Html(FRONT)
}

/// `GET /verdicts/{id}?sig=…`. A wrong signature and an unknown verdict look
/// the same from outside.
pub(super) async fn verdict(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(signed): Query<Signed>,
) -> Response {
    if !app.context.links.is_ours(&id, &signed.sig) {
        return not_found();
    }
    match app.context.store.verdict(&id).await {
        Ok(Some(stored)) => match serde_json::from_slice(&stored.json) {
            Ok(json) => page(&app, &json, stored.created_at),
            Err(error) => {
                tracing::error!(verdict = %id, %error, "a stored verdict cannot be read");
                (StatusCode::INTERNAL_SERVER_ERROR, "something went wrong\n").into_response()
            }
        },
        Ok(None) => not_found(),
        Err(error) => {
            tracing::error!(verdict = %id, %error, "a verdict cannot be read");
            (StatusCode::SERVICE_UNAVAILABLE, "try again later\n").into_response()
        }
    }
}

fn page(app: &App, verdict: &serde_json::Value, judged_at: Timestamp) -> Response {
    let context = PageContext {
        product_url: app.context.links.front(),
        forge_url: None,
        judged_at,
    };
    match report::details_page(verdict, &context, &app.context.templates) {
        Ok(page) => Html(page).into_response(),
        Err(error) => {
            tracing::error!(%error, "a details page cannot be written");
            (StatusCode::INTERNAL_SERVER_ERROR, "something went wrong\n").into_response()
        }
    }
}

fn not_found() -> Response {
    (
        StatusCode::NOT_FOUND,
        "no such page, or the link is not whole\n",
    )
        .into_response()
}

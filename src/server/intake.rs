//! `POST /webhooks/{instance}`, and with a secret behind it for forges that
//! cannot sign: authenticate the raw bytes, store them, answer.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use secrecy::SecretString;

use super::App;
use crate::forge::{Delivery, Instance, Refused};
use crate::model::text::excerpt;
use crate::store::Accepted;

/// Largest body that is read, in bytes. GitHub sends none above 25 MB (GitHub
/// Docs, "Webhook events and payloads"); the rest is slack.
pub const MAX_BODY: usize = 26 * 1024 * 1024;

/// Answers a forge. 202 means: it is on disk.
pub(super) async fn webhook(
    State(app): State<Arc<App>>,
    Path(instance): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> (StatusCode, &'static str) {
    answer(&app, &instance, None, (headers, body)).await
}

/// The same for a forge that cannot sign. The secret goes nowhere but to the
/// forge's intake.
pub(super) async fn webhook_with_secret(
    State(app): State<Arc<App>>,
    Path((instance, secret)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> (StatusCode, &'static str) {
    let secret = Some(SecretString::from(secret));
    answer(&app, &instance, secret, (headers, body)).await
}

async fn answer(
    app: &App,
    instance: &str,
    path_secret: Option<SecretString>,
    (headers, body): (HeaderMap, Body),
) -> (StatusCode, &'static str) {
    let Some(instance) = app.context.instances.get(instance) else {
        return (StatusCode::NOT_FOUND, "no such instance\n");
    };
    let started = tokio::time::Instant::now();
    let (status, word) = receive(app, instance, path_secret, (headers, body)).await;
    metrics::counter!("forgewarden_deliveries_total",
        "instance" => instance.key.clone(), "result" => word)
    .increment(1);
    metrics::histogram!("forgewarden_webhook_seconds").record(started.elapsed().as_secs_f64());
    (status, body_of(status))
}

fn body_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::ACCEPTED => "stored\n",
        StatusCode::OK => "reachable; nothing was stored\n",
        StatusCode::PAYLOAD_TOO_LARGE => "the body is larger than 26 MiB\n",
        StatusCode::UNAUTHORIZED => "not authentic\n",
        StatusCode::BAD_REQUEST => "not a delivery\n",
        _ => "try again later\n",
    }
}

async fn receive(
    app: &App,
    instance: &Instance,
    path_secret: Option<SecretString>,
    (headers, body): (HeaderMap, Body),
) -> (StatusCode, &'static str) {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok());
    if length.is_some_and(|length| length > MAX_BODY as u64) {
        return (StatusCode::PAYLOAD_TOO_LARGE, "too-large");
    }
    let Some(_room) = app.budget.take(length) else {
        return (StatusCode::SERVICE_UNAVAILABLE, "busy");
    };
    let Ok(bytes) = axum::body::to_bytes(body, MAX_BODY).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "too-large");
    };
    let delivery = Delivery {
        headers,
        body: bytes.to_vec(),
        path_secret,
        received_at: app.context.clock.now(),
    };
    match instance.intake.authenticate(delivery) {
        Ok(delivery) => store(app, delivery).await,
        Err(refused) => {
            tracing::warn!(instance = %instance.key, %refused, "delivery not taken");
            match refused {
                Refused::NotAuthentic(_) => (StatusCode::UNAUTHORIZED, "not-authentic"),
                Refused::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed"),
                Refused::Test => (StatusCode::OK, "test"),
            }
        }
    }
}

async fn store(
    app: &App,
    delivery: crate::model::delivery::VerifiedDelivery,
) -> (StatusCode, &'static str) {
    let id = excerpt(delivery.id(), 100);
    let event = excerpt(delivery.event(), 60);
    match app.context.store.accept(&delivery).await {
        Ok(accepted) => {
            app.context.wake.notify_waiters();
            tracing::info!(delivery = %id, %event, ?accepted, "delivery stored");
            let word = match accepted {
                Accepted::New => "stored",
                Accepted::Revived => "revived",
                Accepted::UnderWay | Accepted::Processed => "repeated",
            };
            (StatusCode::ACCEPTED, word)
        }
        Err(error) => {
            tracing::error!(delivery = %id, %event, %error, "delivery not stored");
            (StatusCode::SERVICE_UNAVAILABLE, "not-stored")
        }
    }
}

//! `POST /evidence/{instance}`: what a forge streams of its audit log, and
//! `POST /evidence/{instance}/hook`: what our own hooks saw. Authenticate the
//! raw bytes, read, keep, answer.
//!
//! GitHub streams to an HTTP event collector as Splunk has it: its paths are
//! answered too, and the token tells the instance.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use hmac::{Hmac, Mac as _};
use secrecy::ExposeSecret as _;
use sha2::Sha256;
use tokio::sync::SemaphorePermit;

use super::App;
use super::intake::MAX_BODY;
use crate::forge::{Delivery, Instance, Refused, StreamError};
use crate::model::testimony::{MAX_TESTIMONY_BYTES, Testimony};
use crate::model::text::excerpt;
use crate::store::StoreError;
use crate::worker;

/// The signature of what a hook forwards: `sha256=` and the HMAC-SHA256 of the
/// body in hexadecimal digits.
pub(super) const SIGNATURE: &str = "x-forgewarden-signature-256";

type Answer = (StatusCode, &'static str);

const KEPT: Answer = (StatusCode::ACCEPTED, "kept\n");
const NOT_AUTHENTIC: Answer = (StatusCode::UNAUTHORIZED, "not authentic\n");
const NO_INSTANCE: Answer = (StatusCode::NOT_FOUND, "no such instance\n");
const TOO_LARGE: Answer = (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large\n");
const BUSY: Answer = (StatusCode::SERVICE_UNAVAILABLE, "try again later\n");
const UNREADABLE: Answer = (StatusCode::BAD_REQUEST, "it cannot be read\n");

/// What a forge streams.
pub(super) async fn stream(
    State(app): State<Arc<App>>,
    Path(instance): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let Some(instance) = app.context.instances.get(&instance) else {
        return NO_INSTANCE;
    };
    match read(&app, &headers, body, MAX_BODY).await {
        Ok((bytes, _room)) => {
            let delivery = delivery(&app, headers, &bytes);
            let answer = heard(&app, instance, &delivery).await;
            answer.unwrap_or(NOT_AUTHENTIC)
        }
        Err(answer) => answer,
    }
}

/// The same at the paths of an HTTP event collector.
pub(super) async fn collector(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let (bytes, _room) = match read(&app, &headers, body, MAX_BODY).await {
        Ok(read) => read,
        Err(answer) => return answer,
    };
    let delivery = delivery(&app, headers, &bytes);
    for instance in app.context.instances.values() {
        match heard(&app, instance, &delivery).await {
            Some(KEPT) => return (StatusCode::OK, "{\"text\":\"Success\",\"code\":0}\n"),
            Some(other) => return other,
            None => {}
        }
    }
    tracing::warn!("a stream of audit records has no token of ours");
    NOT_AUTHENTIC
}

/// That the collector is there.
pub(super) async fn collector_health() -> Answer {
    (
        StatusCode::OK,
        "{\"text\":\"HEC is healthy\",\"code\":17}\n",
    )
}

/// What a hook of ours saw.
pub(super) async fn hook(
    State(app): State<Arc<App>>,
    Path(instance): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let Some(instance) = app.context.instances.get(&instance) else {
        return NO_INSTANCE;
    };
    let (bytes, _room) = match read(&app, &headers, body, MAX_TESTIMONY_BYTES).await {
        Ok(read) => read,
        Err(answer) => return answer,
    };
    if !is_signed(&app, &headers, &bytes) {
        tracing::warn!(instance = %instance.key, "evidence of a hook is not signed by a secret of ours");
        return NOT_AUTHENTIC;
    }
    let testimony: Testimony = match serde_json::from_slice(&bytes) {
        Ok(testimony) => testimony,
        Err(error) => {
            let error = excerpt(error.to_string(), 300);
            tracing::error!(instance = %instance.key, %error, "evidence of a hook cannot be read");
            return UNREADABLE;
        }
    };
    answer(worker::hear_hook(&app.context, &instance.key, &testimony).await)
}

/// The body, and the room that it takes.
async fn read<'a>(
    app: &'a App,
    headers: &HeaderMap,
    body: Body,
    bound: usize,
) -> Result<(Bytes, SemaphorePermit<'a>), Answer> {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok());
    if length.is_some_and(|length| length > bound as u64) {
        return Err(TOO_LARGE);
    }
    let room = app.budget.take(length).ok_or(BUSY)?;
    let bytes = axum::body::to_bytes(body, bound).await;
    let bytes = bytes.map_err(|_| TOO_LARGE)?;
    Ok((bytes, room))
}

fn delivery(app: &App, headers: HeaderMap, bytes: &Bytes) -> Delivery {
    Delivery {
        headers,
        body: bytes.to_vec(),
        path_secret: None,
        received_at: app.context.clock.now(),
    }
}

/// The answer; nothing if it is not this instance's.
async fn heard(app: &App, instance: &Instance, delivery: &Delivery) -> Option<Answer> {
    match instance.audit.streamed(delivery) {
        Ok(records) => Some(answer(
            worker::hear(&app.context, &instance.key, records).await,
        )),
        Err(StreamError::Refused(Refused::NotAuthentic(_))) => None,
        Err(error) => {
            let error = excerpt(error.to_string(), 300);
            tracing::error!(instance = %instance.key, %error, "a stream of audit records cannot be read");
            Some(UNREADABLE)
        }
    }
}

fn answer(kept: Result<usize, StoreError>) -> Answer {
    match kept {
        Ok(new) => {
            tracing::info!(new, "evidence kept");
            KEPT
        }
        Err(error) => {
            tracing::error!(%error, "evidence not kept");
            BUSY
        }
    }
}

/// Whether one of our secrets signed the bytes. Compared in constant time.
fn is_signed(app: &App, headers: &HeaderMap, bytes: &[u8]) -> bool {
    let mut given = headers.get_all(SIGNATURE).iter();
    let (Some(only), None) = (given.next(), given.next()) else {
        return false;
    };
    let Some(digits) = only.as_bytes().strip_prefix(b"sha256=") else {
        return false;
    };
    let Ok(signature) = hex::decode(digits) else {
        return false;
    };
    let secrets = app.context.authentication.hook_secrets.iter();
    // Every secret is tried, so the time does not tell which it was.
    let matching = secrets.filter(|secret| {
        Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
            .is_ok_and(|mac| mac.chain_update(bytes).verify_slice(&signature).is_ok())
    });
    matching.count() > 0
}

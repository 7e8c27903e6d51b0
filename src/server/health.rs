//! What an operator watches: alive, ready, figures.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;

use super::{App, telemetry};

/// Longest time for one look at the database.
const PATIENCE: Duration = Duration::from_secs(3);

/// `GET /healthz`: the process answers.
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: the database takes writes. Without a policy the service does
/// not start, so there is one.
pub(super) async fn ready(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    match tokio::time::timeout(PATIENCE, app.context.store.ready()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n"),
        Ok(Err(error)) => {
            tracing::error!(%error, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database takes no writes\n",
            )
        }
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer\n",
        ),
    }
}

/// `GET /metrics`: Prometheus text.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> (StatusCode, String) {
    if let Err(error) = gauges(&app).await {
        tracing::error!(%error, "the queue cannot be counted");
    }
    match telemetry::metrics() {
        Some(handle) => (StatusCode::OK, handle.render()),
        None => (
            StatusCode::SERVICE_UNAVAILABLE,
            "no figures are kept\n".to_owned(),
        ),
    }
}

/// Figures that stand in the database.
async fn gauges(app: &App) -> Result<(), crate::store::StoreError> {
    let store = &app.context.store;
    let now = app.context.clock.now().as_millisecond();
    for kind in ["delivery", "evaluate", "publish"] {
        for state in ["ready", "running", "dead"] {
            metrics::gauge!("forgewarden_jobs", "kind" => kind, "state" => state).set(0.0);
        }
    }
    for queued in store.queued().await? {
        let labels = [("kind", queued.kind), ("state", queued.state)];
        let age = (now - queued.oldest) as f64 / 1000.0;
        metrics::gauge!("forgewarden_oldest_job_seconds", &labels).set(age);
        metrics::gauge!("forgewarden_jobs", &labels).set(queued.count as f64);
    }
    let (pending, unpublished) = store.status_debt().await?;
    metrics::gauge!("forgewarden_statuses_pending").set(pending as f64);
    metrics::gauge!("forgewarden_statuses_unpublished").set(unpublished as f64);
    Ok(())
}

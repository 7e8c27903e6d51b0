//! The router and what its handlers share.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use super::budget::Budget;
use super::{evidence, health, intake, pages, protect};
use crate::worker::Context;

/// Longest time for one request. GitHub gives up after 10 s (GitHub Docs,
/// "Handling failed webhook deliveries").
const REQUEST_TIMEOUT: Duration = Duration::from_secs(9);

/// What the handlers share.
pub struct App {
    /// Store, instances, links, clock.
    pub context: Arc<Context>,
    /// Room for bodies that are being received.
    pub(super) budget: Budget,
    /// Whether `/metrics` stands on an address of its own.
    pub metrics_apart: bool,
}

impl App {
    /// What the handlers share.
    pub fn new(context: Arc<Context>, metrics_apart: bool) -> Self {
        Self {
            context,
            budget: Budget::default(),
            metrics_apart,
        }
    }
}

/// The public router.
pub fn router(app: Arc<App>) -> Router {
    let mut routes = Router::new()
        .route("/", get(pages::front))
        .route("/webhooks/{instance}", post(intake::webhook))
        .route(
            "/webhooks/{instance}/{secret}",
            post(intake::webhook_with_secret),
        )
        .route("/evidence/{instance}", post(evidence::stream))
        .route("/evidence/{instance}/hook", post(evidence::hook))
        .route("/services/collector", post(evidence::collector))
        .route("/services/collector/event", post(evidence::collector))
        .route(
            "/services/collector/health",
            get(evidence::collector_health),
        )
        .route("/verdicts/{id}", get(pages::verdict))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready));
    if !app.metrics_apart {
        routes = routes.route("/metrics", get(health::metrics));
    }
    layered(routes.with_state(app))
}

/// The router of the separate metrics address.
pub(super) fn metrics_router(app: Arc<App>) -> Router {
    let routes = Router::new()
        .route("/metrics", get(health::metrics))
        .route("/healthz", get(health::alive));
    layered(routes.with_state(app))
}

fn layered(routes: Router) -> Router {
    routes
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            REQUEST_TIMEOUT,
        ))
        .layer(CatchPanicLayer::custom(protect::after_panic))
        .layer(axum::middleware::from_fn(protect::with_headers))
}

//! Starts everything and stops it in order.

use std::collections::HashMap;
use std::fs::File;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::app::{App, metrics_router, router};
use super::telemetry;
use crate::clock::SharedClock;
use crate::config::Config;
use crate::forge::Instance;
use crate::report::Templates;
use crate::store::{Dialect, Everyone, Store, StoreError};
use crate::worker::{self, Context, Judge, Links, Mirrors};

/// How long open connections may go on after a stop.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// What the service is made of, besides its configuration.
pub struct Parts {
    /// The forges.
    pub instances: Vec<Instance>,
    /// Who judges.
    pub judge: Arc<dyn Judge>,
    /// What people read.
    pub templates: Templates,
    /// The time.
    pub clock: SharedClock,
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An address.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
}

/// The service, running.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where `/metrics` is.
    pub metrics_address: SocketAddr,
    /// Its inside, for tests and tools.
    pub context: Arc<Context>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
    /// Says that this process alone works on the SQLite file.
    _alone: Option<File>,
}

/// Starts the service.
pub async fn start(config: &Config, parts: Parts) -> Result<Running, StartError> {
    telemetry::metrics();
    let url = config.database_url.expose_secret();
    let store = Store::open(url, parts.clock.clone()).await?;
    let alone = store.work_alone(url)?;
    let everyone = match store.dialect() {
        Dialect::Sqlite => Everyone::IsGone,
        Dialect::Postgres => Everyone::MayLive,
    };
    worker::reconcile(&store, everyone).await?;
    let listener = listen(config.listen).await?;
    let metrics_listener = match config.metrics_listen {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let context = Arc::new(context(config, store, parts));
    let app = Arc::new(App::new(context.clone(), metrics_listener.is_some()));
    let stop = CancellationToken::new();
    let address = local(&listener, config.listen)?;
    let mut metrics_address = address;
    let mut tasks = JoinSet::new();
    if let Some(listener) = metrics_listener {
        metrics_address = local(&listener, config.listen)?;
        tasks.spawn(answer(listener, metrics_router(app.clone()), stop.clone()));
    }
    tasks.spawn(answer(listener, router(app), stop.clone()));
    tasks.spawn(worker::run(context.clone(), stop.clone()));
    tracing::info!(%address, %metrics_address, "forgewarden is listening");
    Ok(Running {
        address,
        metrics_address,
        context,
        stop,
        tasks,
        _alone: alone,
    })
}

impl Running {
    /// Takes no more requests and jobs, lets what runs end or puts it back,
    /// and closes the database.
    pub async fn stop(mut self) {
        tracing::info!("stopping");
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
        self.context.store.close().await;
        tracing::info!("stopped");
    }
}

fn context(config: &Config, store: Store, parts: Parts) -> Context {
    let instances: HashMap<_, _> = parts
        .instances
        .into_iter()
        .map(|instance| (instance.key.clone(), instance))
        .collect();
    Context {
        store,
        instances,
        mirrors: Mirrors::new(config.mirrors.clone(), config.git.clone()),
        judge: parts.judge,
        templates: parts.templates,
        links: Links::new(config.public_url.clone(), config.link_key.clone()),
        clock: parts.clock,
        settings: config.worker,
        sweep: config.sweep,
        authentication: config.authentication.clone(),
        pauses: worker::Pauses::default(),
        wake: Arc::new(Notify::new()),
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| StartError::Listen { address, source })
}

fn local(listener: &TcpListener, address: SocketAddr) -> Result<SocketAddr, StartError> {
    listener
        .local_addr()
        .map_err(|source| StartError::Listen { address, source })
}

async fn answer(listener: TcpListener, router: axum::Router, stop: CancellationToken) {
    let stopped = stop.clone();
    let serve = axum::serve(listener, router)
        .with_graceful_shutdown(async move { stopped.cancelled().await });
    let too_late = async {
        stop.cancelled().await;
        tokio::time::sleep(LAST_ANSWERS).await;
    };
    tokio::select! {
        result = serve.into_future() => if let Err(error) = result {
            tracing::error!(%error, "the listener ended");
        },
        () = too_late => tracing::warn!("connections were cut"),
    }
}

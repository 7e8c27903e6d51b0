//! Logs and figures. Secrets are never given to either: the types that hold
//! them do not print.

use std::io::IsTerminal;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::time::SystemTime;

use crate::config::LogFormat;

/// What is logged if `RUST_LOG` does not say.
const DEFAULT_FILTER: &str = "info,sqlx=warn,hyper=warn";

static METRICS: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Sends log lines to standard error. A second call changes nothing.
pub fn log_to_stderr(format: LogFormat, filter: Option<&str>) {
    let filter = EnvFilter::new(filter.unwrap_or(DEFAULT_FILTER));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_timer(SystemTime)
        .with_writer(std::io::stderr)
        .with_ansi(format == LogFormat::Pretty && std::io::stderr().is_terminal());
    // Only fails if a subscriber stands already, which then is the caller's.
    let _ = match format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Pretty => builder.try_init(),
    };
}

/// The figures of this process, recorded from the first call on.
pub fn metrics() -> Option<&'static PrometheusHandle> {
    let made = METRICS.get_or_init(|| {
        let buckets = [
            0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0, 600.0,
        ];
        let builder = PrometheusBuilder::new().set_buckets(&buckets).ok()?;
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).ok()?;
        Some(handle)
    });
    made.as_ref()
}

//! `forgewarden serve`: the service, until it is told to stop.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use crate::clock::{SharedClock, SystemClock};
use crate::config::{self, Config};
use crate::forge;
use crate::policy::Policy;
use crate::report::{ReportError, Templates};
use crate::server::{self, Parts};
use crate::worker::PolicyJudge;

/// Runs the service: webhooks in, statuses out.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The configuration file.
    #[arg(long, default_value = config::DEFAULT_FILE, value_name = "FILE")]
    config: PathBuf,
}

/// Runs until SIGTERM or SIGINT. Exit code 0 after a graceful stop, 2 if it
/// does not start.
pub fn run(arguments: &ServeArgs) -> ExitCode {
    match serve(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            super::complain(&*error);
            ExitCode::from(2)
        }
    }
}

fn serve(arguments: &ServeArgs) -> Result<(), Box<dyn std::error::Error>> {
    let config = Config::read(&arguments.config)?;
    server::log_to_stderr(config.log, config::log_filter().as_deref());
    let policy = Arc::new(Policy::read(&config.policy)?);
    let clock: SharedClock = Arc::new(SystemClock);
    let instances = forge::instances(&config.forges, &clock)?;
    let parts = Parts {
        instances,
        judge: Arc::new(PolicyJudge::new(policy)),
        templates: templates(&config)?,
        clock,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let running = server::start(&config, parts).await?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        running.stop().await;
        Ok(())
    })
}

fn templates(config: &Config) -> Result<Templates, ReportError> {
    match &config.templates {
        Some(folder) => Templates::with_overrides(folder),
        None => Templates::embedded(),
    }
}

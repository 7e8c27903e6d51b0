//! `forgewarden replay`: what was given up, listed and put back into the queue.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use secrecy::ExposeSecret;

use crate::clock::SystemClock;
use crate::config::{self, Config};
use crate::model::text::excerpt;
use crate::store::{JobLine, Replayed, Store};

/// Lists jobs, and puts back those that were given up. It works beside a
/// running service.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// The configuration file.
    #[arg(long, default_value = config::DEFAULT_FILE, value_name = "FILE")]
    config: PathBuf,
    /// Lists every job, and changes nothing.
    #[arg(long, conflicts_with_all = ["dead", "id"])]
    list: bool,
    /// Puts back every job that was given up.
    #[arg(long, conflicts_with = "id")]
    dead: bool,
    /// The number of a given-up job, or the forge's id of a delivery: a
    /// delivery that was processed is worked on again as a whole.
    id: Option<String>,
}

/// Exit code 0 if something was listed or put back, 1 if the id is not known,
/// 2 if the database cannot be used.
pub fn run(arguments: &ReplayArgs) -> ExitCode {
    match replay(arguments) {
        Ok(code) => code,
        Err(error) => {
            super::complain(&*error);
            ExitCode::from(2)
        }
    }
}

fn replay(arguments: &ReplayArgs) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let config = Config::read(&arguments.config)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let url = config.database_url.expose_secret();
        let store = Store::open(url, Arc::new(SystemClock)).await?;
        let mut out = std::io::stdout().lock();
        let code = match &arguments.id {
            Some(id) => one(&store, id, &mut out).await?,
            None if arguments.dead => {
                let count = store.replay_dead().await?;
                writeln!(out, "{}", queued(count))?;
                ExitCode::SUCCESS
            }
            None => {
                let state = if arguments.list { "" } else { "dead" };
                list(&store.jobs(state).await?, &mut out)?;
                ExitCode::SUCCESS
            }
        };
        store.close().await;
        Ok(code)
    })
}

async fn one(
    store: &Store,
    id: &str,
    out: &mut impl Write,
) -> Result<ExitCode, Box<dyn std::error::Error>> {
    match store.replay(id).await? {
        Replayed::Jobs(count) => writeln!(out, "{}", queued(count))?,
        Replayed::Delivery => writeln!(out, "The delivery is queued again.")?,
        Replayed::Unknown => {
            writeln!(out, "Nothing has the id {}.", excerpt(id, 100))?;
            return Ok(ExitCode::from(1));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn queued(count: u64) -> String {
    match count {
        1 => "1 job is queued again.".to_owned(),
        _ => format!("{count} jobs are queued again."),
    }
}

fn list(jobs: &[JobLine], out: &mut impl Write) -> std::io::Result<()> {
    if jobs.is_empty() {
        return writeln!(out, "There are no such jobs.");
    }
    for job in jobs {
        let delivery = job.delivery.as_deref().unwrap_or("-");
        writeln!(
            out,
            "{:>8}  {:<8}  {:<7}  failures {:>2}  delivery {}  {}",
            job.id,
            job.kind,
            job.state,
            job.attempts,
            excerpt(delivery, 60),
            excerpt(&job.error, 200),
        )?;
    }
    Ok(())
}

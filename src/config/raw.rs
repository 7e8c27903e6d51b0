//! The file as it is written, and its defaults.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::audit::RawAuthentication;
use super::forges::{RawGitHub, RawGitLab, RawStash};
use super::{LogFormat, SweepConfig, WorkerConfig};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConfig {
    #[serde(default = "listen")]
    pub(super) listen: SocketAddr,
    pub(super) metrics_listen: Option<SocketAddr>,
    pub(super) public_url: String,
    pub(super) database_url: Option<String>,
    pub(super) database_url_file: Option<PathBuf>,
    #[serde(default = "mirrors")]
    pub(super) mirrors: PathBuf,
    pub(super) templates: Option<PathBuf>,
    #[serde(default = "policy")]
    pub(super) policy: PathBuf,
    pub(super) link_key: Option<String>,
    pub(super) link_key_file: Option<PathBuf>,
    #[serde(default = "log")]
    pub(super) log: LogFormat,
    #[serde(default)]
    pub(super) worker: RawWorker,
    #[serde(default)]
    pub(super) sweep: RawSweep,
    #[serde(default)]
    pub(super) authentication: RawAuthentication,
    #[serde(default)]
    pub(super) git: RawGit,
    #[serde(default)]
    pub(super) github: Vec<RawGitHub>,
    #[serde(default)]
    pub(super) gitlab: Vec<RawGitLab>,
    #[serde(default)]
    pub(super) stash: Vec<RawStash>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawWorker {
    concurrency: usize,
    attempts: u32,
    retry_base_milliseconds: u64,
    judge_timeout_seconds: u64,
    stop_timeout_seconds: u64,
}

/// Wait before the first sweep: a service that starts has deliveries to take.
const FIRST_SWEEP: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawSweep {
    enabled: bool,
    interval_seconds: u64,
    grace_seconds: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawGit {
    pub(super) program: PathBuf,
    pub(super) protocols: Vec<String>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) proxy: Option<String>,
    pub(super) timeout_seconds: u64,
    pub(super) max_megabytes: u64,
}

impl Default for RawWorker {
    fn default() -> Self {
        Self {
            concurrency: 4,
            attempts: 8,
            retry_base_milliseconds: 1000,
            judge_timeout_seconds: 120,
            stop_timeout_seconds: 25,
        }
    }
}

impl Default for RawSweep {
    fn default() -> Self {
        Self {
            enabled: true,
            interval_seconds: 600,
            grace_seconds: 60,
        }
    }
}

impl Default for RawGit {
    fn default() -> Self {
        Self {
            program: "git".into(),
            protocols: vec!["https".to_owned()],
            ca_file: None,
            proxy: None,
            timeout_seconds: 600,
            max_megabytes: 4096,
        }
    }
}

impl RawWorker {
    pub(super) fn checked(&self, problems: &mut Vec<String>) -> Option<WorkerConfig> {
        if !(1..=256).contains(&self.concurrency) {
            problems.push("`worker.concurrency` must be from 1 to 256.".to_owned());
            return None;
        }
        if !(1..=50).contains(&self.attempts) {
            problems.push("`worker.attempts` must be from 1 to 50.".to_owned());
            return None;
        }
        Some(WorkerConfig {
            concurrency: self.concurrency,
            attempts: self.attempts,
            retry_base: Duration::from_millis(self.retry_base_milliseconds.max(1)),
            judge_timeout: Duration::from_secs(self.judge_timeout_seconds.max(1)),
            stop_timeout: Duration::from_secs(self.stop_timeout_seconds),
        })
    }
}

impl RawSweep {
    pub(super) fn checked(&self, problems: &mut Vec<String>) -> Option<SweepConfig> {
        if !(30..=86_400).contains(&self.interval_seconds) {
            problems.push("`sweep.interval_seconds` must be from 30 to 86400.".to_owned());
            return None;
        }
        if !(5..=3600).contains(&self.grace_seconds) {
            problems.push("`sweep.grace_seconds` must be from 5 to 3600.".to_owned());
            return None;
        }
        Some(SweepConfig {
            enabled: self.enabled,
            first: FIRST_SWEEP,
            interval: Duration::from_secs(self.interval_seconds),
            grace: Duration::from_secs(self.grace_seconds),
        })
    }
}

fn listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
}

fn mirrors() -> PathBuf {
    "mirrors".into()
}

fn policy() -> PathBuf {
    "policy.toml".into()
}

fn log() -> LogFormat {
    LogFormat::Json
}

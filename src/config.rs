//! The process configuration: one TOML file, and the environment for secrets.
//!
//! The only reader of the environment. Every problem is a sentence that names
//! the key; an unknown key, an empty or a short secret refuses to start.

mod audit;
mod forges;
mod raw;
mod secret;

use std::collections::HashSet;
use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

use raw::RawConfig;

pub use audit::{AuthenticationConfig, GitHubAudit, GitLabAudit, StashAudit};
pub use forges::{Forges, GitHubInstance, GitLabInstance, StashInstance};

/// Shortest webhook secret and signing key that is taken, in bytes.
pub const MIN_SECRET: usize = 16;

/// Where the configuration is looked for if the command line does not say.
pub const DEFAULT_FILE: &str = "forgewarden.toml";

/// The configuration of the service.
pub struct Config {
    /// Address of webhooks and details pages.
    pub listen: SocketAddr,
    /// Address of `/metrics`; with `listen` if there is none.
    pub metrics_listen: Option<SocketAddr>,
    /// The URL under which people reach `listen`, without a slash at the end.
    pub public_url: String,
    /// The database; it may hold a password.
    pub database_url: SecretString,
    /// The folder of the mirrors.
    pub mirrors: PathBuf,
    /// A folder whose files stand in for the built-in templates of the same name.
    pub templates: Option<PathBuf>,
    /// The operator's policy file.
    pub policy: PathBuf,
    /// The key of signed links.
    pub link_key: SecretString,
    /// How log lines look.
    pub log: LogFormat,
    /// How work is done.
    pub worker: WorkerConfig,
    /// How the forges are compared with our verdicts.
    pub sweep: SweepConfig,
    /// How long evidence of authentication is waited for.
    pub authentication: AuthenticationConfig,
    /// How git is run.
    pub git: GitConfig,
    /// The forges.
    pub forges: Forges,
    /// The files that secrets were read from.
    pub secret_files: Vec<PathBuf>,
}

/// What helps somebody whose configuration is not found.
const WHICH_FILE: &str = "`--config FILE` names another; forgewarden.example.toml shows every key.";

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object per line.
    Json,
    /// For people.
    Pretty,
}

/// How work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerConfig {
    /// Jobs at once.
    pub concurrency: usize,
    /// Failures after which a job is given up.
    pub attempts: u32,
    /// Wait after the first failure; doubled after each further one.
    pub retry_base: Duration,
    /// Longest time for one judgement.
    pub judge_timeout: Duration,
    /// How long a stop waits for running jobs.
    pub stop_timeout: Duration,
}

/// How the forges are compared with our verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweepConfig {
    /// Whether it is done.
    pub enabled: bool,
    /// Wait before the first time.
    pub first: Duration,
    /// Time from one to the next.
    pub interval: Duration,
    /// How long a moved branch waits for its delivery before it is judged without.
    pub grace: Duration,
}

/// How git is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitConfig {
    /// The program.
    pub program: PathBuf,
    /// `PATH` for git's own helpers.
    pub path: OsString,
    /// Protocols that may be used.
    pub protocols: Vec<String>,
    /// A file of certificates that https is checked against.
    pub ca_file: Option<PathBuf>,
    /// A proxy for http and https.
    pub proxy: Option<String>,
    /// Longest time for one fetch.
    pub timeout: Duration,
    /// Largest pack that one fetch may bring, in bytes.
    pub max_bytes: u64,
}

/// Why there is no configuration. Holds every problem that was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// One sentence each.
    pub problems: Vec<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be used:", self.file.display())?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

impl Config {
    /// Reads the file and the secrets that it names. Makes the key of links if
    /// none is configured.
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        Self::read_as(file, Purpose::Serve)
    }

    /// [`Config::read`], which makes no file.
    pub fn look(file: &Path) -> Result<Self, ConfigError> {
        Self::read_as(file, Purpose::Look)
    }

    fn read_as(file: &Path, purpose: Purpose) -> Result<Self, ConfigError> {
        let fail = |problem: String| ConfigError {
            file: file.to_owned(),
            problems: vec![problem],
        };
        let text = std::fs::read_to_string(file)
            .map_err(|error| fail(format!("It cannot be read: {error}. {WHICH_FILE}")))?;
        let raw: RawConfig =
            toml::from_str(&text).map_err(|error| fail(toml_problem(&text, &error)))?;
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        let mut reader = Reader {
            folder,
            purpose,
            problems: Vec::new(),
            secret_files: Vec::new(),
        };
        let config = reader.config(raw);
        match config {
            Some(config) if reader.problems.is_empty() => Ok(config),
            _ => Err(ConfigError {
                file: file.to_owned(),
                problems: reader.problems,
            }),
        }
    }
}

/// `RUST_LOG`, which narrows or widens the log.
#[expect(
    clippy::disallowed_methods,
    reason = "config is the reader of the environment"
)]
pub fn log_filter() -> Option<String> {
    std::env::var("RUST_LOG").ok()
}

/// Whether the person wants no colour (<https://no-color.org>).
#[expect(
    clippy::disallowed_methods,
    reason = "config is the reader of the environment"
)]
pub fn no_colour() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// The message and its line. Not the line's text: it may hold a secret.
fn toml_problem(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.as_bytes().get(..start).unwrap_or_default();
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    format!("Line {line}: {}.", error.message())
}

/// What the configuration is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Serve,
    Look,
}

/// Collects problems while it reads.
struct Reader {
    folder: PathBuf,
    purpose: Purpose,
    problems: Vec<String>,
    secret_files: Vec<PathBuf>,
}

impl Reader {
    fn config(&mut self, raw: RawConfig) -> Option<Config> {
        let public_url = self.http_url("public_url", &raw.public_url);
        let database_url = self.database_url(raw.database_url, raw.database_url_file);
        let forges = self.forges((&raw.github, &raw.gitlab, &raw.stash));
        let git = self.git(raw.git);
        let worker = raw.worker.checked(&mut self.problems);
        let sweep = raw.sweep.checked(&mut self.problems);
        let authentication = self.authentication(&raw.authentication);
        // Last: it may make a file, which a configuration with mistakes must not.
        let link_key = self.link_key(raw.link_key, raw.link_key_file);
        Some(Config {
            listen: raw.listen,
            metrics_listen: raw.metrics_listen,
            public_url: public_url?,
            database_url: database_url?,
            mirrors: self.folder.join(raw.mirrors),
            templates: raw.templates.map(|folder| self.folder.join(folder)),
            policy: self.folder.join(raw.policy),
            link_key: link_key?,
            log: raw.log,
            worker: worker?,
            sweep: sweep?,
            authentication: authentication?,
            git: git?,
            forges,
            secret_files: std::mem::take(&mut self.secret_files),
        })
    }

    fn instance_keys(&mut self, keys: &[&str]) {
        let mut seen = HashSet::new();
        for key in keys {
            let lawful = !key.is_empty()
                && key
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            if !lawful {
                self.problems.push(format!(
                    "The instance key `{}` must consist of a-z, 0-9 and `-`: it is part of a URL.",
                    crate::model::text::excerpt(key, 40)
                ));
            }
            if !seen.insert(*key) {
                self.problems
                    .push(format!("Two instances have the key `{key}`."));
            }
        }
        if keys.is_empty() {
            self.problems.push(
                "There is no forge: add a `[[github]]`, `[[gitlab]]` or `[[stash]]`.".to_owned(),
            );
        }
    }

    fn http_url(&mut self, key: &str, url: &str) -> Option<String> {
        let lawful = ["http://", "https://"].iter().any(|scheme| {
            url.strip_prefix(scheme)
                .is_some_and(|rest| !rest.is_empty() && !rest.contains(['@', '?', '#', ' ']))
        });
        if lawful {
            return Some(url.trim_end_matches('/').to_owned());
        }
        self.problems.push(format!(
            "`{key}` must be an http or https URL without user, query and fragment."
        ));
        None
    }

    fn git(&mut self, raw: raw::RawGit) -> Option<GitConfig> {
        const KNOWN: [&str; 4] = ["https", "http", "ssh", "file"];
        for protocol in &raw.protocols {
            if !KNOWN.contains(&protocol.as_str()) {
                self.problems.push(format!(
                    "`git.protocols` names `{}`; it may name https, http, ssh and file.",
                    crate::model::text::excerpt(protocol, 20)
                ));
                return None;
            }
        }
        Some(GitConfig {
            program: raw.program,
            path: secret::search_path(),
            protocols: raw.protocols,
            ca_file: raw.ca_file.map(|file| self.folder.join(file)),
            proxy: raw.proxy,
            timeout: Duration::from_secs(raw.timeout_seconds.max(1)),
            max_bytes: raw.max_megabytes.max(1).saturating_mul(1 << 20),
        })
    }
}

#[cfg(test)]
mod tests;

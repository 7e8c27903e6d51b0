//! Runs git, and lets nothing from outside steer it: no configuration but
//! ours, no hooks, no prompts, no credentials on the command line.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

use super::error::FetchError;
use crate::config::GitConfig;

/// How much of git's messages and answers is kept.
const MAX_OUTPUT: u64 = 64 * 1024;
/// How often the size of a growing pack is looked at.
const SIZE_CHECK: Duration = Duration::from_millis(500);

/// How long git may take to say its version.
const VERSION_TIMEOUT: Duration = Duration::from_secs(10);

/// One git command in one mirror.
pub(super) struct Git<'a> {
    config: &'a GitConfig,
    mirror: &'a Path,
    settings: Vec<(OsString, OsString)>,
}

impl<'a> Git<'a> {
    pub(super) fn new(config: &'a GitConfig, mirror: &'a Path) -> Self {
        let mut git = Self {
            config,
            mirror,
            settings: Vec::new(),
        };
        for (key, value) in [
            ("core.hooksPath", "/dev/null"),
            ("core.fsmonitor", "false"),
            ("core.askPass", ""),
            ("credential.helper", ""),
            ("fetch.recurseSubmodules", "false"),
            ("fetch.fsckObjects", "false"),
            ("fetch.writeCommitGraph", "false"),
            ("gc.auto", "0"),
            ("http.followRedirects", "false"),
            ("http.lowSpeedLimit", "1"),
            ("http.lowSpeedTime", "60"),
            ("maintenance.auto", "false"),
            ("protocol.version", "2"),
            ("transfer.bundleURI", "false"),
        ] {
            git.set(key, value);
        }
        if let Some(file) = &config.ca_file {
            git.set("http.sslCAInfo", file);
        }
        if let Some(proxy) = &config.proxy {
            git.set("http.proxy", proxy);
        }
        git
    }

    /// Sends an `Authorization` header to this URL and to no other. It travels
    /// in the environment: a command line can be read by every user.
    pub(super) fn authorize(&mut self, url: &str, authorization: &SecretString) {
        let header = format!("Authorization: {}", authorization.expose_secret());
        self.set(format!("http.{url}.extraHeader"), header);
    }

    fn set(&mut self, key: impl Into<OsString>, value: impl AsRef<OsStr>) {
        let value = value.as_ref().to_owned();
        self.settings.push((key.into(), value));
    }

    /// Runs a subcommand to its end and gives its output. `lock` is the locked
    /// file that guards the mirror: git holds it too, so that the lock lasts
    /// until git has ended even if we are killed.
    pub(super) async fn run(
        &self,
        name: &'static str,
        arguments: &[OsString],
        lock: &File,
    ) -> Result<Vec<u8>, FetchError> {
        let mut child = self.spawn(name, arguments, lock)?;
        let stdout = tokio::spawn(read_some(child.stdout.take()));
        let stderr = tokio::spawn(read_some(child.stderr.take()));
        let status = self.wait(name, &mut child).await?;
        let stderr = stderr.await.unwrap_or_default();
        if status.success() {
            return Ok(stdout.await.unwrap_or_default());
        }
        Err(FetchError::Git {
            command: name,
            reason: crate::model::text::excerpt(stderr.trim_ascii(), 300),
        })
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that starts a process"
    )]
    fn spawn(
        &self,
        name: &'static str,
        arguments: &[OsString],
        lock: &File,
    ) -> Result<Child, FetchError> {
        let mut command = Command::new(&self.config.program);
        command
            .env_clear()
            .env("PATH", &self.config.path)
            .env("HOME", self.mirror)
            .env("LC_ALL", "C")
            .env("GIT_DIR", self.mirror)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "")
            .env("SSH_ASKPASS", "")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_ALLOW_PROTOCOL", self.config.protocols.join(":"))
            .env("GIT_CONFIG_COUNT", self.settings.len().to_string());
        for (number, (key, value)) in self.settings.iter().enumerate() {
            command
                .env(format!("GIT_CONFIG_KEY_{number}"), key)
                .env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        let held = lock.try_clone().map_err(|source| self.io(source))?;
        command
            .arg(name)
            .args(arguments)
            .stdin(Stdio::from(held))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| self.io(source))
    }

    async fn wait(
        &self,
        name: &'static str,
        child: &mut Child,
    ) -> Result<std::process::ExitStatus, FetchError> {
        let deadline = tokio::time::Instant::now() + self.config.timeout;
        loop {
            tokio::select! {
                status = child.wait() => return status.map_err(|source| self.io(source)),
                () = tokio::time::sleep(SIZE_CHECK) => {}
            }
            let problem = if tokio::time::Instant::now() >= deadline {
                FetchError::TimedOut {
                    command: name,
                    seconds: self.config.timeout.as_secs(),
                }
            } else if incoming_bytes(self.mirror) > self.config.max_bytes {
                FetchError::TooLarge {
                    megabytes: self.config.max_bytes >> 20,
                }
            } else {
                continue;
            };
            // It may have ended in this instant; then there is nothing to kill.
            child.kill().await.unwrap_or_default();
            return Err(problem);
        }
    }

    fn io(&self, source: std::io::Error) -> FetchError {
        FetchError::Io {
            mirror: name_of(self.mirror),
            source,
        }
    }
}

/// What `git --version` says, or why it says nothing.
///
/// # Errors
/// A sentence: the program is missing, or does not behave like git.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that starts a process"
)]
pub async fn git_version(config: &GitConfig) -> Result<String, String> {
    let mut command = Command::new(&config.program);
    command.env_clear().env("PATH", &config.path);
    let output = command.arg("--version").kill_on_drop(true).output();
    let output = tokio::time::timeout(VERSION_TIMEOUT, output).await;
    let output = output.map_err(|_| "it does not answer".to_owned())?;
    let output = output.map_err(|error| error.to_string())?;
    let said = crate::model::text::excerpt(output.stdout.trim_ascii(), 100);
    match said.starts_with("git version ") {
        true => Ok(said),
        false => Err(format!("it is no git: {said}")),
    }
}

/// The name of a mirror's folder, for messages.
pub(super) fn name_of(mirror: &Path) -> String {
    let name = mirror.file_name().unwrap_or_default();
    crate::model::text::escape(name.as_encoded_bytes())
}

/// Bytes of packs that are still being received.
fn incoming_bytes(mirror: &Path) -> u64 {
    let packs = incoming_files(mirror);
    packs
        .iter()
        .filter_map(|file| std::fs::metadata(file).ok())
        .map(|meta| meta.len())
        .sum()
}

/// Packs that are, or were, being received.
pub(super) fn incoming_files(mirror: &Path) -> Vec<PathBuf> {
    let folder = mirror.join("objects/pack");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().as_encoded_bytes().starts_with(b"tmp_"))
        .map(|entry| entry.path())
        .collect()
}

/// Reads the beginning, and lets the rest run past so that git never waits.
async fn read_some(pipe: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut kept = Vec::new();
    if let Some(mut pipe) = pipe {
        let mut beginning = (&mut pipe).take(MAX_OUTPUT);
        let read = beginning.read_to_end(&mut kept).await;
        if read.is_ok() {
            tokio::io::copy(&mut pipe, &mut tokio::io::sink())
                .await
                .unwrap_or_default();
        }
    }
    kept
}

//! What this machine has to have: a configuration, a policy, a database, git,
//! and secrets that nobody else reads.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;

use secrecy::ExposeSecret;

use crate::clock::SystemClock;
use crate::config::{Config, ConfigError};
use crate::forge::{Diagnosis, Level};
use crate::model::text::excerpt;
use crate::policy::Policy;
use crate::store::Store;
use crate::worker::git_version;

/// Where local lines say that they are.
const HERE: &str = "this machine";

/// The only line if there is no configuration.
pub(super) fn unusable(file: &Path, error: &ConfigError) -> Vec<Diagnosis> {
    vec![Diagnosis {
        id: "configuration",
        level: Level::Problem,
        place: HERE.to_owned(),
        message: error.to_string(),
        remedy: format!("mend {}", file.display()),
    }]
}

pub(super) async fn lines(config: &Config) -> Vec<Diagnosis> {
    let mut lines = vec![ok("configuration", "the configuration can be read")];
    lines.push(public_url(config));
    lines.extend(config.secret_files.iter().filter_map(|file| secret(file)));
    lines.push(policy(config));
    lines.push(database(config).await);
    lines.push(match git_version(&config.git).await {
        Ok(version) => ok("git", version),
        Err(why) => {
            let program = config.git.program.display();
            let message = format!("{program} does not run: {why}");
            problem("git", message, "install git, or name it as `git.program`")
        }
    });
    lines.push(mirrors(&config.mirrors));
    lines
}

fn public_url(config: &Config) -> Diagnosis {
    let url = &config.public_url;
    match url.starts_with("https://") {
        true => ok("public-url", format!("people and forges reach us at {url}")),
        false => {
            let message =
                format!("{url} is not https: deliveries and links can be read on their way");
            warning(
                "public-url",
                message,
                "put a TLS proxy before the service and name its URL as `public_url`",
            )
        }
    }
}

/// A line if others than the owner can read the file.
fn secret(file: &Path) -> Option<Diagnosis> {
    let mode = std::fs::metadata(file).ok()?.permissions().mode();
    let name = file.display();
    (mode & 0o077 != 0).then(|| {
        let message = format!("{name} can be read by others (mode {:03o})", mode & 0o777);
        problem("secret-file", message, format!("chmod 600 {name}"))
    })
}

fn policy(config: &Config) -> Diagnosis {
    let file = config.policy.display();
    match Policy::read(&config.policy) {
        Ok(policy) => ok(
            "policy",
            format!("{file} is a policy, digest {}", policy.digest),
        ),
        Err(problems) => {
            let message = format!("{file} cannot be used: {problems}");
            problem("policy", message, format!("forgewarden policy lint {file}"))
        }
    }
}

async fn database(config: &Config) -> Diagnosis {
    let url = config.database_url.expose_secret();
    match Store::connect(url, Arc::new(SystemClock)).await {
        Ok(store) => {
            store.close().await;
            ok("database", "the database answers")
        }
        Err(error) => {
            let message = format!(
                "the database does not answer: {}",
                excerpt(error.to_string(), 200)
            );
            problem("database", message, "start it, or mend `database_url`")
        }
    }
}

/// The folder of the mirrors, or the one that it will be made in.
fn mirrors(folder: &Path) -> Diagnosis {
    let name = folder.display();
    let nearest = folder.ancestors().find(|it| it.exists());
    let writable = nearest.is_some_and(|it| {
        let metadata = std::fs::metadata(it);
        metadata.is_ok_and(|it| it.is_dir() && it.mode() & 0o222 != 0)
    });
    match writable {
        true => ok("mirrors", format!("mirrors are kept in {name}")),
        false => {
            let message = format!("{name} is no folder that can be written to");
            problem("mirrors", message, "make it, or name another as `mirrors`")
        }
    }
}

fn ok(id: &'static str, message: impl Into<String>) -> Diagnosis {
    line((id, Level::Ok), message, "")
}

fn warning(id: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Diagnosis {
    line((id, Level::Warning), message, remedy)
}

fn problem(id: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Diagnosis {
    line((id, Level::Problem), message, remedy)
}

fn line(
    (id, level): (&'static str, Level),
    message: impl Into<String>,
    remedy: impl Into<String>,
) -> Diagnosis {
    Diagnosis {
        id,
        level,
        place: HERE.to_owned(),
        message: message.into(),
        remedy: remedy.into(),
    }
}

//! `forgewarden doctor`: does a failing status really block? One line for each
//! thing that decides it, on this machine and on every forge.

mod local;
mod servers;
mod shown;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::Failure;
use crate::clock::SharedClock;
use crate::config::{self, Config};
use crate::forge::{self, Diagnosis, Instance, Level, Scope};
use crate::model::event::EventRepository;
use crate::model::refs::RefName;
use crate::model::repo::RepositoryName;
use crate::policy::Policy;
use crate::worker::merge_context;

/// Most repositories of one instance that are looked at.
const MAX_REPOSITORIES: usize = 1000;

/// Looks at the configuration, at this machine and at every repository of every
/// forge; changes nothing.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The configuration file of the service [default: forgewarden.toml].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Only this instance of a forge.
    #[arg(long, value_name = "KEY")]
    instance: Option<String>,
    /// Only this repository; may be repeated. Without it: every one that the
    /// instance guards.
    #[arg(long, value_name = "NAME")]
    repository: Vec<String>,
    /// Only this branch; may be repeated. Without it: the protected branches.
    #[arg(long, value_name = "BRANCH")]
    branch: Vec<String>,
    /// How the lines are shown.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// A warning is as bad as a problem.
    #[arg(long)]
    strict: bool,
    /// Asks no forge.
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    servers: servers::ServerArgs,
}

impl DoctorArgs {
    /// Whether something else than servers is to be looked at.
    fn is_of_service(&self) -> bool {
        let chosen = self.config.is_some() || self.instance.is_some() || self.offline;
        chosen || !self.repository.is_empty() || !self.branch.is_empty() || self.servers.is_empty()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For monitoring.
    Json,
}

/// Exit status 0 if all is as it should be, 1 if there is a problem, 2 if there
/// is none but something could not be found out.
pub fn run(arguments: &DoctorArgs) -> ExitCode {
    match examine(arguments) {
        Ok(lines) => {
            let text = match arguments.format {
                Format::Text => shown::text(&lines, super::colour()),
                Format::Json => shown::json(&lines),
            };
            super::print(&text);
            exit_code(&lines, arguments.strict)
        }
        Err(error) => super::complain(&*error),
    }
}

fn exit_code(lines: &[Diagnosis], strict: bool) -> ExitCode {
    let has = |level| lines.iter().any(|line| line.level == level);
    if has(Level::Problem) || (strict && has(Level::Warning)) {
        return ExitCode::from(1);
    }
    match has(Level::Unknown) {
        true => ExitCode::from(super::COULD_NOT),
        false => ExitCode::SUCCESS,
    }
}

fn examine(arguments: &DoctorArgs) -> Result<Vec<Diagnosis>, Failure> {
    let mut lines = match arguments.is_of_service() {
        true => service(arguments)?,
        false => Vec::new(),
    };
    lines.extend(servers::lines(&arguments.servers)?);
    Ok(lines)
}

fn service(arguments: &DoctorArgs) -> Result<Vec<Diagnosis>, Failure> {
    let branches = arguments.branch.iter().map(RefName::branch);
    let branches = branches.collect::<Result<Vec<_>, _>>()?;
    let file = arguments.config.as_deref();
    let file = file.unwrap_or(Path::new(config::DEFAULT_FILE));
    let config = match Config::look(file) {
        Ok(config) => config,
        Err(error) => return Ok(local::unusable(file, &error)),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut lines = local::lines(&config).await;
        if arguments.offline {
            return Ok(lines);
        }
        let policy = Policy::read(&config.policy).ok();
        let clock: SharedClock = std::sync::Arc::new(crate::clock::SystemClock);
        for instance in chosen(&config, arguments.instance.as_deref(), &clock)? {
            let visit = Visit {
                instance: &instance,
                policy: policy.as_ref(),
                branches: &branches,
                webhook_url: webhook_url(&config, &instance.key),
            };
            lines.extend(visit.lines(&arguments.repository).await);
        }
        Ok(lines)
    })
}

/// The configured instances, or the one with this key.
///
/// # Errors
/// A setting with which an instance cannot be made; no instance with this key.
pub(super) fn chosen(
    config: &Config,
    key: Option<&str>,
    clock: &SharedClock,
) -> Result<Vec<Instance>, Failure> {
    let mut all = forge::instances(&config.forges, clock)?;
    let Some(key) = key else { return Ok(all) };
    let keys: Vec<_> = all.iter().map(|instance| instance.key.clone()).collect();
    all.retain(|instance| instance.key == key);
    match all.is_empty() {
        true => Err(format!(
            "no instance `{key}` is configured; there are: {}",
            keys.join(", ")
        )
        .into()),
        false => Ok(all),
    }
}

/// Where an instance's deliveries go.
pub(super) fn webhook_url(config: &Config, key: &str) -> String {
    format!("{}/webhooks/{key}", config.public_url)
}

/// The look at one instance.
struct Visit<'a> {
    instance: &'a Instance,
    policy: Option<&'a Policy>,
    branches: &'a [RefName],
    webhook_url: String,
}

impl Visit<'_> {
    async fn lines(&self, names: &[String]) -> Vec<Diagnosis> {
        let mut lines = Vec::new();
        let repositories = match names.is_empty() {
            true => self.instance.inventory.repositories().await,
            false => self.named(names).await,
        };
        let repositories = match repositories {
            Ok(found) => found,
            Err(error) => {
                let remedy = "is the instance reachable from here, and is its credential right?";
                lines.push(self.unknown(&self.instance.key, error.to_string(), remedy));
                return lines;
            }
        };
        if repositories.is_empty() {
            let nothing = "the instance guards no repository".to_owned();
            let remedy = "install the App, or make our account a member";
            lines.push(self.unknown(&self.instance.key, nothing, remedy));
        }
        for repository in repositories.iter().take(MAX_REPOSITORIES) {
            lines.extend(self.repository(repository).await);
        }
        if repositories.len() > MAX_REPOSITORIES {
            let more = repositories.len() - MAX_REPOSITORIES;
            let message = format!("{more} more repositories were not looked at");
            let remedy = "name them with --repository";
            lines.push(self.unknown(&self.instance.key, message, remedy));
        }
        lines
    }

    async fn named(&self, names: &[String]) -> Result<Vec<EventRepository>, forge::ForgeError> {
        let mut found = Vec::new();
        for name in names {
            let name = RepositoryName::new(name.as_str());
            found.push(self.instance.inventory.repository(&name).await?);
        }
        Ok(found)
    }

    async fn repository(&self, repository: &EventRepository) -> Vec<Diagnosis> {
        match guarded(self.instance, self.policy, (repository, self.branches)).await {
            Ok(branches) if branches.is_empty() => {
                let place = repository.name.to_string();
                let nothing = "no branch is to be guarded: there is no default branch".to_owned();
                vec![self.unknown(&place, nothing, "name branches with --branch")]
            }
            Ok(branches) => {
                let scope = scope(repository, branches, &self.webhook_url);
                self.instance.administration.examine(&scope).await
            }
            Err(error) => {
                let place = repository.name.to_string();
                vec![self.unknown(&place, error.to_string(), "name branches with --branch")]
            }
        }
    }

    fn unknown(&self, place: &str, message: String, remedy: &str) -> Diagnosis {
        Diagnosis {
            id: "forge-answers",
            level: Level::Unknown,
            place: place.to_owned(),
            message,
            remedy: remedy.to_owned(),
        }
    }
}

/// The branches that must be guarded: those asked for, else the default branch
/// and those that the policy protects.
pub(super) async fn guarded(
    instance: &Instance,
    policy: Option<&Policy>,
    (repository, asked): (&EventRepository, &[RefName]),
) -> Result<Vec<RefName>, forge::ForgeError> {
    if !asked.is_empty() {
        return Ok(asked.to_vec());
    }
    let default = match &repository.default_branch {
        Some(name) => Some(name.clone()),
        // Not every list of repositories tells it.
        None => {
            let found = instance.inventory.repository(&repository.name).await?;
            found.default_branch
        }
    };
    let all = instance.inventory.branches(repository).await?;
    let mut names: Vec<_> = all.into_iter().map(|branch| branch.name).collect();
    names.retain(|name| policy.is_some_and(|policy| policy.protected.matches(name)));
    names.extend(default);
    names.sort();
    names.dedup();
    Ok(names)
}

/// What a repository is examined or set up for.
pub(super) fn scope(
    repository: &EventRepository,
    branches: Vec<RefName>,
    webhook_url: &str,
) -> Scope {
    let with_context = |branch: RefName| {
        let context = merge_context(&branch);
        (branch, context)
    };
    Scope {
        repository: repository.clone(),
        branches: branches.into_iter().map(with_context).collect(),
        webhook_url: webhook_url.to_owned(),
    }
}

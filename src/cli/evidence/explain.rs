//! `forgewarden evidence explain`: everything that the service knows of how a
//! push was authenticated, and what follows from it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use secrecy::ExposeSecret as _;

use super::super::{Failure, complain, print};
use super::shown;
use crate::clock::{Clock as _, SystemClock};
use crate::config::{self, Config};
use crate::gather::weigh;
use crate::model::oid::ObjectId;
use crate::model::refs::RefName;
use crate::model::text::escape;
use crate::policy::Policy;
use crate::store::{GuaranteeRow, PushRow, Store};
use crate::worker::{Chains, grouped};

/// Most pushes of one ref that are explained, newest first.
const MAX_PUSHES: u32 = 20;

/// Explain how a push was authenticated: who says what, and how sure that is
///
/// It reads the service's database and asks no forge: what the forge says of
/// the account itself is heard only when the push is judged.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The configuration file
    #[arg(long, default_value = config::DEFAULT_FILE, value_name = "FILE")]
    config: PathBuf,
    /// Only this instance; by default every one
    #[arg(long, value_name = "KEY")]
    instance: Option<String>,
    /// The repository, as the forge names it; needed for a ref
    #[arg(long, value_name = "NAME")]
    repository: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The whole id of a commit that was pushed, or a branch or full ref
    push: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Exit status 0 if a push was explained, 1 if none is known, 2 if it could not
/// be looked up.
pub(super) fn run(arguments: &ExplainArgs) -> ExitCode {
    match explain(arguments) {
        Ok(pushes) if pushes.is_empty() => {
            print(&format!(
                "No push of {} is known. The service knows those that it was told of since this version runs.\n",
                escape(&arguments.push)
            ));
            ExitCode::from(1)
        }
        Ok(pushes) => {
            print(&match arguments.format {
                Format::Text => shown::text(&pushes),
                Format::Json => shown::json(&pushes),
            });
            ExitCode::SUCCESS
        }
        Err(error) => complain(&*error),
    }
}

fn explain(arguments: &ExplainArgs) -> Result<Vec<shown::Explained>, Failure> {
    let config = Config::look(&arguments.config)?;
    let policy = Policy::read(&config.policy)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let url = config.database_url.expose_secret();
        let store = Store::open(url, Arc::new(SystemClock)).await?;
        let mut explained = Vec::new();
        for key in keys(&config) {
            if arguments.instance.as_ref().is_none_or(|only| *only == key) {
                explained.extend(of_instance((&store, &config, &policy), arguments, &key).await?);
            }
        }
        store.close().await;
        Ok(explained)
    })
}

fn keys(config: &Config) -> Vec<String> {
    let forges = &config.forges;
    let github = forges.github.iter().map(|one| one.key.clone());
    let gitlab = forges.gitlab.iter().map(|one| one.key.clone());
    let stash = forges.stash.iter().map(|one| one.key.clone());
    github.chain(gitlab).chain(stash).collect()
}

async fn of_instance(
    (store, config, policy): (&Store, &Config, &Policy),
    arguments: &ExplainArgs,
    key: &str,
) -> Result<Vec<shown::Explained>, Failure> {
    let found = rows(store, arguments, key).await?;
    let guarantees = store.guarantees(key).await?;
    let window = config.authentication.window;
    let mut explained = Vec::new();
    for (id, rows) in found {
        for group in grouped(rows, window) {
            let Some(first) = group.first() else { continue };
            let named = (id, first.repository.as_str());
            let now = SystemClock.now();
            let chains = Chains::of((store, window), key, named, now).await?;
            let (push, _) = chains.push(&group).await?;
            let silent = guarantees.iter().filter(|row| row.leaves.is_none());
            explained.push(shown::Explained {
                instance: key.to_owned(),
                repository: first.repository.clone(),
                delivery: first.delivery.clone(),
                rules_nothing_out: silent.map(said).collect(),
                facts: weigh(policy, push),
            });
        }
    }
    Ok(explained)
}

fn said(row: &GuaranteeRow) -> String {
    format!("{} (read {})", row.says, row.read_at)
}

/// The rows that are asked for, by the number of their repository.
async fn rows(
    store: &Store,
    arguments: &ExplainArgs,
    key: &str,
) -> Result<Vec<(u64, Vec<PushRow>)>, Failure> {
    if let Ok(commit) = ObjectId::parse(&arguments.push) {
        let mut found = store.pushes_anywhere_of(key, commit).await?;
        if let Some(name) = &arguments.repository {
            for (_, rows) in &mut found {
                rows.retain(|row| row.repository.eq_ignore_ascii_case(name));
            }
        }
        return Ok(found);
    }
    let Some(name) = &arguments.repository else {
        return Err("name the repository of a ref: --repository NAME".into());
    };
    let reference = match RefName::new(&arguments.push) {
        Ok(full) if arguments.push.starts_with("refs/") => full,
        _ => RefName::branch(&arguments.push)?,
    };
    let name_of_ref = reference.to_string();
    let mut found = Vec::new();
    for id in store.repositories_named(key, name).await? {
        let rows = store.pushes_to((key, id), &name_of_ref, MAX_PUSHES).await?;
        found.push((id, rows));
    }
    Ok(found)
}

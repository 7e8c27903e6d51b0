//! `forgewarden ci graph`: what each entry file of a revision reads and executes.

mod dot;
mod text;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;

use crate::cli::{Failure, complain, print};
use crate::gather;
use crate::git::Repository;
use crate::judge;
use crate::policy::{Limits, Policy};

/// Show what the files of the build environment read and execute.
///
/// Each file that a CI, build or container system reads by itself, with what it
/// pulls in from the same tree, what stands elsewhere, and what only the run
/// itself knows.
#[derive(Debug, clap::Args)]
pub(super) struct GraphArgs {
    /// The revision
    #[arg(default_value = "HEAD")]
    revision: String,
    /// The repository, a work tree or bare
    #[arg(long, value_name = "DIR", default_value = ".")]
    repo: PathBuf,
    /// The operator's policy, for the paths that it adds [default: `git config
    /// forgewarden.policy`, else /etc/forgewarden/policy.toml if it exists]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = GraphFormat::Text)]
    format: GraphFormat,
}

/// How the graph is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum GraphFormat {
    /// An indented list
    Text,
    /// Graphviz
    Dot,
}

/// Draws the graph.
pub(super) fn run(arguments: &GraphArgs) -> ExitCode {
    match draw(arguments) {
        Ok(text) => {
            print(&text);
            ExitCode::SUCCESS
        }
        Err(why) => complain(&*why),
    }
}

fn draw(arguments: &GraphArgs) -> Result<String, Failure> {
    let repository = Repository::discover(&arguments.repo)?;
    let file = match &arguments.policy {
        Some(file) => Some(file.clone()),
        None => judge::operator_policy(&repository)?,
    };
    let policy = file
        .map(|file| Policy::read(&file))
        .transpose()
        .map_err(|problems| format!("the policy cannot be used:\n{problems}"))?;
    let (extra, limits) = match &policy {
        Some(policy) => (policy.ci_paths.as_slice(), policy.limits),
        None => (&[][..], Limits::default()),
    };
    let commit = repository.resolve(&arguments.revision)?;
    let entries = gather::entry_files(&repository, (extra, limits.blob_bytes), commit)?;
    Ok(match arguments.format {
        GraphFormat::Text => text::graph(&entries),
        GraphFormat::Dot => dot::graph(&entries),
    })
}

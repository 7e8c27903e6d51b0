//! `forgewarden policy`: arguments, and one file per subcommand.

mod explain;
mod export;
mod init;
mod lint;
mod replay;

use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::clock::{Clock, SystemClock};
use crate::policy::schema;

/// `forgewarden policy`
#[derive(Debug, Args)]
pub struct PolicyArgs {
    #[command(subcommand)]
    command: PolicyCommand,
}

/// Read, explain and propose policies.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Report everything that is wrong with a policy file; exit 1 if it cannot be used
    Lint(LintArgs),
    /// Show every effective value and the layer that decided it, or the page of one check
    Explain(ExplainArgs),
    /// Print the JSON Schema of the policy file
    Schema,
    /// Print the trusted images and their signers for an admission controller
    Export(ExportArgs),
    /// Propose a policy from a repository's recent history
    Init(InitArgs),
    /// Judge a branch's recent history, each commit as the push that brought
    /// it, and count what each check would have said
    Replay(ReplayArgs),
}

/// `forgewarden policy lint`
#[derive(Debug, Args)]
pub struct LintArgs {
    /// The operator's policy
    #[arg(default_value = "policy.toml")]
    file: PathBuf,
    /// A repository's `.forgewarden.toml`, judged as the layer over it
    #[arg(long, value_name = "FILE")]
    repository_layer: Option<PathBuf>,
}

/// `forgewarden policy explain`
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Show the page of this check instead
    check: Option<String>,
    /// The operator's policy
    #[arg(long, value_name = "FILE", default_value = "policy.toml")]
    policy: PathBuf,
    /// A repository's `.forgewarden.toml`, put over it
    #[arg(long, value_name = "FILE")]
    repository_layer: Option<PathBuf>,
}

/// `forgewarden policy export`
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Of which admission controller
    #[arg(long, value_enum, default_value_t = export::ExportFormat::Kyverno)]
    format: export::ExportFormat,
    /// The operator's policy
    #[arg(long, value_name = "FILE", default_value = "policy.toml")]
    policy: PathBuf,
}

/// `forgewarden policy init`
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The repository
    #[arg(long, value_name = "PATH", default_value = ".")]
    repo: PathBuf,
    /// How many commits of the default branch to look at, newest first
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    commits: u32,
}

/// `forgewarden policy replay`
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// The newest commit to judge
    #[arg(default_value = "HEAD")]
    revision: String,
    /// The repository
    #[arg(long, value_name = "PATH", default_value = ".")]
    repo: PathBuf,
    /// The operator's policy
    #[arg(long, value_name = "FILE", default_value = "policy.toml")]
    policy: PathBuf,
    /// How many commits to judge, newest first, following first parents
    #[arg(long, value_name = "N", default_value_t = 200)]
    commits: usize,
    /// How it is written
    #[arg(long, value_enum, default_value_t = ReplayFormat::Text)]
    format: ReplayFormat,
}

/// How a replay is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ReplayFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Where a subcommand writes to.
struct Streams<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
}

/// Why a subcommand ends early.
#[derive(Debug, thiserror::Error)]
enum PolicyCommandError {
    /// What the user asked for cannot be done; the message says why.
    #[error("{0}")]
    Refused(String),
    /// The output went away.
    #[error("the output cannot be written: {0}")]
    Output(#[from] std::io::Error),
}

/// Runs the subcommand. Exit code 0: done; 1: the policy has errors; 2: it
/// could not be done.
pub fn run(args: PolicyArgs) -> ExitCode {
    let (mut out, mut err) = (std::io::stdout().lock(), std::io::stderr().lock());
    run_to(args, &SystemClock, &mut out, &mut err)
}

/// [`run`] with the streams and the clock of the caller's choice.
pub fn run_to(
    args: PolicyArgs,
    clock: &dyn Clock,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> ExitCode {
    let mut streams = Streams { out, err };
    let done = match args.command {
        PolicyCommand::Lint(args) => lint::run(&args, clock.now(), &mut streams),
        PolicyCommand::Explain(args) => explain::run(&args, &mut streams),
        PolicyCommand::Schema => print_schema(&mut streams),
        PolicyCommand::Export(args) => export::run(&args, &mut streams),
        PolicyCommand::Init(args) => init::run(&args, &mut streams),
        PolicyCommand::Replay(args) => replay::run(&args, clock, &mut streams),
    };
    let flushed = done.and_then(|code| streams.out.flush().map(|()| code).map_err(Into::into));
    flushed.unwrap_or_else(|error| {
        // A reader that has gone away, such as `head`, needs no message. It may
        // not have seen an error of the policy, so this is no success either.
        let gone = matches!(&error, PolicyCommandError::Output(why) if why.kind() == ErrorKind::BrokenPipe);
        if gone {
            return ExitCode::from(2);
        }
        // Nobody is left to tell if this fails too; the exit code still says it.
        let _ = writeln!(streams.err, "forgewarden: {error}");
        ExitCode::from(2)
    })
}

fn print_schema(streams: &mut Streams<'_>) -> Result<ExitCode, PolicyCommandError> {
    writeln!(streams.out, "{:#}", schema())?;
    Ok(ExitCode::SUCCESS)
}

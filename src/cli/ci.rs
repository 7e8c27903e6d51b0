//! `forgewarden ci`: what stands in the build environment of a repository.

mod audit;
mod graph;

use std::process::ExitCode;

use clap::Subcommand;

/// `forgewarden ci`
#[derive(Debug, clap::Args)]
pub struct CiArgs {
    #[command(subcommand)]
    command: CiCommand,
}

#[derive(Debug, Subcommand)]
enum CiCommand {
    Audit(audit::AuditArgs),
    Graph(graph::GraphArgs),
}

/// Runs one of its commands.
pub fn run(arguments: &CiArgs) -> ExitCode {
    match &arguments.command {
        CiCommand::Audit(arguments) => audit::run(arguments),
        CiCommand::Graph(arguments) => graph::run(arguments),
    }
}

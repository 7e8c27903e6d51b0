//! `forgewarden evidence`: how pushes were authenticated, explained, and what
//! hooks saw, forwarded to the service.

mod explain;
mod forward;
mod shown;

use std::process::ExitCode;

use clap::{Args, Subcommand};

/// Explains how pushes were authenticated, and forwards what hooks saw.
#[derive(Debug, Args)]
pub struct EvidenceArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Explain(explain::ExplainArgs),
    Forward(forward::ForwardArgs),
}

/// Exit status as each subcommand says.
pub fn run(arguments: &EvidenceArgs) -> ExitCode {
    match &arguments.what {
        What::Explain(arguments) => explain::run(arguments),
        What::Forward(arguments) => forward::run(arguments),
    }
}

//! `forgewarden completions SHELL`

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

/// Print the shell completions.
#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// The shell to print them for
    shell: Shell,
}

/// Prints the completions of the command line `C`.
pub fn run<C: CommandFactory>(arguments: &CompletionsArgs) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut C::command(),
        "forgewarden",
        &mut script,
    );
    super::print(&String::from_utf8_lossy(&script));
    ExitCode::SUCCESS
}

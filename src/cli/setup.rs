//! `forgewarden setup`: one room per thing that is set up. Each shows a plan,
//! carries it out on `--apply`, and changes nothing when it is repeated.

pub mod hook;

use std::process::ExitCode;

use clap::{Args, Subcommand};

/// `forgewarden setup`
#[derive(Debug, Args)]
pub struct SetupArgs {
    #[command(subcommand)]
    what: Setup,
}

/// Install Forgewarden and check what is installed.
#[derive(Debug, Subcommand)]
pub enum Setup {
    /// Install the pre-receive hook on a server, and check what makes it hold
    Hook(hook::HookArgs),
}

/// Exit status 0: all stands as it should; 1: something is still to be done;
/// 2: it could not be found out or done.
pub fn run(arguments: &SetupArgs) -> ExitCode {
    match &arguments.what {
        Setup::Hook(arguments) => hook::run(arguments),
    }
}

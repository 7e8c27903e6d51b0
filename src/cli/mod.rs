//! The command line of the main binary: clap types, one file per subcommand.
//!
//! Exit status of every judging command: 0 pass, 1 fail, 2 could not judge.

pub mod check;
pub mod ci;
pub mod completions;
pub mod doctor;
pub mod evidence;
mod input;
pub mod policy;
pub mod replay;
pub mod serve;
pub mod setup;
mod sshd;
pub mod verify;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::report::terminal::Colour;

/// Guards source control: commit signing, push authentication and the build
/// environment, judged by one policy.
#[derive(Debug, Parser)]
#[command(
    name = "forgewarden",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::CheckArgs),
    /// Look at the whole build environment of a repository
    Ci(ci::CiArgs),
    /// Print the shell completions
    Completions(completions::CompletionsArgs),
    /// Prove that a failing status really blocks
    Doctor(doctor::DoctorArgs),
    /// Tell how pushes were authenticated, and who says so
    Evidence(evidence::EvidenceArgs),
    /// Write, check and explain policies
    Policy(policy::PolicyArgs),
    /// List and run again what the service could not finish
    Replay(replay::ReplayArgs),
    /// Run the webhook service
    Serve(serve::ServeArgs),
    /// Plan and make what a forge or a hook needs
    Setup(setup::SetupArgs),
    Verify(verify::VerifyArgs),
}

/// Parses the arguments and runs the command.
pub fn run() -> ExitCode {
    match Arguments::parse().command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Ci(arguments) => ci::run(&arguments),
        Command::Completions(arguments) => completions::run::<Arguments>(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Evidence(arguments) => evidence::run(&arguments),
        Command::Policy(arguments) => policy::run(arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Setup(arguments) => setup::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
    }
}

/// Why a command could not do its work.
type Failure = Box<dyn std::error::Error>;

/// Exit status of a command that could not do its work.
const COULD_NOT: u8 = 2;

/// Writes a result to standard output. A reader that has gone away, such as
/// `head`, is no error.
fn print(text: &str) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

/// Says on standard error why a command could not do its work.
fn complain(why: &dyn std::error::Error) -> ExitCode {
    let _ = writeln!(io::stderr().lock(), "forgewarden: {why}");
    ExitCode::from(COULD_NOT)
}

/// Colour only where a person reads.
fn colour() -> Colour {
    if io::stdout().is_terminal() && !crate::config::no_colour() {
        Colour::Always
    } else {
        Colour::Never
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}

//! `forgewarden`: the command line and the service.

use std::process::ExitCode;

fn main() -> ExitCode {
    forgewarden::cli::run()
}

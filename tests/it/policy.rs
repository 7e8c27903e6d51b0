//! Policy files as their users meet them: what is read, what is refused and
//! where, what a repository may change, and what is proposed.

mod digest;
mod export;
mod init;
mod layers;
mod lint;
mod properties;

use std::path::{Path, PathBuf};

use clap::Parser;
use forgewarden::cli::policy::{PolicyArgs, run_to};
use forgewarden::clock::Clock;
use forgewarden::policy::{Policy, Problem};
use jiff::Timestamp;

/// The command line with nothing but `policy` on it.
#[derive(Parser)]
struct Command {
    #[command(flatten)]
    args: PolicyArgs,
}

/// A clock that stands still.
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        "2026-06-01T12:00:00Z".parse().expect("an instant")
    }
}

/// What a command said, and whether it succeeded.
struct Said {
    out: String,
    err: String,
    success: bool,
    failed_plainly: bool,
}

/// Runs `forgewarden policy …`.
fn policy_command(words: &[&str]) -> Said {
    let words = ["policy"].iter().chain(words).copied();
    let command = Command::try_parse_from(words).expect("arguments");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run_to(command.args, &Stopped, &mut out, &mut err);
    Said {
        out: String::from_utf8(out).expect("UTF-8"),
        err: String::from_utf8(err).expect("UTF-8"),
        success: code == std::process::ExitCode::SUCCESS,
        failed_plainly: code == std::process::ExitCode::from(1),
    }
}

/// The policy files of one kind: `good`, `bad`, `warn`.
fn files(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new("tests/data/policy").join(kind);
    let entries = std::fs::read_dir(folder).expect("a folder of policies");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "toml"));
    files.sort();
    assert!(!files.is_empty());
    files
}

/// A policy from the words of a test.
fn policy(text: &str) -> Policy {
    Policy::parse(
        "policy.toml",
        &format!("version = 1\n{text}"),
        Path::new("tests/data/policy/good"),
    )
    .unwrap_or_else(|problems| panic!("{problems}"))
}

/// The problems that make a text no policy.
fn problems(text: &str) -> Vec<Problem> {
    match Policy::parse("policy.toml", text, Path::new("tests/data/policy/good")) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.0,
    }
}

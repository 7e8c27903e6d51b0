//! `forgewarden setup hook`: the plan of one pre-receive hook, its
//! installation, and what is checked afterwards. It judges no push.

mod checks;
mod plan;
pub(in crate::cli) mod programs;
mod sshd;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::cli::sshd::MAX_OUTPUT;
use crate::cli::{Failure, complain, input, print};
use crate::model::text::escape;

use plan::Plan;

/// Where the shims look for the binary.
const BINARY: &str = "/usr/local/bin/forgewarden-pre-receive";

/// `forgewarden setup hook`
///
/// Without --apply it only shows what would change. Exit status 0: all stands
/// as it should; 1: something is to be done; 2: it could not be found out.
#[derive(Debug, Args)]
pub(super) struct HookArgs {
    /// What runs the hook
    #[arg(value_enum)]
    server: ServerKind,
    /// plain-git: the bare repository; gitolite: the home of its account;
    /// gitlab: Gitaly's custom_hooks, or a repository; ghes, bitbucket: a
    /// folder for the script
    path: PathBuf,
    /// The policy of this repository (plain-git); elsewhere it is
    /// /etc/forgewarden/policy.toml
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The binary, at its place on the server
    #[arg(long, value_name = "FILE", default_value = BINARY)]
    binary: PathBuf,
    /// The output of `sshd -T`; `-` is standard input. Without it, sshd is asked
    #[arg(long, value_name = "FILE")]
    sshd_config: Option<PathBuf>,
    /// Do it
    #[arg(long)]
    apply: bool,
}

/// A server that runs pre-receive hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ServerKind {
    /// git over ssh or http, without a forge
    PlainGit,
    /// gitolite 3
    Gitolite,
    /// GitLab: a server hook of Gitaly
    Gitlab,
    /// GitHub Enterprise Server
    Ghes,
    /// Bitbucket Data Center (Stash): a hook script
    Bitbucket,
}

impl ServerKind {
    /// The hook's text as this repository ships it.
    fn shim(self) -> &'static str {
        match self {
            Self::PlainGit => include_str!("../../../hooks/install/plain-git/pre-receive"),
            Self::Gitolite => include_str!("../../../hooks/install/gitolite/pre-receive"),
            Self::Gitlab => include_str!("../../../hooks/install/gitlab/forgewarden"),
            Self::Ghes => include_str!("../../../hooks/install/ghes/pre-receive.sh"),
            Self::Bitbucket => include_str!("../../../hooks/install/bitbucket/pre-receive.sh"),
        }
    }

    /// Whether the hook runs on this machine, from where it is written.
    fn runs_here(self) -> bool {
        !matches!(self, Self::Ghes | Self::Bitbucket)
    }

    /// Whether people reach it by this machine's sshd.
    fn uses_sshd(self) -> bool {
        matches!(self, Self::PlainGit | Self::Gitolite)
    }

    /// What is left to do by hand.
    fn next(self) -> &'static str {
        match self {
            Self::PlainGit => "push an unsigned commit to a scratch branch; it must be refused",
            Self::Gitolite => {
                "as gitolite's account: gitolite setup --hooks-only\n\
                 then push an unsigned commit to a scratch repository; it must be refused"
            }
            Self::Gitlab => {
                "do the same on every Gitaly node\n\
                 then push an unsigned commit to a scratch project, and merge one on the web page; both must be refused"
            }
            Self::Ghes => {
                "build the environment: hooks/install/ghes/build-environment --policy FOLDER\n\
                 commit the script to the hook repository on the appliance, and add the hook as site administrator"
            }
            Self::Bitbucket => {
                "feature.hook.scripts=true in bitbucket.properties, and the binary and the policy on every node\n\
                 upload the script (POST /rest/api/latest/hook-scripts, type PRE) and enable it for projects with every trigger"
            }
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Found {
    Good(String),
    /// Worth knowing; nothing is open because of it alone.
    Warning(String),
    /// The gate is open, or shut for everybody.
    Problem(String),
}

/// Runs the command.
pub(super) fn run(arguments: &HookArgs) -> ExitCode {
    match set_up(arguments) {
        Ok(code) => code,
        Err(why) => complain(&*why),
    }
}

fn set_up(arguments: &HookArgs) -> Result<ExitCode, Failure> {
    let plan = Plan::of(arguments)?;
    let sshd = sshd_text(arguments)?;
    print(&plan.shown());
    let mut pending = plan.is_pending();
    if pending && arguments.apply {
        plan.apply()?;
        print("done\n");
        pending = false;
    }
    let found = checks::all(arguments, &plan, sshd.as_deref());
    let mut text = String::new();
    for one in &found {
        let (word, what) = match one {
            Found::Good(what) => ("ok  ", what),
            Found::Warning(what) => ("warn", what),
            Found::Problem(what) => ("FAIL", what),
        };
        let _ = writeln!(text, "{word}  {what}");
    }
    for line in arguments.server.next().lines() {
        let _ = writeln!(text, "next  {line}");
    }
    if pending {
        text.push_str("nothing was changed; the same with --apply does it\n");
    }
    print(&text);
    let has_problem = found.iter().any(|one| matches!(one, Found::Problem(_)));
    Ok(ExitCode::from(u8::from(pending || has_problem)))
}

/// What the operator gives of sshd's settings.
fn sshd_text(arguments: &HookArgs) -> Result<Option<String>, Failure> {
    let Some(file) = &arguments.sshd_config else {
        return Ok(None);
    };
    Ok(Some(input::text(file, MAX_OUTPUT)?))
}

/// A path, safe to show.
fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes())
}

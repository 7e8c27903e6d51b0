//! `forgewarden setup`: what a forge needs so that a failing status blocks,
//! planned, shown, and done on `--apply`.

mod forge;
mod github_app;
pub(super) mod hook;

use std::process::ExitCode;

use clap::{Args, Subcommand};

/// Plans and makes what is missing; repeating it changes nothing.
#[derive(Debug, Args)]
pub struct SetupArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Webhook, required checks and branch rules on GitHub
    Github(forge::ForgeArgs),
    /// A GitHub App, made from a page on this machine
    GithubApp(github_app::GithubAppArgs),
    /// Hook, project settings and protected branches on GitLab
    Gitlab(forge::ForgeArgs),
    /// Webhook, required builds and branch permissions on Stash
    Stash(forge::ForgeArgs),
    /// The pre-receive hook of a server, and what makes it hold
    Hook(hook::HookArgs),
}

/// Exit status 0 if nothing is left to do, 1 if something is, 2 if it could not
/// be done.
pub fn run(arguments: &SetupArgs) -> ExitCode {
    use crate::model::repo::ForgeKind;
    match &arguments.what {
        What::Github(arguments) => forge::run(ForgeKind::GitHub, arguments),
        What::GithubApp(arguments) => github_app::run(arguments),
        What::Gitlab(arguments) => forge::run(ForgeKind::GitLab, arguments),
        What::Stash(arguments) => forge::run(ForgeKind::Stash, arguments),
        What::Hook(arguments) => hook::run(arguments),
    }
}

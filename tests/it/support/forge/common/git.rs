//! git, undisturbed by whoever runs the tests.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// A git with nothing of the caller's environment but where programs are.
pub fn command(folder: &Path) -> Command {
    let mut git = Command::new("git");
    git.env_clear().current_dir(folder);
    for kept in ["PATH", "TMPDIR", "LD_LIBRARY_PATH"] {
        if let Some(value) = std::env::var_os(kept) {
            git.env(kept, value);
        }
    }
    git.env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C.UTF-8")
        // The forge's own commits: merges.
        .env("GIT_AUTHOR_NAME", "GitHub")
        .env("GIT_AUTHOR_EMAIL", "noreply@github.com")
        .env("GIT_COMMITTER_NAME", "GitHub")
        .env("GIT_COMMITTER_EMAIL", "noreply@github.com");
    git
}

/// Runs git and gives its trimmed output, or what it complained about.
pub fn try_git(folder: &Path, args: &[&str]) -> Result<String, String> {
    let output = command(folder).args(args).output().expect("git starts");
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("git {args:?}: {complaint}"))
}

/// [`try_git`], which must succeed.
pub fn git(folder: &Path, args: &[&str]) -> String {
    try_git(folder, args).unwrap_or_else(|complaint| panic!("{complaint}"))
}

/// Branches and tags with their ids.
pub fn refs(folder: &Path) -> BTreeMap<String, String> {
    let format = "--format=%(refname) %(objectname)";
    let listed = git(folder, &["for-each-ref", format, "refs/heads", "refs/tags"]);
    let pairs = listed.lines().filter_map(|line| line.split_once(' '));
    pairs.map(|(name, id)| (name.into(), id.into())).collect()
}

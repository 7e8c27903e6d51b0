//! What makes an installed hook hold: that it runs, that its policy can be
//! used, and that whoever pushes cannot change either.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use super::plan::Plan;
use super::programs::{Account, Question, ask, text_of};
use super::{Found, HookArgs, ServerKind, shown, sshd};
use crate::model::text::excerpt;
use crate::policy::Policy;

/// How the binary begins its answer to `--version`.
const VERSION: &str = "forgewarden-pre-receive ";

/// Everything that can be found out here.
pub(super) fn all(arguments: &HookArgs, plan: &Plan, sshd: Option<&str>) -> Vec<Found> {
    let mut found = vec![hook(&plan.file)];
    if arguments.server.runs_here() {
        found.push(binary(&arguments.binary));
        found.extend(policy(plan));
    }
    found.extend(open_to_others(arguments, plan));
    if let Some(repository) = &plan.repository {
        found.push(hooks_path(repository));
        found.push(trial(repository, &arguments.binary));
    }
    if arguments.server == ServerKind::Gitolite {
        found.push(gitolite_settings(plan));
    }
    match sshd {
        Some(text) => found.extend(sshd::findings(text)),
        None if arguments.server.uses_sshd() => found.extend(of_running_sshd(plan)),
        None => {}
    }
    found
}

fn hook(file: &Path) -> Found {
    match file.symlink_metadata() {
        Ok(found) if !found.is_file() => {
            Found::Problem(format!("{} is not a regular file", shown(file)))
        }
        Ok(found) if found.permissions().mode() & 0o111 != 0o111 => Found::Problem(format!(
            "{} cannot be run by everybody: git then takes it for no hook and accepts every push",
            shown(file)
        )),
        Ok(_) => Found::Good(format!("{} is there and can be run", shown(file))),
        Err(error) => Found::Problem(format!("{}: {error}", shown(file))),
    }
}

fn binary(file: &Path) -> Found {
    let program = file.to_string_lossy();
    match text_of(&Question::new(&program, &["--version"])) {
        Ok(said) if said.starts_with(VERSION) => Found::Good(format!(
            "{} answers: {}",
            shown(file),
            excerpt(said.trim(), 80)
        )),
        Ok(said) => Found::Problem(format!(
            "{} is not the hook's binary: it answers {}",
            shown(file),
            excerpt(said.trim(), 80)
        )),
        Err(why) => Found::Problem(why),
    }
}

fn policy(plan: &Plan) -> Vec<Found> {
    let file = &plan.policy;
    let mut found = vec![match Policy::read(file) {
        Ok(policy) => Found::Good(format!(
            "{} is valid, digest {}",
            shown(file),
            policy.digest
        )),
        Err(problems) => Found::Problem(format!(
            "the policy cannot be used, every push is refused: {problems}"
        )),
    }];
    let repository = plan.repository.as_deref().unwrap_or(&plan.file);
    let owner = |path: &Path| fs::metadata(path).map(|found| found.uid()).ok();
    let of_policy = owner(file).filter(|uid| *uid != 0);
    if of_policy.is_some() && of_policy == owner(repository) {
        found.push(Found::Warning(format!(
            "{} belongs to the account of the repositories: give it to root, so that nobody who gets a shell \
             there can change it",
            shown(file)
        )));
    }
    found
}

/// Files and folders by which the hook can be changed must not be writable by
/// others than their owners.
fn open_to_others(arguments: &HookArgs, plan: &Plan) -> Vec<Found> {
    let mut paths = vec![plan.file.clone()];
    paths.extend(plan.file.parent().map(Path::to_owned));
    if let Some(repository) = &plan.repository {
        paths.extend([repository.clone(), repository.join("config")]);
    }
    if arguments.server.runs_here() {
        for file in [&arguments.binary, &plan.policy] {
            paths.push(file.clone());
            paths.extend(file.parent().map(Path::to_owned));
        }
    }
    let open = |path: &&std::path::PathBuf| {
        fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o022 != 0)
    };
    let open: Vec<_> = paths.iter().filter(open).collect();
    if open.is_empty() {
        return vec![Found::Good(
            "only their owners can change hook, binary and policy".to_owned(),
        )];
    }
    let problem = |path: &&std::path::PathBuf| {
        Found::Problem(format!(
            "others than its owner can change {0}: chmod go-w {0}",
            shown(path)
        ))
    };
    open.iter().map(problem).collect()
}

/// `core.hooksPath`, wherever it is set, takes the repository's hooks away.
fn hooks_path(repository: &Path) -> Found {
    let arguments = ["config", "--show-origin", "--get-all", "core.hooksPath"];
    let asked = ask(&Question::as_owner_of(repository, "git", &arguments));
    match asked.and_then(|answer| answer.if_ended_with(&[0, 1])) {
        Ok(said) if said.trim().is_empty() => {
            Found::Good("core.hooksPath is not set: git runs this repository's hooks".to_owned())
        }
        Ok(said) => Found::Problem(format!(
            "core.hooksPath is set, so git does not run this hook: {}",
            excerpt(said.trim(), 300)
        )),
        Err(why) => Found::Problem(format!("core.hooksPath cannot be asked for: {why}")),
    }
}

/// The binary as the repository's owner would run it: can it read the policy?
fn trial(repository: &Path, binary: &Path) -> Found {
    let program = binary.to_string_lossy();
    match text_of(&Question::as_owner_of(repository, &program, &["--check"])) {
        Ok(said) => Found::Good(format!(
            "a push would be judged: {}",
            excerpt(said.trim(), 300)
        )),
        Err(why) => Found::Problem(format!("a push could not be judged: {why}")),
    }
}

/// Whether gitolite lets its administrators' repository set our settings.
fn gitolite_settings(plan: &Plan) -> Found {
    let places = plan
        .file
        .ancestors()
        .map(|folder| folder.join(".gitolite.rc"));
    let text = places
        .take(6)
        .find_map(|file| fs::read_to_string(file).ok());
    let Some(text) = text else {
        let what = ".gitolite.rc was not found: GIT_CONFIG_KEYS in it must not match forgewarden";
        return Found::Warning(what.to_owned());
    };
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'));
    let mut keys = lines.filter(|line| line.contains("GIT_CONFIG_KEYS"));
    match keys.find(|line| line.contains("forgewarden") || line.contains(".*")) {
        Some(line) => Found::Problem(format!(
            "whoever can push to gitolite-admin can name another policy: {}",
            excerpt(line, 200)
        )),
        None => Found::Good("gitolite-admin cannot set forgewarden.*".to_owned()),
    }
}

/// Asks the sshd of this machine, as it is for the repositories' account.
fn of_running_sshd(plan: &Plan) -> Vec<Found> {
    let owner = Account::owner_of(plan.repository.as_deref().unwrap_or(&plan.file));
    let name = owner
        .and_then(|owner| owner.entry)
        .map_or("git".to_owned(), |(name, _)| name);
    let whom = format!("user={name},host=localhost,addr=127.0.0.1");
    match text_of(&Question::new("sshd", &["-T", "-C", &whom])) {
        Ok(text) => sshd::findings(&text),
        Err(why) => vec![Found::Warning(format!(
            "sshd was not checked ({why}): give the output of `sshd -T -C {whom}` by --sshd-config, if people push by ssh"
        ))],
    }
}

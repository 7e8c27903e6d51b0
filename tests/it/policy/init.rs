//! `policy init` over real repositories.

use std::path::Path;
use std::process::Command;

use forgewarden::policy::Policy;

use super::policy_command;

/// A repository whose commits are signed with keys of the test's choice.
struct Repo {
    folder: tempfile::TempDir,
}

impl Repo {
    fn new() -> Self {
        let repo = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        repo.git(&["init", "-q", "-b", "main", "."]);
        repo
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "git and ssh-keygen make what is read"
    )]
    fn run(&self, program: &str, words: &[&str]) {
        let output = Command::new(program)
            .args(words)
            .current_dir(self.folder.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .expect("the program runs");
        assert!(
            output.status.success(),
            "{program} {words:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    fn git(&self, words: &[&str]) {
        self.run("git", words);
    }

    fn key(&self, name: &str) -> String {
        self.run(
            "ssh-keygen",
            &["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", name],
        );
        self.folder.path().join(name).display().to_string()
    }

    fn commit(&self, email: &str, key: Option<&str>) {
        let name = format!("user.email={email}");
        let signing = format!("user.signingkey={}", key.unwrap_or_default());
        let sign = if key.is_some() { "-S" } else { "--no-gpg-sign" };
        self.git(&[
            "-c",
            "user.name=A",
            "-c",
            &name,
            "-c",
            "gpg.format=ssh",
            "-c",
            &signing,
            "commit",
            "-q",
            "--allow-empty",
            "-m",
            "c",
            sign,
        ]);
    }

    fn proposal(&self) -> String {
        let said = policy_command(&["init", "--repo", &self.folder.path().display().to_string()]);
        assert!(said.success, "{}", said.err);
        said.out
    }
}

fn read(text: &str) -> Policy {
    Policy::parse("policy.toml", text, Path::new(""))
        .unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn signers_are_pinned_and_few_unsigned_commits_are_enforced() {
    let repo = Repo::new();
    let (alice, bob) = (repo.key("alice"), repo.key("bob"));
    for _ in 0..8 {
        repo.commit("alice@example.com", Some(&alice));
    }
    repo.commit("12345+alice@users.noreply.github.com", Some(&bob));
    repo.commit("alice@example.com", None);
    let text = repo.proposal();
    let policy = read(&text);
    let names: Vec<_> = policy
        .directory
        .principals
        .keys()
        .map(|id| id.as_str())
        .collect();
    assert_eq!(names, ["alice", "alice-2"], "{text}");
    assert!(!policy.roots.is_empty());
    assert_eq!(
        policy.checks.unsigned_commit.mode,
        forgewarden::checks::Mode::Enforce
    );
    assert_eq!(policy.baseline.len(), 1);
    assert!(
        text.contains("signed 8 commits.\n# Claimed committers: alice@example.com\n"),
        "{text}"
    );
    assert!(text.contains("1 of 10 commits are unsigned"), "{text}");
    assert!(policy.notices.is_empty(), "{:?}", policy.notices);
}

#[test]
fn openpgp_signers_wait_for_their_certificate() {
    let repo = Repo::new();
    let home = repo.folder.path().join("gnupg");
    std::fs::create_dir(&home).expect("a folder");
    repo.run("chmod", &["700", "gnupg"]);
    let home = home.display().to_string();
    let name = "Bob <bob@example.com>";
    repo.run(
        "gpg",
        &[
            "--homedir",
            &home,
            "--batch",
            "--passphrase",
            "",
            "--quick-generate-key",
            name,
            "ed25519",
            "sign",
            "never",
        ],
    );
    let script = repo.folder.path().join("gpg.sh");
    std::fs::write(
        &script,
        format!("#!/bin/sh\nexec gpg --homedir '{home}' \"$@\"\n"),
    )
    .expect("a script");
    repo.run("chmod", &["700", "gpg.sh"]);
    let program = format!("gpg.program={}", script.display());
    let bob = ["-c", "user.name=Bob", "-c", "user.email=bob@example.com"];
    let commit = [
        "-c",
        &program,
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "c",
        "-S",
    ];
    repo.git(&[&bob[..], &commit].concat());
    let text = repo.proposal();
    assert!(
        text.contains("# [principals.bob]\n# openpgp = [\"keys/bob.asc\"]\n"),
        "{text}"
    );
    let policy = read(&text);
    assert!(policy.directory.principals.is_empty());
    assert_eq!(
        policy.checks.unknown_signer.mode,
        forgewarden::checks::Mode::Audit
    );
    // What the comment tells to do is what makes it whole.
    let export = text
        .lines()
        .find_map(|line| line.strip_prefix("#   gpg "))
        .expect("the command");
    let export = format!("mkdir keys && gpg --homedir '{home}' {export}");
    repo.run("sh", &["-c", &export]);
    let whole = text.replace("# [principals.bob]\n# openpgp", "[principals.bob]\nopenpgp");
    let policy = Policy::parse("policy.toml", &whole, repo.folder.path())
        .unwrap_or_else(|problems| panic!("{problems}"));
    assert!(!policy.roots.is_empty());
}

#[test]
fn many_unsigned_commits_are_only_reported() {
    let repo = Repo::new();
    for _ in 0..3 {
        repo.commit("alice@example.com", None);
    }
    let policy = read(&repo.proposal());
    assert_eq!(
        policy.checks.unsigned_commit.mode,
        forgewarden::checks::Mode::Audit
    );
    assert!(policy.directory.principals.is_empty());
}

#[test]
fn hostile_addresses_stay_inside_their_comment() {
    let repo = Repo::new();
    let key = repo.key("mallory");
    repo.commit("x\u{202e}]\"'= @example.com\u{1b}[31m", Some(&key));
    let text = repo.proposal();
    assert!(!text.contains(['\u{202e}', '\u{1b}']), "{text}");
    assert_eq!(read(&text).directory.principals.len(), 1);
}

#[test]
fn an_empty_repository_gets_an_empty_proposal() {
    let repo = Repo::new();
    let policy = read(&repo.proposal());
    assert!(policy.baseline.is_empty());
}

#[test]
fn a_place_without_a_repository_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = policy_command(&["init", "--repo", &folder.path().display().to_string()]);
    assert!(
        !said.success && said.err.contains("not a git repository"),
        "{}",
        said.err
    );
}

#[test]
fn where_nobody_signs_the_proposal_says_how_to_name_somebody() {
    let repo = Repo::new();
    let empty = repo.proposal();
    assert!(empty.contains("# [principals.alice]"), "{empty}");
    assert!(!empty.contains("0 of 0"), "{empty}");
    repo.commit("alice@example.com", None);
    let text = repo.proposal();
    assert!(text.contains("# [principals.alice]"), "{text}");
    assert!(text.contains("1 of 1 commits are unsigned"), "{text}");
    let policy = read(&text);
    // Nobody signs with an unknown key: that check stands as it is by default.
    assert_eq!(
        policy.checks.unknown_signer.mode,
        forgewarden::checks::Mode::Enforce
    );
}

//! The real `forgewarden` program, as its user runs it: what it prints, and
//! with which exit status it ends.

use std::path::PathBuf;

use crate::support::program::Ran;
use crate::support::{Person, Signing, Way, WorkingCopy, World, short};

/// A repository of alice with one accepted commit, and the policy that trusts her.
struct Desk {
    alice: Person,
    work: WorkingCopy,
    policy: PathBuf,
    first: String,
}

impl Desk {
    fn new() -> Self {
        let world = World::new();
        let alice = world.person("alice").with_openpgp();
        let upstream = world.upstream("project");
        let policy = world.policy().trusting(&alice).write(&world, "operator");
        let work = alice.clones(&upstream, Way::LocalPath);
        work.on_branch("main");
        let first = work.commits("app.txt", "one").signed();
        Self {
            alice,
            work,
            policy,
            first,
        }
    }

    fn policy(&self) -> &str {
        self.policy.to_str().expect("a UTF-8 path")
    }

    /// Runs `forgewarden` in the repository and expects this exit status.
    #[track_caller]
    fn expect(&self, status: i32, arguments: &[&str]) -> Said {
        let program = self.work.program_named(env!("CARGO_BIN_EXE_forgewarden"));
        let ran = program.args(arguments).runs();
        assert_eq!(ran.code, Some(status), "{ran}");
        Said(ran)
    }

    #[track_caller]
    fn check(&self, status: i32, range: &str, format: &str) -> Said {
        let arguments = [
            "check",
            range,
            "--policy",
            self.policy(),
            "--format",
            format,
        ];
        self.expect(status, &arguments)
    }

    fn since_first(&self) -> String {
        format!("{}..HEAD", self.first)
    }
}

/// What a run said.
struct Said(Ran);

impl Said {
    fn out(&self) -> &str {
        std::str::from_utf8(&self.0.out).expect("UTF-8")
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.out()).expect("one JSON document")
    }

    #[track_caller]
    fn with(&self, words: &[&str]) -> &Self {
        for word in words {
            assert!(self.out().contains(word), "no {word:?} in {}", self.0);
        }
        self
    }

    #[track_caller]
    fn complaining(&self, words: &[&str]) -> &Self {
        let err = String::from_utf8_lossy(&self.0.err);
        assert!(err.starts_with("forgewarden: "), "{}", self.0);
        for word in words {
            assert!(err.contains(word), "no {word:?} in {}", self.0);
        }
        self
    }
}

#[test]
fn check_passes_what_is_signed() {
    let desk = Desk::new();
    desk.work.commits("app.txt", "two").signed();
    desk.check(0, &desk.since_first(), "text").with(&["passed"]);
    let verdict = desk.check(0, &desk.since_first(), "json").json();
    assert_eq!(verdict["conclusion"], "pass");
}

#[test]
fn check_blocks_what_is_not_in_every_format() {
    let desk = Desk::new();
    let oldest = desk.work.commits("app.txt", "two").unsigned();
    let newest = desk.work.commits("Dockerfile", "FROM debian\n").unsigned();
    let range = desk.since_first();
    let both = [short(&oldest), short(&newest), "unsigned-commit"];

    let text = desk.check(1, &range, "text");
    text.with(&both).with(&["blocked", "ci-change-unapproved"]);
    let wide = |line: &&str| line.chars().count() > 80 && !line.trim_start().starts_with("$ ");
    let wide: Vec<_> = text.out().lines().filter(wide).collect();
    assert!(wide.is_empty(), "does not fit a terminal: {wide:?}");

    let verdict = desk.check(1, &range, "json").json();
    assert_eq!(verdict["schema"], "forgewarden/verdict/v1");
    let count = |list: &serde_json::Value, key: &str, word: &str| {
        let all = list.as_array().expect("a list").iter();
        all.filter(|one| one[key] == word).count()
    };
    assert_eq!(count(&verdict["findings"], "effect", "block"), 3);
    let sarif = desk.check(1, &range, "sarif").json();
    assert_eq!(sarif["version"], "2.1.0");
    let results = &sarif["runs"][0]["results"];
    assert_eq!(count(results, "level", "error"), 3);
    desk.check(1, &range, "markdown").with(&both);
}

/// The command of the report, as it stands there, mends what it is about.
#[test]
fn the_command_that_check_prints_mends_all_unsigned_commits() {
    let desk = Desk::new();
    for content in ["two", "three", "four"] {
        desk.work.commits("app.txt", content).unsigned();
    }
    let said = desk.check(1, &desk.since_first(), "text");
    let commands = said
        .out()
        .lines()
        .filter_map(|line| line.trim().strip_prefix("$ "));
    let commands: Vec<_> = commands.collect();
    let [command] = commands.as_slice() else {
        panic!("one command for all: {commands:?}");
    };
    desk.work.signs_by_default();
    let shell = desk.work.program_named("sh").args(["-c", command]);
    shell.succeeds();
    desk.check(0, &desk.since_first(), "text")
        .with(&["3 objects judged"]);
}

#[test]
fn check_says_what_it_cannot_judge_and_what_to_do() {
    let desk = Desk::new();
    desk.check(2, "nothing", "text")
        .complaining(&["no such revision: nothing"]);
    desk.check(2, "HEAD...HEAD", "text")
        .complaining(&["OLD..NEW"]);
    let missing = ["check", "HEAD", "--policy", "missing.toml"];
    desk.expect(2, &missing)
        .complaining(&["missing.toml", "policy init"]);
    desk.work
        .git(&["config", "forgewarden.policy", "policy.toml"]);
    desk.expect(2, &["check", "HEAD"])
        .complaining(&["not an absolute path"]);
}

#[test]
fn check_finds_the_policy_as_the_hook_does() {
    let desk = Desk::new();
    desk.work
        .git(&["config", "forgewarden.policy", desk.policy()]);
    let found = desk
        .expect(0, &["check", "HEAD", "--format", "json"])
        .json();
    assert_eq!(found, desk.check(0, "HEAD", "json").json());
    desk.expect(0, &["verify", "HEAD"])
        .with(&["valid", "alice"]);
}

#[test]
fn verify_takes_keys_from_a_policy_allowed_signers_and_a_keyring() {
    let desk = Desk::new();
    let gpg = desk
        .work
        .commits("app.txt", "two")
        .signed_by(Signing::OpenPgp);
    let world = desk.alice.world();
    let line = format!("{} {}\n", desk.alice.email(), desk.alice.ssh_public_line());
    let signers = world.file("allowed_signers", line);
    let ring = desk.alice.openpgp_certificate().expect("a certificate");
    let keyring = world.file("alice.asc", ring);
    let [signers, keyring] = [&signers, &keyring].map(|file| file.to_str().expect("UTF-8"));
    let first = desk.first.as_str();

    let range = desk.since_first();
    desk.expect(0, &["verify", "--policy", desk.policy(), &range])
        .with(&["valid", "OpenPGP alice", short(&gpg)]);
    desk.expect(0, &["verify", "--allowed-signers", signers, first])
        .with(&["valid", "SSH alice"]);
    desk.expect(1, &["verify", "--allowed-signers", signers, &range])
        .with(&["unknown-key", "0 of 1"]);
    let json = ["verify", "--keyring", keyring, "--format", "json", "HEAD"];
    let document = desk.expect(0, &json).json();
    assert_eq!(document["schema"], "forgewarden/signatures/v1");
    assert_eq!(document["commits"][0]["signature"]["state"], "valid");

    desk.expect(2, &["verify", "--allowed-signers", keyring, "HEAD"])
        .complaining(&["--keyring"]);
    desk.expect(2, &["verify", "--policy", desk.policy(), "HEAD..HEAD"])
        .complaining(&["holds no commit"]);
}

#[test]
fn a_start_that_fails_says_everything_and_leaves_nothing_behind() {
    let desk = Desk::new();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/forgewarden.example.toml");
    let example = std::fs::read(example).expect("the example");
    let config = desk.alice.world().file("service/forgewarden.toml", example);
    let config_path = config.to_str().expect("UTF-8");
    desk.expect(2, &["serve", "--config", config_path])
        .complaining(&["private_key_file", "webhook_secret_files"]);
    let folder = config.parent().expect("a folder");
    assert_eq!(std::fs::read_dir(folder).expect("a folder").count(), 1);
    desk.expect(2, &["replay", "--list"])
        .complaining(&["--config"]);
}

#[test]
fn completions_know_every_subcommand() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish"] {
        let words = ["check", "verify", "policy", "serve", "replay"];
        desk.expect(0, &["completions", shell]).with(&words);
    }
    let script = desk.expect(0, &["completions", "bash"]);
    let bash = desk.work.program_named("bash").arg("-n");
    bash.with_stdin(script.out().as_bytes()).succeeds();
}

#[test]
fn help() {
    let desk = Desk::new();
    let pages = [
        vec!["--help"],
        vec!["check", "--help"],
        vec!["verify", "--help"],
        vec!["doctor", "--help"],
    ];
    let pages = pages.map(|page| desk.expect(0, &page).out().to_owned());
    insta::assert_snapshot!(pages.join("\n----\n"));
}

/// A log of one scanner with one result for each of these rules.
fn sarif(tool: &str, succeeded: bool, rules: &[&str]) -> String {
    let result = |rule: &&str| {
        serde_json::json!({ "ruleId": rule, "message": { "text": format!("{rule} is wrong") },
            "locations": [{ "physicalLocation": { "artifactLocation": { "uri": "Dockerfile" },
                "region": { "startLine": 1 } } }] })
    };
    let results: Vec<_> = rules.iter().map(result).collect();
    serde_json::json!({ "version": "2.1.0", "runs": [{ "tool": { "driver": { "name": tool } },
        "invocations": [{ "executionSuccessful": succeeded }], "results": results }] })
    .to_string()
}

/// What another scanner finds is told if the change brings it.
#[test]
fn check_takes_in_what_another_scanner_finds() {
    let desk = Desk::new();
    desk.work.commits("app.txt", "two").signed();
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    };
    let before = file("before", &sarif("hadolint", true, &["DL3006"]));
    let after = file("after", &sarif("hadolint", true, &["DL3006", "DL4000"]));
    let range = desk.since_first();
    let run = |status, before: &str, after: &str| {
        let files = ["--sarif-before", before, "--sarif-after", after];
        let start = [
            "check",
            &range,
            "--policy",
            desk.policy(),
            "--format",
            "json",
        ];
        desk.expect(status, &[start.as_slice(), &files].concat())
    };
    let verdict = run(0, &before, &after).json();
    let findings = verdict["findings"].as_array().expect("findings");
    assert_eq!(findings.len(), 1, "{verdict}");
    assert_eq!(findings[0]["check"], "imported-finding");
    assert_eq!(findings[0]["path"], "Dockerfile");
    let other = file("other", &sarif("checkov", true, &[]));
    run(2, &before, &other).complaining(&["on one side only"]);
    let failed = file("failed", &sarif("hadolint", false, &[]));
    run(2, &before, &failed).complaining(&["did not succeed"]);
    let nonsense = file("nonsense", "{}");
    run(2, &before, &nonsense).complaining(&["not SARIF"]);
}

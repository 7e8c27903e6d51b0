//! Incidents of the public record, rebuilt as small repositories: the real
//! program must block the very commit that opened the hole.
//!
//! A file in `incidents/cases` tells one incident: what happened and where it
//! is told, then the commits, oldest first, each with the files that it writes:
//!
//! ```text
//! == passes: CI before
//! -- .github/workflows/ci.yml --
//! …
//! == blocked by untrusted-code-with-secrets: run it for forks, too
//! -- .github/workflows/ci.yml --
//! …
//! ```
//!
//! A file whose text is `(removed)` is removed. `policy:` lines at the top go
//! into the policy, which else leaves all rules of the build environment as
//! they ship and switches the checks of signatures and approvals off.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Way, World};

/// The checks that every small repository would need people for.
const OFF: &[&str] = &["unsigned-commit", "unknown-signer", "ci-change-unapproved"];

struct Incident {
    name: String,
    policy: String,
    commits: Vec<Step>,
}

struct Step {
    blocked_by: Vec<String>,
    title: String,
    files: Vec<(String, String)>,
}

fn incidents() -> Vec<Incident> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/incidents/cases");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the incidents")
        .map(|file| file.expect("a file").path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|path| read(&fs::read_to_string(path).expect("text"), path))
        .collect()
}

fn read(text: &str, path: &std::path::Path) -> Incident {
    let mut parts = text.split("\n== ");
    let top = parts.next().unwrap_or_default();
    let policy: Vec<_> = top
        .lines()
        .filter_map(|line| line.strip_prefix("policy: "))
        .collect();
    Incident {
        name: path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned(),
        policy: policy.join("\n"),
        commits: parts.map(step).collect(),
    }
}

fn step(part: &str) -> Step {
    let (heading, body) = part.split_once('\n').unwrap_or((part, ""));
    let (kind, title) = heading.split_once(": ").expect("a heading `kind: title`");
    let blocked_by = match kind.strip_prefix("blocked by ") {
        Some(rules) => rules.split(", ").map(str::to_owned).collect(),
        None => {
            assert_eq!(kind, "passes", "{heading}");
            Vec::new()
        }
    };
    let mut files: Vec<(String, String)> = Vec::new();
    for line in body.lines() {
        match line
            .strip_prefix("-- ")
            .and_then(|rest| rest.strip_suffix(" --"))
        {
            Some(name) => files.push((name.to_owned(), String::new())),
            None => {
                if let Some((_, text)) = files.last_mut() {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
    }
    Step {
        blocked_by,
        title: title.to_owned(),
        files,
    }
}

/// What the program says of the last commit of the work tree.
fn verdict(work: &crate::support::WorkingCopy, range: &str, policy: &str) -> Value {
    let program = work.program_named(env!("CARGO_BIN_EXE_forgewarden"));
    let arguments = ["check", range, "--policy", policy, "--format", "json"];
    let ran = program.args(arguments).runs();
    serde_json::from_slice(&ran.out).unwrap_or_else(|why| panic!("{why}: {ran}"))
}

#[test]
fn each_is_blocked_at_the_commit_that_opened_the_hole() {
    let mut wrong = Vec::new();
    for incident in incidents() {
        tell(&incident, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn tell(incident: &Incident, wrong: &mut Vec<String>) {
    let world = World::new();
    let alice = world.person("alice");
    let upstream = world.upstream("project");
    let off: String = OFF
        .iter()
        .filter(|check| !incident.policy.contains(**check))
        .map(|check| format!("[checks.{check}]\nmode = \"off\"\n"))
        .collect();
    let policy = world.file(
        "policy.toml",
        format!("version = 1\n{off}{}\n", incident.policy),
    );
    let policy = policy.to_str().expect("a UTF-8 path");
    let work = alice.clones(&upstream, Way::LocalPath);
    work.on_branch("main");
    let mut before = work.commits("README", "A project.\n").unsigned();
    for step in &incident.commits {
        for (path, text) in &step.files {
            let target = work.folder().join(path);
            fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
            if text.trim() == "(removed)" {
                fs::remove_file(&target).expect("a file to remove");
            } else {
                fs::write(&target, text).expect("a file");
            }
        }
        work.git(&["add", "-A"]);
        work.git(&["commit", "-q", "--no-gpg-sign", "-m", &step.title]);
        let after = work.head();
        let said = verdict(&work, &format!("{before}..{after}"), policy);
        let findings = said["findings"].as_array().cloned().unwrap_or_default();
        let blocking: Vec<_> = findings
            .iter()
            .filter(|finding| finding["effect"] == "block")
            .map(|finding| finding["check"].as_str().unwrap_or_default())
            .collect();
        let met = match step.blocked_by.is_empty() {
            true => said["conclusion"] == "pass",
            false => step
                .blocked_by
                .iter()
                .all(|rule| blocking.contains(&rule.as_str())),
        };
        if !met {
            wrong.push(format!(
                "{}: {}: {} by {blocking:?}, expected {:?}\n{}",
                incident.name, step.title, said["conclusion"], step.blocked_by, said["gaps"]
            ));
        }
        before = after;
    }
}

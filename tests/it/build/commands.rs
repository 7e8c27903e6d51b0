//! `forgewarden ci graph` and `forgewarden ci audit`.

use serde_json::Value;

use super::scene::{CALM, CI, Desk, privileged};

#[test]
fn the_graph_shows_what_a_workflow_pulls_in() {
    let uses = CALM.replace(
        "- run: make\n",
        "- uses: actions/checkout@v4\n      - uses: ./.github/actions/setup\n      - uses: ./missing\n",
    );
    let action = "name: setup\nruns:\n  using: composite\n  steps:\n    - uses: org/tool@v1\n";
    let desk = Desk::with(&[(CI, &uses), (".github/actions/setup/action.yml", action)]);
    let ran = desk.runs(&["ci", "graph"]);
    let text = String::from_utf8(ran.out.clone()).expect("UTF-8");
    assert_eq!(ran.code, Some(0), "{ran}");
    insta::assert_snapshot!(text);
    let ran = desk.runs(&["ci", "graph", "--format", "dot", "HEAD"]);
    let text = String::from_utf8(ran.out.clone()).expect("UTF-8");
    assert_eq!(ran.code, Some(0), "{ran}");
    insta::assert_snapshot!(text);
}

#[test]
fn an_audit_names_what_stands_on_which_branches() {
    let desk = Desk::with(&[(CI, CALM)]);
    desk.work.on_branch("old");
    desk.writes(&[(CI, &privileged())]);
    desk.work.on_branch("older");
    desk.writes(&[("app.txt", "one\n")]);
    let audit = |more: &[&str]| {
        let base = ["ci", "audit", "--policy", &desk.policy];
        desk.runs(&[&base[..], more].concat())
    };
    let ran = audit(&["--format", "json"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    let said: Value = serde_json::from_slice(&ran.out).expect("JSON");
    let all = said["findings"].as_array().expect("a list");
    let found: Vec<_> = all
        .iter()
        .filter(|one| one["check"] == "privileged-container")
        .collect();
    assert_eq!(found.len(), 1, "{said:#}");
    assert_eq!(found[0]["subject"], "refs/heads/old");
    let message = found[0]["message"].as_str().expect("text");
    assert!(message.ends_with("(also on older)"), "{message}");
    assert_eq!(audit(&["main"]).code, Some(0));
    assert_eq!(audit(&["older"]).code, Some(1));
    assert_eq!(audit(&["nowhere"]).code, Some(2));
    let sarif = audit(&["--format", "sarif"]);
    let text = String::from_utf8_lossy(&sarif.out).into_owned();
    assert!(text.contains("privileged-container"), "{text}");
    assert!(
        !text.contains("baselineState"),
        "nothing is compared: {text}"
    );
}

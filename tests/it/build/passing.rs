//! Each commit could run by itself: what is taken back on the way is told of
//! the commit that brought it.

use super::scene::{CALM, CI, Desk, privileged};

#[test]
fn what_is_taken_back_in_the_same_push_is_told_of_its_commit() {
    let desk = Desk::with(&[(CI, CALM)]);
    let bad = desk.writes(&[(CI, &privileged())]);
    desk.writes(&[(CI, CALM)]);
    let said = desk.judges("HEAD~2..HEAD");
    let found = said.findings("privileged-container");
    assert_eq!(found.len(), 1, "{:#}", said.0);
    assert_eq!(found[0]["commit"], bad.as_str());
    assert_eq!(said.0["conclusion"], "fail");
    assert!(said.capabilities().is_empty(), "the whole changes nothing");
}

#[test]
fn what_stays_is_told_once() {
    let desk = Desk::with(&[(CI, CALM)]);
    desk.writes(&[(CI, &privileged())]);
    desk.writes(&[("app.txt", "one\n")]);
    desk.writes(&[(CI, &format!("{}# end\n", privileged()))]);
    let said = desk.judges("HEAD~3..HEAD");
    assert_eq!(
        said.findings("privileged-container").len(),
        1,
        "{:#}",
        said.0
    );
}

#[test]
fn a_merge_answers_for_what_it_adds_itself() {
    let desk = Desk::with(&[(CI, CALM)]);
    desk.work.on_branch("topic");
    desk.writes(&[("app.txt", "one\n")]);
    desk.work.on_branch("main");
    desk.writes(&[("lib.txt", "one\n")]);
    let merge = desk
        .work
        .merges(&["topic"])
        .and(CI, &privileged())
        .unsigned();
    let said = desk.judges_last();
    let found = said.findings("privileged-container");
    assert_eq!(found.len(), 1, "{:#}", said.0);
    assert_eq!(found[0]["commit"], merge.as_str());
    // Taken back later, it still ran.
    desk.writes(&[(CI, CALM)]);
    let said = desk.judges("HEAD~2..HEAD");
    assert_eq!(
        said.findings("privileged-container").len(),
        1,
        "{:#}",
        said.0
    );
}

#[test]
fn every_branch_counts() {
    let desk = Desk::with(&[(CI, CALM)]);
    desk.work.on_branch("topic");
    desk.writes(&[(CI, &privileged())]);
    let arguments = ["check", "HEAD", "--ref", "topic", "--policy", &desk.policy];
    let ran = desk.runs(&arguments);
    assert_eq!(ran.code, Some(1), "{ran}");
}

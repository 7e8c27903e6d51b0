//! Whose approval counts: not the pusher's, a team member's as long as they are one.

use super::scene::{APP, JOB, MAIN, WORKFLOW};
use crate::support::PolicyText;
use crate::support::forge::common::people::{Mark, Proposal};
use crate::support::forge::github::GitHub;

/// Teams and forks are told on GitHub; the rules are the same everywhere.
type Scene = super::scene::Scene<GitHub>;

/// alice and mallory may approve.
fn two_approvers(policy: PolicyText) -> PolicyText {
    policy
        .with_table("[principals.mallory]\naccounts = [\"github:mallory\"]")
        .with_setting(
            "ci-change-unapproved",
            "approvers = [\"alice\", \"mallory\"]",
        )
}

/// Whoever is in GitHub's team may approve.
fn a_forge_s_team(policy: PolicyText) -> PolicyText {
    policy
        .with_table("[teams]\nsecurity = [\"github:acme/security\"]")
        .with_setting("ci-change-unapproved", "approvers = [\"team:security\"]")
}

/// Somebody presses "Re-run" at our check of this head.
async fn rerun(forge: &GitHub, head: &str) {
    let run = forge.check(APP, head, MAIN).expect("a check run");
    forge.rerequests(APP, run.id).await;
}

/// What a mark says, without Markdown's escapes.
fn plain(mark: Mark) -> String {
    mark.text.replace('\\', "")
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_pushed_a_commit_of_it_does_not_approve_another_s_pull_request() {
    let scene = Scene::under(two_approvers).await;
    let bob = scene.work_of(&scene.bob);
    bob.on_branch("topic").commits(WORKFLOW, JOB).signed();
    bob.forces("topic").expect_accepted();
    scene.forge.notices(APP, "alice").await;
    let head = bob.commits("app.txt", "one").signed();
    scene.pushes(&bob, "topic").await;
    let number = scene.proposes("topic", "main").await;
    scene.fails(&head, MAIN).await;
    scene.forge.approve(APP, number, "alice").await;
    scene.settles().await;
    let summary = plain(scene.fails(&head, MAIN).await);
    assert!(summary.contains("alice pushed this change"), "{summary}");
    assert!(summary.contains("approve this head: mallory"), "{summary}");
    scene.is_blocked(number).await;
    scene.forge.approve(APP, number, "mallory").await;
    scene.passes(&head, MAIN).await;
    assert!(scene.merges(number).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_is_told_late_takes_its_pusher_s_approval_back() {
    let scene = Scene::open().await;
    let bob = scene.work_of(&scene.bob);
    let head = bob.on_branch("topic").commits(WORKFLOW, JOB).signed();
    bob.forces("topic").expect_accepted();
    let number = scene.proposes("topic", "main").await;
    scene.forge.approve(APP, number, "alice").await;
    scene.passes(&head, MAIN).await;
    scene.forge.notices(APP, "alice").await;
    let summary = plain(scene.fails(&head, MAIN).await);
    assert!(summary.contains("alice pushed this change"), "{summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_pushed_to_the_fork_does_not_approve_either() {
    let scene = Scene::open().await;
    scene.forge.fork(APP, "bob");
    let bob = scene.work_of(&scene.bob);
    bob.on_branch("topic").commits("app.txt", "one").signed();
    let forge = &scene.forge;
    forge.push("bob/app", "bob", bob.folder(), &["topic"]).await;
    let proposal = Proposal::of("topic");
    let proposal = proposal.in_fork("bob/app").by("bob");
    let number = forge.open_pull_request(APP, proposal).await;
    let head = bob.commits(WORKFLOW, JOB).signed();
    forge
        .push("bob/app", "alice", bob.folder(), &["topic"])
        .await;
    scene.fails(&head, MAIN).await;
    forge.approve(APP, number, "alice").await;
    scene.settles().await;
    let summary = plain(scene.fails(&head, MAIN).await);
    assert!(summary.contains("alice pushed this change"), "{summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_member_s_approval_counts_until_they_leave() {
    let scene = Scene::under(a_forge_s_team).await;
    let forge = &scene.forge;
    forge.has_team("acme/security", &["alice", "bob", "mallory"]);
    let bob = scene.work_of(&scene.bob);
    let head = bob.on_branch("topic").commits(WORKFLOW, JOB).signed();
    scene.pushes(&bob, "topic").await;
    let number = scene.proposes("topic", "main").await;
    let summary = plain(scene.fails(&head, MAIN).await);
    assert!(summary.contains("github:acme/security"), "{summary}");
    // A member whom the policy does not know, and the author, who is one too.
    forge.approve(APP, number, "mallory").await;
    forge.approve(APP, number, "bob").await;
    scene.settles().await;
    scene.fails(&head, MAIN).await;
    forge.approve(APP, number, "alice").await;
    scene.passes(&head, MAIN).await;

    forge.leaves("acme/security", "alice");
    rerun(forge, &head).await;
    let summary = plain(scene.fails(&head, MAIN).await);
    assert!(summary.contains("alice may not approve this"), "{summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_that_nobody_can_be_asked_about_blocks_and_says_so() {
    let scene = Scene::under(a_forge_s_team).await;
    let bob = scene.work_of(&scene.bob);
    let head = bob.on_branch("topic").commits(WORKFLOW, JOB).signed();
    scene.pushes(&bob, "topic").await;
    let number = scene.proposes("topic", "main").await;
    scene.fails(&head, MAIN).await;
    scene.forge.approve(APP, number, "alice").await;
    scene.settles().await;
    let summary = plain(scene.fails(&head, MAIN).await);
    let said = "alice may be in github:acme/security, which is not known";
    assert!(summary.contains(said), "{summary}");
    assert!(summary.contains("there is no team"), "{summary}");
}

/// A merge queue's own commits bear no signature that the policy knows.
fn unsigned(policy: PolicyText) -> PolicyText {
    policy.with_mode("unsigned-commit", "audit")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_group_has_the_approvals_of_its_pull_requests_heads() {
    let scene = Scene::under(unsigned).await;
    let forge = &scene.forge;
    let bob = scene.work_of(&scene.bob);
    let head = bob.on_branch("topic").commits(WORKFLOW, JOB).signed();
    scene.pushes(&bob, "topic").await;
    let number = scene.proposes("topic", "main").await;
    let group = forge.enqueue(APP, number).await;
    let run = scene.fails(&group, MAIN).await;
    assert!(plain(run.clone()).contains("lacks 1 of 1"), "{run:?}");
    forge.approve(APP, number, "alice").await;
    scene.passes(&head, MAIN).await;
    rerun(forge, &group).await;
    scene.passes(&group, MAIN).await;
    // A newer head is not what the group would merge, nor what was approved.
    bob.commits("app.txt", "one").signed();
    scene.pushes(&bob, "topic").await;
    rerun(forge, &group).await;
    scene.fails(&group, MAIN).await;
}

//! One head in several pull requests.

use super::scene::{APP, JOB, MAIN, Scene, WORKFLOW};
use crate::support::forge::StandIn;

pub(super) async fn two_pull_requests_of_one_head_show_the_worst<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    let bob = scene.work_of(&scene.bob);
    let head = bob.on_branch("topic").commits(WORKFLOW, JOB).signed();
    scene.pushes(&bob, "topic").await;
    scene.pushes(&bob, "topic:twin").await;
    let first = scene.proposes("topic", "main").await;
    scene.fails(&head, MAIN).await;
    scene.forge.approve(APP, first, "alice").await;
    scene.passes(&head, MAIN).await;
    // The twin was approved by nobody.
    let second = scene.proposes("twin", "main").await;
    let text = scene.fails(&head, MAIN).await.text;
    for (number, said) in [(first, "pass"), (second, "fail")] {
        // Where the forge has room for more than one line.
        let told = text.contains(&format!("`pull-request/{number}`: {said}"));
        assert!(told || text.is_empty(), "{text}");
    }
    scene.settles().await;
    scene.is_blocked(first).await;
    scene.is_blocked(second).await;
    scene.forge.close(APP, second).await;
    scene.passes(&head, MAIN).await;
    scene.settles().await;
    assert!(scene.merges(first).await);
}

pub(super) async fn targets_have_checks_of_their_own<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    let alice = scene.work_of(&scene.alice);
    // On `next` the workflow stands already.
    alice.on_branch("next").commits(WORKFLOW, JOB).signed();
    scene.pushes(&alice, "next").await;
    let bob = scene.work_of(&scene.bob);
    bob.goes_to_new("topic", "origin/next");
    let head = bob.commits("app.txt", "one").signed();
    scene.pushes(&bob, "topic").await;
    let into_main = scene.proposes("topic", "main").await;
    scene.proposes("topic", "next").await;
    scene.passes(&head, "forgewarden/next").await;
    scene.fails(&head, MAIN).await;
    scene.settles().await;
    scene.passes(&head, "forgewarden/next").await;
    scene.is_blocked(into_main).await;
}

//! What passes, what blocks, and what an approval is worth.

use super::scene::{APP, JOB, MAIN, Scene, WORKFLOW};
use crate::support::forge::StandIn;
use crate::support::short;

pub(super) async fn a_signed_pull_request_passes_and_is_merged<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    let bob = scene.work_of(&scene.bob);
    let head = bob.on_branch("topic").commits("app.txt", "one").signed();
    scene.pushes(&bob, "topic").await;
    let number = scene.proposes("topic", "main").await;
    scene.passes(&head, MAIN).await;
    scene.passes(&head, "forgewarden-push/topic").await;
    assert!(scene.merges(number).await);
}

pub(super) async fn an_unsigned_commit_blocks_until_it_is_gone<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    let bob = scene.work_of(&scene.bob);
    let unsigned = bob.on_branch("topic").commits("app.txt", "one").unsigned();
    let head = bob.commits("app.txt", "two").signed();
    scene.pushes(&bob, "topic").await;
    let number = scene.proposes("topic", "main").await;
    let summary = scene.fails_because(&head, MAIN).await;
    assert!(summary.contains("unsigned-commit"), "{summary}");
    assert!(summary.contains(short(&unsigned)), "{summary}");
    scene.is_blocked(number).await;
    bob.goes_back_to("origin/main");
    let head = bob.commits("app.txt", "two").signed();
    scene.pushes(&bob, "topic").await;
    scene.passes(&head, MAIN).await;
    assert!(scene.merges(number).await);
}

pub(super) async fn a_stranger_s_signature_blocks<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    let mallory = scene.work_of(&scene.mallory);
    let head = mallory
        .on_branch("topic")
        .commits("app.txt", "one")
        .signed();
    scene.pushes(&mallory, "topic").await;
    let number = scene.proposes("topic", "main").await;
    let summary = scene.fails_because(&head, MAIN).await;
    assert!(summary.contains("unknown-signer"), "{summary}");
    scene.is_blocked(number).await;
}

pub(super) async fn an_approval_is_for_one_head_only<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    let bob = scene.work_of(&scene.bob);
    let head = bob.on_branch("topic").commits(WORKFLOW, JOB).signed();
    scene.pushes(&bob, "topic").await;
    let number = scene.proposes("topic", "main").await;
    let summary = scene.fails_because(&head, MAIN).await;
    assert!(summary.contains("ci-change-unapproved"), "{summary}");
    scene.is_blocked(number).await;
    // Neither the author's own approval nor a stranger's counts.
    scene.forge.approve(APP, number, "bob").await;
    scene.forge.approve(APP, number, "mallory").await;
    scene.settles().await;
    scene.is_blocked(number).await;
    scene.forge.approve(APP, number, "alice").await;
    scene.passes(&head, MAIN).await;
    // One more push, and the approval is worth nothing.
    let next = bob.commits("app.txt", "one").signed();
    scene.pushes(&bob, "topic").await;
    scene.fails(&next, MAIN).await;
    scene.settles().await;
    scene.is_blocked(number).await;
    scene.forge.approve(APP, number, "alice").await;
    scene.passes(&next, MAIN).await;
    // Taken back before the merge.
    scene.forge.dismiss(APP, number, "alice").await;
    scene.fails(&next, MAIN).await;
    scene.forge.approve(APP, number, "alice").await;
    scene.passes(&next, MAIN).await;
    assert!(scene.merges(number).await);
}

pub(super) async fn one_unsigned_commit_among_many_is_found_and_named<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    let bob = scene.work_of(&scene.bob);
    bob.on_branch("topic");
    let sign = |from: usize, to: usize| {
        for number in from..to {
            let draft = bob.commits("app.txt", &number.to_string());
            draft.signed_by(crate::support::Signing::InProcess);
        }
    };
    sign(0, 150);
    let unsigned = bob.commits("app.txt", "unsigned").unsigned();
    sign(150, 260);
    scene.pushes(&bob, "topic").await;
    let number = scene.proposes("topic", "main").await;
    let summary = scene.fails_because(&bob.head(), MAIN).await;
    assert!(summary.contains("unsigned-commit"), "{summary}");
    assert!(summary.contains(short(&unsigned)), "{summary}");
    scene.is_blocked(number).await;
}

//! Whose policy judges: never the one that the change brings along.

use super::scene::{APP, MAIN, Scene};
use crate::support::forge::StandIn;

pub(super) async fn a_policy_inside_the_pull_request_does_not_help_it<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    let mallory = scene.work_of(&scene.mallory);
    let loose = format!(
        "version = 1\n[checks.unsigned-commit]\nmode = \"off\"\n[checks.unknown-signer]\n\
         mode = \"off\"\n[principals.mallory]\nssh_keys = [\"{}\"]\naccounts = [\"github:mallory\"]\n",
        scene.mallory.ssh_public_line()
    );
    mallory.on_branch("topic");
    mallory.commits(".forgewarden.toml", &loose).signed();
    let head = mallory.commits("app.txt", "one").unsigned();
    scene.pushes(&mallory, "topic").await;
    let number = scene.proposes("topic", "main").await;
    let summary = scene.fails_because(&head, MAIN).await;
    assert!(summary.contains("unsigned-commit"), "{summary}");
    assert!(summary.contains("unknown-signer"), "{summary}");
    scene.is_blocked(number).await;
}

pub(super) async fn even_on_the_target_branch_it_only_tightens<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    let alice = scene.work_of(&scene.alice);
    let loose = "version = 1\n[checks.unsigned-commit]\nmode = \"off\"\n";
    alice.commits(".forgewarden.toml", loose).signed();
    scene.pushes(&alice, "main").await;
    let bob = scene.work_of(&scene.bob);
    let head = bob.on_branch("topic").commits("app.txt", "one").unsigned();
    scene.pushes(&bob, "topic").await;
    let number = scene.proposes("topic", "main").await;
    scene.fails(&head, MAIN).await;
    scene.is_blocked(number).await;
}

pub(super) async fn what_the_target_branch_tightened_judges_the_change_that_takes_it_back<
    F: StandIn,
>() {
    let scene = Scene::<F>::under(|policy| policy.with_mode("unsigned-commit", "audit")).await;
    let alice = scene.work_of(&scene.alice);
    let strict = "version = 1\n[checks.unsigned-commit]\nmode = \"enforce\"\n";
    alice.commits(".forgewarden.toml", strict).signed();
    scene.pushes(&alice, "main").await;
    let bob = scene.work_of(&scene.bob);
    bob.on_branch("topic").removes(".forgewarden.toml").signed();
    let head = bob.commits("app.txt", "one").unsigned();
    scene.pushes(&bob, "topic").await;
    let number = scene.proposes("topic", "main").await;
    scene.fails(&head, MAIN).await;
    // Approved as a change of the build environment, it still has no signature.
    scene.forge.approve(APP, number, "alice").await;
    scene.settles().await;
    let summary = scene.fails_because(&head, MAIN).await;
    assert!(summary.contains("unsigned-commit"), "{summary}");
    assert!(!summary.contains("ci-change-unapproved"), "{summary}");
    scene.is_blocked(number).await;
}

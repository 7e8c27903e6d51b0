//! Heads and targets that move while somebody judges.

use super::scene::{APP, MAIN, Scene};
use crate::support::forge::StandIn;
use crate::support::forge::common::people::Said;

pub(super) async fn a_verdict_stays_with_the_head_that_was_judged<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    let bob = scene.work_of(&scene.bob);
    let good = bob.on_branch("topic").commits("app.txt", "one").signed();
    scene.pushes(&bob, "topic").await;
    let number = scene.proposes("topic", "main").await;
    // The head moves at once, while the first is fetched, judged or published.
    let bad = bob.commits("app.txt", "two").unsigned();
    scene.pushes(&bob, "topic").await;
    scene.fails(&bad, MAIN).await;
    scene.settles().await;
    scene.is_blocked(number).await;
    let marks = scene.forge.marks(APP, &bad).into_iter();
    let marks: Vec<_> = marks.filter(|it| !it.context.contains("-auth")).collect();
    assert!(marks.iter().all(|it| it.said == Said::Red), "{marks:?}");
    let old = scene.mark(&good, MAIN);
    assert!(old.is_none_or(|mark| mark.said != Said::Running));
}

pub(super) async fn a_head_that_moves_while_it_is_fetched_is_not_judged<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    let bob = scene.work_of(&scene.bob);
    let good = bob.on_branch("topic").commits("app.txt", "one").signed();
    bob.pushes("topic").expect_accepted();
    let outage = scene.serves_no_objects();
    scene.forge.notices(APP, "bob").await;
    let number = scene.proposes("topic", "main").await;
    scene
        .waits_for("the check to begin", || scene.mark(&good, MAIN).is_some())
        .await;
    let bad = bob.commits("app.txt", "two").unsigned();
    scene.pushes(&bob, "topic").await;
    let old = scene.fails(&good, MAIN).await;
    assert!(old.title.contains("overtaken"), "{}", old.title);
    drop(outage);
    let summary = scene.fails_because(&bad, MAIN).await;
    assert!(summary.contains("unsigned-commit"), "{summary}");
    scene.settles().await;
    scene.is_blocked(number).await;
}

pub(super) async fn a_late_publication_of_the_old_head_does_not_unblock_the_new_one<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    let bob = scene.work_of(&scene.bob);
    let good = bob.on_branch("topic").commits("app.txt", "one").signed();
    // The verdict is reached, and the forge does not take it yet.
    scene.forge.loses_publications(6);
    scene.pushes(&bob, "topic").await;
    let number = scene.proposes("topic", "main").await;
    scene
        .waits_for("both verdicts", || {
            scene.daemon.log().matches("\"judged\"").count() == 2
        })
        .await;
    // The forge has the new head, and its deliveries are still on their way.
    scene.forge.delivers_to("http://127.0.0.1:1/");
    let bad = bob.commits("app.txt", "two").unsigned();
    let late = scene.pushes(&bob, "topic").await;
    scene.settles().await;
    scene.is_blocked(number).await;
    let old = scene.mark(&good, MAIN).expect("a mark");
    assert_ne!(old.said, Said::Running);
    scene.forge.delivers_to(&scene.daemon.webhook());
    for delivery in late {
        scene.forge.sends(delivery).await;
    }
    scene.fails(&bad, MAIN).await;
    scene.settles().await;
    scene.is_blocked(number).await;
}

pub(super) async fn a_pass_for_a_lax_branch_is_none_for_a_strict_one<F: StandIn>() {
    let scene = Scene::<F>::under(|policy| policy.with_mode("unsigned-commit", "audit")).await;
    let alice = scene.work_of(&scene.alice);
    scene.pushes(&alice, "main:lax").await;
    let strict = "version = 1\n[checks.unsigned-commit]\nmode = \"enforce\"\n";
    alice.commits(".forgewarden.toml", strict).signed();
    scene.pushes(&alice, "main").await;
    let bob = scene.work_of(&scene.bob);
    bob.goes_to_new("topic", "origin/lax");
    let head = bob.commits("app.txt", "one").unsigned();
    scene.pushes(&bob, "topic").await;
    let number = scene.proposes("topic", "lax").await;
    scene.passes(&head, "forgewarden/lax").await;
    scene.settles().await;
    assert_eq!(scene.mark(&head, MAIN), None);
    scene.forge.retarget(APP, number, "main").await;
    // Nothing was said for `main` yet, or already the truth: never a pass.
    if F::WAITS_FOR_EVERY_STATUS {
        scene.is_blocked(number).await;
    }
    scene.fails(&head, MAIN).await;
    scene.is_blocked(number).await;
}

pub(super) async fn a_push_does_not_excuse_an_earlier_one_to_the_same_head<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    let context = "forgewarden-push/topic";
    let bob = scene.work_of(&scene.bob);
    let bad = bob.on_branch("topic").commits("app.txt", "one").unsigned();
    scene.pushes(&bob, "topic").await;
    scene.fails(&bad, context).await;
    let good = bob.commits("app.txt", "two").signed();
    scene.pushes(&bob, "topic").await;
    scene.passes(&good, context).await;
    // Back again: this push brings no commit at all.
    scene.pushes(&bob, &format!("{bad}:refs/heads/topic")).await;
    scene.settles().await;
    scene.fails(&bad, context).await;
}

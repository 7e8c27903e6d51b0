//! The forge is down, or has lost what is to be judged.

use std::time::Duration;

use super::scene::{APP, MAIN, Scene};
use crate::support::forge::StandIn;
use crate::support::forge::common::people::Said;

pub(super) async fn a_forge_that_was_down_gets_its_statuses_later<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    scene.forge.is_down_for(2);
    let bob = scene.work_of(&scene.bob);
    let head = bob.on_branch("topic").commits("app.txt", "one").signed();
    scene.pushes(&bob, "topic").await;
    let number = scene.proposes("topic", "main").await;
    scene.passes(&head, MAIN).await;
    scene.passes(&head, "forgewarden-push/topic").await;
    scene.settles().await;
    for mark in scene.forge.marks(APP, &head) {
        assert_ne!(mark.said, Said::Running, "{mark:?}");
    }
    assert!(scene.merges(number).await);
}

pub(super) async fn a_rate_limit_is_waited_for<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    scene.forge.limits_publications(2);
    let begun = std::time::Instant::now();
    let bob = scene.work_of(&scene.bob);
    let head = bob.on_branch("topic").commits("app.txt", "one").signed();
    scene.pushes(&bob, "topic").await;
    scene.passes(&head, "forgewarden-push/topic").await;
    assert!(begun.elapsed() >= Duration::from_secs(2));
    scene.settles().await;
    let tries = scene.forge.requests().into_iter().filter(F::publishes);
    let answers: Vec<_> = tries.map(|it| it.answered).collect();
    assert_eq!(answers[0], 429);
    assert!(!answers[1..].contains(&429), "{answers:?}");
}

pub(super) async fn what_cannot_be_fetched_ends_as_a_failed_check<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    let bob = scene.work_of(&scene.bob);
    let head = bob.on_branch("topic").commits("app.txt", "one").signed();
    bob.pushes("topic").expect_accepted();
    // The forge knows the commit, and does not give it.
    let outage = scene.serves_no_objects();
    scene.forge.notices(APP, "bob").await;
    let number = scene.proposes("topic", "main").await;
    for context in [MAIN, "forgewarden-push/topic"] {
        let title = scene.fails(&head, context).await.title;
        assert!(title.to_lowercase().contains("could not judge"), "{title}");
    }
    scene.is_blocked(number).await;
    scene.settles().await;
    for mark in scene.forge.marks(APP, &head) {
        assert_ne!(mark.said, Said::Running, "{mark:?}");
    }
    // Mended and asked for again, it is judged after all.
    drop(outage);
    scene.forge.asks_again(APP, number).await;
    scene.passes(&head, MAIN).await;
    assert!(scene.merges(number).await);
}

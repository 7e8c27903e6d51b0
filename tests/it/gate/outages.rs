//! The forge is down, or has lost what is to be judged.

use std::time::Duration;

use super::scene::{APP, MAIN, Scene};
use crate::support::forge::github::Fault;

#[tokio::test(flavor = "multi_thread")]
async fn a_forge_that_was_down_gets_its_statuses_later() {
    let scene = Scene::open().await;
    for path in ["/access_tokens", "/check-runs", "/pulls"] {
        for _ in 0..2 {
            scene.forge.fails(Fault::new("GET", path, 503));
            scene.forge.fails(Fault::new("POST", path, 500));
            scene.forge.fails(Fault::new("PATCH", path, 502));
        }
    }
    let bob = scene.work_of(&scene.bob);
    let head = bob.on_branch("topic").commits("app.txt", "one").signed();
    scene.pushes(&bob, "topic").await;
    let number = scene.proposes("topic", "main").await;
    scene.passes(&head, MAIN).await;
    scene.passes(&head, "forgewarden-push/topic").await;
    scene.settles().await;
    for run in scene.forge.check_runs(APP, &head) {
        assert_eq!(run.status, "completed", "{run:?}");
    }
    assert!(scene.merges(number).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_is_waited_for() {
    let scene = Scene::open().await;
    let limited = Fault::new("POST", "/check-runs", 429).header("retry-after", 2);
    scene.forge.fails(limited);
    let begun = std::time::Instant::now();
    let bob = scene.work_of(&scene.bob);
    let head = bob.on_branch("topic").commits("app.txt", "one").signed();
    scene.pushes(&bob, "topic").await;
    scene.passes(&head, "forgewarden-push/topic").await;
    assert!(begun.elapsed() >= Duration::from_secs(2));
    scene.settles().await;
    let tries = scene.forge.requests().into_iter();
    let tries = tries.filter(|it| it.method == "POST" && it.path.ends_with("/check-runs"));
    let answers: Vec<_> = tries.map(|it| it.answered).collect();
    assert_eq!(answers, [429, 201]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_fetched_ends_as_a_failed_check() {
    let scene = Scene::open().await;
    let bob = scene.work_of(&scene.bob);
    let head = bob.on_branch("topic").commits("app.txt", "one").signed();
    bob.pushes("topic").expect_accepted();
    // The forge knows the commit, and does not give it.
    let outage = scene.serves_no_objects();
    scene.forge.notices(APP, "bob").await;
    let number = scene.proposes("topic", "main").await;
    for context in [MAIN, "forgewarden-push/topic"] {
        let run = scene.fails(&head, context).await;
        let title = run.title.unwrap();
        assert!(title.to_lowercase().contains("could not judge"), "{title}");
    }
    scene.is_blocked(number, "failing").await;
    scene.settles().await;
    for run in scene.forge.check_runs(APP, &head) {
        assert_eq!(run.status, "completed", "{run:?}");
    }
    // Mended and asked for again, it is judged after all.
    drop(outage);
    let run = scene.forge.check(APP, &head, MAIN).expect("a check run");
    scene.forge.rerequests(APP, run.id).await;
    scene.passes(&head, MAIN).await;
    assert!(scene.merges(number).await);
}

//! What a delivery is believed, and what it is not.

use serde_json::json;

use super::scene::{APP, MAIN, Scene};
use crate::support::forge::github::Tamper;

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_is_not_signed_as_agreed_does_nothing() {
    let mut scene = Scene::open().await;
    let bob = scene.work_of(&scene.bob);
    let head = bob.on_branch("topic").commits("app.txt", "one").signed();
    // While nobody listens, so that nothing of it is known.
    scene.daemon.kill();
    let sent = scene.pushes(&bob, "topic").await.remove(0);
    scene.starts();
    let before = scene.forge.requests().len();
    let body = sent.body.clone();
    let signature = "x-hub-signature-256";
    for tamper in [
        Tamper::Body("\"refs/heads/topic\"", "\"refs/heads/other\""),
        Tamper::Without(signature),
        Tamper::Header(signature, format!("sha256={}", "0".repeat(64))),
        Tamper::Header(signature, "sha256=".to_owned()),
        Tamper::SignedWith("another secret, long enough", body),
    ] {
        let tampers = [tamper];
        let answered = scene.forge.sends_tampered(&sent, &tampers).await;
        assert_eq!(answered.answered, Some(401), "{tampers:?}");
    }
    scene.settles().await;
    let store = scene.store().await;
    let stored = store.delivery_state("github", &sent.guid).await.unwrap();
    assert_eq!(stored, None);
    store.close().await;
    assert_eq!(scene.said_of(&head), []);
    assert_eq!(scene.forge.requests().len(), before);
    // The same delivery as it was sent is taken.
    let answered = scene.forge.redelivers(&sent.guid).await;
    assert_eq!(answered.answered, Some(202));
    scene.passes(&head, "forgewarden-push/topic").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_delivery_is_judged_once() {
    let scene = Scene::open().await;
    let bob = scene.work_of(&scene.bob);
    let head = bob.on_branch("topic").commits("app.txt", "one").signed();
    let sent = scene.pushes(&bob, "topic").await.remove(0);
    scene.passes(&head, "forgewarden-push/topic").await;
    scene.settles().await;
    let before = scene.forge.requests().len();
    for _ in 0..3 {
        let answered = scene.forge.redelivers(&sent.guid).await.answered;
        assert_eq!(answered, Some(202));
    }
    scene.settles().await;
    assert_eq!(scene.forge.requests().len(), before);
    assert_eq!(scene.said_of(&head).len(), 1);
    let judged = scene.daemon.log().matches("\"judged\"").count();
    assert_eq!(judged, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_push_says_of_its_commits_is_not_believed() {
    let scene = Scene::open().await;
    let main = scene.upstream.tip("refs/heads/main").unwrap();
    let bob = scene.work_of(&scene.bob);
    let unsigned = bob.on_branch("topic").commits("app.txt", "one").unsigned();
    let head = bob.commits("app.txt", "two").signed();
    let sent = scene.pushes(&bob, "topic").await.remove(0);
    scene.fails(&head, "forgewarden-push/topic").await;
    scene.settles().await;
    // `main` is somebody else's good commit.
    let foreign =
        json!([{ "id": main, "distinct": true, "added": [], "removed": [], "modified": [] }]);
    for (commits, before) in [
        (json!([]), &unsigned),
        (foreign, &main),
        (json!(null), &head),
    ] {
        let mut lie = sent.payload();
        lie["commits"] = commits;
        lie["size"] = 0.into();
        lie["head_commit"] = json!({ "id": main });
        lie["before"] = before.as_str().into();
        lie["created"] = false.into();
        scene.forge.delivers("push", &lie).await;
        scene.settles().await;
        let newest = scene.forge.check(APP, &head, "forgewarden-push/topic");
        let newest = newest.expect("a check run");
        assert!(!newest.passes(), "{before}: {newest:?}");
    }
    // And the pull request is judged by what the objects say.
    let number = scene.proposes("topic", "main").await;
    scene.fails(&head, MAIN).await;
    scene.is_blocked(number, "failing").await;
}

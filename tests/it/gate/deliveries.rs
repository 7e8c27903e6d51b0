//! What a delivery is believed, and what it is not.

use super::scene::{APP, MAIN, Scene};
use crate::support::forge::StandIn;
use crate::support::forge::common::people::Said;

pub(super) async fn a_delivery_that_is_not_signed_as_agreed_does_nothing<F: StandIn>() {
    let mut scene = Scene::<F>::open().await;
    let bob = scene.work_of(&scene.bob);
    let head = bob.on_branch("topic").commits("app.txt", "one").signed();
    // While nobody listens, so that nothing of it is known.
    scene.daemon.kill();
    let sent = scene.pushes(&bob, "topic").await.remove(0);
    scene.starts();
    let before = asked(&scene);
    let mut other = sent.clone();
    other.body = String::from_utf8(other.body)
        .expect("UTF-8")
        .replace("refs/heads/topic", "refs/heads/other")
        .into_bytes();
    assert_ne!(other.body, sent.body);
    let mut unsigned = sent.clone();
    unsigned.headers.retain(|(name, _)| name != F::AUTHENTICITY);
    let mut zeros = sent.clone();
    zeros.set(F::AUTHENTICITY, format!("sha256={}", "0".repeat(64)));
    let forged = scene
        .forge
        .signed_with(&sent, "another secret, long enough");
    for (what, tampered) in [
        ("another body", other),
        ("no signature", unsigned),
        ("zeros", zeros),
        ("another secret", forged),
    ] {
        let answered = scene.forge.sends(tampered).await.answered;
        assert_eq!(answered, Some(401), "{what}");
    }
    scene.settles().await;
    let store = scene.store().await;
    let stored = store.delivery_state(F::NAME, &sent.guid).await.unwrap();
    assert_eq!(stored, None);
    store.close().await;
    assert_eq!(scene.forge.marks(APP, &head), []);
    assert_eq!(asked(&scene), before);
    // The same delivery as it was sent is taken.
    let answered = scene.forge.sends(sent).await.answered;
    assert_eq!(answered, Some(202));
    scene.passes(&head, "forgewarden-push/topic").await;
}

pub(super) async fn a_replayed_delivery_is_judged_once<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    let bob = scene.work_of(&scene.bob);
    let head = bob.on_branch("topic").commits("app.txt", "one").signed();
    let sent = scene.pushes(&bob, "topic").await.remove(0);
    scene.passes(&head, "forgewarden-push/topic").await;
    scene.settles().await;
    let before = asked(&scene);
    for _ in 0..3 {
        let answered = scene.forge.sends(sent.clone()).await.answered;
        assert_eq!(answered, Some(202));
    }
    scene.settles().await;
    assert_eq!(asked(&scene), before);
    // What was changed, and how it was pushed.
    assert_eq!(scene.forge.marks(APP, &head).len(), 2);
    let judged = scene.daemon.log().matches("\"judged\"").count();
    assert_eq!(judged, 2);
}

pub(super) async fn what_a_push_says_of_its_commits_is_not_believed<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    let main = scene.upstream.tip("refs/heads/main").unwrap();
    let bob = scene.work_of(&scene.bob);
    let unsigned = bob.on_branch("topic").commits("app.txt", "one").unsigned();
    let head = bob.commits("app.txt", "two").signed();
    let sent = scene.pushes(&bob, "topic").await.remove(0);
    scene.fails(&head, "forgewarden-push/topic").await;
    scene.settles().await;
    // `main` is somebody else's good commit.
    for old in [&unsigned, &main, &head] {
        scene.forge.sends(scene.forge.lying_push(&sent, old)).await;
        scene.settles().await;
        let mark = scene.mark(&head, "forgewarden-push/topic");
        assert_eq!(mark.expect("a mark").said, Said::Red, "{old}");
    }
    // And the pull request is judged by what the objects say.
    let number = scene.proposes("topic", "main").await;
    scene.fails(&head, MAIN).await;
    scene.is_blocked(number).await;
}

/// How often the forge was asked about a repository. Its settings are read
/// whenever it is time.
fn asked<F: StandIn>(scene: &Scene<F>) -> usize {
    let settings = ["/application", "/meta", "/orgs/"];
    let of_settings = |path: &str| settings.iter().any(|word| path.contains(word));
    let all = scene.forge.requests().into_iter();
    all.filter(|request| !of_settings(&request.path)).count()
}

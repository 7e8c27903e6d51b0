//! Deliveries that are not Stash's.

use forgewarden::forge::Refused;

use super::forge::stash::Tamper;
use super::scene::{Scene, delivery};

#[tokio::test]
async fn a_delivery_that_was_tampered_with_is_not_authentic() {
    let scene = Scene::new().await;
    scene.commits("main", "more");
    let sent = scene.pushes(&["main"]).await.remove(0);
    let tampers = [
        Tamper::Body("refs/heads/main", "refs/heads/mine"),
        Tamper::Without("x-hub-signature"),
        Tamper::Header("x-hub-signature", "sha256=00".into()),
        Tamper::SignedWith("another secret", sent.body.clone()),
    ];
    for tamper in tampers {
        let shown = format!("{tamper:?}");
        let sent = scene.forge.sends_tampered(&sent, &[tamper]).await;
        let refused = scene.instance.intake.authenticate(delivery(&sent));
        assert!(
            matches!(refused, Err(Refused::NotAuthentic(_))),
            "{shown}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn the_event_that_is_not_signed_must_be_the_one_that_is() {
    let scene = Scene::new().await;
    scene.commits("main", "more");
    let sent = scene.pushes(&["main"]).await.remove(0);
    let header = Tamper::Header("x-event-key", "pr:opened".into());
    let sent = scene.forge.sends_tampered(&sent, &[header]).await;
    let intake = &scene.instance.intake;
    let authentic = intake.authenticate(delivery(&sent)).expect("signed");
    assert!(intake.meaning(&authentic).is_err());
}

//! What Stash tells of how somebody pushed: the kind of the account, when, and
//! what its operator says of passwords, held against the server.

use forgewarden::forge::{ForgeError, Guarantee, Instance};
use forgewarden::model::authentication::{Method, Source, Strength};
use forgewarden::model::event::Event;
use forgewarden::model::principal::Actor;
use jiff::Timestamp;

use super::forge::stash::{Fault, Tamper};
use super::scene::{Scene, delivery};

const PROPERTIES: &str = "/application-properties";

async fn guarantee(instance: &Instance) -> Guarantee {
    let mut all = instance.audit.guarantees().await.expect("read");
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// Who pushed to `main`, and when, as the delivery says.
async fn pushed_by(scene: &Scene, who: &str) -> (Actor, Option<Timestamp>) {
    scene.commits("main", who);
    let forge = &scene.forge;
    let sent = forge
        .push(super::scene::APP, who, &scene.copy, &["main"])
        .await;
    let Event::Push { actor, at, .. } = scene.event(&sent[0]) else {
        panic!("no push");
    };
    (actor.expect("an actor"), at)
}

#[tokio::test]
async fn a_service_account_has_no_password_and_a_person_tells_nothing() {
    let scene = Scene::new().await;
    let (audit, at) = (&scene.instance.audit, Timestamp::UNIX_EPOCH);
    let (robot, _) = pushed_by(&scene, "deploy-bot").await;
    let told = audit.account(&robot, at).await.expect("known");
    let told = told.expect("it tells");
    let words: Vec<_> = told.could_be.iter().map(ToString::to_string).collect();
    assert_eq!(words, ["project-token", "deploy-key", "web-session"]);
    assert_eq!(
        (told.source, told.strength),
        (Source::Forge, Strength::Direct)
    );
    assert_eq!(told.observed_at, at);
    let (person, _) = pushed_by(&scene, "alice").await;
    assert_eq!(audit.account(&person, at).await.expect("known"), None);
    // A name that looks like one is no proof.
    let named = Actor {
        login: "deploy-bot".into(),
        ..person
    };
    assert_eq!(audit.account(&named, at).await.expect("known"), None);
}

#[tokio::test]
async fn a_push_has_the_time_that_the_delivery_states_and_none_if_that_is_odd() {
    let scene = Scene::new().await;
    let (_, at) = pushed_by(&scene, "alice").await;
    assert_eq!(
        at.map(|at| at.to_string()).as_deref(),
        Some("2026-01-02T03:04:05Z")
    );
    let sent = scene.forge.sent().pop().expect("sent");
    let mut payload = sent.payload();
    for odd in [serde_json::json!("soon"), serde_json::json!(null)] {
        payload["date"] = odd;
        let sent = scene.forge.delivers("repo:refs_changed", &payload).await;
        assert!(matches!(scene.event(&sent), Event::Push { at: None, .. }));
    }
}

#[tokio::test]
async fn nothing_is_polled_and_nothing_is_taken_for_a_stream() {
    let scene = Scene::new().await;
    let audit = &scene.instance.audit;
    assert!(!audit.expects_records());
    let before = scene.asked().len();
    let records = audit.records(Timestamp::UNIX_EPOCH).await.expect("none");
    assert_eq!((records, scene.asked().len()), (Vec::new(), before));
    scene.commits("main", "more");
    let sent = scene.pushes(&["main"]).await.remove(0);
    assert!(audit.streamed(&delivery(&sent)).is_err());
    let unsigned = Tamper::Without("x-hub-signature");
    let sent = scene.forge.sends_tampered(&sent, &[unsigned]).await;
    assert!(audit.streamed(&delivery(&sent)).is_err());
}

#[tokio::test]
async fn the_operators_word_counts_unless_the_server_contradicts_it() {
    let scene = Scene::new().await;
    scene.forge.refuses_basic_authentication();
    let told = guarantee(&scene.instance).await;
    let leaves = told.leaves.expect("passwords are ruled out");
    assert!(
        !leaves.iter().any(|method| method.is_password()),
        "{leaves:?}"
    );
    assert!(leaves.contains(&Method::Token) && leaves.contains(&Method::SshKey));
    assert!(
        told.says.contains("the server says the same"),
        "{}",
        told.says
    );
    scene.forge.takes_basic_authentication();
    let told = guarantee(&scene.instance).await;
    assert_eq!(told.leaves, None);
    assert!(told.says.contains("made-up account"), "{}", told.says);
    // Another answer neither confirms nor contradicts.
    scene
        .forge
        .fails(Fault::new("GET", PROPERTIES, 403).body("forbidden by a proxy"));
    let told = guarantee(&scene.instance).await;
    assert!(
        told.leaves.is_some() && told.says.contains("403"),
        "{}",
        told.says
    );
    scene.forge.fails(Fault::new("GET", PROPERTIES, 503));
    let error = scene.instance.audit.guarantees().await;
    assert!(matches!(error, Err(ForgeError::Unavailable { .. })));
}

#[tokio::test]
async fn without_the_operators_word_nothing_is_ruled_out_and_nothing_is_tried() {
    let scene = Scene::new().await;
    scene.forge.refuses_basic_authentication();
    let before = scene.asked().len();
    for (stated, says) in [(None, "does not say it"), (Some(true), "passwords work")] {
        let instance = scene
            .with(|it| it.audit.passwords = stated)
            .expect("lawful");
        let told = guarantee(&instance).await;
        assert_eq!((told.id, told.leaves), ("passwords-for-git", None));
        assert!(told.says.contains(says), "{}", told.says);
    }
    assert_eq!(scene.asked().len(), before);
}

//! Deliveries that somebody made with bad intent or a broken tool: none
//! becomes an event, none is dropped in silence, none ends the program.

use forgewarden::forge::github::instance;
use forgewarden::forge::{Delivery, Meaning, Refused};
use forgewarden::model::event::Event;
use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::forge::github::{Proposal, Sent, Tamper, signature};
use super::scene::{APP, Scene, config, delivery, verified};

async fn opened(scene: &Scene) -> Sent {
    scene.commits("topic", "change");
    scene.pushes(&["topic"]).await;
    scene
        .forge
        .open_pull_request(APP, Proposal::of("topic"))
        .await;
    scene.forge.sent().pop().expect("sent")
}

#[tokio::test]
async fn a_tampered_delivery_is_not_authentic() {
    let scene = Scene::new().await;
    let sent = opened(&scene).await;
    let secret = scene.forge.webhook_secret();
    let other_body = br#"{"zen":"x"}"#.to_vec();
    let tampers = [
        Tamper::Body("\"main\"", "\"lax\""),
        Tamper::Body("}", "} "),
        Tamper::Without("x-hub-signature-256"),
        Tamper::Header("x-hub-signature-256", String::new()),
        Tamper::Header("x-hub-signature-256", "sha256=".into()),
        Tamper::Header("x-hub-signature-256", format!("sha256={}", "0".repeat(64))),
        Tamper::Header("x-hub-signature-256", "sha1=f7d1d5dd1d1d8d3d".into()),
        Tamper::SignedWith("", sent.body.clone()),
        Tamper::SignedWith("another secret", sent.body.clone()),
        Tamper::Header("x-hub-signature-256", signature(secret, &other_body)),
    ];
    for tamper in tampers {
        let tampered = scene
            .forge
            .sends_tampered(&sent, std::slice::from_ref(&tamper))
            .await;
        let refused = scene.instance.intake.authenticate(delivery(&tampered));
        assert!(
            matches!(refused, Err(Refused::NotAuthentic(_))),
            "{tamper:?}"
        );
    }
}

#[tokio::test]
async fn a_form_is_refused_even_if_it_is_signed() {
    let scene = Scene::new().await;
    let sent = opened(&scene).await;
    let form = b"payload=%7B%22zen%22%3A1%7D".to_vec();
    let secret = "a secret of the stand-in forge";
    let tampers = [
        Tamper::SignedWith(secret, form),
        Tamper::Header("content-type", "application/x-www-form-urlencoded".into()),
    ];
    let tampered = scene.forge.sends_tampered(&sent, &tampers).await;
    let refused = scene.instance.intake.authenticate(delivery(&tampered));
    assert!(matches!(refused, Err(Refused::Malformed(_))), "{refused:?}");
}

#[tokio::test]
async fn a_secret_being_replaced_counts_beside_the_new_one_and_a_removed_one_does_not() {
    let scene = Scene::new().await;
    let sent = opened(&scene).await;
    let with = |secrets: &[&str]| {
        let mut config = config(&scene.forge);
        config.webhook_secrets = secrets.iter().copied().map(SecretString::from).collect();
        let instance = instance(
            &config,
            std::sync::Arc::new(forgewarden::clock::SystemClock),
        )
        .expect("lawful");
        instance.intake.authenticate(delivery(&sent)).is_ok()
    };
    let current = scene.forge.webhook_secret();
    assert!(with(&["new", current]) && with(&[current, "new"]));
    assert!(!with(&["new"]));
}

/// What the adapter makes of a pull request with this change.
fn reads(scene: &Scene, event: &str, payload: &Value) -> Result<Meaning, String> {
    let delivery = verified(event, payload.to_string());
    scene
        .instance
        .intake
        .meaning(&delivery)
        .map_err(|error| error.to_string())
}

#[tokio::test]
async fn payloads_against_the_contract_are_unreadable_and_never_a_guess() {
    let scene = Scene::new().await;
    let lawful = opened(&scene).await.payload();
    assert!(matches!(
        reads(&scene, "pull_request", &lawful),
        Ok(Meaning::Events(_))
    ));
    let zeros = "0".repeat(40);
    let spoiled: [(&str, Value); 16] = [
        ("/pull_request/number", json!(0)),
        ("/pull_request/number", json!(-1)),
        ("/pull_request/number", json!(1e300)),
        ("/pull_request/number", json!(u64::MAX)),
        ("/pull_request/head/sha", json!(zeros)),
        ("/pull_request/head/sha", json!("HEAD")),
        ("/pull_request/head/sha", json!(null)),
        ("/pull_request/base/sha", json!("--upload-pack=x")),
        ("/pull_request/base/ref", json!("main\nrefs/heads/x")),
        ("/pull_request/base/ref", json!("")),
        ("/pull_request/base/ref", json!("a".repeat(2000))),
        ("/repository/full_name", json!("acme/app/../../x")),
        ("/repository/full_name", json!("acme/app?x=")),
        ("/repository/id", json!(1.5)),
        ("/repository/default_branch", json!("a..b")),
        ("/pull_request/user/login", json!("x".repeat(300))),
    ];
    for (place, value) in spoiled {
        let mut payload = lawful.clone();
        *payload.pointer_mut(place).expect("a place") = value.clone();
        let read = reads(&scene, "pull_request", &payload);
        let error = read.expect_err(&format!("{place} = {value}"));
        assert!(
            error.chars().all(|it| !it.is_control()) && error.len() < 1000,
            "{error}"
        );
    }
    for missing in ["pull_request", "repository", "action"] {
        let mut payload = lawful.clone();
        payload.as_object_mut().expect("an object").remove(missing);
        assert!(
            reads(&scene, "pull_request", &payload).is_err(),
            "{missing}"
        );
    }
}

#[tokio::test]
async fn a_push_from_nothing_to_nothing_or_of_an_odd_ref_is_unreadable() {
    let scene = Scene::new().await;
    let push = scene.forge.sent().remove(0).payload();
    assert!(reads(&scene, "push", &push).is_ok());
    let zeros = "0".repeat(40);
    let mut nothing = push.clone();
    nothing["after"] = json!(zeros);
    assert!(reads(&scene, "push", &nothing).is_err());
    for name in [
        "main",
        "refs/heads/a\nb",
        "refs/heads/a b",
        "refs/heads/\u{0}",
        "refs/../x",
        "",
    ] {
        let mut odd = push.clone();
        odd["ref"] = json!(name);
        assert!(reads(&scene, "push", &odd).is_err(), "{name:?}");
    }
    let mut longer = push.clone();
    longer["before"] = json!("0".repeat(64));
    longer["after"] = json!("ab".repeat(32));
    assert!(
        reads(&scene, "push", &longer).is_ok(),
        "ids of SHA-256 are ids"
    );
}

#[tokio::test]
async fn bytes_that_are_not_one_json_value_are_unreadable() {
    let scene = Scene::new().await;
    let whole = opened(&scene).await.body;
    let deep = "[".repeat(100_000);
    let deep_where_it_counts = format!(r#"{{"action":{deep}"#);
    let deep_beside = format!(r#"{{"x":{deep}"#);
    let mut twice = whole.clone();
    twice.extend_from_slice(&whole);
    let duplicate = String::from_utf8_lossy(&whole).replacen('{', r#"{"action":"labeled","#, 1);
    let mut not_text = whole.clone();
    let at = not_text
        .windows(4)
        .position(|it| it == b"acme")
        .expect("a name");
    not_text[at] = 0xff;
    let odd: [Vec<u8>; 9] = [
        Vec::new(),
        b"null".to_vec(),
        whole[..whole.len() / 2].to_vec(),
        deep.into_bytes(),
        deep_where_it_counts.into_bytes(),
        deep_beside.into_bytes(),
        twice,
        duplicate.into_bytes(),
        not_text,
    ];
    for body in odd {
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        let read = scene
            .instance
            .intake
            .meaning(&verified("pull_request", body));
        assert!(read.is_err(), "{shown}");
    }
}

#[tokio::test]
async fn another_events_name_on_a_signed_body_makes_no_other_event() {
    let scene = Scene::new().await;
    let sent = opened(&scene).await;
    for name in ["push", "check_run", "check_suite", "merge_group"] {
        let tamper = [Tamper::Header("x-github-event", name.into())];
        let renamed = scene.forge.sends_tampered(&sent, &tamper).await;
        let verified = scene.instance.intake.authenticate(delivery(&renamed));
        let read = scene
            .instance
            .intake
            .meaning(&verified.expect("the body is signed"));
        assert!(read.is_err(), "{name}: {read:?}");
    }
    let unknown = [Tamper::Header("x-github-event", "new_event".into())];
    let renamed = scene.forge.sends_tampered(&sent, &unknown).await;
    assert_eq!(
        scene.meaning(&renamed),
        Meaning::NotOfInterest("new_event".into())
    );
}

#[tokio::test]
async fn a_payload_that_lies_about_its_commits_is_only_believed_about_its_ids() {
    let scene = Scene::new().await;
    let mut push = scene.forge.sent().remove(0).payload();
    push["created"] = json!(false);
    push["deleted"] = json!(true);
    push["commits"] = json!([{ "id": "f".repeat(40), "added": [], "verified": true }]);
    push["size"] = json!(0);
    let Ok(Meaning::Events(events)) = reads(&scene, "push", &push) else {
        panic!("unreadable");
    };
    let Event::Push { updates, .. } = &events[0] else {
        panic!("not a push");
    };
    assert!(updates[0].old.is_none() && updates[0].new.is_some());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_and_no_headers_end_the_program(
        body in proptest::collection::vec(any::<u8>(), 0..200),
        signature in "(sha256=)?[0-9a-fA-Z=]{0,70}",
        event in "push|pull_request|check_run|merge_group|installation|[a-z]{0,9}",
    ) {
        let intake = INTAKE.with(|it| it.clone());
        let mut headers = http::HeaderMap::new();
        headers.insert("x-hub-signature-256", signature.parse().expect("a value"));
        let received_at = jiff::Timestamp::UNIX_EPOCH;
        let delivery = Delivery { headers, body: body.clone(), path_secret: None, received_at };
        prop_assert!(intake.authenticate(delivery).is_err());
        let _ = intake.meaning(&verified(&event, body));
    }
}

thread_local! {
    static INTAKE: std::sync::Arc<dyn forgewarden::forge::Intake> = {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let scene = runtime.expect("a runtime").block_on(Scene::new());
        scene.instance.intake.clone()
    };
}

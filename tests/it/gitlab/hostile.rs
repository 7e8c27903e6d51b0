//! Deliveries that somebody made with bad intent or a broken tool: none
//! becomes an event, none is dropped in silence, none ends the program.

use forgewarden::forge::{Delivery, Meaning, Refused};
use forgewarden::model::event::Event;
use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::forge::gitlab::{Sent, Tamper, signing_token};
use super::scene::{Scene, delivery, verified};

async fn opened(scene: &Scene) -> Sent {
    scene.proposed().await;
    scene.forge.sent().pop().expect("sent")
}

#[tokio::test]
async fn a_tampered_delivery_is_not_authentic() {
    let scene = Scene::new().await;
    let sent = opened(&scene).await;
    let body = sent.body.clone();
    let tampers = [
        Tamper::Body("\"main\"", "\"lax\""),
        Tamper::Body("}", "} "),
        Tamper::Without("webhook-signature"),
        Tamper::Without("webhook-id"),
        Tamper::Without("webhook-timestamp"),
        Tamper::Header("webhook-signature", String::new()),
        Tamper::Header("webhook-signature", format!("v1,{}", "A".repeat(44))),
        Tamper::Header("webhook-id", "another".into()),
        Tamper::Header("webhook-timestamp", "1".into()),
        Tamper::Header("idempotency-key", "another".into()),
        Tamper::SignedWith("", body.clone()),
        Tamper::SignedWith("another secret", body),
        Tamper::SignedBefore(301),
        Tamper::SignedBefore(-301),
    ];
    for tamper in tampers {
        let all = std::slice::from_ref(&tamper);
        let tampered = scene.forge.sends_tampered(&sent, all).await;
        let refused = scene.instance.intake.authenticate(delivery(&tampered));
        assert!(
            matches!(refused, Err(Refused::NotAuthentic(_))),
            "{tamper:?}"
        );
    }
    let lawful = [Tamper::SignedBefore(240)];
    let lawful = scene.forge.sends_tampered(&sent, &lawful).await;
    assert!(
        scene
            .instance
            .intake
            .authenticate(delivery(&lawful))
            .is_ok()
    );
}

#[tokio::test]
async fn a_right_plain_secret_mends_no_broken_signature() {
    let scene = Scene::new().await;
    let sent = opened(&scene).await;
    let secret = scene.forge.webhook_secret().to_owned();
    let both = scene.with(|it| it.webhook_secrets = vec![secret.clone().into()]);
    let token = Tamper::Header("x-gitlab-token", secret);
    for broken in [
        Tamper::SignedWith("another secret", sent.body.clone()),
        Tamper::Without("webhook-signature"),
        Tamper::SignedBefore(400),
    ] {
        let tampered = scene
            .forge
            .sends_tampered(&sent, &[token.clone(), broken.clone()])
            .await;
        let refused = both.intake.authenticate(delivery(&tampered));
        assert!(
            matches!(refused, Err(Refused::NotAuthentic(_))),
            "{broken:?}"
        );
    }
    // Unsigned it does, where it is allowed, and only there.
    let unsigned = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(Tamper::Without);
    let tampers = [&[token][..], &unsigned].concat();
    let unsigned = scene.forge.sends_tampered(&sent, &tampers).await;
    assert!(both.intake.authenticate(delivery(&unsigned)).is_ok());
    let refused = scene.instance.intake.authenticate(delivery(&unsigned));
    assert!(
        matches!(refused, Err(Refused::NotAuthentic(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_plain_secret_is_compared_whole() {
    let scene = Scene::new().await;
    scene.forge.delivers_with_plain_secrets();
    let sent = opened(&scene).await;
    let secret = scene.forge.webhook_secret();
    let plain = scene.with(|it| {
        it.signing_tokens.clear();
        it.webhook_secrets = vec![secret.into()];
    });
    assert!(plain.intake.authenticate(delivery(&sent)).is_ok());
    let (start, longer) = (secret[..secret.len() - 1].to_owned(), format!("{secret}x"));
    for tamper in [
        Tamper::Header("x-gitlab-token", start),
        Tamper::Header("x-gitlab-token", longer),
        Tamper::Header("x-gitlab-token", String::new()),
        Tamper::Without("x-gitlab-token"),
    ] {
        let all = std::slice::from_ref(&tamper);
        let tampered = scene.forge.sends_tampered(&sent, all).await;
        let refused = plain.intake.authenticate(delivery(&tampered));
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
    let form = "application/x-www-form-urlencoded".into();
    let tampers = [Tamper::Header("content-type", form)];
    let tampered = scene.forge.sends_tampered(&sent, &tampers).await;
    let refused = scene.instance.intake.authenticate(delivery(&tampered));
    assert!(matches!(refused, Err(Refused::Malformed(_))), "{refused:?}");
}

#[tokio::test]
async fn a_token_being_replaced_counts_beside_the_new_one_and_a_removed_one_does_not() {
    let scene = Scene::new().await;
    let sent = opened(&scene).await;
    let with = |tokens: &[&str]| {
        let tokens = tokens.iter().copied().map(SecretString::from).collect();
        let instance = scene.with(|it| it.signing_tokens = tokens);
        instance.intake.authenticate(delivery(&sent)).is_ok()
    };
    let (current, new) = (scene.forge.signing_token(), signing_token(&"n".repeat(32)));
    assert!(with(&[&new, &current]) && with(&[&current, &new]));
    assert!(!with(&[&new]));
}

/// What the adapter makes of this payload.
fn reads(scene: &Scene, payload: &Value) -> Result<Meaning, String> {
    let delivery = verified(payload.to_string());
    let meaning = scene.instance.intake.meaning(&delivery);
    meaning.map_err(|error| error.to_string())
}

#[tokio::test]
async fn payloads_against_the_contract_are_unreadable_and_never_a_guess() {
    let scene = Scene::new().await;
    let lawful = opened(&scene).await.payload();
    assert!(matches!(reads(&scene, &lawful), Ok(Meaning::Events(_))));
    let zeros = "0".repeat(40);
    let spoiled: [(&str, Value); 15] = [
        ("/object_attributes/iid", json!(0)),
        ("/object_attributes/iid", json!(-1)),
        ("/object_attributes/iid", json!(1e300)),
        ("/object_attributes/target_project_id", json!(1)),
        (
            "/object_attributes/target_branch",
            json!("main\nrefs/heads/x"),
        ),
        ("/object_attributes/target_branch", json!("")),
        ("/object_attributes/target_branch", json!("a".repeat(2000))),
        ("/object_attributes/last_commit/id", json!(zeros)),
        ("/object_attributes/last_commit/id", json!("HEAD")),
        ("/object_attributes/last_commit/id", json!(null)),
        ("/project/path_with_namespace", json!("acme/app/../../x")),
        ("/project/path_with_namespace", json!("acme/app?x=")),
        ("/project/id", json!(1.5)),
        ("/project/default_branch", json!("a..b")),
        ("/user/username", json!("x".repeat(300))),
    ];
    for (place, value) in spoiled {
        let mut payload = lawful.clone();
        *payload.pointer_mut(place).expect("a place") = value.clone();
        let error = reads(&scene, &payload).expect_err(&format!("{place} = {value}"));
        let plain = error.chars().all(|it| !it.is_control()) && error.len() < 1000;
        assert!(plain, "{error}");
    }
    for missing in ["object_attributes", "project"] {
        let mut payload = lawful.clone();
        payload.as_object_mut().expect("an object").remove(missing);
        assert!(reads(&scene, &payload).is_err(), "{missing}");
    }
}

#[tokio::test]
async fn a_push_from_nothing_to_nothing_or_of_an_odd_ref_is_unreadable() {
    let scene = Scene::new().await;
    let push = scene.forge.sent().remove(0).payload();
    assert!(reads(&scene, &push).is_ok());
    let mut nothing = push.clone();
    nothing["changes"][0]["after"] = json!("0".repeat(40));
    assert!(reads(&scene, &nothing).is_err());
    for name in ["main", "refs/heads/a\nb", "refs/heads/a b", "refs/../x", ""] {
        let mut odd = push.clone();
        odd["changes"][0]["ref"] = json!(name);
        assert!(reads(&scene, &odd).is_err(), "{name:?}");
    }
    // One odd ref among good ones hides none of them: nothing is taken.
    let mut mixed = push.clone();
    let good = push["changes"][0].clone();
    mixed["changes"] = json!([good, { "ref": "x", "before": "y", "after": "z" }]);
    assert!(reads(&scene, &mixed).is_err());
}

#[tokio::test]
async fn bytes_that_are_not_one_json_value_are_unreadable() {
    let scene = Scene::new().await;
    let whole = opened(&scene).await.body;
    let deep = "[".repeat(100_000);
    let mut twice = whole.clone();
    twice.extend_from_slice(&whole);
    let text = String::from_utf8_lossy(&whole).into_owned();
    let duplicate = text.replacen('{', r#"{"object_kind":"note","#, 1);
    let mut not_text = whole.clone();
    let at = not_text.windows(4).position(|it| it == b"acme");
    not_text[at.expect("a name")] = 0xff;
    let odd: [Vec<u8>; 8] = [
        Vec::new(),
        b"null".to_vec(),
        whole[..whole.len() / 2].to_vec(),
        deep.clone().into_bytes(),
        format!(r#"{{"object_kind":{deep}"#).into_bytes(),
        twice,
        duplicate.into_bytes(),
        not_text,
    ];
    for body in odd {
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        let read = scene.instance.intake.meaning(&verified(body));
        assert!(read.is_err(), "{shown}");
    }
}

#[tokio::test]
async fn the_header_of_another_event_changes_nothing() {
    let scene = Scene::new().await;
    let sent = opened(&scene).await;
    for name in ["Push Hook", "Note Hook", "System Hook"] {
        let tamper = [Tamper::Header("x-gitlab-event", name.into())];
        let renamed = scene.forge.sends_tampered(&sent, &tamper).await;
        assert!(
            matches!(scene.event(&renamed), Event::PullRequest { .. }),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_payload_that_lies_about_its_commits_is_only_believed_about_its_ids() {
    let scene = Scene::new().await;
    scene.forge.delivers_by_project_hooks();
    scene.commits("topic", "one");
    let mut push = scene.pushes(&["topic"]).await.remove(0).payload();
    push["commits"] = json!([{ "id": "f".repeat(40), "added": [], "verified": true }]);
    push["total_commits_count"] = json!(0);
    push["checkout_sha"] = json!(null);
    let Ok(Meaning::Events(events)) = reads(&scene, &push) else {
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
        signature in "(v1,)?[0-9a-zA-Z+/=]{0,70}",
        timestamp in "-?[0-9]{0,25}",
        name in "webhook-(id|signature)|x-gitlab-token",
    ) {
        let intake = INTAKE.with(|it| it.clone());
        let mut headers = http::HeaderMap::new();
        headers.insert("webhook-timestamp", timestamp.parse().expect("a value"));
        let name: http::HeaderName = name.parse().expect("a name");
        headers.insert(name, signature.parse().expect("a value"));
        let received_at = jiff::Timestamp::UNIX_EPOCH;
        let delivery = Delivery { headers, body: body.clone(), path_secret: None, received_at };
        prop_assert!(intake.authenticate(delivery).is_err());
        let _ = intake.meaning(&verified(body));
    }
}

thread_local! {
    static INTAKE: std::sync::Arc<dyn forgewarden::forge::Intake> = {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let scene = runtime.expect("a runtime").block_on(Scene::new());
        scene.instance.intake.clone()
    };
}

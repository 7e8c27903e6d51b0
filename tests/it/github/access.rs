//! How the adapter authenticates, and what it makes of refusals and limits.

use forgewarden::forge::ForgeError;
use forgewarden::forge::github::instance;
use forgewarden::model::verdict::Conclusion;
use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::json;

use super::forge::github::{Fault, Proposal};
use super::scene::{APP, HandClock, Scene, config};

fn tokens(scene: &Scene) -> Vec<serde_json::Value> {
    let minted = scene.forge.requests().into_iter();
    let minted = minted.filter(|it| it.path.ends_with("/access_tokens"));
    minted.map(|it| it.body).collect()
}

async fn with_pull_request(scene: &Scene) -> u64 {
    scene.commits("topic", "change");
    scene.pushes(&["topic"]).await;
    scene
        .forge
        .open_pull_request(APP, Proposal::of("topic"))
        .await
}

#[tokio::test]
async fn a_token_is_for_one_repository_and_purpose_and_is_used_until_shortly_before_its_end() {
    let clock = HandClock::starting_now();
    let scene = Scene::at(clock.clone()).await;
    let number = with_pull_request(&scene).await;
    let repository = scene.repository();
    let evidence = &scene.instance.evidence;
    evidence
        .pull_request(&repository, number)
        .await
        .expect("found");
    evidence.approvals(&repository, number).await.expect("read");
    let narrowed = json!({ "repository_ids": [repository.id],
        "permissions": { "contents": "read", "pull_requests": "read" } });
    assert_eq!(tokens(&scene), [narrowed]);

    clock.moves(SignedDuration::from_mins(54));
    evidence.approvals(&repository, number).await.expect("read");
    assert_eq!(tokens(&scene).len(), 1);
    clock.moves(SignedDuration::from_mins(2));
    evidence.approvals(&repository, number).await.expect("read");
    assert_eq!(tokens(&scene).len(), 2);
    scene
        .instance
        .objects
        .remote(&repository)
        .await
        .expect("a remote");
    assert_eq!(
        tokens(&scene)[2]["permissions"],
        json!({ "contents": "read" })
    );
}

#[tokio::test]
async fn both_shapes_of_base_url_work_and_the_installation_is_asked_for_if_unknown() {
    let scene = Scene::new().await;
    let number = with_pull_request(&scene).await;
    let mut repository = scene.repository();
    repository.grant = None;
    for url in [
        scene.forge.api_url(),
        scene.forge.api_url_at_root(),
        scene.forge.api_url() + "/",
    ] {
        let mut config = config(&scene.forge);
        config.api_url = url;
        let instance = instance(
            &config,
            std::sync::Arc::new(forgewarden::clock::SystemClock),
        )
        .expect("lawful");
        let found = instance.evidence.pull_request(&repository, number).await;
        assert_eq!(found.expect("found").number, number);
    }
    assert!(scene.asked()[0].ends_with("/repos/acme/app/installation"));
    let sent = scene.forge.requests();
    let version = ("x-github-api-version".to_owned(), "2022-11-28".to_owned());
    assert!(
        sent.iter().all(|it| it.headers.contains(&version)),
        "{sent:?}"
    );
}

#[tokio::test]
async fn a_token_that_is_no_longer_accepted_is_replaced() {
    let scene = Scene::new().await;
    let number = with_pull_request(&scene).await;
    let (repository, evidence) = (scene.repository(), &scene.instance.evidence);
    evidence.approvals(&repository, number).await.expect("read");
    scene.forge.fails(Fault::new("GET", "/reviews", 401));
    let refused = evidence.approvals(&repository, number).await;
    assert!(
        matches!(refused, Err(ForgeError::Unavailable { .. })),
        "{refused:?}"
    );
    evidence.approvals(&repository, number).await.expect("read");
    assert_eq!(tokens(&scene).len(), 2);
}

#[tokio::test]
async fn limits_outages_and_missing_permissions_are_told_apart() {
    let clock = HandClock::starting_now();
    let scene = Scene::at(clock).await;
    let number = with_pull_request(&scene).await;
    let (repository, evidence) = (scene.repository(), &scene.instance.evidence);
    let ask = async |fault: Fault| {
        scene.forge.fails(fault);
        evidence
            .approvals(&repository, number)
            .await
            .expect_err("a fault")
    };
    let reviews = |status| Fault::new("GET", "/reviews", status);

    let limited = ask(reviews(403).header("retry-after", 30)).await;
    assert!(
        matches!(limited, ForgeError::RateLimited { .. }),
        "{limited}"
    );
    let needed = reviews(403).header("x-accepted-github-permissions", "pull_requests=read");
    let refused = ask(needed).await;
    assert!(
        refused.to_string().contains("pull_requests=read"),
        "{refused}"
    );
    for status in [500, 502, 503] {
        let down = ask(reviews(status)).await;
        assert!(matches!(down, ForgeError::Unavailable { .. }), "{down}");
    }
    for body in ["", "{", "[{\"state\":1}]", "{\"message\":\"ok\"}"] {
        let odd = ask(reviews(200).body(body)).await;
        assert!(
            matches!(odd, ForgeError::Unreadable { .. }),
            "{body}: {odd}"
        );
    }
    let huge = ask(reviews(200).body(" ".repeat(17 << 20))).await;
    assert!(huge.to_string().contains("16777216 bytes"), "{huge}");
    let away = reviews(200)
        .body("[]")
        .header("link", "<https://evil.example/x>; rel=\"next\"");
    let away = ask(away).await;
    assert!(matches!(away, ForgeError::Unreadable { .. }), "{away}");
    let refusal = r#"{"message":"The permissions requested are not granted"}"#;
    scene
        .forge
        .fails(Fault::new("POST", "/access_tokens", 422).body(refusal));
    let ungranted = scene.instance.objects.remote(&repository).await;
    let ungranted = ungranted.err().expect("no token").to_string();
    assert!(ungranted.contains("not granted"), "{ungranted}");
}

#[tokio::test]
async fn a_list_without_end_is_an_error_and_not_a_shorter_list() {
    let scene = Scene::new().await;
    let number = with_pull_request(&scene).await;
    let next = format!(
        "<{}/repos/{APP}/pulls/1/reviews?page=2>; rel=\"next\"",
        scene.forge.api_url()
    );
    for _ in 0..101 {
        let page = Fault::new("GET", "/reviews", 200).body("[]");
        scene.forge.fails(page.header("link", &next));
    }
    let read = scene
        .instance
        .evidence
        .approvals(&scene.repository(), number)
        .await;
    let error = read.expect_err("no end").to_string();
    assert!(error.contains("more than 100 pages"), "{error}");
}

#[tokio::test]
async fn a_repository_that_was_renamed_since_the_delivery_is_still_found() {
    let scene = Scene::new().await;
    let number = with_pull_request(&scene).await;
    let head = scene.forge.head(APP, number);
    scene.forge.rename_repository(APP, "acme/renamed");
    let mut repository = scene.repository_with(9000);
    repository.grant = Some(815);
    let found = scene
        .instance
        .evidence
        .pull_request(&repository, number)
        .await;
    assert_eq!(found.expect("found").head.to_string(), head);
    let status = super::scene::status(super::scene::id(&head), Conclusion::Fail, 1);
    let publisher = &scene.instance.publisher;
    publisher
        .publish(&repository, &status, None)
        .await
        .expect("published");
    assert_eq!(scene.forge.check_runs("acme/renamed", &head).len(), 1);
}

#[tokio::test]
async fn a_redirect_to_another_host_does_not_carry_the_token() {
    let scene = Scene::new().await;
    let number = with_pull_request(&scene).await;
    let elsewhere = super::forge::github::GitHub::start(scene.folder.path()).await;
    let target = format!("{}/stolen", elsewhere.web_url());
    let fault = Fault::new("GET", "/reviews", 302).header("location", target);
    scene.forge.fails(fault);
    let asked = scene
        .instance
        .evidence
        .approvals(&scene.repository(), number)
        .await;
    assert!(asked.is_err(), "{asked:?}");
    assert!(elsewhere.requests().iter().all(|it| !it.authorized));
}

#[tokio::test]
async fn no_forge_at_the_other_end_is_an_outage() {
    let scene = Scene::new().await;
    let mut config = config(&scene.forge);
    config.api_url = "http://127.0.0.1:9".into();
    let instance = instance(
        &config,
        std::sync::Arc::new(forgewarden::clock::SystemClock),
    )
    .expect("lawful");
    let asked = instance.evidence.approvals(&scene.repository(), 1).await;
    let error = asked.expect_err("nobody there");
    assert!(matches!(error, ForgeError::Unavailable { .. }), "{error}");
}

#[tokio::test]
async fn a_key_that_is_not_the_apps_is_refused_by_the_forge() {
    let scene = Scene::new().await;
    let other = super::forge::github::GitHub::start(scene.folder.path()).await;
    let mut config = config(&scene.forge);
    config.private_key_pem = SecretString::from(other.private_key_pem());
    let instance = instance(&config, HandClock::starting_now()).expect("lawful");
    let asked = instance.evidence.approvals(&scene.repository(), 1).await;
    let error = asked.expect_err("not the App");
    assert!(matches!(error, ForgeError::Refused { .. }), "{error}");
}

#[tokio::test]
async fn a_bad_setting_is_named_and_no_secret_is_shown() {
    let scene = Scene::new().await;
    type Spoil = fn(&mut forgewarden::config::GitHubInstance);
    let spoiled: [(&str, Spoil); 6] = [
        ("webhook_secrets", |it| it.webhook_secrets.clear()),
        ("webhook_secrets", |it| it.webhook_secrets.push("".into())),
        ("private_key_pem", |it| {
            it.private_key_pem = "hunter2".into()
        }),
        ("api_url", |it| {
            it.api_url = "http://github.example.com".into()
        }),
        ("web_url", |it| it.web_url = "github.com".into()),
        ("api_version", |it| it.api_version = "newest".into()),
    ];
    for (setting, spoil) in spoiled {
        let mut config = config(&scene.forge);
        spoil(&mut config);
        let error = instance(
            &config,
            std::sync::Arc::new(forgewarden::clock::SystemClock),
        )
        .err()
        .expect("refused")
        .to_string();
        assert!(
            error.starts_with(setting) && !error.contains("hunter2"),
            "{error}"
        );
    }
}

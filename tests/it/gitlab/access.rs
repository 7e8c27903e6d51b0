//! How the adapter authenticates, and what it makes of refusals and limits.

use forgewarden::forge::ForgeError;
use forgewarden::forge::gitlab::instance;
use forgewarden::model::verdict::Conclusion::Fail;
use secrecy::SecretString;

use super::forge::gitlab::{Fault, GitLab, REPORTER};
use super::scene::{APP, Scene, config, status};

#[tokio::test]
async fn the_token_is_in_its_header_and_the_account_is_asked_for_once() {
    let scene = Scene::new().await;
    let (number, head) = scene.proposed().await;
    let evidence = &scene.instance.evidence;
    evidence
        .pull_request(&scene.repository(), number)
        .await
        .expect("found");
    scene.publishes(&status(head, Fail)).await;
    scene.publishes(&status(head, Fail)).await;
    let requests = scene.forge.requests();
    assert!(requests.iter().all(|it| it.authorized));
    assert_eq!(requests.iter().filter(|it| it.path == "/user").count(), 1);
    let shown = format!("{requests:?}");
    assert!(
        !shown.contains(scene.forge.token()),
        "a token in a URL or a body"
    );
}

#[tokio::test]
async fn a_gitlab_below_a_path_or_with_a_slash_behind_is_the_same() {
    let scene = Scene::new().await;
    let (number, _) = scene.proposed().await;
    let with_slash = scene.with(|it| it.url += "/");
    let found = with_slash
        .evidence
        .pull_request(&scene.repository(), number)
        .await;
    assert_eq!(found.expect("found").number, number);
    let remote = with_slash.objects.remote(&scene.repository()).await;
    assert_eq!(
        remote.expect("a remote").url,
        format!("{}/acme/app.git", scene.forge.url())
    );
}

#[tokio::test]
async fn limits_outages_and_missing_roles_are_told_apart() {
    let scene = Scene::new().await;
    let (number, head) = scene.proposed().await;
    let (repository, evidence) = (scene.repository(), &scene.instance.evidence);
    let ask = async |fault: Fault| {
        scene.forge.fails(fault);
        let asked = evidence.approvals(&repository, number).await;
        asked.expect_err("a fault")
    };
    let fault = |status| Fault::new("GET", "/approvals", status);
    let limited = ask(fault(429).header("retry-after", 30)).await;
    assert!(
        matches!(limited, ForgeError::RateLimited { .. }),
        "{limited}"
    );
    let reset = fault(429)
        .header("ratelimit-remaining", 0)
        .header("ratelimit-reset", 4_000_000_000_u64);
    assert!(matches!(ask(reset).await, ForgeError::RateLimited { .. }));
    for status in [409, 500, 502, 503] {
        let down = ask(fault(status)).await;
        assert!(matches!(down, ForgeError::Unavailable { .. }), "{down}");
    }
    for body in [
        "",
        "{",
        "[]",
        "{\"approved_by\":[{}]}",
        "{\"message\":\"ok\"}",
    ] {
        let odd = ask(fault(200).body(body)).await;
        assert!(
            matches!(odd, ForgeError::Unreadable { .. }),
            "{body}: {odd}"
        );
    }
    let huge = ask(fault(200).body(" ".repeat(17 << 20))).await;
    assert!(huge.to_string().contains("16777216 bytes"), "{huge}");
    scene.forge.gives_role(APP, "warden", REPORTER);
    let refused = scene
        .tries_to_publish(&status(head, Fail))
        .await
        .expect_err("refused");
    let told = refused.to_string();
    assert!(
        told.contains("403 Forbidden") && told.contains("Developer"),
        "{told}"
    );
    scene.forge.gives_role(APP, "warden", 0);
    let hidden = evidence
        .approvals(&repository, number)
        .await
        .expect_err("hidden");
    assert!(
        hidden.to_string().contains("404 Project Not Found"),
        "{hidden}"
    );
}

#[tokio::test]
async fn a_token_that_was_revoked_is_refused_in_gitlabs_words() {
    let scene = Scene::new().await;
    let revoked = scene.with(|it| it.token = SecretString::from("glpat-of-nobody-0123456789"));
    let asked = revoked.evidence.approvals(&scene.repository(), 1).await;
    let told = asked.expect_err("refused").to_string();
    assert!(told.contains("Token was revoked"), "{told}");
    assert!(!told.contains("glpat-"), "{told}");
}

#[tokio::test]
async fn a_list_without_end_is_an_error_and_not_a_shorter_list() {
    let scene = Scene::new().await;
    let (number, _) = scene.proposed().await;
    scene.forge.approve(APP, number, "bob").await;
    let base = format!(
        "{}/api/v4/projects/9000/merge_requests/1/versions",
        scene.forge.url()
    );
    for _ in 0..101 {
        let page = Fault::new("GET", "/versions", 200).body("[]");
        scene
            .forge
            .fails(page.header("link", format!("<{base}?page=2>; rel=\"next\"")));
    }
    let evidence = &scene.instance.evidence;
    let read = evidence.approvals(&scene.repository(), number).await;
    let error = read.expect_err("no end").to_string();
    assert!(error.contains("more than 100 pages"), "{error}");
}

#[tokio::test]
async fn neither_a_redirect_nor_a_page_carries_the_token_elsewhere() {
    let scene = Scene::new().await;
    let (number, _) = scene.proposed().await;
    scene.forge.approve(APP, number, "bob").await;
    let elsewhere = GitLab::start(scene.folder.path()).await;
    let target = format!("{}/api/v4/stolen", elsewhere.url());
    let moved = Fault::new("GET", "/approvals", 302).header("location", &target);
    let next = format!("<{target}>; rel=\"next\"");
    let page = Fault::new("GET", "/versions", 200)
        .body("[]")
        .header("link", next);
    for fault in [moved, page] {
        scene.forge.fails(fault);
        let evidence = &scene.instance.evidence;
        let asked = evidence.approvals(&scene.repository(), number).await;
        assert!(
            matches!(asked, Err(ForgeError::Unreadable { .. })),
            "{asked:?}"
        );
    }
    assert!(elsewhere.requests().is_empty(), "nobody was asked there");
}

#[tokio::test]
async fn a_bad_setting_is_named_and_no_secret_is_shown() {
    let scene = Scene::new().await;
    type Spoil = fn(&mut forgewarden::config::GitLabInstance);
    let spoiled: [(&str, Spoil); 7] = [
        ("webhook_secrets", |it| it.signing_tokens.clear()),
        ("webhook_secrets", |it| it.webhook_secrets.push("".into())),
        ("signing_tokens", |it| it.signing_tokens.push("".into())),
        ("signing_tokens", |it| {
            it.signing_tokens.push("whsec_hunter2".into())
        }),
        ("signing_tokens", |it| {
            it.signing_tokens.push("hunter2".into())
        }),
        ("url", |it| it.url = "http://gitlab.example.com".into()),
        ("token", |it| it.token = "hunter2\n".into()),
    ];
    for (setting, spoil) in spoiled {
        let mut config = config(&scene.forge);
        spoil(&mut config);
        let clock = std::sync::Arc::new(forgewarden::clock::SystemClock);
        let error = instance(&config, clock).err().expect("refused").to_string();
        assert!(
            error.starts_with(setting) && !error.contains("hunter2"),
            "{error}"
        );
    }
}

//! A new App: from its description to an instance that works.

use forgewarden::forge::github::manifest::{convert, manifest};
use forgewarden::forge::{ForgeError, Level};
use secrecy::ExposeSecret as _;

use super::administration::{URL, examined};
use super::forge::github::{Fault, Ruleset};
use super::scene::{APP, CONTEXT, Scene, config};

const PUBLIC_URL: &str = "https://forgewarden.example.com/";

#[tokio::test]
async fn the_app_of_the_manifest_is_all_that_the_doctor_asks_for() {
    let scene = Scene::new().await;
    let described = manifest(PUBLIC_URL, "github", "forgewarden-acme");
    let code = scene.forge.confirms_manifest(&described);
    let app = convert(&scene.forge.api_url(), &code).await.expect("made");
    let mut config = config(&scene.forge);
    config.app_id = app.id;
    config.private_key_pem = app.pem;
    config.webhook_secrets = vec![app.webhook_secret.clone()];
    assert_eq!(
        app.webhook_secret.expose_secret(),
        scene.forge.webhook_secret()
    );
    assert_eq!(
        (app.slug.as_str(), app.html_url.as_str()),
        (
            "forgewarden-acme",
            "https://github.com/apps/forgewarden-acme"
        )
    );
    scene
        .forge
        .adds_ruleset(APP, Ruleset::guarding("main", CONTEXT));
    let clock = std::sync::Arc::new(forgewarden::clock::SystemClock);
    let instance = forgewarden::forge::github::instance(&config, clock).expect("lawful");
    let lines = examined(&scene, &instance).await;
    for id in [
        "account",
        "installation",
        "permissions",
        "webhook",
        "status-pinned",
    ] {
        let found = lines.iter().find(|line| line.id == id);
        assert_eq!(
            found.map(|it| it.level),
            Some(Level::Ok),
            "{id}: {lines:#?}"
        );
    }
    assert!(
        lines.iter().all(|it| it.level != Level::Problem),
        "{lines:#?}"
    );
    assert!(URL.starts_with(PUBLIC_URL));
}

#[tokio::test]
async fn a_code_is_good_once_and_stands_in_no_error() {
    let scene = Scene::new().await;
    let described = manifest(PUBLIC_URL, "github", "forgewarden-acme");
    let code = scene.forge.confirms_manifest(&described);
    let api_url = scene.forge.api_url();
    scene.forge.fails(Fault::new("POST", "/conversions", 502));
    let late = convert(&api_url, &code).await.expect_err("down");
    assert!(matches!(late, ForgeError::Unavailable { .. }), "{late}");
    let shown = format!("{:?}", convert(&api_url, &code).await.expect("made"));
    assert!(!shown.contains("PRIVATE KEY"), "{shown}");
    let again = convert(&api_url, &code).await.expect_err("used");
    assert!(matches!(again, ForgeError::Refused { .. }), "{again}");
    for error in [late, again] {
        assert!(!error.to_string().contains(&code), "{error}");
    }
    let asked = scene.asked().len();
    for odd in ["", "a/../b", "a?b", "a b", &"a".repeat(101)] {
        let refused = convert(&api_url, odd).await.expect_err("odd");
        assert!(matches!(refused, ForgeError::Refused { .. }), "{refused}");
    }
    assert_eq!(scene.asked().len(), asked);
}

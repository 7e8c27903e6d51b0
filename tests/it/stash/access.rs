//! Who the adapter is on the forge, and what it may see.

use std::sync::Arc;

use forgewarden::clock::SystemClock;
use forgewarden::forge::ForgeError;
use forgewarden::forge::stash::instance;
use secrecy::SecretString;

use super::forge::stash::{Fault, WARDEN};
use super::scene::{APP, Scene, config};

#[tokio::test]
async fn a_wrong_token_and_a_closed_repository_are_refused() {
    let scene = Scene::new().await;
    let mut wrong = config(&scene.forge);
    wrong.token = SecretString::from("hunter2");
    let other = instance(&wrong, Arc::new(SystemClock)).expect("lawful");
    let error = other.inventory.repositories().await.expect_err("refused");
    assert!(matches!(error, ForgeError::Refused { .. }), "{error}");
    assert!(!error.to_string().contains("hunter2"));
    scene.forge.grants(APP, WARDEN, "NONE");
    let asked = scene
        .instance
        .inventory
        .repository(&scene.repository().name)
        .await;
    assert!(matches!(asked, Err(ForgeError::Refused { .. })));
}

#[tokio::test]
async fn a_limit_is_waited_for() {
    let scene = Scene::new().await;
    let limited = Fault::new("GET", "/repos", 429).header("retry-after", 7);
    scene.forge.fails(limited);
    let asked = scene.instance.inventory.repositories().await;
    assert!(
        matches!(asked, Err(ForgeError::RateLimited { .. })),
        "{asked:?}"
    );
}

#[tokio::test]
async fn repositories_and_their_restricted_branches_are_listed_page_by_page() {
    let scene = Scene::new().await;
    scene.forge.gives_pages_of(1);
    scene.forge.create_repository("acme/other");
    scene.forge.create_repository("acme/readable");
    scene.forge.grants("acme/readable", WARDEN, "REPO_READ");
    let inventory = &scene.instance.inventory;
    let all = inventory.repositories().await.expect("listed");
    let names: Vec<_> = all.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, [APP, "ACME/other"]);
    let asked = scene.asked();
    let pages = asked.iter().filter(|it| it.contains("/repos?"));
    assert_eq!(pages.count(), 2, "{asked:?}");
    scene.pushes(&["main:release", "main:topic"]).await;
    scene.forge.restricts(APP, "release");
    let branches = inventory
        .branches(&scene.repository())
        .await
        .expect("listed");
    let shown: Vec<_> = branches
        .iter()
        .map(|it| (it.name.short().to_string(), it.protected))
        .collect();
    assert_eq!(shown, [("main".into(), false), ("release".into(), true)]);
}

//! git fetches what the adapter says, with what the adapter gives.

use forgewarden::forge::Remote;
use secrecy::ExposeSecret as _;

use super::forge::gitlab::git::{git, try_git};
use super::scene::Scene;

fn fetch(scene: &Scene, remote: &Remote, what: &str) -> Result<String, String> {
    let mirror = scene.folder.path().join("mirror.git");
    if !mirror.exists() {
        std::fs::create_dir(&mirror).expect("make a folder");
        git(&mirror, &["init", "-q", "--bare"]);
    }
    let secret = remote
        .authorization
        .as_ref()
        .map_or("", |it| it.expose_secret());
    let header = format!("http.extraHeader=Authorization: {secret}");
    let fetch = ["-c", &header, "fetch", "-q", "--depth=1", &remote.url, what];
    try_git(&mirror, &fetch)?;
    try_git(&mirror, &["cat-file", "-t", what])
}

#[tokio::test]
async fn the_head_of_a_fork_is_fetched_by_id_from_the_target_project() {
    let scene = Scene::new().await;
    let (_, head) = scene.proposed_from_fork().await;
    let remote = scene.instance.objects.remote(&scene.repository()).await;
    let mut remote = remote.expect("a remote");
    assert_eq!(remote.url, format!("{}/acme/app.git", scene.forge.url()));
    let fetched = tokio::task::spawn_blocking(move || {
        let fetched = fetch(&scene, &remote, &head.to_string());
        remote.authorization = Some("Basic b2F1dGgyOng=".into());
        (fetched, fetch(&scene, &remote, "main"))
    });
    let (fetched, refused) = fetched.await.expect("ran");
    assert_eq!(fetched.as_deref(), Ok("commit"));
    assert!(refused.is_err());
}

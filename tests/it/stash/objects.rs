//! git over HTTP with the adapter's credential.

use secrecy::ExposeSecret as _;

use super::forge::stash::git::try_git;
use super::scene::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn git_fetches_with_the_token_as_a_bearer_and_not_without() {
    let scene = Scene::new().await;
    scene.forge.refuses_basic_authentication();
    let remote = scene.instance.objects.remote(&scene.repository()).await;
    let remote = remote.expect("a remote");
    let authorization = remote.authorization.expect("a credential");
    let header = format!(
        "http.extraHeader=Authorization: {}",
        authorization.expose_secret()
    );
    let folder = scene.folder.path();
    let listed = try_git(folder, &["-c", &header, "ls-remote", &remote.url]).expect("listed");
    assert!(listed.contains("refs/heads/main"));
    assert!(try_git(folder, &["ls-remote", &remote.url]).is_err());
    let with = remote.url.replace(
        "http://",
        &format!("http://warden:{}@", scene.forge.token()),
    );
    assert!(try_git(folder, &["ls-remote", &with]).is_err());
}

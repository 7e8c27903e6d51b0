//! What the adapter finds out about pull requests, approvals and groups.

use super::forge::stash::{Proposal, WARDEN};
use super::scene::{APP, Scene, id};
use forgewarden::model::principal::Actor;
use forgewarden::model::repo::ForgeKind;

#[tokio::test]
async fn the_base_of_a_pull_request_is_the_branchs_tip_now() {
    let scene = Scene::new().await;
    let head = scene.commits("topic/ä", "change");
    scene.pushes(&["topic/ä"]).await;
    let number = scene
        .forge
        .open_pull_request(APP, Proposal::of("topic/ä"))
        .await;
    let tip = scene.commits("main", "stricter policy");
    scene.pushes(&["main", "main:main2"]).await;
    let evidence = &scene.instance.evidence;
    let found = evidence.pull_request(&scene.repository(), number).await;
    let found = found.expect("found");
    assert_eq!((found.head, found.base), (head, tip));
    scene.forge.close(APP, number).await;
    let closed = evidence.pull_request(&scene.repository(), number).await;
    assert!(!closed.expect("found").open);
}

#[tokio::test]
async fn one_head_in_two_pull_requests_is_found_twice_and_a_fork_once() {
    let scene = Scene::new().await;
    let forge = &scene.forge;
    forge.gives_pages_of(1);
    let head = scene.commits("topic", "change");
    scene.pushes(&["topic", "main:release"]).await;
    let first = forge.open_pull_request(APP, Proposal::of("topic")).await;
    let into_release = Proposal::of("topic").into("release");
    let second = forge.open_pull_request(APP, into_release).await;
    let third = forge.open_pull_request(APP, Proposal::of("topic")).await;
    forge.close(APP, third).await;
    forge.fork(APP, "mallory");
    let foreign = scene.commits("topic", "from outside");
    forge
        .push("mallory/app", "mallory", &scene.copy, &["topic"])
        .await;
    let proposal = Proposal::of("topic").in_fork("mallory/app").by("mallory");
    let fourth = forge.open_pull_request(APP, proposal).await;
    let evidence = &scene.instance.evidence;
    let unknown = id(&"9".repeat(40));
    for (head, expected) in [
        (head, vec![first, second]),
        (foreign, vec![fourth]),
        (unknown, vec![]),
    ] {
        let found = evidence.pull_requests_of(&scene.repository(), head).await;
        let mut numbers: Vec<_> = found.expect("found").iter().map(|it| it.number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, expected);
    }
}

#[tokio::test]
async fn approvals_stand_for_the_head_they_were_given_for() {
    let scene = Scene::new().await;
    let forge = &scene.forge;
    let old = scene.commits("topic", "change");
    scene.pushes(&["topic"]).await;
    let number = forge.open_pull_request(APP, Proposal::of("topic")).await;
    forge.approve(APP, number, "bob").await;
    let new = scene.commits("topic", "more");
    scene.pushes(&["topic"]).await;
    for by in ["carol", "helper-bot", "dave", WARDEN] {
        forge.approve(APP, number, by).await;
    }
    forge.dismiss(APP, number, "dave").await;
    let evidence = &scene.instance.evidence;
    let approvals = evidence
        .approvals(&scene.repository(), number)
        .await
        .expect("read");
    let shown: Vec<_> = approvals
        .iter()
        .map(|it| (it.actor.login.as_str(), it.head))
        .collect();
    assert_eq!(shown, [("bob", old), ("carol", new), ("helper-bot", new)]);
    assert_eq!(approvals.iter().filter(|it| it.actor.robot).count(), 1);
}

#[tokio::test]
async fn members_of_a_group_are_known_and_an_unknown_group_is_an_error() {
    let scene = Scene::new().await;
    scene.forge.has_group("security", &["alice-b", "alice"]);
    scene.forge.has_group("security-b", &["mallory"]);
    let actor = |login: &str| Actor {
        forge: ForgeKind::Stash,
        login: login.into(),
        id: None,
        robot: false,
    };
    let asked = async |group: &str, login: &str| {
        let evidence = &scene.instance.evidence;
        evidence
            .is_member(&scene.repository(), group, &actor(login))
            .await
    };
    assert_eq!(asked("security", "alice").await, Ok(true));
    assert_eq!(asked("security", "mallory").await, Ok(false));
    assert!(asked("secur", "mallory").await.is_err());
}

//! What the adapter finds out about pull requests and their approvals.

use super::forge::github::{Proposal, ReviewState};
use super::scene::{APP, Scene, id};

#[tokio::test]
async fn the_base_of_a_pull_request_is_the_branchs_tip_now() {
    let scene = Scene::new().await;
    let start = scene.commits("main", "start again");
    let head = scene.commits("topic/ä", "change");
    scene.pushes(&["main", "topic/ä"]).await;
    let number = scene
        .forge
        .open_pull_request(APP, Proposal::of("topic/ä"))
        .await;
    let tip = scene.commits("main", "stricter policy");
    scene.pushes(&["main"]).await;
    let evidence = &scene.instance.evidence;
    let found = evidence.pull_request(&scene.repository(), number).await;
    let found = found.expect("found");
    assert_eq!((found.head, found.base), (head, tip));
    assert!(found.open && found.number == number && tip != start);

    scene.forge.close(APP, number).await;
    let closed = evidence.pull_request(&scene.repository(), number).await;
    assert!(!closed.expect("found").open);
}

#[tokio::test]
async fn one_head_in_two_pull_requests_is_found_twice_and_a_fork_once() {
    let scene = Scene::new().await;
    let forge = &scene.forge;
    let head = scene.commits("topic", "change");
    scene.pushes(&["topic", "main:release"]).await;
    let first = forge.open_pull_request(APP, Proposal::of("topic")).await;
    let second = forge
        .open_pull_request(APP, Proposal::of("topic").into("release"))
        .await;
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
    for (head, expected) in [(head, vec![first, second]), (foreign, vec![fourth])] {
        let found = evidence.pull_requests_of(&scene.repository(), head).await;
        let mut numbers: Vec<_> = found.expect("found").iter().map(|it| it.number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, expected);
    }
    let unknown = evidence
        .pull_requests_of(&scene.repository(), id(&"9".repeat(40)))
        .await;
    assert_eq!(unknown.expect("asked"), []);
}

#[tokio::test]
async fn approvals_stand_for_the_head_they_were_given_for() {
    let scene = Scene::new().await;
    let forge = &scene.forge;
    let old = scene.commits("topic", "change");
    scene.pushes(&["topic"]).await;
    let number = forge.open_pull_request(APP, Proposal::of("topic")).await;
    forge.approve(APP, number, "bob").await;
    forge.approve(APP, number, "carol").await;
    let new = scene.commits("topic", "more");
    scene.pushes(&["topic"]).await;
    forge.approve(APP, number, "carol").await;
    forge.approve(APP, number, "helper[bot]").await;
    // More than one page of words that change nothing.
    for _ in 0..120 {
        forge
            .review(APP, number, "bob", ReviewState::Comments)
            .await;
    }
    forge.approve(APP, number, "dave").await;
    forge.dismiss(APP, number, "dave").await;

    let approvals = scene
        .instance
        .evidence
        .approvals(&scene.repository(), number)
        .await;
    let approvals = approvals.expect("read");
    let shown: Vec<_> = approvals
        .iter()
        .map(|it| (it.actor.login.as_str(), it.head))
        .collect();
    assert_eq!(shown, [("bob", old), ("carol", new), ("helper[bot]", new)]);
    assert_eq!(approvals.iter().filter(|it| it.actor.robot).count(), 1);
    let pages = scene
        .asked()
        .iter()
        .filter(|it| it.contains("/reviews"))
        .count();
    assert_eq!(pages, 2, "{:?}", scene.asked());
}

#[tokio::test]
async fn a_team_s_members_are_those_of_now_who_accepted() {
    let scene = Scene::new().await;
    let forge = &scene.forge;
    forge.has_team("acme/security", &["bob", "carol"]);
    forge.invites("acme/security", "dave");
    let is_member = async |group: &str, login: &str| {
        let actor = crate::support::facts::account(login);
        let evidence = &scene.instance.evidence;
        evidence
            .is_member(&scene.repository(), group, &actor)
            .await
            .map_err(|error| error.to_string())
    };
    assert_eq!(is_member("acme/security", "bob").await, Ok(true));
    assert_eq!(is_member("acme/security", "dave").await, Ok(false));
    assert_eq!(is_member("acme/security", "mallory").await, Ok(false));
    forge.leaves("acme/security", "bob");
    assert_eq!(is_member("acme/security", "bob").await, Ok(false));
    // What is not known is never a "no".
    for group in ["acme/gone", "security", "acme/security/../../x"] {
        let why = is_member(group, "carol").await.expect_err(group);
        assert!(why.contains("team"), "{why}");
    }
    let minted = forge.requests().into_iter();
    let minted = minted.filter(|it| it.path.ends_with("/access_tokens"));
    let bodies: Vec<_> = minted.map(|it| it.body).collect();
    let narrow = serde_json::json!({ "repository_ids": [scene.repository().id],
        "permissions": { "members": "read" } });
    assert_eq!(bodies, [narrow], "one token that can do nothing else");
}

//! What the adapter finds out about merge requests, approvals and groups.

use forgewarden::model::principal::Actor;
use forgewarden::model::repo::ForgeKind;

use super::forge::gitlab::{Fault, Proposal};
use super::scene::{APP, Scene, id};

#[tokio::test]
async fn the_base_of_a_merge_request_is_the_branchs_tip_now() {
    let scene = Scene::new().await;
    let start = scene.commits("main", "start again");
    let head = scene.commits("topic/ä", "change");
    scene.pushes(&["main", "topic/ä"]).await;
    let proposal = Proposal::of("topic/ä");
    let number = scene.forge.open_pull_request(APP, proposal).await;
    let tip = scene.commits("main", "stricter policy");
    scene.pushes(&["main"]).await;
    let evidence = &scene.instance.evidence;
    let found = evidence.pull_request(&scene.repository(), number).await;
    let found = found.expect("found");
    assert_eq!((found.head, found.base), (head, tip));
    assert!(found.open && found.number == number && tip != start);
    assert_eq!(found.actor.map(|it| it.login).as_deref(), Some("alice"));

    scene.forge.close(APP, number).await;
    let closed = evidence.pull_request(&scene.repository(), number).await;
    assert!(!closed.expect("found").open);
}

#[tokio::test]
async fn one_head_in_two_merge_requests_is_found_twice_and_a_fork_once() {
    let scene = Scene::new().await;
    let forge = &scene.forge;
    let head = scene.commits("topic", "change");
    scene.pushes(&["topic", "main:release"]).await;
    let first = forge.open_pull_request(APP, Proposal::of("topic")).await;
    let proposal = Proposal::of("topic").into("release");
    let second = forge.open_pull_request(APP, proposal).await;
    let third = forge.open_pull_request(APP, Proposal::of("topic")).await;
    forge.close(APP, third).await;

    forge.fork(APP, "mallory");
    let foreign = scene.commits("topic", "from outside");
    let topic = ["topic"];
    forge
        .push("mallory/app", "mallory", &scene.copy, &topic)
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
    // GitLab does not always know a fork's commits as the merge request's.
    let silent = Fault::new("GET", "/merge_requests?per_page", 200).body("[]");
    forge.fails(silent);
    let found = evidence
        .pull_requests_of(&scene.repository(), foreign)
        .await;
    assert_eq!(found.expect("found")[0].number, fourth);
    let unknown = id(&"9".repeat(40));
    let unknown = evidence
        .pull_requests_of(&scene.repository(), unknown)
        .await;
    assert_eq!(unknown.expect("asked"), []);
}

async fn approvals_of_two_heads(scene: &Scene) -> Vec<(String, String)> {
    let forge = &scene.forge;
    scene.commits("topic", "change");
    scene.pushes(&["topic"]).await;
    let number = forge.open_pull_request(APP, Proposal::of("topic")).await;
    forge.approve(APP, number, "bob").await;
    forge.approve(APP, number, "carol").await;
    scene.commits("topic", "more");
    scene.pushes(&["topic"]).await;
    forge.dismiss(APP, number, "carol").await;
    forge.approve(APP, number, "carol").await;
    forge.approve(APP, number, "project_9000_bot_x").await;
    forge.approve(APP, number, "dave").await;
    forge.dismiss(APP, number, "dave").await;
    let evidence = &scene.instance.evidence;
    let found = evidence.approvals(&scene.repository(), number).await;
    let found = found.expect("read");
    assert_eq!(found.iter().filter(|it| it.actor.robot).count(), 1);
    let shown = found
        .into_iter()
        .map(|it| (it.actor.login, it.head.to_string()));
    shown.collect()
}

#[tokio::test]
async fn approvals_stand_for_the_head_they_were_given_for() {
    for old in [false, true] {
        let scene = Scene::new().await;
        if old {
            scene.forge.is_old();
        }
        let shown = approvals_of_two_heads(&scene).await;
        let commit = |rev: &str| super::forge::gitlab::git::git(&scene.copy, &["rev-parse", rev]);
        let (first, second) = (commit("topic~1"), commit("topic"));
        let expected = [
            ("bob", first),
            ("carol", second.clone()),
            ("project_9000_bot_x", second),
        ];
        let expected = expected.map(|(who, head)| (who.to_owned(), head));
        assert_eq!(shown, expected, "old: {old}");
    }
}

fn account(scene: &Scene, login: &str) -> Actor {
    Actor {
        forge: ForgeKind::GitLab,
        login: login.into(),
        id: Some(scene.forge.account_id(login)),
        robot: false,
    }
}

#[tokio::test]
async fn a_groups_members_are_those_of_now_who_are_active() {
    let scene = Scene::new().await;
    let forge = &scene.forge;
    let group = "acme/platform/security";
    forge.has_group(group, &["bob", "carol"]);
    forge.joins(group, "blocked", "blocked", None);
    forge.joins(group, "invited", "awaiting", None);
    forge.joins(group, "expired", "active", Some("2020-01-01"));
    forge.joins(group, "lasting", "active", Some("2999-01-01"));
    let is_member = async |group: &str, login: &str| {
        let evidence = &scene.instance.evidence;
        let actor = account(&scene, login);
        let found = evidence.is_member(&scene.repository(), group, &actor).await;
        found.map_err(|error| error.to_string())
    };
    for (login, expected) in [
        ("bob", true),
        ("lasting", true),
        ("blocked", false),
        ("invited", false),
        ("expired", false),
        ("mallory", false),
    ] {
        assert_eq!(is_member(group, login).await, Ok(expected), "{login}");
    }
    forge.leaves(group, "bob");
    assert_eq!(is_member(group, "bob").await, Ok(false));
    // Another account with the same name later is not the member.
    forge.hides(group);
    // What is not known is never a "no".
    for group in [group, "acme/gone", "60", "acme/../../user"] {
        let why = is_member(group, "carol").await.expect_err(group);
        assert!(why.contains("group"), "{why}");
    }
}

#[tokio::test]
async fn the_configured_pipeline_file_is_known_if_it_is_one_of_the_project() {
    let scene = Scene::new().await;
    let configured = async |path: &str| {
        scene.forge.sets(APP, "ci_config_path", path);
        let repository = scene.repository();
        let asked = scene.instance.evidence.configured(&repository);
        let files = asked.await.expect("an answer");
        files.into_iter().map(|file| file.path).collect::<Vec<_>>()
    };
    assert_eq!(
        configured("build/pipeline.yml").await,
        ["build/pipeline.yml"]
    );
    assert!(configured("").await.is_empty());
    assert!(configured("pipeline.yml@acme/pipelines").await.is_empty());
    assert!(
        configured("https://ci.example/pipeline.yml")
            .await
            .is_empty()
    );
}

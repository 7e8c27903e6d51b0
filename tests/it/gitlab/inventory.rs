//! What there is to guard, and what did not arrive.

use forgewarden::forge::{ForgeError, Meaning};
use forgewarden::model::repo::RepositoryName;
use jiff::{SignedDuration, Timestamp};

use super::forge::gitlab::{Fault, REPORTER};
use super::scene::{APP, CONTEXT, Scene};

#[tokio::test]
async fn every_project_that_we_may_report_on_is_listed() {
    let scene = Scene::new().await;
    for number in 0..120 {
        scene.forge.create_repository(&format!("acme/more{number}"));
    }
    scene.forge.gives_role("acme/more7", "warden", REPORTER);
    scene.forge.gives_role("acme/more8", "warden", 0);
    let inventory = &scene.instance.inventory;
    let all = inventory.repositories().await.expect("listed");
    assert_eq!(all.len(), 119);
    assert!(all.contains(&scene.repository()));
    let named = inventory.repository(&RepositoryName::new(APP)).await;
    assert_eq!(named.expect("found"), scene.repository());
    for name in ["acme/none", "acme/more8", "9000", "../x", "acme/a?b"] {
        let found = inventory.repository(&RepositoryName::new(name)).await;
        assert!(
            matches!(found, Err(ForgeError::Refused { .. })),
            "{name}: {found:?}"
        );
    }
    scene.forge.fails(Fault::new("GET", "id_after", 502));
    let all = inventory.repositories().await;
    assert!(
        matches!(all, Err(ForgeError::Unavailable { .. })),
        "no shorter list: {all:?}"
    );
}

#[tokio::test]
async fn open_merge_requests_stand_on_the_tip_that_their_target_has_now() {
    let scene = Scene::new().await;
    let (number, head) = scene.proposed().await;
    let (_, _) = scene.proposed_from_fork().await;
    let closed = scene
        .forge
        .open_pull_request(APP, super::forge::gitlab::Proposal::of("topic"))
        .await;
    scene.forge.close(APP, closed).await;
    let tip = scene.commits("main", "more");
    scene.pushes(&["main"]).await;
    let inventory = &scene.instance.inventory;
    let open = inventory.open_pull_requests(&scene.repository()).await;
    let open = open.expect("listed");
    assert_eq!(open.len(), 2);
    let found = open
        .iter()
        .find(|it| it.number == number)
        .expect("the first");
    assert_eq!((found.head, found.base), (head, tip));
}

#[tokio::test]
async fn protected_branches_and_the_default_branch_are_listed_once_each() {
    let scene = Scene::new().await;
    let main = scene.commits("main", "more");
    let stable = scene.commits("stable", "old");
    scene.pushes(&["main", "stable"]).await;
    let inventory = &scene.instance.inventory;
    let listed = async || {
        let branches = inventory.branches(&scene.repository()).await;
        let branches = branches.expect("listed").into_iter();
        let shown = branches.map(|it| (it.name.short_text(), it.tip, it.protected));
        shown.collect::<Vec<_>>()
    };
    assert_eq!(listed().await, [("main".into(), main, false)]);
    scene.forge.require_check(APP, "stable", CONTEXT);
    scene.forge.require_check(APP, "main", CONTEXT);
    let both = [("main".into(), main, true), ("stable".into(), stable, true)];
    assert_eq!(listed().await, both);
}

#[tokio::test]
async fn a_failed_delivery_of_a_projects_hook_means_what_it_would_have_meant() {
    let scene = Scene::new().await;
    scene.forge.delivers_by_project_hooks();
    // Nobody listens there: the delivery fails.
    scene
        .forge
        .delivers_to("http://127.0.0.1:1/webhooks/gitlab");
    scene.commits("topic", "change");
    let sent = scene.pushes(&["topic"]).await.remove(0);
    let inventory = &scene.instance.inventory;
    let since = Timestamp::now() - SignedDuration::from_hours(1);
    let missed = inventory.missed(since).await.expect("listed");
    let found = missed.iter().find(|it| it.id() == sent.guid);
    let found = found.expect("the failed one");
    assert_eq!((found.instance(), found.event()), ("gitlab", "Push Hook"));
    let meaning = scene.instance.intake.meaning(found).expect("readable");
    assert_eq!(meaning, scene.meaning(&sent));
    assert!(matches!(meaning, Meaning::Events(list) if list.len() == 1));
    let later = Timestamp::now() + SignedDuration::from_hours(1);
    assert!(inventory.missed(later).await.expect("listed").is_empty());
    // As the robot alone, no hook is seen: that is no error.
    let alone = scene.with(|it| it.admin_token = None);
    assert!(
        alone
            .inventory
            .missed(since)
            .await
            .expect("asked")
            .is_empty()
    );
}

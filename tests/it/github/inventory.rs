//! What there is to guard, what did not arrive, and what still stands.

use forgewarden::forge::{ForgeError, Meaning, Standing};
use forgewarden::model::repo::RepositoryName;
use forgewarden::model::verdict::Conclusion::{Fail, Pass};
use jiff::{SignedDuration, Timestamp};

use super::forge::github::{Fault, Proposal};
use super::scene::{APP, CONTEXT, Scene, status};

#[tokio::test]
async fn every_repository_of_every_installation_is_listed() {
    let scene = Scene::new().await;
    for number in 0..120 {
        scene.forge.create_repository(&format!("acme/more{number}"));
    }
    let inventory = &scene.instance.inventory;
    let all = inventory.repositories().await.expect("listed");
    assert_eq!(all.len(), 121);
    let app = all.iter().find(|it| it.name.as_str() == APP);
    let app = app.expect("the first one");
    assert_eq!(app.id, scene.forge.repository_id(APP));
    assert_eq!(app.grant, Some(815));
    let named = inventory.repository(&RepositoryName::new(APP)).await;
    assert_eq!(&named.expect("found"), app);
    let other = inventory
        .repository(&RepositoryName::new("acme/none"))
        .await;
    assert!(
        matches!(other, Err(ForgeError::Refused { .. })),
        "{other:?}"
    );
    let odd = inventory.repository(&RepositoryName::new("../x")).await;
    assert!(matches!(odd, Err(ForgeError::Refused { .. })), "{odd:?}");
}

#[tokio::test]
async fn a_list_that_breaks_off_is_an_error_and_no_shorter_list() {
    let scene = Scene::new().await;
    for number in 0..120 {
        scene.forge.create_repository(&format!("acme/more{number}"));
    }
    scene.forge.fails(Fault::new("GET", "page=2", 502));
    let all = scene.instance.inventory.repositories().await;
    assert!(
        matches!(all, Err(ForgeError::Unavailable { .. })),
        "{all:?}"
    );
}

#[tokio::test]
async fn open_pull_requests_stand_on_the_tip_that_their_target_has_now() {
    let scene = Scene::new().await;
    let head = scene.commits("topic", "change");
    scene.pushes(&["topic"]).await;
    let proposal = Proposal::of("topic");
    let number = scene.forge.open_pull_request(APP, proposal).await;
    let tip = scene.commits("main", "more");
    scene.pushes(&["main"]).await;
    let inventory = &scene.instance.inventory;
    let open = inventory.open_pull_requests(&scene.repository()).await;
    let open = open.expect("listed");
    assert_eq!(open.len(), 1);
    assert_eq!(
        (open[0].number, open[0].head, open[0].base),
        (number, head, tip)
    );
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
        branches
            .map(|it| (it.name.short_text().to_string(), it.tip, it.protected))
            .collect::<Vec<_>>()
    };
    assert_eq!(listed().await, [("main".into(), main, false)]);
    scene.forge.require_check(APP, "stable", CONTEXT);
    scene.forge.require_check(APP, "main", CONTEXT);
    let both = [("main".into(), main, true), ("stable".into(), stable, true)];
    assert_eq!(listed().await, both);
}

#[tokio::test]
async fn a_failed_delivery_means_what_it_would_have_meant() {
    let scene = Scene::new().await;
    // Nobody listens there: the delivery fails.
    scene.forge.delivers_to("http://127.0.0.1:1/");
    scene.commits("topic", "change");
    let sent = scene.pushes(&["topic"]).await.remove(0);
    let inventory = &scene.instance.inventory;
    let since = Timestamp::now() - SignedDuration::from_hours(1);
    let missed = inventory.missed(since).await.expect("listed");
    let found = missed.iter().find(|it| it.id() == sent.guid);
    let found = found.expect("the failed one");
    assert_eq!((found.instance(), found.event()), ("github", "push"));
    let meaning = scene.instance.intake.meaning(found).expect("readable");
    assert_eq!(meaning, scene.meaning(&sent));
    assert!(matches!(meaning, Meaning::Events(list) if list.len() == 1));
    let later = Timestamp::now() + SignedDuration::from_hours(1);
    assert!(inventory.missed(later).await.expect("listed").is_empty());
}

#[tokio::test]
async fn a_status_stands_as_long_as_it_is_the_one_that_counts() {
    let scene = Scene::new().await;
    let head = scene.commits("topic", "change");
    scene.pushes(&["topic"]).await;
    let fail = status(head, Fail, 0);
    let publisher = &scene.instance.publisher;
    let repository = scene.repository();
    let hex = head.to_string();
    let gone = publisher.standing(&repository, &fail, "1").await;
    assert!(matches!(gone, Ok(Standing::Changed(_))), "{gone:?}");
    scene.forge.another_app_posts(APP, &hex, CONTEXT, "success");
    let run = scene.publishes(&fail, None).await;
    let standing = async || publisher.standing(&repository, &fail, &run).await;
    assert_eq!(standing().await, Ok(Standing::Stands), "ours is newer");
    scene.forge.another_app_posts(APP, &hex, "other", "success");
    scene.forge.another_app_posts(APP, &hex, CONTEXT, "failure");
    assert_eq!(
        standing().await,
        Ok(Standing::Stands),
        "nothing is let through"
    );
    scene.forge.another_app_posts(APP, &hex, CONTEXT, "neutral");
    let overruled = standing().await;
    assert!(
        matches!(overruled, Ok(Standing::Overruled(_))),
        "{overruled:?}"
    );
    // Whoever has our key says something else in our name.
    let forged = scene.publishes(&status(head, Pass, 0), None).await;
    assert_ne!(forged, run);
    let changed = standing().await;
    assert!(matches!(changed, Ok(Standing::Changed(_))), "{changed:?}");
    let again = scene.publishes(&fail, None).await;
    let now = publisher.standing(&repository, &fail, &again).await;
    assert_eq!(now, Ok(Standing::Stands));
}

//! What deliveries of the stand-in mean.

use forgewarden::forge::{Meaning, Refused};
use forgewarden::model::event::Event;
use secrecy::SecretString;

use super::forge::stash::Proposal;
use super::forge::stash::git::git;
use super::scene::{APP, Scene, delivery};

#[tokio::test]
async fn all_refs_of_one_push_are_one_event() {
    let scene = Scene::new().await;
    scene.commits("main", "more");
    git(&scene.copy, &["tag", "v1"]);
    let sent = scene.pushes(&["main", "main:new", "v1"]).await;
    assert_eq!(sent.len(), 1);
    let Event::Push { updates, actor, .. } = scene.event(&sent[0]) else {
        panic!("no push");
    };
    assert_eq!(updates.len(), 3);
    assert_eq!(actor.expect("an actor").login, "alice");
    let sent = scene.pushes(&[":new"]).await;
    let Event::Push { updates, .. } = scene.event(&sent[0]) else {
        panic!("no push");
    };
    assert!(updates[0].new.is_none());
}

#[tokio::test]
async fn a_pull_request_is_judged_whenever_it_changes_in_either_form_of_dates() {
    let scene = Scene::new().await;
    for texts in [false, true] {
        if texts {
            scene.forge.writes_dates_as_texts();
        }
        let branch = format!("topic-{texts}");
        scene.commits(&branch, &branch);
        scene.pushes(&[branch.as_str(), "main:release"]).await;
        let number = scene
            .forge
            .open_pull_request(APP, Proposal::of(&branch))
            .await;
        let opened = scene.forge.sent().pop().expect("sent");
        scene.commits(&branch, &format!("{branch}-more"));
        let moved = scene.pushes(&[branch.as_str()]).await.remove(1);
        let retargeted = scene.forge.retarget(APP, number, "release").await;
        let approved = scene.forge.approve(APP, number, "bob").await;
        for sent in [&opened, &moved, &retargeted, &approved] {
            let event = scene.event(sent);
            assert!(
                matches!(event, Event::PullRequest { open: true, .. }),
                "{}",
                sent.event
            );
        }
        let closed = scene.forge.close(APP, number).await;
        assert!(matches!(
            scene.event(&closed),
            Event::PullRequest { open: false, .. }
        ));
    }
}

#[tokio::test]
async fn tests_mirrors_and_old_servers_are_known() {
    let scene = Scene::new().await;
    let test = scene.forge.tests_connection().await;
    let intake = &scene.instance.intake;
    assert_eq!(intake.authenticate(delivery(&test)), Err(Refused::Test));

    let from = git(&scene.copy, &["rev-parse", "HEAD"]);
    let old = scene
        .forge
        .delivers_post_receive(APP, "refs/heads/main", [&from, &from])
        .await;
    assert!(intake.authenticate(delivery(&old)).is_err());
    let mut known = delivery(&old);
    known.path_secret = Some(SecretString::from(scene.forge.webhook_secret()));
    let known = intake.authenticate(known).expect("authentic");
    let meaning = intake.meaning(&known).expect("readable");
    assert!(matches!(meaning, Meaning::Events(all) if matches!(&all[..], [Event::Poke { .. }])));

    scene.commits("main", "more");
    let path = scene.forge.path(APP);
    git(
        &scene.copy,
        &["push", "-q", &path.to_string_lossy(), "main"],
    );
    let mirrored = scene.forge.synchronizes_mirror(APP).await;
    assert!(matches!(scene.event(&mirrored[0]), Event::Push { .. }));
}

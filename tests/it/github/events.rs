//! What people do on GitHub becomes the right events.

use forgewarden::forge::Meaning;
use forgewarden::model::event::Event;
use forgewarden::model::refs::RefName;

use super::forge::github::{Proposal, ReviewState};
use super::scene::{APP, Scene, id};

fn branch(name: &str) -> RefName {
    RefName::branch(name).expect("a lawful name")
}

#[tokio::test]
async fn every_ref_of_a_push_is_an_event_of_its_own() {
    let scene = Scene::new().await;
    let first = scene.commits("topic", "one");
    let sent = scene.pushes(&["topic", "topic:refs/tags/v1"]).await;
    let names: Vec<_> = sent.iter().map(|it| scene.event(it)).collect();
    let mut updates = Vec::new();
    for event in names {
        let Event::Push {
            repository,
            updates: mut moved,
            actor,
            ..
        } = event
        else {
            panic!("not a push: {event:?}");
        };
        assert_eq!(repository, scene_repository(&scene));
        assert_eq!(actor.expect("an actor").login, "alice");
        updates.append(&mut moved);
    }
    assert_eq!(updates.len(), 2);
    assert!(
        updates
            .iter()
            .all(|it| it.old.is_none() && it.new == Some(first))
    );
    assert!(updates[1].name.is_tag());

    let second = scene.commits("topic", "two");
    let moved = scene.event(&scene.pushes(&["topic"]).await[0]);
    let gone = scene.event(&scene.pushes(&[":topic"]).await[0]);
    let ends = |event| match event {
        Event::Push { updates, .. } => (updates[0].old, updates[0].new),
        other => panic!("not a push: {other:?}"),
    };
    assert_eq!(ends(moved), (Some(first), Some(second)));
    assert_eq!(ends(gone), (Some(second), None));
}

fn scene_repository(scene: &Scene) -> forgewarden::model::event::EventRepository {
    let mut repository = scene.repository();
    repository.default_branch = Some(branch("main"));
    repository
}

#[tokio::test]
async fn a_pull_request_is_judged_when_its_head_its_target_or_an_approval_changes() {
    let scene = Scene::new().await;
    let forge = &scene.forge;
    scene.commits("release", "lax");
    let head = scene.commits("topic", "change");
    scene.pushes(&["release", "topic"]).await;
    let number = forge
        .open_pull_request(APP, Proposal::of("topic").into("release"))
        .await;
    let opened = forge.sent().last().expect("sent").clone();
    let retargeted = forge.retarget(APP, number, "main").await;
    let next = scene.commits("topic", "more");
    let synchronized = scene.pushes(&["topic"]).await[1].clone();
    // Who pushed is said, and is not whose pull request it is.
    let foreign = scene.commits("topic", "by another");
    let by_carol = forge.push(APP, "carol", &scene.copy, &["topic"]).await;
    let Meaning::Events(events) = scene.meaning(&by_carol[1]) else {
        panic!("not of interest");
    };
    assert!(
        matches!(&events[..], [Event::HeadPushed { head, actor, .. }, Event::PullRequest { .. }]
            if *head == foreign && actor.login == "carol"),
        "{events:?}"
    );
    let approved = forge.approve(APP, number, "bob").await;
    let dismissed = forge.dismiss(APP, number, "bob").await;
    let closed = forge.close(APP, number).await;
    let expected = [
        (opened, "release", head, true),
        (retargeted, "main", head, true),
        (synchronized, "main", next, true),
        (approved, "main", foreign, true),
        (dismissed, "main", foreign, true),
        (closed, "main", foreign, false),
    ];
    for (sent, to, at, is_open) in expected {
        let action = sent.payload()["action"].clone();
        let Event::PullRequest {
            number: n,
            target,
            head,
            open,
            actor,
            ..
        } = scene.event(&sent)
        else {
            panic!("{action}");
        };
        assert_eq!(
            (n, target, head, open),
            (number, branch(to), at, is_open),
            "{action}"
        );
        assert_eq!(actor.expect("an author").login, "alice");
    }
}

#[tokio::test]
async fn an_edit_of_the_title_is_not_of_interest() {
    let scene = Scene::new().await;
    scene.commits("topic", "change");
    scene.pushes(&["topic"]).await;
    scene
        .forge
        .open_pull_request(APP, Proposal::of("topic"))
        .await;
    let mut payload = scene.forge.sent().last().expect("sent").payload();
    payload["action"] = "edited".into();
    payload["changes"] = serde_json::json!({ "title": { "from": "old" } });
    let edited = scene.forge.delivers("pull_request", &payload).await;
    assert_eq!(
        scene.meaning(&edited),
        Meaning::NotOfInterest("pull_request.edited".into())
    );
}

#[tokio::test]
async fn a_rerun_counts_only_on_our_own_check_runs() {
    let scene = Scene::new().await;
    let head = scene.commits("main", "change");
    scene.pushes(&["main"]).await;
    let head_text = head.to_string();
    let others = scene
        .forge
        .another_app_posts(APP, &head_text, "lint", "failure");
    let theirs = scene.forge.rerequests(APP, others).await;
    assert_eq!(
        scene.meaning(&theirs),
        Meaning::NotOfInterest("check_run.rerequested".into())
    );
    let status = super::scene::status(head, forgewarden::model::verdict::Conclusion::Fail, 0);
    let ours = scene
        .publishes(&status, None)
        .await
        .parse()
        .expect("a number");
    let ours = scene.forge.rerequests(APP, ours).await;
    assert!(matches!(scene.event(&ours), Event::Recheck { head: at, .. } if at == head));
}

#[tokio::test]
async fn a_merge_group_is_judged_from_its_base_to_its_head() {
    let scene = Scene::new().await;
    scene.commits("topic", "change");
    scene.pushes(&["topic"]).await;
    let number = scene
        .forge
        .open_pull_request(APP, Proposal::of("topic"))
        .await;
    let group = scene.forge.enqueue(APP, number).await;
    let sent = scene.forge.sent().last().expect("sent").clone();
    let Event::MergeGroup {
        target, head, base, ..
    } = scene.event(&sent)
    else {
        panic!("not a merge group");
    };
    assert_eq!((target, head), (branch("main"), id(&group)));
    assert_ne!(base, head);
}

#[tokio::test]
async fn a_redelivery_carries_the_same_id_and_a_comment_is_still_a_review() {
    let scene = Scene::new().await;
    scene.commits("topic", "change");
    scene.pushes(&["topic"]).await;
    let number = scene
        .forge
        .open_pull_request(APP, Proposal::of("topic"))
        .await;
    let sent = scene
        .forge
        .review(APP, number, "bob", ReviewState::Comments)
        .await;
    let again = scene.forge.redelivers(&sent.guid).await;
    let intake = &scene.instance.intake;
    let ids = [&sent, &again].map(|it| {
        let verified = intake
            .authenticate(super::scene::delivery(it))
            .expect("authentic");
        verified.id().to_owned()
    });
    assert_eq!(ids[0], ids[1]);
    assert!(matches!(scene.event(&again), Event::PullRequest { .. }));
}

//! What people do on GitLab becomes the right events, whichever hook tells it.

use forgewarden::forge::Meaning;
use forgewarden::model::event::Event;
use forgewarden::model::refs::RefName;

use super::forge::gitlab::{Proposal, Sent};
use super::scene::{APP, Scene, delivery};

fn branch(name: &str) -> RefName {
    RefName::branch(name).expect("a lawful name")
}

fn push(scene: &Scene, sent: &Sent) -> Vec<(String, bool, bool)> {
    let Event::Push {
        repository,
        updates,
        actor,
        ..
    } = scene.event(sent)
    else {
        panic!("not a push");
    };
    assert_eq!(repository, scene.repository());
    assert_eq!(
        actor.and_then(|it| it.id),
        Some(scene.forge.account_id("alice"))
    );
    let shown = updates
        .iter()
        .map(|it| (it.name.to_string(), it.old.is_some(), it.new.is_some()));
    shown.collect()
}

#[tokio::test]
async fn a_push_of_many_branches_is_told_by_the_system_hook_alone() {
    let scene = Scene::new().await;
    scene.commits("topic", "one");
    let refspecs = [
        "topic",
        "topic:a",
        "topic:b",
        "topic:grün",
        "topic:refs/tags/v1",
    ];
    scene.forge.tells_each_ref();
    let sent = scene.pushes(&refspecs).await;
    // The tag by itself, and everything together.
    assert_eq!(sent.len(), 2);
    assert_eq!(
        push(&scene, &sent[0]),
        [("refs/tags/v1".into(), false, true)]
    );
    let all = push(&scene, &sent[1]);
    let names: Vec<_> = all.iter().map(|(name, ..)| name.as_str()).collect();
    let expected = ["a", "b", "grün", "topic"].map(|it| format!("refs/heads/{it}"));
    assert_eq!(names[..4], expected);
    assert_eq!(names[4], "refs/tags/v1");
    assert!(all.iter().all(|(_, old, new)| !old && *new));
    let gone = scene.pushes(&[":a", ":b", "+main:topic"]).await;
    let gone = push(&scene, gone.last().expect("sent"));
    assert_eq!(gone.iter().filter(|(_, old, new)| *old && !new).count(), 2);
}

#[tokio::test]
async fn a_projects_hook_tells_each_ref_and_nothing_of_too_many() {
    let scene = Scene::new().await;
    scene.forge.delivers_by_project_hooks();
    scene.commits("topic", "one");
    let sent = scene.pushes(&["topic", "topic:refs/tags/v1"]).await;
    let told: Vec<_> = sent.iter().flat_map(|it| push(&scene, it)).collect();
    assert_eq!(told.len(), 2);
    assert_eq!(
        sent.iter().map(|it| it.event.as_str()).collect::<Vec<_>>(),
        ["Push Hook", "Tag Push Hook"]
    );
    let many = scene
        .pushes(&["topic:a", "topic:b", "topic:c", "topic:d"])
        .await;
    assert!(
        many.is_empty(),
        "this is why there is a system hook, and a sweep"
    );
}

#[tokio::test]
async fn a_merge_request_is_judged_whenever_anything_about_it_changes() {
    for by_project in [false, true] {
        let scene = Scene::new().await;
        if by_project {
            scene.forge.delivers_by_project_hooks();
        }
        let forge = &scene.forge;
        scene.commits("release", "lax");
        let head = scene.commits("topic", "change");
        scene.pushes(&["release", "topic"]).await;
        let proposal = Proposal::of("topic").into("release");
        let number = forge.open_pull_request(APP, proposal).await;
        let opened = forge.sent().pop().expect("sent");
        let retargeted = forge.retarget(APP, number, "main").await.remove(0);
        let next = scene.commits("topic", "more");
        let moved = scene.pushes(&["topic"]).await.pop().expect("sent");
        let approved = forge.approve(APP, number, "bob").await.remove(0);
        let revoked = forge.dismiss(APP, number, "bob").await.remove(0);
        let retitled = forge.retitles(APP, number, "Draft").await.remove(0);
        let closed = forge.close(APP, number).await.remove(0);
        let expected = [
            (opened, "release", head, true),
            (retargeted, "main", head, true),
            (moved, "main", next, true),
            (approved, "main", next, true),
            (revoked, "main", next, true),
            (retitled, "main", next, true),
            (closed, "main", next, false),
        ];
        for (sent, to, at, is_open) in expected {
            let action = sent.payload()["object_attributes"]["action"].clone();
            let Event::PullRequest {
                repository,
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
            assert_eq!(repository, scene.repository(), "{action}");
            let said = (n, target, head, open);
            assert_eq!(said, (number, branch(to), at, is_open), "{action}");
            assert!(actor.is_none_or(|it| it.login == "alice"), "{action}");
        }
    }
}

#[tokio::test]
async fn who_moved_the_head_of_a_fork_is_told() {
    let scene = Scene::new().await;
    let (_, _) = scene.proposed_from_fork().await;
    let next = scene.commits("topic", "by another");
    let fork = "mallory/app";
    let sent = scene
        .forge
        .push(fork, "carol", &scene.copy, &["topic"])
        .await;
    let Meaning::Events(events) = scene.meaning(sent.last().expect("sent")) else {
        panic!("not of interest");
    };
    assert!(
        matches!(&events[..], [Event::HeadPushed { repository, head, actor, .. },
            Event::PullRequest { actor: None, .. }]
            if *head == next && actor.login == "carol" && *repository == scene.repository()),
        "{events:?}"
    );
}

#[tokio::test]
async fn a_new_pipeline_asks_again_and_one_of_a_status_does_not() {
    let scene = Scene::new().await;
    scene.forge.delivers_by_project_hooks();
    let (_, head) = scene.proposed().await;
    scene.forge.starts_pipeline(APP, "topic").await;
    let sent = scene.forge.sent().pop().expect("sent");
    assert_eq!(sent.event, "Pipeline Hook");
    assert!(matches!(scene.event(&sent), Event::Recheck { head: at, .. } if at == head));
    let mut of_status = sent.payload();
    of_status["object_attributes"]["source"] = "external".into();
    let sent = scene.forge.delivers("Pipeline Hook", &of_status).await;
    assert!(matches!(scene.meaning(&sent), Meaning::NotOfInterest(_)));
}

#[tokio::test]
async fn a_rename_is_told_and_the_number_stays() {
    let scene = Scene::new().await;
    let (number, head) = scene.proposed().await;
    let before = scene.repository();
    scene.forge.rename_repository(APP, "acme/renamed").await;
    let sent = scene.forge.sent().pop().expect("sent");
    assert!(
        matches!(scene.event(&sent), Event::AccessChanged { what } if what.contains("acme/renamed"))
    );
    let evidence = &scene.instance.evidence;
    let found = evidence.pull_request(&before, number).await.expect("found");
    assert_eq!(found.head, head);
}

#[tokio::test]
async fn a_resent_delivery_has_the_same_name_however_it_is_authenticated() {
    for plain in [false, true] {
        let scene = Scene::new().await;
        let intake = scene.with(|it| {
            it.webhook_secrets = vec![scene.forge.webhook_secret().into()];
        });
        if plain {
            scene.forge.delivers_with_plain_secrets();
        }
        scene.commits("topic", "one");
        let sent = scene.pushes(&["topic"]).await.remove(0);
        let again = scene.forge.redelivers(&sent.guid).await;
        let ids = [&sent, &again].map(|it| {
            let verified = intake.intake.authenticate(delivery(it));
            verified.expect("authentic").id().to_owned()
        });
        assert_eq!(ids[0], ids[1]);
    }
}

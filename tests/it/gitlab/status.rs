//! Commit statuses, checks and threads: what stands on the forge after the
//! adapter published, and after others did what they can.

use forgewarden::forge::{ForgeError, Standing, Status};
use forgewarden::model::verdict::Conclusion::{Error, Fail, Pass, Pending};

use super::forge::gitlab::{DEVELOPER, Fault, MAINTAINER, Merge, Proposal, Said};
use super::scene::{APP, CONTEXT, Scene, push_status, status};

#[tokio::test]
async fn only_a_pass_opens_the_merge() {
    let scene = Scene::new().await;
    let (number, head) = scene.proposed().await;
    assert_eq!(scene.blocked_by(number), "ci_must_pass");
    for (conclusion, reason) in [
        (Pending, "ci_still_running"),
        (Fail, "ci_must_pass"),
        (Error, "ci_must_pass"),
    ] {
        scene.publishes(&status(head, conclusion)).await;
        assert_eq!(scene.blocked_by(number), reason, "{conclusion}");
        assert_eq!(
            scene.standing(&status(head, conclusion)).await,
            Standing::Stands
        );
    }
    let mark = scene
        .forge
        .check(APP, &head.to_string(), CONTEXT)
        .expect("a mark");
    assert_eq!(mark.title, "could not judge: error");
    assert_eq!(mark.details_url, "https://forgewarden.example.com/v/1");
    scene.publishes(&status(head, Pass)).await;
    let merged = scene.forge.merge(APP, number).await;
    assert!(matches!(merged, Merge::Merged { .. }), "{merged:?}");
    assert!(
        scene.forge.discussions(APP, number).is_empty(),
        "a thread is not needed"
    );
}

#[tokio::test]
async fn the_same_status_again_is_no_error_and_no_second_one() {
    let scene = Scene::new().await;
    let (_, head) = scene.proposed().await;
    let pending = scene.publishes(&status(head, Pending)).await;
    assert_eq!(scene.publishes(&status(head, Pending)).await, pending);
    // Another title in the same state: GitLab refuses to move it, and it stands.
    let other = Status {
        title: "still at it".into(),
        ..status(head, Pending)
    };
    assert_eq!(scene.publishes(&other).await, pending);
    let refused = scene.forge.requests().into_iter();
    let refused = refused.filter(|it| it.answered == 400).count();
    assert_eq!(refused, 1, "GitLab said \"Cannot transition\"");
    scene.publishes(&status(head, Fail)).await;
    let written = scene.writes().len();
    scene.publishes(&status(head, Fail)).await;
    assert_eq!(
        scene.writes().len(),
        written,
        "it is read, and nothing is written"
    );
    assert_eq!(scene.forge.statuses(APP, &head.to_string()).len(), 1);
}

#[tokio::test]
async fn a_taken_lease_is_waited_for_but_not_for_ever() {
    let scene = Scene::new().await;
    let (_, head) = scene.proposed().await;
    scene.forge.is_busy_for(2);
    scene.publishes(&status(head, Fail)).await;
    let posts = scene.writes().len();
    assert_eq!(posts, 3);
    scene.forge.is_busy_for(5);
    let busy = scene.tries_to_publish(&status(head, Pass)).await;
    assert!(
        matches!(busy, Err(ForgeError::Unavailable { .. })),
        "{busy:?}"
    );
    assert_ne!(
        scene
            .forge
            .check(APP, &head.to_string(), CONTEXT)
            .map(|it| it.said),
        Some(Said::Green)
    );
}

#[tokio::test]
async fn a_lost_answer_is_not_a_second_status() {
    let scene = Scene::new().await;
    let (_, head) = scene.proposed().await;
    scene
        .forge
        .fails(Fault::new("POST", "/statuses/", 502).after_taking_effect());
    let lost = scene.tries_to_publish(&status(head, Fail)).await;
    assert!(
        matches!(lost, Err(ForgeError::Unavailable { .. })),
        "{lost:?}"
    );
    scene.publishes(&status(head, Fail)).await;
    assert_eq!(scene.forge.statuses(APP, &head.to_string()).len(), 1);
}

#[tokio::test]
async fn a_developers_success_with_our_name_does_not_stand_for_ours() {
    let scene = Scene::new().await;
    let (number, head) = scene.proposed().await;
    scene.publishes(&status(head, Fail)).await;
    scene
        .forge
        .somebody_posts((APP, "topic"), CONTEXT, "success", "mallory");
    // This is what GitLab makes of it, until we look.
    assert_eq!(scene.blocked_by(number), "");
    assert_eq!(
        scene.forge.check(APP, &head.to_string(), CONTEXT),
        None,
        "ours is hidden"
    );
    let standing = scene.standing(&status(head, Fail)).await;
    assert!(
        matches!(&standing, Standing::Overruled(who) if who.contains("mallory")),
        "{standing:?}"
    );
    scene.publishes(&status(head, Fail)).await;
    assert_eq!(scene.blocked_by(number), "ci_must_pass");
    assert_eq!(scene.standing(&status(head, Fail)).await, Standing::Stands);
    // A status that is already there when we come is not taken for ours either.
    scene
        .forge
        .somebody_posts((APP, "topic"), CONTEXT, "success", "mallory");
    let standing = scene.standing(&status(head, Pass)).await;
    assert!(matches!(standing, Standing::Overruled(_)), "{standing:?}");
    let published = scene.publishes(&status(head, Pass)).await;
    let last = scene
        .forge
        .statuses(APP, &head.to_string())
        .pop()
        .expect("a status");
    assert_eq!(
        (last.id.to_string(), last.by.as_str()),
        (published, "warden")
    );
}

#[tokio::test]
async fn on_an_old_gitlab_the_newest_status_counts_too() {
    let scene = Scene::new().await;
    scene.forge.is_old();
    let (number, head) = scene.proposed().await;
    for _ in 0..120 {
        scene
            .forge
            .somebody_posts((APP, "topic"), CONTEXT, "success", "mallory");
    }
    scene.publishes(&status(head, Fail)).await;
    assert_eq!(scene.standing(&status(head, Fail)).await, Standing::Stands);
    assert_eq!(scene.blocked_by(number), "ci_must_pass");
    scene
        .forge
        .somebody_posts((APP, "topic"), CONTEXT, "success", "mallory");
    let standing = scene.standing(&status(head, Fail)).await;
    assert!(matches!(standing, Standing::Overruled(_)), "{standing:?}");
}

#[tokio::test]
async fn a_new_pipeline_gets_the_status_that_the_old_one_had() {
    let scene = Scene::new().await;
    let (number, head) = scene.proposed().await;
    scene.publishes(&status(head, Fail)).await;
    let pipeline = scene.forge.starts_pipeline(APP, "topic").await;
    scene.forge.ends_pipeline(pipeline, "success").await;
    assert_eq!(
        scene.blocked_by(number),
        "",
        "GitLab goes by the newest pipeline"
    );
    let standing = scene.standing(&status(head, Fail)).await;
    assert!(matches!(standing, Standing::Changed(_)), "{standing:?}");
    scene.publishes(&status(head, Fail)).await;
    assert_eq!(scene.blocked_by(number), "ci_must_pass");
    // The same with a pipeline of the merge request itself.
    let pipeline = scene.forge.starts_merge_request_pipeline(APP, number).await;
    scene.forge.ends_pipeline(pipeline, "success").await;
    scene.publishes(&status(head, Fail)).await;
    assert_eq!(scene.blocked_by(number), "ci_must_pass");
    let last = scene
        .forge
        .statuses(APP, &head.to_string())
        .pop()
        .expect("a status");
    assert_eq!(
        (last.pipeline, last.reference.as_str()),
        (pipeline, "refs/merge-requests/1/head")
    );
    assert_eq!(scene.standing(&status(head, Fail)).await, Standing::Stands);
}

#[tokio::test]
async fn a_pipeline_that_vanishes_between_is_told_and_not_another_one_used() {
    let scene = Scene::new().await;
    let (_, head) = scene.proposed().await;
    let words = r#"{"message":"404 Pipeline for pipeline_id, sha and ref Not Found"}"#;
    scene
        .forge
        .fails(Fault::new("POST", "/statuses/", 404).body(words));
    let refused = scene
        .tries_to_publish(&status(head, Pass))
        .await
        .expect_err("refused");
    assert!(refused.to_string().contains("pipeline_id"), "{refused}");
    assert!(scene.forge.statuses(APP, &head.to_string()).is_empty());
}

#[tokio::test]
async fn a_push_neither_opens_nor_holds_back_a_merge_request() {
    let scene = Scene::new().await;
    let (number, head) = scene.proposed().await;
    let green = push_status("topic", head, Pass);
    scene.publishes(&green).await;
    assert_eq!(scene.blocked_by(number), "ci_must_pass");
    assert_eq!(scene.standing(&green).await, Standing::Stands);
    scene.publishes(&status(head, Pass)).await;
    scene.publishes(&push_status("topic", head, Fail)).await;
    assert_eq!(scene.blocked_by(number), "");
}

#[tokio::test]
async fn whoever_may_not_merge_into_a_protected_branch_cannot_report_on_it() {
    let scene = Scene::new().await;
    scene.forge.protects(APP, "main", (0, MAINTAINER));
    let head = scene.commits("main", "more");
    scene.pushes(&["main"]).await;
    let fail = push_status("main", head, Fail);
    let refused = scene.tries_to_publish(&fail).await.expect_err("refused");
    assert!(refused.to_string().contains("403 Forbidden"), "{refused}");
    scene.forge.protects(APP, "main", (0, DEVELOPER));
    scene.publishes(&fail).await;
}

#[tokio::test]
async fn every_merge_request_of_a_head_is_held_back() {
    let scene = Scene::new().await;
    let (first, head) = scene.proposed().await;
    scene.pushes(&["topic:twin"]).await;
    let second = scene
        .forge
        .open_pull_request(APP, Proposal::of("twin"))
        .await;
    scene.pushes(&["main:release"]).await;
    let elsewhere = Proposal::of("topic").into("release");
    let third = scene.forge.open_pull_request(APP, elsewhere).await;
    scene.publishes(&status(head, Pass)).await;
    assert_eq!(scene.blocked_by(first) + &scene.blocked_by(second), "");
    scene.publishes(&status(head, Fail)).await;
    for number in [first, second] {
        assert_eq!(scene.blocked_by(number), "ci_must_pass", "{number}");
    }
    let head = head.to_string();
    let names: Vec<_> = scene
        .forge
        .statuses(APP, &head)
        .into_iter()
        .map(|it| it.name)
        .collect();
    assert!(names.iter().all(|it| it == CONTEXT), "{names:?}");
    assert_eq!(scene.forge.status_checks(APP, third), []);
}

#[tokio::test]
async fn a_fork_is_held_back_by_a_thread_since_its_own_pipeline_decides() {
    let scene = Scene::new().await;
    let (number, head) = scene.proposed_from_fork().await;
    assert_eq!(scene.blocked_by(number), "", "the fork's pipeline is green");
    scene.publishes(&status(head, Pending)).await;
    assert_eq!(scene.blocked_by(number), "discussions_not_resolved");
    scene.publishes(&status(head, Fail)).await;
    assert_eq!(scene.standing(&status(head, Fail)).await, Standing::Stands);
    let threads = scene.forge.discussions(APP, number);
    assert_eq!(threads.len(), 1, "one thread, changed in its place");
    let text = &threads[0].notes[0].body;
    assert!(
        text.contains("Forgewarden: ") && text.contains("fork"),
        "{text}"
    );
    let posted = scene.forge.statuses(APP, &head.to_string());
    assert!(
        posted
            .iter()
            .all(|it| it.reference == "refs/merge-requests/1/head")
    );
    // The author resolves it: GitLab lets them, and we open it again.
    scene.forge.resolves_all(APP, number, "mallory");
    assert_eq!(scene.blocked_by(number), "");
    let standing = scene.standing(&status(head, Fail)).await;
    assert!(matches!(standing, Standing::Changed(_)), "{standing:?}");
    scene.publishes(&status(head, Fail)).await;
    assert_eq!(scene.blocked_by(number), "discussions_not_resolved");
    scene.publishes(&status(head, Pass)).await;
    assert_eq!(scene.blocked_by(number), "");
    assert_eq!(scene.forge.discussions(APP, number).len(), 1);
    assert_eq!(scene.standing(&status(head, Pass)).await, Standing::Stands);
}

#[tokio::test]
async fn a_thread_of_somebody_with_our_words_is_not_ours() {
    let scene = Scene::new().await;
    let (number, head) = scene.proposed_from_fork().await;
    scene.publishes(&status(head, Fail)).await;
    let ours = scene.forge.discussions(APP, number)[0].notes[0]
        .body
        .clone();
    let scene = Scene::new().await;
    let (number, head) = scene.proposed_from_fork().await;
    scene.forge.discusses(APP, number, "mallory", &ours);
    scene.forge.resolves_all(APP, number, "mallory");
    scene.publishes(&status(head, Fail)).await;
    let threads = scene.forge.discussions(APP, number);
    assert_eq!(
        (threads.len(), threads[1].notes[0].author.as_str()),
        (2, "warden")
    );
    assert_eq!(scene.blocked_by(number), "discussions_not_resolved");
}

#[tokio::test]
async fn no_words_of_others_become_commands_of_ours() {
    let scene = Scene::new().await;
    let (_, head) = scene.proposed_from_fork().await;
    let hostile = Status {
        title: "x\n/merge".into(),
        summary: "a\n/approve\r\n  /merge\n\u{a0}/close\n/label ~x".into(),
        ..status(head, Fail)
    };
    scene.publishes(&hostile).await;
    assert_eq!(scene.forge.commands(), []);
}

#[tokio::test]
async fn where_threads_hold_back_and_pipelines_do_not_there_is_a_thread() {
    let scene = Scene::new().await;
    let (number, head) = scene.proposed().await;
    scene
        .forge
        .sets(APP, "only_allow_merge_if_pipeline_succeeds", false);
    scene
        .forge
        .sets(APP, "ci_config_path", "ci/all.yml@acme/elsewhere");
    scene.publishes(&status(head, Fail)).await;
    assert_eq!(scene.blocked_by(number), "discussions_not_resolved");
    let text = scene.forge.discussions(APP, number)[0].notes[0]
        .body
        .clone();
    assert!(text.contains("ci/all.yml@acme/elsewhere"), "{text}");
    scene.publishes(&status(head, Pass)).await;
    assert_eq!(scene.blocked_by(number), "");
}

#[tokio::test]
async fn a_skipped_pipeline_lets_nothing_through_once_we_have_spoken() {
    let scene = Scene::new().await;
    let (number, head) = scene.proposed().await;
    scene
        .forge
        .sets(APP, "allow_merge_on_skipped_pipeline", true);
    scene.forge.skips_pipeline(APP, "topic").await;
    assert_eq!(
        scene.blocked_by(number),
        "",
        "with this setting GitLab lets it through"
    );
    scene.publishes(&status(head, Fail)).await;
    assert_eq!(scene.blocked_by(number), "ci_must_pass");
}

#[tokio::test]
async fn a_licensed_check_waits_for_our_answer_for_this_head_and_target() {
    let scene = Scene::new().await;
    scene.forge.is_licensed();
    let (number, head) = scene.proposed().await;
    let stands = || scene.forge.status_checks(APP, number).remove(0).1;
    assert_eq!(stands(), "pending");
    scene.publishes(&status(head, Pass)).await;
    assert_eq!(
        (stands().as_str(), scene.blocked_by(number).as_str()),
        ("passed", "")
    );
    // A new head is not answered by the old answer, nor by a late one.
    let next = scene.commits("topic", "more");
    scene.pushes(&["topic"]).await;
    scene.publishes(&status(head, Pass)).await;
    assert_eq!(stands(), "pending");
    scene.publishes(&status(next, Fail)).await;
    assert_eq!(stands(), "failed");
    // Whoever may approve may answer too: it is seen.
    scene
        .forge
        .somebody_answers((APP, number), CONTEXT, "passed", "mallory");
    let standing = scene.standing(&status(next, Fail)).await;
    assert!(
        matches!(&standing, Standing::Changed(what) if what.contains("passed")),
        "{standing:?}"
    );
    scene.publishes(&status(next, Fail)).await;
    assert_eq!(stands(), "failed");
    // What was said for another target does not count for this one.
    scene.pushes(&["main:release"]).await;
    scene.forge.protects(APP, "release", (0, DEVELOPER));
    scene
        .forge
        .has_status_check(APP, "release", "forgewarden/release");
    scene.forge.retarget(APP, number, "release").await;
    scene.publishes(&status(next, Pass)).await;
    assert_eq!(
        scene.forge.status_checks(APP, number),
        [("forgewarden/release".into(), "pending".into())]
    );
}

#[tokio::test]
async fn without_a_licence_it_is_asked_once_for_checks() {
    let scene = Scene::new().await;
    let (_, head) = scene.proposed().await;
    for conclusion in [Pending, Fail, Pass] {
        scene.publishes(&status(head, conclusion)).await;
    }
    let asked = scene.forge.requests().into_iter();
    let asked = asked.filter(|it| it.path.contains("status_check")).count();
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn long_and_odd_texts_are_made_to_fit() {
    let scene = Scene::new().await;
    let (_, head) = scene.proposed().await;
    let long = Status {
        title: "ü".repeat(400),
        details_url: format!("https://forgewarden.example.com/{}", "v".repeat(300)),
        ..status(head, Fail)
    };
    scene.publishes(&long).await;
    let mark = scene
        .forge
        .check(APP, &head.to_string(), CONTEXT)
        .expect("a mark");
    assert_eq!(
        (mark.title.chars().count(), mark.details_url.as_str()),
        (255, "")
    );
}

#[tokio::test]
async fn without_a_licence_a_pass_for_another_target_counts_until_we_speak() {
    let scene = Scene::new().await;
    let (number, head) = scene.proposed().await;
    scene.pushes(&["main:lax"]).await;
    scene.forge.retarget(APP, number, "lax").await;
    let lax = Status {
        context: "forgewarden/lax".into(),
        ..status(head, Pass)
    };
    scene.publishes(&lax).await;
    scene.forge.retarget(APP, number, "main").await;
    assert_eq!(
        scene.blocked_by(number),
        "",
        "the pipeline has no other status"
    );
    scene.publishes(&status(head, Pending)).await;
    assert_eq!(scene.blocked_by(number), "ci_still_running");
    // Nor does a late word for the old target let it through.
    scene.publishes(&status(head, Fail)).await;
    scene.publishes(&lax).await;
    assert_eq!(scene.blocked_by(number), "ci_must_pass");
}

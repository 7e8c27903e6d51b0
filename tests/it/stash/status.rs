//! What stands on the forge after the adapter published.

use forgewarden::forge::{ForgeError, Standing};
use forgewarden::model::oid::ObjectId;
use forgewarden::model::verdict::Conclusion::{Error, Fail, Pass, Pending};

use super::forge::stash::{Fault, Merge, Proposal, WARDEN};
use super::scene::{APP, CONTEXT, Scene, status};

const REPORT: &str = "forgewarden_2Fmain";

async fn with_pull_request(scene: &Scene) -> (u64, ObjectId) {
    scene.forge.require_check(APP, "main", CONTEXT);
    let head = scene.commits("topic", "change");
    scene.pushes(&["topic"]).await;
    let proposal = Proposal::of("topic");
    (scene.forge.open_pull_request(APP, proposal).await, head)
}

fn blocked(scene: &Scene, number: u64) -> String {
    scene.forge.blocked_by(APP, number).unwrap_or_default()
}

#[tokio::test]
async fn only_a_pass_of_our_own_opens_the_merge() {
    let scene = Scene::new().await;
    let (number, head) = with_pull_request(&scene).await;
    assert!(blocked(&scene, number).contains("Required build"));
    let text = head.to_string();
    scene
        .forge
        .somebody_posts(APP, "mallory", &text, CONTEXT, "SUCCESSFUL");
    assert_eq!(blocked(&scene, number), "warden has not approved.");
    for conclusion in [Pending, Fail, Error] {
        scene.publishes(&status(head, conclusion, 1), None).await;
        assert!(blocked(&scene, number).contains("Required build"));
        scene
            .forge
            .somebody_posts(APP, "mallory", &text, CONTEXT, "SUCCESSFUL");
        assert!(
            scene.forge.merge(APP, number).await.is_blocked(),
            "{conclusion}"
        );
    }
    scene.publishes(&status(head, Pass, 0), None).await;
    let merged = scene.forge.merge(APP, number).await;
    assert!(matches!(merged, Merge::Merged { .. }), "{merged:?}");
}

#[tokio::test]
async fn the_three_say_the_same() {
    let scene = Scene::new().await;
    let (number, head) = with_pull_request(&scene).await;
    for (conclusion, build, report, word) in [
        (Pending, "INPROGRESS", "FAIL", "UNAPPROVED"),
        (Fail, "FAILED", "FAIL", "NEEDS_WORK"),
        (Pass, "SUCCESSFUL", "PASS", "APPROVED"),
    ] {
        let wanted = status(head, conclusion, 2);
        scene.publishes(&wanted, None).await;
        let text = head.to_string();
        let stands = scene
            .forge
            .check(APP, &text, CONTEXT)
            .expect("a build status");
        assert_eq!(
            (stands.state.as_str(), stands.parent.as_deref()),
            (build, Some(CONTEXT))
        );
        let reports = scene.forge.reports(APP, &text);
        assert_eq!((reports.len(), reports[0].key.as_str()), (1, REPORT));
        assert_eq!(reports[0].body["result"], report);
        assert_eq!(reports[0].annotations.len(), 2);
        let said = scene.forge.word(APP, number, WARDEN);
        assert_eq!(said, Some(("REVIEWER".into(), word.into(), Some(text))));
        assert_eq!(scene.standing(&wanted).await, Standing::Stands);
    }
}

#[tokio::test]
async fn a_reader_who_overwrites_our_build_is_noticed_and_still_cannot_merge() {
    let scene = Scene::new().await;
    let (number, head) = with_pull_request(&scene).await;
    let failed = status(head, Fail, 1);
    scene.publishes(&failed, None).await;
    let text = head.to_string();
    scene
        .forge
        .somebody_posts(APP, "mallory", &text, CONTEXT, "SUCCESSFUL");
    assert!(matches!(
        scene.standing(&failed).await,
        Standing::Overruled(_)
    ));
    assert!(scene.forge.merge(APP, number).await.is_blocked());
    scene.publishes(&failed, None).await;
    assert_eq!(scene.standing(&failed).await, Standing::Stands);
}

#[tokio::test]
async fn a_report_that_somebody_wrote_first_lets_nothing_pass() {
    let scene = Scene::new().await;
    let (number, head) = with_pull_request(&scene).await;
    let text = head.to_string();
    scene
        .forge
        .somebody_reports(APP, "mallory", &text, REPORT, "PASS");
    let refused = scene.tries_to_publish(&status(head, Pass, 0), None).await;
    assert!(
        matches!(refused, Err(ForgeError::Refused { .. })),
        "{refused:?}"
    );
    assert!(scene.forge.merge(APP, number).await.is_blocked());
    let build = scene
        .forge
        .check(APP, &text, CONTEXT)
        .expect("a build status");
    assert_eq!(build.state, "FAILED");

    scene.forge.grants(APP, WARDEN, "REPO_ADMIN");
    scene.publishes(&status(head, Pass, 0), None).await;
    let reports = scene.forge.reports(APP, &text);
    assert!(reports.len() == 1 && reports[0].by == WARDEN);
    assert_eq!(scene.forge.blocked_by(APP, number), None);
}

#[tokio::test]
async fn a_removed_reviewer_is_noticed_and_comes_back() {
    let scene = Scene::new().await;
    let (number, head) = with_pull_request(&scene).await;
    let failed = status(head, Fail, 0);
    scene.publishes(&failed, None).await;
    let sent = scene.forge.removes_reviewer(APP, number, WARDEN).await;
    assert!(matches!(
        scene.event(&sent),
        forgewarden::model::event::Event::PullRequest { .. }
    ));
    assert!(matches!(
        scene.standing(&failed).await,
        Standing::Changed(_)
    ));
    scene.publishes(&failed, None).await;
    assert!(blocked(&scene, number).contains("needs work"));
}

#[tokio::test]
async fn a_verdict_of_an_old_head_says_nothing_of_the_new_one() {
    let scene = Scene::new().await;
    let (number, old) = with_pull_request(&scene).await;
    scene.publishes(&status(old, Fail, 0), None).await;
    scene.commits("topic", "more");
    scene.pushes(&["topic"]).await;
    scene.publishes(&status(old, Pass, 0), None).await;
    let word = scene.forge.word(APP, number, WARDEN).expect("a reviewer");
    assert_eq!(
        (word.1.as_str(), word.2),
        ("NEEDS_WORK", Some(old.to_string()))
    );
}

#[tokio::test]
async fn a_lost_answer_is_unavailable_and_the_next_attempt_mends_it() {
    let scene = Scene::new().await;
    let (number, head) = with_pull_request(&scene).await;
    for (method, path) in [
        ("PUT", "/reports/"),
        ("POST", "/builds"),
        ("PUT", "/participants/"),
    ] {
        scene
            .forge
            .fails(Fault::new(method, path, 502).after_taking_effect());
        let lost = scene.tries_to_publish(&status(head, Fail, 3), None).await;
        assert!(
            matches!(lost, Err(ForgeError::Unavailable { .. })),
            "{path}: {lost:?}"
        );
        assert!(scene.forge.merge(APP, number).await.is_blocked());
    }
    scene.publishes(&status(head, Fail, 3), None).await;
    let reports = scene.forge.reports(APP, &head.to_string());
    assert_eq!(reports[0].annotations.len(), 3);
}

#[tokio::test]
async fn texts_over_stashs_limits_are_cut_and_taken() {
    let scene = Scene::new().await;
    let (_, head) = with_pull_request(&scene).await;
    let mut verdict = status(head, Fail, 1100);
    verdict.summary = "ü".repeat(70_000);
    verdict.title = "t".repeat(1_000);
    verdict.annotations[0].message = "m".repeat(80_000);
    verdict.annotations[1].line = 0;
    scene.publishes(&verdict, None).await;
    let reports = scene.forge.reports(APP, &head.to_string());
    assert_eq!(reports[0].annotations.len(), 1000);
    scene.publishes(&verdict, None).await;
    assert_eq!(
        scene.forge.reports(APP, &head.to_string())[0]
            .annotations
            .len(),
        1000
    );
}

//! Check runs: what stands on the forge after the adapter published.

use std::collections::BTreeSet;

use forgewarden::forge::ForgeError;
use forgewarden::model::oid::ObjectId;
use forgewarden::model::verdict::Conclusion::{Error, Fail, Pass, Pending};

use super::forge::github::{CheckRun, Fault, Merge, Proposal};
use super::scene::{APP, CONTEXT, Scene, status};

async fn with_pull_request(scene: &Scene) -> (u64, ObjectId) {
    scene.forge.require_check(APP, "main", CONTEXT);
    let head = scene.commits("topic", "change");
    scene.pushes(&["topic"]).await;
    let number = scene
        .forge
        .open_pull_request(APP, Proposal::of("topic"))
        .await;
    (number, head)
}

fn runs(scene: &Scene, head: ObjectId) -> Vec<CheckRun> {
    scene.forge.check_runs(APP, &head.to_string())
}

fn writes(scene: &Scene) -> Vec<String> {
    let mut asked = scene.asked();
    asked.retain(|it| !it.starts_with("GET"));
    asked
}

/// Each annotation stands there once.
fn lines(run: &CheckRun) -> usize {
    let all = run.annotations.iter().map(|it| it["start_line"].as_u64());
    let distinct: BTreeSet<_> = all.collect();
    assert_eq!(
        distinct.len(),
        run.annotations.len(),
        "an annotation stands twice"
    );
    distinct.len()
}

#[tokio::test]
async fn only_a_pass_of_our_own_opens_the_merge() {
    let scene = Scene::new().await;
    let (number, head) = with_pull_request(&scene).await;
    let blocked = |reason: &str| {
        let said = scene.forge.blocked_by(APP, number).unwrap_or_default();
        assert!(said.contains(reason), "{said:?} is not {reason:?}");
    };
    blocked("is expected");
    scene
        .forge
        .another_app_posts(APP, &head.to_string(), CONTEXT, "success");
    blocked("not set by the expected GitHub App");
    let mut previous = None;
    for (conclusion, reason) in [
        (Pending, "in progress"),
        (Fail, "failing"),
        (Error, "failing"),
    ] {
        let published = scene
            .publishes(&status(head, conclusion, 0), previous.as_deref())
            .await;
        previous = Some(published);
        blocked(reason);
    }
    let title = runs(&scene, head).pop().and_then(|it| it.title);
    assert_eq!(title.as_deref(), Some("could not judge: error"));
    scene
        .publishes(&status(head, Pass, 0), previous.as_deref())
        .await;
    let merged = scene.forge.merge(APP, number).await;
    assert!(matches!(merged, Merge::Merged { .. }), "{merged:?}");
}

#[tokio::test]
async fn a_verdict_replaces_what_was_pending_with_one_write_each() {
    let scene = Scene::new().await;
    let (_, head) = with_pull_request(&scene).await;
    let pending = scene.publishes(&status(head, Pending, 0), None).await;
    let verdict = scene
        .publishes(&status(head, Fail, 2), Some(&pending))
        .await;
    assert_eq!(pending, verdict);
    let run = runs(&scene, head).pop().expect("a run");
    assert_eq!(
        (run.name.as_str(), run.conclusion.as_deref()),
        (CONTEXT, Some("failure"))
    );
    assert_eq!(
        run.details_url.as_deref(),
        Some("https://forgewarden.example.com/v/1")
    );
    assert_eq!(run.external_id.as_deref(), Some("verdict-1"));
    assert_eq!(lines(&run), 2);
    let path = format!("/repos/{APP}/check-runs");
    assert_eq!(
        writes(&scene),
        [format!("POST {path}"), format!("PATCH {path}/{pending}")]
    );
}

#[tokio::test]
async fn many_annotations_go_in_pages_and_a_retry_adds_only_what_is_missing() {
    let scene = Scene::new().await;
    let (_, head) = with_pull_request(&scene).await;
    let pending = scene.publishes(&status(head, Pending, 0), None).await;
    let verdict = status(head, Fail, 120);
    // The first page arrives, its answer does not; later the third page is lost.
    scene
        .forge
        .fails(Fault::new("PATCH", "/check-runs/", 502).after_taking_effect());
    for _ in 0..2 {
        let lost = scene.tries_to_publish(&verdict, Some(&pending)).await;
        assert!(
            matches!(lost, Err(ForgeError::Unavailable { .. })),
            "{lost:?}"
        );
        assert_eq!(runs(&scene, head).len(), 1);
        let conclusion = runs(&scene, head).remove(0).conclusion;
        assert_eq!(conclusion.as_deref(), Some("failure"), "it blocks at once");
        scene
            .forge
            .fails(Fault::new("PATCH", "/check-runs/", 502).after_taking_effect());
    }
    let mut published = scene.tries_to_publish(&verdict, Some(&pending)).await;
    if published.is_err() {
        published = scene.tries_to_publish(&verdict, Some(&pending)).await;
    }
    assert_eq!(published.as_deref(), Ok(pending.as_str()));
    let run = runs(&scene, head).pop().expect("a run");
    assert_eq!(lines(&run), 120);

    scene.publishes(&verdict, Some(&pending)).await;
    assert_eq!(
        runs(&scene, head).len(),
        1,
        "the same once more changes nothing"
    );
    assert_eq!(lines(&runs(&scene, head)[0]), 120);
}

#[tokio::test]
async fn annotations_of_an_earlier_verdict_do_not_stand_beside_the_new_one() {
    let scene = Scene::new().await;
    let (number, head) = with_pull_request(&scene).await;
    let failed = scene.publishes(&status(head, Fail, 3), None).await;
    let passed = scene.publishes(&status(head, Pass, 0), Some(&failed)).await;
    assert_ne!(failed, passed);
    let run = scene
        .forge
        .check(APP, &head.to_string(), CONTEXT)
        .expect("a run");
    assert_eq!((run.id.to_string(), run.annotations.len()), (passed, 0));
    assert_eq!(scene.forge.blocked_by(APP, number), None);
}

#[tokio::test]
async fn a_run_of_another_head_or_app_or_none_at_all_is_never_changed() {
    let scene = Scene::new().await;
    let (_, head) = with_pull_request(&scene).await;
    let old = scene.publishes(&status(head, Pass, 0), None).await;
    let next = scene.commits("topic", "more");
    scene.pushes(&["topic"]).await;
    let next_text = next.to_string();
    let foreign = scene
        .forge
        .another_app_posts(APP, &next_text, CONTEXT, "success")
        .to_string();
    for previous in [old.as_str(), &foreign, "999", "../1", ""] {
        let published = scene
            .publishes(&status(next, Fail, 0), Some(previous))
            .await;
        assert_ne!(published, previous);
    }
    let conclusions = |of| {
        runs(&scene, of)
            .into_iter()
            .map(|it| it.conclusion)
            .collect::<Vec<_>>()
    };
    assert_eq!(conclusions(head), [Some("success".to_owned())]);
    assert!(
        conclusions(next)
            .iter()
            .all(|it| it.as_deref() == Some("failure"))
    );
}

#[tokio::test]
async fn a_rerun_makes_a_new_run_and_a_lost_answer_does_not() {
    let scene = Scene::new().await;
    let (_, head) = with_pull_request(&scene).await;
    scene
        .forge
        .fails(Fault::new("POST", "/check-runs", 502).after_taking_effect());
    let lost = scene
        .tries_to_publish(&status(head, Pending, 0), None)
        .await;
    assert!(lost.is_err());
    let first = scene.publishes(&status(head, Pending, 0), None).await;
    assert_eq!(
        runs(&scene, head).len(),
        1,
        "the run whose answer was lost is taken up"
    );
    scene.publishes(&status(head, Fail, 1), Some(&first)).await;

    let rerun = scene.publishes(&status(head, Pending, 0), None).await;
    assert_ne!(rerun, first);
    let over_completed = scene
        .publishes(&status(head, Pending, 0), Some(&first))
        .await;
    assert_ne!(
        over_completed, first,
        "a completed run does not become pending again"
    );
}

#[tokio::test]
async fn a_context_with_a_strange_branch_name_is_the_name_on_the_forge() {
    let scene = Scene::new().await;
    let (_, head) = with_pull_request(&scene).await;
    let mut pending = status(head, Pending, 0);
    pending.context = "forgewarden/a&b#ü%2F c".into();
    scene.publishes(&pending, None).await;
    scene.publishes(&pending, None).await;
    let names: Vec<_> = runs(&scene, head).into_iter().map(|it| it.name).collect();
    assert_eq!(names, [pending.context]);
}

#[tokio::test]
async fn texts_over_githubs_limits_are_cut_and_taken() {
    let scene = Scene::new().await;
    let (_, head) = with_pull_request(&scene).await;
    let mut verdict = status(head, Fail, 700);
    verdict.summary = "ü".repeat(70_000);
    verdict.title = "t".repeat(1_000);
    for annotation in &mut verdict.annotations {
        annotation.title = "x".repeat(300);
        annotation.message = format!("{} {}", annotation.line, "m".repeat(2_000));
    }
    verdict.annotations[0].message = "m".repeat(80_000);
    verdict.annotations[1].line = 0;
    scene.publishes(&verdict, None).await;
    let run = runs(&scene, head).pop().expect("a run");
    assert_eq!(run.annotations.len(), 500);
    assert!(
        run.summary
            .expect("a summary")
            .contains("200 more findings")
    );
}

//! Deliveries, judgements and publications over a fake forge.

use std::sync::atomic::Ordering;
use std::time::Duration;

use forgewarden::forge::ForgeError;
use forgewarden::model::event::Event;
use forgewarden::model::repo::ForgeKind;
use forgewarden::model::request::Subject;
use forgewarden::model::verdict::Conclusion;
use forgewarden::store::Replayed;
use jiff::{SignedDuration, Timestamp};

use crate::support::fake_forge::unavailable;
use crate::support::gate::{Gate, eventually};
use crate::support::postgres::Postgres;

const MAIN: &str = "forgewarden/main";

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_stored_judged_and_published() {
    let gate = Gate::open().await;
    let old = gate.origin.tip("refs/heads/main");
    let new = gate.commit_on("work", "one");
    assert_eq!(
        gate.deliver("d1", &[gate.push("work", Some(old), new)])
            .await,
        202
    );
    let store = gate.store().await;
    assert!(store.delivery_state("fake", "d1").await.unwrap().is_some());
    let context = "forgewarden-push/work";
    gate.expect(new, context, Conclusion::Pass).await;
    gate.expect_idle().await;
    let (state, _) = store.delivery_state("fake", "d1").await.unwrap().unwrap();
    assert_eq!(state, "processed");
    let status = gate.forge.standing(new, context).unwrap();
    assert!(
        status
            .details_url
            .starts_with("https://warden.example/verdicts/")
    );
    let page = status
        .details_url
        .trim_start_matches("https://warden.example");
    let answer = reqwest::get(gate.url(page)).await.unwrap();
    assert_eq!(answer.status(), 200);
    let tampered = page.replace("sig=", "sig=0");
    assert_eq!(
        reqwest::get(gate.url(&tampered)).await.unwrap().status(),
        404
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_acknowledged_that_is_not_stored() {
    let gate = Gate::open().await;
    let context = gate.running.as_ref().unwrap().context.clone();
    context.store.close().await;
    assert_eq!(gate.deliver("d1", &[]).await, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_processed_delivery_is_not_processed_again() {
    let gate = Gate::open().await;
    let new = gate.commit_on("work", "one");
    let event = gate.push("work", None, new);
    gate.deliver("d1", std::slice::from_ref(&event)).await;
    gate.expect(new, "forgewarden-push/work", Conclusion::Pass)
        .await;
    gate.expect_idle().await;
    let published = gate.forge.published().len();
    assert_eq!(gate.deliver("d1", std::slice::from_ref(&event)).await, 202);
    gate.expect_idle().await;
    assert_eq!(gate.judged().len(), 1);
    assert_eq!(gate.forge.published().len(), published);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redelivery_repairs_what_was_given_up() {
    let gate = Gate::open().await;
    // The forge does not know the pull request: the delivery is given up.
    let base = gate.origin.tip("refs/heads/main");
    let head = gate.commit_on("work", "one");
    gate.forge.pull(1, "main", base, head);
    let event = gate.forge.pull_event(1);
    gate.judge.panics.store(u32::MAX, Ordering::SeqCst);
    gate.deliver("d1", std::slice::from_ref(&event)).await;
    gate.expect(head, MAIN, Conclusion::Error).await;
    let store = gate.store().await;
    let (state, _) = store.delivery_state("fake", "d1").await.unwrap().unwrap();
    assert_eq!(state, "dead");
    gate.judge.panics.store(0, Ordering::SeqCst);
    gate.deliver("d1", &[event]).await;
    gate.expect(head, MAIN, Conclusion::Pass).await;
    gate.expect_idle().await;
    let (state, _) = store.delivery_state("fake", "d1").await.unwrap().unwrap();
    assert_eq!(state, "processed");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_head_in_two_pull_requests_shows_the_worst() {
    let gate = Gate::open().await;
    let base = gate.origin.tip("refs/heads/main");
    let head = gate.commit_on("work", "one");
    gate.forge.pull(1, "main", base, head);
    gate.forge.pull(2, "main", base, head);
    gate.judge.say("pull request 2 into main", Conclusion::Fail);
    // Only the first is announced; the second is found.
    gate.deliver("d1", &[gate.forge.pull_event(1)]).await;
    gate.expect(head, MAIN, Conclusion::Fail).await;
    gate.expect_idle().await;
    let status = gate.forge.standing(head, MAIN).unwrap();
    assert!(status.summary.contains("`pull-request/1`: pass"));
    assert!(status.summary.contains("`pull-request/2`: fail"));
    gate.forge.close(2);
    gate.deliver("d2", &[gate.forge.pull_event(2)]).await;
    gate.expect(head, MAIN, Conclusion::Pass).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_head_in_pull_requests_to_two_branches_has_two_statuses() {
    let gate = Gate::open().await;
    let base = gate.origin.tip("refs/heads/main");
    gate.origin.point("refs/heads/lax", base);
    let head = gate.commit_on("work", "one");
    gate.judge.say("pull request 1 into main", Conclusion::Fail);
    gate.forge.pull(1, "lax", base, head);
    gate.deliver("d1", &[gate.forge.pull_event(1)]).await;
    gate.expect(head, "forgewarden/lax", Conclusion::Pass).await;
    // Retargeted to the strict branch.
    gate.forge.pull(1, "main", base, head);
    gate.deliver("d2", &[gate.forge.pull_event(1)]).await;
    gate.expect(head, MAIN, Conclusion::Fail).await;
    gate.expect_idle().await;
    let of_main = gate.forge.published().into_iter();
    let of_main = of_main.filter(|status| status.context == MAIN);
    assert!(of_main.map(|s| s.conclusion).all(|c| c != Conclusion::Pass));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_head_is_judged_as_it_is_now_and_the_old_one_does_not_stay_pending() {
    let gate = Gate::open().await;
    let base = gate.origin.tip("refs/heads/main");
    let old = gate.commit_on("work", "one");
    gate.forge.pull(1, "main", base, old);
    let stale = gate.forge.pull_event(1);
    gate.judge.milliseconds.store(300, Ordering::SeqCst);
    // Another pull request keeps the repository busy, so that the evaluation waits.
    let other = gate.commit_on("other", "two");
    gate.deliver("d0", &[gate.push("other", None, other)]).await;
    eventually("the judge is busy", async || {
        gate.forge
            .conclusion(other, "forgewarden-push/other")
            .is_some()
    })
    .await;
    gate.deliver("d1", &[stale]).await;
    gate.expect(old, MAIN, Conclusion::Pending).await;
    let new = gate.commit_on("work", "three");
    gate.forge.pull(1, "main", base, new);
    gate.expect(new, MAIN, Conclusion::Pass).await;
    gate.expect(old, MAIN, Conclusion::Error).await;
    let title = gate.forge.standing(old, MAIN).unwrap().title;
    assert_eq!(title, "Not judged: overtaken");
    let heads: Vec<_> = gate
        .judged()
        .iter()
        .filter_map(|subject| match subject {
            Subject::PullRequest { head, .. } => Some(*head),
            _ => None,
        })
        .collect();
    assert_eq!(heads, [new]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_pull_request_is_not_touched() {
    let gate = Gate::open().await;
    let base = gate.origin.tip("refs/heads/main");
    let head = gate.commit_on("work", "one");
    gate.forge.pull(1, "main", base, head);
    gate.deliver("d1", &[gate.forge.pull_event(1)]).await;
    gate.expect(head, MAIN, Conclusion::Pass).await;
    gate.expect_idle().await;
    let published = gate.forge.published().len();
    gate.forge.close(1);
    gate.deliver("d2", &[gate.forge.pull_event(1)]).await;
    gate.expect_idle().await;
    assert_eq!(gate.forge.published().len(), published);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_pull_request_says_nothing_any_more() {
    let gate = Gate::open().await;
    let base = gate.origin.tip("refs/heads/main");
    let head = gate.commit_on("work", "one");
    gate.judge.say("pull request 2 into main", Conclusion::Fail);
    gate.forge.pull(1, "main", base, head);
    gate.forge.pull(2, "main", base, head);
    gate.deliver("d1", &[gate.forge.pull_event(1)]).await;
    gate.expect(head, MAIN, Conclusion::Fail).await;
    gate.forge.close(2);
    let closed = gate.forge.pull_event(2);
    gate.forge.delete(2);
    gate.deliver("d2", &[closed]).await;
    gate.expect(head, MAIN, Conclusion::Pass).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poke_judges_what_the_forge_says_and_nothing_that_it_says_itself() {
    let gate = Gate::open().await;
    let base = gate.origin.tip("refs/heads/main");
    let head = gate.commit_on("work", "one");
    gate.forge.pull(1, "main", base, head);
    let mut repository = gate.forge.repository();
    repository.id = 4711;
    gate.deliver("d1", &[Event::Poke { repository }]).await;
    gate.expect(head, MAIN, Conclusion::Pass).await;
    gate.expect_idle().await;
    let store = gate.store().await;
    let lines = store.subjects_of("fake", 4711, head).await;
    assert!(lines.expect("readable").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recheck_judges_everything_that_speaks_for_the_head() {
    let gate = Gate::open().await;
    let base = gate.origin.tip("refs/heads/main");
    let head = gate.commit_on("work", "one");
    gate.forge.pull(1, "main", base, head);
    let push = gate.push("work", Some(base), head);
    gate.deliver("d1", &[push, gate.forge.pull_event(1)]).await;
    gate.expect(head, MAIN, Conclusion::Pass).await;
    gate.expect(head, "forgewarden-push/work", Conclusion::Pass)
        .await;
    gate.judge.say("pull request 1 into main", Conclusion::Fail);
    gate.judge.say("push to refs/heads/work", Conclusion::Error);
    let repository = gate.forge.repository();
    gate.deliver("d2", &[Event::Recheck { repository, head }])
        .await;
    gate.expect(head, MAIN, Conclusion::Fail).await;
    gate.expect(head, "forgewarden-push/work", Conclusion::Error)
        .await;
    let seen: Vec<_> = gate.judge.asked.lock().unwrap().clone();
    assert!(seen.len() >= 4);
    assert!(
        seen.iter()
            .all(|request| request.seen_at == seen[0].seen_at),
        "expiry is judged at the first receipt"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_that_fails_is_tried_again() {
    let gate = Gate::open().await;
    gate.forge
        .fail_publications([unavailable(), unavailable(), unavailable()]);
    let new = gate.commit_on("work", "one");
    gate.deliver("d1", &[gate.push("work", None, new)]).await;
    gate.expect(new, "forgewarden-push/work", Conclusion::Pass)
        .await;
    gate.expect_idle().await;
    let store = gate.store().await;
    assert_eq!(store.jobs("dead").await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_is_waited_for_and_is_no_failure() {
    let gate = Gate::open().await;
    let until = Timestamp::now() + SignedDuration::from_millis(1500);
    let limited = ForgeError::RateLimited {
        forge: ForgeKind::GitHub,
        until,
    };
    gate.forge.fail_publications([limited]);
    let new = gate.commit_on("work", "one");
    gate.deliver("d1", &[gate.push("work", None, new)]).await;
    gate.expect(new, "forgewarden-push/work", Conclusion::Pass)
        .await;
    assert!(Timestamp::now() >= until);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_publication_is_listed_and_replayed() {
    let gate = Gate::open().await;
    gate.forge
        .fail_publications(std::iter::repeat_n(unavailable(), 4));
    let new = gate.commit_on("work", "one");
    gate.judge.milliseconds.store(800, Ordering::SeqCst);
    gate.deliver("d1", &[gate.push("work", None, new)]).await;
    let store = gate.store().await;
    eventually("the publication is given up", async || {
        !store.jobs("dead").await.unwrap().is_empty()
    })
    .await;
    let dead = store.jobs("dead").await.unwrap();
    assert_eq!(dead[0].kind, "publish");
    assert!(dead[0].error.contains("it is down"));
    let replayed = store.replay(&dead[0].id.to_string()).await.unwrap();
    assert_eq!(replayed, Replayed::Jobs(1));
    gate.expect(new, "forgewarden-push/work", Conclusion::Pass)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_ends_one_attempt_and_nothing_else() {
    let gate = Gate::open().await;
    gate.judge.panics.store(2, Ordering::SeqCst);
    let new = gate.commit_on("work", "one");
    gate.deliver("d1", &[gate.push("work", None, new)]).await;
    gate.expect(new, "forgewarden-push/work", Conclusion::Pass)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_delivery_is_kept_and_listed() {
    let gate = Gate::open().await;
    let secret = crate::support::fake_forge::SECRET;
    let answer = gate.deliver_raw("d1", secret, b"not JSON".to_vec()).await;
    assert_eq!(answer, 202);
    let store = gate.store().await;
    eventually("it is given up", async || {
        !store.dead_deliveries().await.unwrap().is_empty()
    })
    .await;
    let dead = store.jobs("dead").await.unwrap();
    assert!(dead[0].error.contains("cannot be read"));
}

#[tokio::test(flavor = "multi_thread")]
async fn judging_that_takes_too_long_is_an_error() {
    let mut gate = Gate::closed();
    gate.worker.judge_timeout = Duration::from_millis(50);
    gate.judge.milliseconds.store(400, Ordering::SeqCst);
    gate.start().await;
    let new = gate.commit_on("work", "one");
    gate.deliver("d1", &[gate.push("work", None, new)]).await;
    gate.expect(new, "forgewarden-push/work", Conclusion::Error)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_what_runs_end_and_loses_nothing() {
    let mut gate = Gate::open().await;
    gate.judge.milliseconds.store(300, Ordering::SeqCst);
    let mut heads = Vec::new();
    for number in 0..3 {
        let branch = format!("work{number}");
        let new = gate.commit_on(&branch, &branch);
        gate.deliver(&branch, &[gate.push(&branch, None, new)])
            .await;
        heads.push((branch, new));
    }
    eventually("one is being judged", async || {
        let context = &gate.running.as_ref().unwrap().context;
        let queued = context.store.queued().await.unwrap();
        queued
            .iter()
            .any(|queued| queued.kind == "evaluate" && queued.state == "running")
    })
    .await;
    gate.stop().await;
    let store = gate.store().await;
    assert_eq!(store.jobs("running").await.unwrap(), []);
    assert_eq!(gate.judged().len(), 1, "what ran has ended");
    store.close().await;
    gate.start().await;
    for (branch, head) in heads {
        gate.expect(
            head,
            &format!("forgewarden-push/{branch}"),
            Conclusion::Pass,
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_that_takes_too_long_puts_jobs_back() {
    let mut gate = Gate::closed();
    gate.worker.stop_timeout = Duration::from_millis(50);
    gate.judge.milliseconds.store(1500, Ordering::SeqCst);
    gate.start().await;
    let new = gate.commit_on("work", "one");
    gate.deliver("d1", &[gate.push("work", None, new)]).await;
    let context = "forgewarden-push/work";
    gate.expect(new, context, Conclusion::Pending).await;
    eventually("it is being judged", async || {
        let context = &gate.running.as_ref().unwrap().context;
        let queued = context.store.queued().await.unwrap();
        queued.iter().any(|queued| queued.state == "running")
    })
    .await;
    gate.stop().await;
    let store = gate.store().await;
    assert_eq!(store.jobs("running").await.unwrap(), []);
    assert_eq!(store.jobs("ready").await.unwrap().len(), 1);
    store.close().await;
    gate.judge.milliseconds.store(0, Ordering::SeqCst);
    gate.start().await;
    gate.expect(new, context, Conclusion::Pass).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_on_postgresql_with_two_replicas() {
    let postgres = Postgres::start();
    let url = postgres.database("two");
    let folder = || tempfile::tempdir().unwrap();
    let mut one = Gate::closed_on(folder(), url.clone());
    one.start().await;
    let mut two = Gate::closed_on(folder(), url);
    two.forge = one.forge.clone();
    two.judge = one.judge.clone();
    two.start().await;
    let mut heads = Vec::new();
    for number in 0..12 {
        let branch = format!("work{number}");
        let new = one.commit_on(&branch, &branch);
        let gate = if number % 2 == 0 { &one } else { &two };
        let event = gate.push(&branch, None, new);
        assert_eq!(gate.deliver(&branch, &[event]).await, 202);
        heads.push((branch, new));
    }
    for (branch, head) in &heads {
        let context = format!("forgewarden-push/{branch}");
        one.expect(*head, &context, Conclusion::Pass).await;
    }
    one.expect_idle().await;
    assert_eq!(one.judged().len(), 12, "nothing was judged twice");
    let store = one.store().await;
    let (state, _) = store
        .delivery_state("fake", "work0")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(state, "processed");
    one.stop().await;
    two.stop().await;
}

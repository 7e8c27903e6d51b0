//! What no delivery told us of is found, and judged as if one had.

use std::time::Duration;

use forgewarden::forge::{ForgeError, Standing};
use forgewarden::model::oid::ObjectId;
use forgewarden::model::repo::ForgeKind;
use forgewarden::model::verdict::Conclusion;
use forgewarden::store::Store;
use jiff::{SignedDuration, Timestamp};

use crate::support::gate::{Gate, eventually};
use crate::support::postgres::Postgres;

const MAIN: &str = "forgewarden/main";
const PUSH: &str = "forgewarden-push/main";

async fn sweeping() -> Gate {
    let mut gate = Gate::closed();
    gate.sweep.enabled = true;
    gate.start().await;
    gate
}

/// Waits until two more sweeps have begun: the first of them is over then.
async fn swept(gate: &Gate) {
    let seen = gate.forge.listings();
    eventually("it was swept twice", async || {
        gate.forge.listings() >= seen + 3
    })
    .await;
    gate.expect_idle().await;
}

/// A commit on `main`, pushed; gives the tip before and the new one.
fn moved(gate: &Gate, message: &str) -> (ObjectId, ObjectId) {
    let old = gate.origin.tip("refs/heads/main");
    let new = gate.commit_on("main", message);
    gate.forge.branch("main", new);
    (old, new)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_request_that_nobody_announced_is_judged_and_only_once() {
    let gate = sweeping().await;
    let base = gate.origin.tip("refs/heads/main");
    let head = gate.commit_on("work", "one");
    gate.forge.pull(1, "main", base, head);
    gate.expect(head, MAIN, Conclusion::Pass).await;
    swept(&gate).await;
    assert_eq!(gate.judged().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_request_whose_target_moved_is_judged_again() {
    let gate = sweeping().await;
    let base = gate.origin.tip("refs/heads/main");
    let head = gate.commit_on("work", "one");
    gate.forge.pull(1, "main", base, head);
    gate.expect(head, MAIN, Conclusion::Pass).await;
    swept(&gate).await;
    let (_, tip) = moved(&gate, "two");
    gate.judge.say("pull request 1 into main", Conclusion::Fail);
    gate.forge.pull(1, "main", tip, head);
    gate.expect(head, MAIN, Conclusion::Fail).await;
    swept(&gate).await;
    assert_eq!(gate.judged().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_delivery_is_taken_and_only_once() {
    let gate = sweeping().await;
    let new = gate.commit_on("work", "one");
    gate.forge.misses("m1", &[gate.push("work", None, new)]);
    gate.expect(new, "forgewarden-push/work", Conclusion::Pass)
        .await;
    swept(&gate).await;
    assert_eq!(gate.judged().len(), 1);
    let state = gate.store().await.delivery_state("fake", "m1").await;
    assert_eq!(state.unwrap().unwrap().0, "processed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_nobody_announced_is_judged_without_a_pusher() {
    let gate = sweeping().await;
    let first = gate.origin.tip("refs/heads/main");
    gate.forge.branch("main", first);
    swept(&gate).await;
    assert!(
        gate.judged().is_empty(),
        "what was there before is not ours to judge"
    );
    let (old, new) = moved(&gate, "two");
    gate.expect(new, PUSH, Conclusion::Pass).await;
    swept(&gate).await;
    let asked = gate.judge.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].actor, None);
    let update = asked[0].subject.updates().remove(0);
    assert_eq!((update.old, update.new), (Some(old), Some(new)));
}

#[tokio::test(flavor = "multi_thread")]
async fn announced_moves_are_not_judged_twice_in_whatever_order_they_come() {
    let mut gate = Gate::closed();
    gate.sweep.enabled = true;
    gate.sweep.grace = Duration::from_mins(10);
    gate.start().await;
    let first = gate.origin.tip("refs/heads/main");
    gate.forge.branch("main", first);
    swept(&gate).await;
    let (a, b) = moved(&gate, "two");
    let (_, c) = moved(&gate, "three");
    gate.deliver("late", &[gate.push("main", Some(b), c)]).await;
    swept(&gate).await;
    gate.deliver("early", &[gate.push("main", Some(a), b)])
        .await;
    swept(&gate).await;
    gate.sweep.grace = Duration::ZERO;
    gate.stop().await;
    gate.start().await;
    swept(&gate).await;
    assert_eq!(gate.judged().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_delivery_does_not_hide_an_earlier_move_that_was_lost() {
    let gate = sweeping().await;
    let first = gate.origin.tip("refs/heads/main");
    gate.forge.branch("main", first);
    swept(&gate).await;
    let b = gate.commit_on("main", "two");
    let c = gate.commit_on("main", "three");
    gate.judge.say("push to refs/heads/main", Conclusion::Fail);
    gate.deliver("d1", &[gate.push("main", Some(b), c)]).await;
    gate.forge.branch("main", c);
    swept(&gate).await;
    let from_first = |subject: &forgewarden::model::request::Subject| {
        let update = subject.updates().remove(0);
        (update.old, update.new) == (Some(first), Some(c))
    };
    assert!(gate.judged().iter().any(from_first), "{:?}", gate.judged());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_does_not_stand_is_published_anew() {
    let gate = sweeping().await;
    let base = gate.origin.tip("refs/heads/main");
    let head = gate.commit_on("work", "one");
    gate.forge.pull(1, "main", base, head);
    gate.judge.say("pull request 1 into main", Conclusion::Fail);
    gate.expect(head, MAIN, Conclusion::Fail).await;
    swept(&gate).await;
    let mut before = gate.forge.published().len();
    for standing in [
        Standing::Changed("it is gone".to_owned()),
        Standing::Overruled("mallory says success".to_owned()),
    ] {
        gate.forge.tamper(standing);
        eventually("it is published anew", async || {
            gate.forge.published().len() > before
        })
        .await;
        swept(&gate).await;
        before += 1;
        assert_eq!(gate.forge.published().len(), before, "once for each time");
        gate.expect(head, MAIN, Conclusion::Fail).await;
    }
    assert_eq!(gate.judged().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_stops_the_sweep_and_every_job_of_the_instance() {
    let gate = sweeping().await;
    let until = Timestamp::now() + SignedDuration::from_secs(2);
    let forge = ForgeKind::GitHub;
    gate.forge
        .fail_listings([ForgeError::RateLimited { forge, until }]);
    let context = gate.running.as_ref().unwrap().context.clone();
    eventually("the instance is left alone", async || {
        context.pauses.until("fake", Timestamp::now()).is_some()
    })
    .await;
    let listed = gate.forge.listings();
    let new = gate.commit_on("work", "one");
    gate.deliver("d1", &[gate.push("work", None, new)]).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(
        Timestamp::now() < until,
        "the machine is too slow for this story"
    );
    assert_eq!(gate.forge.listings(), listed);
    assert!(gate.forge.published().is_empty());
    gate.expect(new, "forgewarden-push/work", Conclusion::Pass)
        .await;
    assert!(Timestamp::now() >= until);
}

async fn only_one_holds(store: &Store) {
    let lease = Duration::from_mins(1);
    assert!(store.hold_sweep("fake", "one", lease).await.unwrap());
    assert!(!store.hold_sweep("fake", "two", lease).await.unwrap());
    assert!(store.hold_sweep("fake", "one", lease).await.unwrap());
    store.release_sweep("fake", "two").await.unwrap();
    assert!(!store.hold_sweep("fake", "two", lease).await.unwrap());
    store.release_sweep("fake", "one").await.unwrap();
    assert!(store.hold_sweep("fake", "two", lease).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_worker_sweeps_at_a_time() {
    only_one_holds(&Gate::closed().store().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_sweep_on_postgresql() {
    let postgres = Postgres::start();
    let folder = tempfile::tempdir().unwrap();
    let mut gate = Gate::closed_on(folder, postgres.database("sweep"));
    only_one_holds(&gate.store().await).await;
    gate.store().await.release_all_sweeps().await.unwrap();
    gate.sweep.enabled = true;
    gate.start().await;
    let first = gate.origin.tip("refs/heads/main");
    gate.forge.branch("main", first);
    swept(&gate).await;
    let (_, new) = moved(&gate, "two");
    gate.expect(new, PUSH, Conclusion::Pass).await;
    swept(&gate).await;
    assert_eq!(gate.judged().len(), 1);
    gate.stop().await;
}

//! The store over both databases: the same stories, the same answers.

use std::sync::Arc;
use std::time::Duration;

use forgewarden::clock::SystemClock;
use forgewarden::model::delivery::VerifiedDelivery;
use forgewarden::model::oid::ObjectId;
use forgewarden::model::verdict::Conclusion;
use forgewarden::store::{
    Accepted, Delay, Evaluation, Everyone, Mark, NewVerdict, Outcome, Replayed, Said, StatusKey,
    Store, StoreError, migrations, up_to,
};
use jiff::Timestamp;
use sqlx::{AnyConnection, Connection, Row};

use crate::support::facts::account;
use crate::support::postgres::Postgres;

const LEASE: Duration = Duration::from_secs(30);

/// Runs a story on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $name() {
                let folder = tempfile::tempdir().expect("folder");
                let url = format!("sqlite:{}/w.db", folder.path().display());
                super::$name(&super::open(&url).await, &url).await;
            })+
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn the_same_on_postgresql() {
            let postgres = Postgres::start();
            $({
                let url = postgres.database(stringify!($name));
                println!("{}", stringify!($name));
                $name(&open(&url).await, &url).await;
            })+
        }
    };
}

on_both! {
    a_delivery_is_taken_once_and_revived_when_dead,
    two_jobs_of_one_key_never_run_at_once,
    an_abandoned_job_comes_back_and_its_old_worker_is_fenced_off,
    the_worst_subject_is_shown_and_a_late_result_is_not_heard,
    a_verdict_is_never_changed,
    the_first_receipt_stays,
    everybody_who_pushed_one_of_many_commits_is_found,
    every_claim_gets_another_job,
    an_orphan_is_settled,
}

async fn open(url: &str) -> Store {
    let store = Store::open(url, Arc::new(SystemClock)).await;
    store.expect("the store opens")
}

fn delivery(id: &str) -> VerifiedDelivery {
    let body = vec![0xff, 0x00, b'x'];
    let at = Timestamp::from_millisecond(1_700_000_000_123).expect("a time");
    VerifiedDelivery::attest("fake".into(), id.into(), "push".into(), body, at)
}

fn head() -> ObjectId {
    ObjectId::parse("1f".repeat(20)).expect("an id")
}

fn mark(subject: &str) -> Mark {
    Mark {
        key: StatusKey {
            instance: "fake".into(),
            repository_id: 7,
            head: head(),
            context: "forgewarden/main".into(),
        },
        subject: subject.into(),
        place: "{}".into(),
    }
}

fn evaluation(key: &str, subject: &str) -> Evaluation {
    Evaluation {
        key: key.into(),
        task: format!("task of {subject}"),
        marks: vec![mark(subject)],
        rendered: "pending".into(),
    }
}

fn said(conclusion: Conclusion) -> Said {
    Said {
        conclusion,
        rendered: format!("it is {conclusion}"),
        verdict_id: None,
    }
}

async fn a_delivery_is_taken_once_and_revived_when_dead(store: &Store, _url: &str) {
    assert_eq!(store.accept(&delivery("a")).await.unwrap(), Accepted::New);
    let again = store.accept(&delivery("a")).await.unwrap();
    assert_eq!(again, Accepted::UnderWay);
    let job = store.claim(LEASE).await.unwrap().expect("a job");
    assert_eq!(store.delivery(&job).await.unwrap(), delivery("a"));
    store
        .give_up(&job, "no", &said(Conclusion::Error))
        .await
        .unwrap();
    let state = store.delivery_state("fake", "a").await.unwrap();
    assert_eq!(state.expect("known").0, "dead");
    assert_eq!(store.dead_deliveries().await.unwrap().len(), 1);
    assert_eq!(
        store.accept(&delivery("a")).await.unwrap(),
        Accepted::Revived
    );
    let job = store.claim(LEASE).await.unwrap().expect("a job");
    store
        .begin_evaluations(Some(&job), &[evaluation("r", "one")], "")
        .await
        .unwrap();
    let state = store.delivery_state("fake", "a").await.unwrap();
    assert_eq!(state.expect("known").0, "judging");
    assert_eq!(
        store.accept(&delivery("a")).await.unwrap(),
        Accepted::UnderWay
    );
    let job = claim_key(store, "r").await;
    store.conclude(&job, None, &[]).await.unwrap();
    let again = store.accept(&delivery("a")).await.unwrap();
    assert_eq!(again, Accepted::Processed);
    assert_eq!(store.replay("a").await.unwrap(), Replayed::Delivery);
    assert_eq!(store.replay("nothing").await.unwrap(), Replayed::Unknown);
    assert_eq!(
        store.accept(&delivery("a")).await.unwrap(),
        Accepted::UnderWay
    );
}

/// Claims until the job has this key; publish jobs are finished on the way.
async fn claim_key(store: &Store, key: &str) -> forgewarden::store::Job {
    loop {
        let job = store.claim(LEASE).await.unwrap().expect("a job");
        if job.key == key {
            return job;
        }
        store.finish(&job).await.unwrap();
    }
}

async fn two_jobs_of_one_key_never_run_at_once(store: &Store, _url: &str) {
    let both = [evaluation("r", "one"), evaluation("r", "two")];
    store.begin_evaluations(None, &both, "").await.unwrap();
    let first = claim_key(store, "r").await;
    while let Some(job) = store.claim(LEASE).await.unwrap() {
        assert_ne!(job.key, "r");
        store.finish(&job).await.unwrap();
    }
    let now = Timestamp::now();
    store
        .put_back(&first, Delay::Failed(now), "no")
        .await
        .unwrap();
    let second = claim_key(store, "r").await;
    store.finish(&second).await.unwrap();
    let third = claim_key(store, "r").await;
    assert_ne!(second.id, third.id);
    let retried = [second, third];
    let retried = retried.iter().find(|job| job.id == first.id);
    assert_eq!(retried.expect("came back").attempts, 1);
}

async fn an_abandoned_job_comes_back_and_its_old_worker_is_fenced_off(store: &Store, _url: &str) {
    store.accept(&delivery("a")).await.unwrap();
    let old = store.claim(Duration::ZERO).await.unwrap().expect("a job");
    tokio::time::sleep(Duration::from_millis(5)).await;
    let count = store.put_back_abandoned(Everyone::MayLive).await.unwrap();
    assert_eq!(count, 1);
    let new = store.claim(LEASE).await.unwrap().expect("a job");
    assert_eq!(new.id, old.id);
    assert_eq!(new.claims, 2);
    assert!(!store.extend(&old, LEASE).await.unwrap());
    assert!(matches!(
        store.finish(&old).await,
        Err(StoreError::LeaseLost(_))
    ));
    assert!(matches!(
        store.conclude(&old, None, &[]).await,
        Err(StoreError::LeaseLost(_))
    ));
    assert_eq!(
        store.put_back_abandoned(Everyone::MayLive).await.unwrap(),
        0
    );
    assert!(store.extend(&new, LEASE).await.unwrap());
    assert_eq!(store.put_back_abandoned(Everyone::IsGone).await.unwrap(), 1);
}

async fn the_worst_subject_is_shown_and_a_late_result_is_not_heard(store: &Store, _url: &str) {
    let three = [
        evaluation("r1", "one"),
        evaluation("r2", "two"),
        evaluation("r3", "one"),
    ];
    store.begin_evaluations(None, &three, "").await.unwrap();
    let early = claim_key(store, "r1").await;
    let other = claim_key(store, "r2").await;
    let late = claim_key(store, "r3").await;
    assert!(!store.is_awaited(&early).await.unwrap());
    let says = |subject: &str, conclusion| [Outcome::Says(mark(subject), said(conclusion))];
    let shown = async || {
        let row = store.status(&mark("one").key).await.unwrap();
        row.expect("there").conclusion
    };
    let pass = says("one", Conclusion::Pass);
    store.conclude(&late, None, &pass).await.unwrap();
    assert_eq!(shown().await, Conclusion::Pending);
    let pass = says("two", Conclusion::Pass);
    store.conclude(&other, None, &pass).await.unwrap();
    assert_eq!(shown().await, Conclusion::Pass);
    let fail = says("one", Conclusion::Fail);
    store.conclude(&early, None, &fail).await.unwrap();
    assert_eq!(shown().await, Conclusion::Pass, "an early result came late");

    let again = [evaluation("r4", "two")];
    store.begin_evaluations(None, &again, "").await.unwrap();
    assert_eq!(shown().await, Conclusion::Pending);
    let job = claim_key(store, "r4").await;
    let fail = says("two", Conclusion::Fail);
    store.conclude(&job, None, &fail).await.unwrap();
    assert_eq!(shown().await, Conclusion::Fail, "the worst of two");
    let row = store
        .status(&mark("one").key)
        .await
        .unwrap()
        .expect("there");
    store
        .published(&mark("one").key, row.desired_version, "run 1")
        .await
        .unwrap();
    assert_eq!(store.status_debt().await.unwrap(), (0, 0));
}

async fn a_verdict_is_never_changed(store: &Store, url: &str) {
    store
        .begin_evaluations(None, &[evaluation("r", "one")], "")
        .await
        .unwrap();
    let job = claim_key(store, "r").await;
    let verdict = NewVerdict {
        id: "v1".into(),
        instance: "fake".into(),
        repository_id: 7,
        repository: "acme/app".into(),
        subject: "push".into(),
        target: "refs/heads/main".into(),
        base: String::new(),
        head: head().to_string(),
        policy_digest: "p".into(),
        trust_digest: "t".into(),
        conclusion: "pass".into(),
        json: b"{\"a\": 1}".to_vec(),
    };
    store.conclude(&job, Some(&verdict), &[]).await.unwrap();
    let kept = store.verdict("v1").await.unwrap().expect("there");
    assert_eq!(kept.json, verdict.json);
    let mut connection = AnyConnection::connect(url).await.unwrap();
    let changed = sqlx::query("UPDATE verdicts SET conclusion = 'pass'")
        .execute(&mut connection)
        .await;
    assert!(changed.unwrap_err().to_string().contains("never changed"));
}

async fn the_first_receipt_stays(store: &Store, _url: &str) {
    let early = Timestamp::from_millisecond(1_000).unwrap();
    let late = Timestamp::from_millisecond(2_000).unwrap();
    let first = store.first_seen("fake", 7, head(), early).await.unwrap();
    let again = store.first_seen("fake", 7, head(), late).await.unwrap();
    assert_eq!((first, again), (early, early));
    let elsewhere = store.first_seen("fake", 8, head(), late).await.unwrap();
    assert_eq!(elsewhere, late);
}

async fn everybody_who_pushed_one_of_many_commits_is_found(store: &Store, _url: &str) {
    let commit = |number: u32| ObjectId::parse(format!("{number:040x}")).unwrap();
    let at = Timestamp::from_millisecond(1_000).unwrap();
    let (alice, bob) = (account("alice"), account("bob"));
    let place = ("fake", 7);
    let both = [commit(1), commit(1200)];
    let new = store.note_pusher(place, &both, &alice, at).await.unwrap();
    assert_eq!(new, both);
    let again = store.note_pusher(place, &[commit(1)], &alice, at).await;
    assert_eq!(again.unwrap(), []);
    let second = store.note_pusher(place, &[commit(1)], &bob, at).await;
    assert_eq!(second.unwrap(), [commit(1)]);
    let many: Vec<_> = (1..=1201).map(commit).collect();
    let all = store.pushers_of("fake", 7, &many).await.unwrap();
    assert_eq!(all, [alice.clone(), bob]);
    let last = store.pushers_of("fake", 7, &[commit(1200)]).await.unwrap();
    assert_eq!(last, [alice]);
    assert_eq!(store.pushers_of("fake", 7, &[]).await.unwrap(), []);
    assert_eq!(store.pushers_of("fake", 8, &many).await.unwrap(), []);
}

async fn every_claim_gets_another_job(store: &Store, _url: &str) {
    for number in 0..40 {
        let accepted = store.accept(&delivery(&number.to_string())).await;
        assert_eq!(accepted.unwrap(), Accepted::New);
    }
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let store = store.clone();
        workers.spawn(async move {
            let mut ids = Vec::new();
            let mut misses = 0;
            while misses < 20 {
                match store.claim(LEASE).await.unwrap() {
                    Some(job) => {
                        ids.push(job.id);
                        store.finish(&job).await.unwrap();
                    }
                    None => misses += 1,
                }
            }
            ids
        });
    }
    let mut ids = workers.join_all().await.concat();
    assert_eq!(ids.len(), 40);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 40, "no job was done twice");
}

async fn an_orphan_is_settled(store: &Store, url: &str) {
    store
        .begin_evaluations(None, &[evaluation("r", "one")], "")
        .await
        .unwrap();
    let error = said(Conclusion::Error);
    assert_eq!(store.settle_orphans(&error).await.unwrap(), 0);
    let mut connection = AnyConnection::connect(url).await.unwrap();
    sqlx::query("DELETE FROM jobs")
        .execute(&mut connection)
        .await
        .unwrap();
    assert_eq!(store.settle_orphans(&error).await.unwrap(), 1);
    assert_eq!(store.settle_orphans(&error).await.unwrap(), 0);
    let row = store
        .status(&mark("one").key)
        .await
        .unwrap()
        .expect("there");
    assert_eq!(row.conclusion, Conclusion::Error);
    let job = store.claim(LEASE).await.unwrap().expect("a publish job");
    assert!(job.key.starts_with("publish/"));
    store.finish(&job).await.unwrap();
    assert_eq!(store.requeue_unpublished().await.unwrap(), 1);
    assert_eq!(store.requeue_unpublished().await.unwrap(), 0);
}

#[tokio::test]
async fn sqlite_is_set_up_to_survive() {
    let folder = tempfile::tempdir().expect("folder");
    let url = format!("sqlite:{}/w.db", folder.path().display());
    let store = open(&url).await;
    let alone = store.work_alone(&url).expect("the first");
    assert!(alone.is_some());
    assert!(matches!(store.work_alone(&url), Err(StoreError::InUse(_))));
    let mut connection = AnyConnection::connect(&url).await.unwrap();
    let row = sqlx::query("PRAGMA journal_mode")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(row.get::<String, _>(0), "wal");
}

/// Migrations apply one after the other over the data of the version before;
/// from the second on, each needs its sample here.
#[tokio::test(flavor = "multi_thread")]
async fn migrations_apply_over_data() {
    let postgres = Postgres::start();
    let folder = tempfile::tempdir().expect("folder");
    for url in [
        format!("sqlite:{}/w.db", folder.path().display()),
        postgres.database("migrations"),
    ] {
        let store = Store::connect(&url, Arc::new(SystemClock)).await.unwrap();
        for migration in migrations(store.dialect()).iter() {
            up_to(&store, migration.version).await.unwrap();
            let sample = SAMPLES
                .iter()
                .find(|(version, _)| *version == migration.version);
            let (_, sample) = sample.expect("every migration has its sample rows");
            let mut connection = AnyConnection::connect(&url).await.unwrap();
            for statement in *sample {
                let mut query = sqlx::query(*statement);
                if statement.contains("$1") {
                    query = query.bind(b"bytes".to_vec());
                }
                query.execute(&mut connection).await.unwrap();
            }
        }
        let store = open(&url).await;
        assert_eq!(store.jobs("dead").await.unwrap().len(), 1);
        assert!(store.verdict("sample").await.unwrap().is_some());
    }
}

const SAMPLES: &[(i64, &[&str])] = &[
    (
        1,
        &[
            "INSERT INTO deliveries (instance, delivery_id, event, body, received_at, state) \
         VALUES ('github', 'd', 'push', $1, 1, 'dead')",
            "INSERT INTO jobs (kind, queue_key, payload, instance, delivery_id, state, run_at, created_at) \
         VALUES ('delivery', 'k', '', 'github', 'd', 'dead', 1, 1)",
            "INSERT INTO verdicts (id, instance, repository_id, repository, subject, target, base, head, \
         policy_digest, trust_digest, conclusion, created_at, json) \
         VALUES ('sample', 'github', 1, 'r', 's', 't', 'b', 'h', 'p', 't', 'pass', 1, $1)",
            "INSERT INTO statuses (instance, repository_id, head, context, place, conclusion, rendered, \
         desired_version, changed_at) VALUES ('github', 1, 'h', 'c', '{}', 'pass', '{}', 1, 1)",
            "INSERT INTO first_seen (instance, repository_id, object_id, seen_at) VALUES ('github', 1, 'o', 1)",
        ],
    ),
    (
        2,
        &[
            "INSERT INTO tips (instance, repository_id, branch, tip, seen_at) VALUES ('github', 1, 'b', 'o', 1)",
            "INSERT INTO sweeps (instance) VALUES ('github')",
        ],
    ),
    (
        3,
        &[
            "INSERT INTO pushers (instance, repository_id, object_id, actor, pushed_at) \
         VALUES ('github', 1, 'o', '{}', 1)",
        ],
    ),
    (
        4,
        &[
            "INSERT INTO pushes (instance, repository_id, repository, delivery, reference, old_id, new_id, \
         actor, pushed_at, heard_at) VALUES ('github', 1, 'r', 'd', 'b', '', 'o', '', 1, 1)",
            "INSERT INTO evidence (instance, record_id, repository, reference, old_id, new_id, actor, \
         noted_at, heard_at, json) VALUES ('github', 'e', 'r', '', '', '', '', 1, 1, '{}')",
            "INSERT INTO considered (push_id, instance, repository_id, head, context, subject) \
         VALUES (1, 'github', 1, 'h', 'c', 's')",
            "INSERT INTO guarantees (instance, id, scope, leaves, says, read_at) \
         VALUES ('github', 'passwords-for-git', '', '', 's', 1)",
        ],
    ),
];

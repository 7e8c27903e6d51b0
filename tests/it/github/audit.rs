//! How pushes were authenticated: the audit log, asked, against a GitHub that
//! answers well, badly and with bad intent.

use std::collections::BTreeSet;
use std::sync::Arc;

use forgewarden::clock::SystemClock;
use forgewarden::config::GitHubAudit;
use forgewarden::forge::github::instance;
use forgewarden::forge::{AuditRecord, ForgeError, Instance, RecordedRepository};
use forgewarden::model::authentication::{Source, Strength};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::forge::github::{Fault, OWNER_TOKEN, Recorded};
use super::scene::{APP, Scene, config};

const LOG: &str = "/orgs/acme/audit-log";

/// The adapter with this of `[github.audit]`.
pub(super) fn with_audit(scene: &Scene, change: impl FnOnce(&mut GitHubAudit)) -> Instance {
    let mut config = config(&scene.forge);
    change(&mut config.audit);
    instance(&config, Arc::new(SystemClock)).expect("lawful")
}

/// A scene whose App reads acme's log, and the adapter that does.
pub(super) async fn polling() -> (Scene, Instance) {
    let scene = Scene::new().await;
    scene.forge.lets_app_read_logs();
    let ours = with_audit(&scene, |it| it.organizations = vec!["acme".into()]);
    (scene, ours)
}

fn a_minute_ago() -> Timestamp {
    Timestamp::now() - SignedDuration::from_mins(1)
}

pub(super) async fn records(ours: &Instance) -> Result<Vec<AuditRecord>, ForgeError> {
    ours.audit.records(a_minute_ago()).await
}

fn words(record: &AuditRecord) -> String {
    let all = record.evidence.could_be.iter().map(ToString::to_string);
    all.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_log_tells_how_each_push_was_authenticated() {
    let (scene, ours) = polling().await;
    let pushes = [
        ("mallory", Recorded::password(), ""),
        ("alice", Recorded::classic_token(), "classic-token"),
        (
            "alice",
            Recorded::fine_grained_token(),
            "fine-grained-token",
        ),
        ("robin[bot]", Recorded::app_token(), "app-token"),
        ("bob", Recorded::ssh_key(), "deploy-key ssh-key"),
        ("carol", Recorded::deploy_key(), "deploy-key"),
        (
            "bob",
            Recorded::ssh_unlabelled(),
            "deploy-key ssh-key ssh-certificate",
        ),
        ("bob", Recorded::labelled("SSH certificate", "ssh"), ""),
    ];
    let start = Timestamp::now() - SignedDuration::from_secs(1);
    for (place, (by, recorded, _)) in pushes.iter().enumerate() {
        let at = start + SignedDuration::from_millis(i64::try_from(place).expect("few"));
        scene.forge.records_push_at(APP, by, recorded, at);
    }
    let found = records(&ours).await.expect("read");
    let told: Vec<String> = found.iter().map(words).collect();
    assert_eq!(told, pushes.clone().map(|(_, _, told)| told));
    let number = RecordedRepository::Number(scene.forge.repository_id(APP));
    for (record, (by, ..)) in found.iter().zip(&pushes) {
        assert_eq!(record.repository, number);
        let login = record.actor.as_ref().map(|actor| actor.login.as_str());
        assert_eq!(login, (*by != "carol").then_some(*by));
        assert_eq!(record.evidence.source, Source::AuditLog);
        assert_eq!(record.evidence.strength, Strength::Correlated);
        assert_eq!(record.evidence.observed_at, record.at);
    }
    assert!(found[3].actor.as_ref().expect("a robot").robot);
    assert!(ours.audit.expects_records() && !scene.instance.audit.expects_records());
}

#[tokio::test]
async fn a_record_that_is_told_late_twice_or_never_counts_once_when_it_is_there() {
    let (scene, ours) = polling().await;
    let later = Recorded::ssh_key().after(SignedDuration::from_hours(1));
    scene.forge.records_push(APP, "alice", &later);
    let never = Recorded::classic_token().never();
    scene.forge.records_push(APP, "mallory", &never);
    let id = scene
        .forge
        .records_push(APP, "bob", &Recorded::classic_token().times(3));
    let found = records(&ours).await.expect("read");
    let ids: Vec<&str> = found.iter().map(|record| record.id.as_str()).collect();
    assert_eq!(ids, [id.as_str()]);
    let since = Timestamp::now() + SignedDuration::from_mins(5);
    assert_eq!(ours.audit.records(since).await, Ok(Vec::new()));
}

#[tokio::test]
async fn every_page_is_read_and_only_pushes_are_asked_for() {
    let (scene, ours) = polling().await;
    for _ in 0..250 {
        scene
            .forge
            .records_push(APP, "alice", &Recorded::classic_token());
    }
    scene.forge.records(
        "acme",
        json!({ "action": "git.clone", "@timestamp": Timestamp::now().as_millisecond() }),
    );
    let found = records(&ours).await.expect("read");
    let ids: BTreeSet<&String> = found.iter().map(|record| &record.id).collect();
    assert_eq!((found.len(), ids.len()), (250, 250));
    let asked = scene.asked();
    let asked: Vec<&String> = asked.iter().filter(|it| it.contains("audit-log")).collect();
    assert_eq!(asked.len(), 3);
    let first = "GET /orgs/acme/audit-log?include=git&phrase=action%3Agit.push%20created%3A%3E%3D";
    assert!(asked[0].starts_with(first), "{}", asked[0]);
    assert!(asked[0].ends_with("Z&order=asc&per_page=100"));
    let minted = scene.forge.requests().into_iter();
    let minted: Vec<Value> = minted
        .filter(|it| it.path.ends_with("/access_tokens"))
        .map(|it| it.body)
        .collect();
    let expected = json!({ "permissions": { "organization_administration": "read" } });
    assert_eq!(minted, [expected]);
}

#[tokio::test]
async fn an_organisation_that_cannot_be_asked_is_named() {
    let scene = Scene::new().await;
    let both = || vec!["acme".to_owned(), "umbrella".to_owned()];
    let app = with_audit(&scene, |it| it.organizations = both());
    let refused = records(&app).await.expect_err("not granted").to_string();
    assert!(refused.contains("audit log of acme"), "{refused}");
    let owner = with_audit(&scene, |it| {
        it.organizations = both();
        it.token = Some(SecretString::from(OWNER_TOKEN));
    });
    let refused = records(&owner).await.expect_err("unknown").to_string();
    assert!(refused.contains("audit log of umbrella"), "{refused}");
    let owner = with_audit(&scene, |it| {
        it.organizations = vec!["acme".into()];
        it.token = Some(SecretString::from(OWNER_TOKEN));
    });
    scene
        .forge
        .records_push(APP, "alice", &Recorded::classic_token());
    assert_eq!(records(&owner).await.expect("read").len(), 1);
    let stranger = with_audit(&scene, |it| {
        it.organizations = vec!["acme".into()];
        it.token = Some(SecretString::from("ghp_expired"));
    });
    let refused = records(&stranger).await.expect_err("nobody").to_string();
    assert!(
        refused.contains("acme") && !refused.contains("ghp_"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_limit_is_kept_and_an_outage_is_no_empty_log() {
    let (scene, ours) = polling().await;
    let fails = async |fault: Fault| {
        scene.forge.fails(fault);
        records(&ours).await.expect_err("a fault")
    };
    let limited = fails(Fault::new("GET", LOG, 429).header("retry-after", 30)).await;
    assert!(
        matches!(limited, ForgeError::RateLimited { .. }),
        "{limited}"
    );
    let secondary = Fault::new("GET", LOG, 403).header("x-ratelimit-remaining", 0);
    let limited = fails(secondary).await;
    assert!(
        matches!(limited, ForgeError::RateLimited { .. }),
        "{limited}"
    );
    let down = fails(Fault::new("GET", LOG, 503)).await;
    assert!(matches!(down, ForgeError::Unavailable { .. }), "{down}");
    assert!(down.to_string().contains("acme"), "{down}");
    let hidden = fails(Fault::new("GET", LOG, 403).header(
        "x-accepted-github-permissions",
        "organization_administration=read",
    ))
    .await;
    assert!(
        hidden
            .to_string()
            .contains("organization_administration=read"),
        "{hidden}"
    );
}

#[tokio::test]
async fn a_hostile_answer_is_an_error_and_never_a_shorter_log() {
    let (scene, ours) = polling().await;
    let now = Timestamp::now().as_millisecond();
    let push = json!({ "action": "git.push", "_document_id": "a", "@timestamp": now,
        "repository_id": 1, "actor": "alice", "actor_id": 2 });
    let with = |name: &str, value: Value| {
        let mut odd = push.clone();
        odd[name] = value;
        json!([push, odd]).to_string()
    };
    let bodies = [
        ("{}".to_owned(), "sequence"),
        ("[1]".to_owned(), "not an object"),
        ("[{}]".to_owned(), "no `action`"),
        ("[{\"action\":[]}]".to_owned(), "not a text"),
        (with("@timestamp", json!("now")), "git.push a"),
        (with("@timestamp", json!(now / 1000)), "@timestamp"),
        (with("_document_id", Value::Null), "_document_id"),
        (with("repository_id", json!(-1)), "git.push a"),
        (with("actor", json!({})), "git.push a"),
        (with("programmatic_access_type", json!(true)), "git.push a"),
        // The same id for another account's push: one of the two is a lie.
        (with("actor_id", json!(3)), "twice and differs"),
        (" ".repeat(17 << 20), "16777216"),
        ("[".repeat(1000), "recursion"),
    ];
    for (body, said) in bodies {
        let shown: String = body.chars().take(200).collect();
        scene
            .forge
            .fails(Fault::new("GET", LOG, 200).body(body.clone()));
        let error = records(&ours).await.expect_err("hostile").to_string();
        assert!(error.contains(said), "{shown}: {error}");
        assert!(error.contains("acme") || said.contains("twice"), "{error}");
        assert!(error.len() < 1000, "{error}");
    }
    scene
        .forge
        .fails(Fault::new("GET", LOG, 200).body(with("user", json!(1))));
    let same = records(&ours).await;
    let same = same.expect("the same record, told twice");
    assert_eq!(same.len(), 1);
}

#[tokio::test]
async fn a_link_is_followed_to_the_next_page_of_the_same_log_alone() {
    let (scene, ours) = polling().await;
    let page = |link: String| {
        let link = format!("<{link}>; rel=\"next\"");
        Fault::new("GET", "audit-log", 200)
            .body("[]")
            .header("link", link)
    };
    let base = scene.forge.api_url();
    for elsewhere in [
        "https://evil.example/orgs/acme/audit-log?after=x".to_owned(),
        format!("{base}/orgs/umbrella/audit-log?after=x"),
        format!("{base}/orgs/acme/audit-log/../../x"),
        format!("{base}/orgs/acme/members?after=x"),
        format!("{base}/organizations/x/audit-log"),
        format!("{base}/organizations//audit-log"),
        "/orgs/acme/audit-log?after=x".to_owned(),
        "not a link".to_owned(),
    ] {
        scene.forge.fails(page(elsewhere.clone()));
        let before = scene.asked().len();
        let error = records(&ours).await.expect_err("elsewhere");
        assert!(
            matches!(error, ForgeError::Unreadable { .. }),
            "{elsewhere}: {error}"
        );
        let asked = scene.asked().split_off(before);
        let logs = asked.iter().filter(|it| it.contains("audit-log"));
        assert_eq!(logs.count(), 1, "{asked:?}");
    }
    let circle = format!("{base}/orgs/acme/audit-log?after=x");
    for _ in 0..2 {
        scene.forge.fails(page(circle.clone()));
    }
    let error = records(&ours).await.expect_err("a circle").to_string();
    assert!(error.contains("circle"), "{error}");
    for number in 0..101 {
        scene.forge.fails(page(format!("{circle}{number}")));
    }
    let error = records(&ours).await.expect_err("no end").to_string();
    assert!(error.contains("100 pages"), "{error}");
}

#[tokio::test]
async fn a_link_by_the_organisations_number_is_the_same_log() {
    let (scene, ours) = polling().await;
    let next = format!(
        "<{}/organizations/5/audit-log?after=1>; rel=\"next\"",
        scene.forge.api_url()
    );
    scene
        .forge
        .fails(Fault::new("GET", LOG, 200).body("[]").header("link", next));
    let second = Fault::new("GET", "/organizations/5/audit-log?after=1", 200).body("[]");
    scene.forge.fails(second);
    assert_eq!(records(&ours).await, Ok(Vec::new()));
}

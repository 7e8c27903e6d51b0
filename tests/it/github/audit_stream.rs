//! The audit log as GitHub streams it to an event collector: batches that are
//! authentic or not, large, packed, cut short, and made with bad intent.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock};

use forgewarden::clock::SystemClock;
use forgewarden::config::{GitHubAudit, GitHubInstance};
use forgewarden::forge::github::instance;
use forgewarden::forge::{AuditRecord, Instance, RecordedRepository, Refused, StreamError};
use forgewarden::model::authentication::Source;
use forgewarden::model::text::is_misleading;
use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::audit::{polling, records, with_audit};
use super::forge::github::{AppKey, Recorded, Sent, batch};
use super::scene::{APP, Scene, delivery};

const STREAM_TOKEN: &str = "a token of the stream";

fn streaming(scene: &Scene) -> Instance {
    with_audit(scene, |it| {
        it.stream_tokens = vec!["an old token".into(), STREAM_TOKEN.into()];
    })
}

fn streamed(ours: &Instance, sent: &Sent) -> Result<Vec<AuditRecord>, StreamError> {
    ours.audit.streamed(&delivery(sent))
}

#[tokio::test]
async fn a_batch_of_the_stream_tells_the_same_as_the_log() {
    let (scene, polled) = polling().await;
    let ours = streaming(&scene);
    for (by, recorded) in [
        ("alice", Recorded::classic_token()),
        ("bob", Recorded::ssh_key().times(2)),
        ("mallory", Recorded::labelled("Password", "http")),
    ] {
        scene.forge.records_push(APP, by, &recorded);
    }
    scene
        .forge
        .records("acme", json!({ "action": "repo.create" }));
    let sent = scene.forge.streams(STREAM_TOKEN);
    let mut told = streamed(&ours, &sent).expect("authentic");
    assert!(
        told.iter()
            .all(|it| it.evidence.source == Source::AuditStream)
    );
    for record in &mut told {
        record.evidence.source = Source::AuditLog;
    }
    let mut logged = records(&polled).await.expect("read");
    for all in [&mut told, &mut logged] {
        all.sort_by(|one, other| one.id.cmp(&other.id));
    }
    assert_eq!((told.len(), &told), (3, &logged));
    assert!(ours.audit.expects_records());
    assert_eq!(records(&ours).await, Ok(Vec::new()));
    let again = scene.forge.streams(STREAM_TOKEN);
    assert_eq!(streamed(&ours, &again), Ok(Vec::new()));
}

#[tokio::test]
async fn a_stream_without_our_token_is_not_authentic() {
    let scene = Scene::new().await;
    let ours = streaming(&scene);
    let good = batch("an old token", "");
    assert_eq!(streamed(&ours, &good), Ok(Vec::new()));
    let not_ours = |sent: &Sent, ours: &Instance| {
        let refused = streamed(ours, sent).expect_err("not authentic");
        assert!(
            matches!(refused, StreamError::Refused(Refused::NotAuthentic(_))),
            "{refused}"
        );
        assert!(!refused.to_string().contains(STREAM_TOKEN));
    };
    for value in [
        "",
        "Splunk",
        "Splunk ",
        "Splunk a token of the strea",
        "Splunk  a token of the stream",
        "Splunk a token of the stream ",
        "Bearer a token of the stream",
        "a token of the stream",
    ] {
        let mut sent = batch("", "{");
        sent.set("authorization", value);
        not_ours(&sent, &ours);
    }
    let mut without = batch(STREAM_TOKEN, "{");
    without.headers.retain(|(name, _)| name != "authorization");
    not_ours(&without, &ours);
    let mut twice = batch(STREAM_TOKEN, "");
    twice.headers.push(twice.headers[0].clone());
    not_ours(&twice, &ours);
    // Without a configured stream nothing is authentic, not even nothing.
    not_ours(&batch("", ""), &scene.instance);
    not_ours(&good, &scene.instance);
}

fn push(number: usize) -> Value {
    json!({ "action": "git.push", "_document_id": format!("doc-{number}"),
        "@timestamp": 1_700_000_000_000_i64, "repository": "acme/app", "actor": "alice",
        "programmatic_access_type": format!("label {number}") })
}

#[tokio::test]
async fn large_batches_are_read_and_larger_ones_refused() {
    let scene = Scene::new().await;
    let ours = streaming(&scene);
    let all = |count: usize| {
        let events = (0..count).map(|at| json!({ "event": push(at), "time": 1 }).to_string());
        events.collect::<String>()
    };
    let records = streamed(&ours, &batch(STREAM_TOKEN, all(1000))).expect("read");
    assert_eq!(records.len(), 1000);
    // Labels that nobody knows: each is a record, and none says anything.
    assert!(records.iter().all(|it| it.evidence.could_be.is_empty()));
    let named = RecordedRepository::Name("acme/app".to_owned());
    assert!(records.iter().all(|it| it.repository == named));
    let unreadable = |body: String| {
        let error = streamed(&ours, &batch(STREAM_TOKEN, body)).expect_err("unreadable");
        assert!(matches!(error, StreamError::Unreadable(_)), "{error}");
        error.to_string()
    };
    assert!(unreadable(all(10_001)).contains("10000 events"));
    let mut short = all(3);
    short.truncate(short.len() - 20);
    unreadable(short);
    let mut odd = push(1);
    odd["@timestamp"] = json!("yesterday");
    let said = unreadable(format!("{}{odd}", all(3)));
    assert!(said.contains("git.push doc-1"), "{said}");
    let mut lie = push(1);
    lie["actor"] = json!("bob");
    let said = unreadable(format!("{}{lie}", all(3)));
    assert!(said.contains("doc-1 is there twice"), "{said}");
}

/// Any JSON, and what a record might hold.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,300}".prop_map(Value::from),
        Just(json!("Public Key (User/Deploy)")),
        Just(json!("deploy_key")),
        Just(json!("ssh")),
        Just(json!("acme/app")),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop::collection::vec(inner, 0..3).prop_map(Value::from)
    })
}

const FIELDS: [&str; 14] = [
    "@timestamp",
    "_document_id",
    "action",
    "actor",
    "actor_id",
    "actor_is_bot",
    "repository",
    "repository_id",
    "repo_id",
    "programmatic_access_type",
    "transport_protocol",
    "transport_protocol_name",
    "token_id",
    "hashed_token",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_batch_panics_and_what_is_read_is_safe_to_show(
        fields in prop::collection::vec((prop::sample::select(&FIELDS[..]), any_value()), 0..6),
        wrapped: bool,
        noise in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let mut event = push(1);
        for (name, value) in fields {
            event[name] = value;
        }
        let event = if wrapped { json!({ "event": event }) } else { event };
        let mut bytes = event.to_string().into_bytes();
        bytes.extend(noise);
        for body in [event.to_string().into_bytes(), bytes] {
            if let Ok(records) = READER.audit.streamed(&delivery(&batch(STREAM_TOKEN, body))) {
                for record in records {
                    let says = &record.evidence.says;
                    prop_assert!(says.chars().count() < 300);
                    prop_assert!(!says.chars().any(is_misleading), "{says}");
                    prop_assert!((1..=200).contains(&record.id.len()));
                }
            }
        }
    }
}

/// Made once: its App's key takes a while.
static READER: LazyLock<Instance> = LazyLock::new(|| {
    let key = AppKey::generate();
    let config = GitHubInstance {
        key: "github".into(),
        api_url: "https://api.github.com".into(),
        web_url: "https://github.com".into(),
        app_id: 1,
        private_key_pem: SecretString::from(key.pem()),
        webhook_secrets: vec!["a secret".into()],
        api_version: "2022-11-28".into(),
        admin_token: None,
        audit: GitHubAudit {
            stream_tokens: vec![STREAM_TOKEN.into()],
            ..GitHubAudit::default()
        },
    };
    instance(&config, Arc::new(SystemClock)).expect("lawful")
});

/// Packed by gzip itself.
fn packed(body: &[u8]) -> Vec<u8> {
    let mut gzip = Command::new("gzip")
        .arg("-c")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("install gzip");
    let mut stdin = gzip.stdin.take().expect("piped");
    let body = body.to_vec();
    let writes = std::thread::spawn(move || stdin.write_all(&body));
    let output = gzip.wait_with_output().expect("gzip ends");
    writes.join().expect("no panic").expect("written");
    output.stdout
}

#[tokio::test]
async fn a_packed_batch_is_unpacked_to_a_bound() {
    let scene = Scene::new().await;
    let ours = streaming(&scene);
    let lines = format!("{}\n{}\n", push(1), push(2));
    let mut sent = batch(STREAM_TOKEN, packed(lines.as_bytes()));
    assert!(streamed(&ours, &sent).is_err(), "not declared");
    for coding in ["gzip", "GZIP", "x-gzip"] {
        sent.set("content-encoding", coding);
        assert_eq!(streamed(&ours, &sent).expect("read").len(), 2, "{coding}");
    }
    for coding in ["br", "gzip, gzip", "deflate"] {
        sent.set("content-encoding", coding);
        let refused = streamed(&ours, &sent).expect_err("unknown").to_string();
        assert!(refused.contains("Content-Encoding"), "{refused}");
    }
    let mut cut = batch(STREAM_TOKEN, &sent.body[..sent.body.len() - 4]);
    cut.set("content-encoding", "gzip");
    assert!(streamed(&ours, &cut).is_err());
    let mut bomb = batch(STREAM_TOKEN, packed(&vec![b' '; 64 << 20]));
    bomb.set("content-encoding", "gzip");
    let refused = streamed(&ours, &bomb).expect_err("a bomb").to_string();
    assert!(refused.contains("33554432 bytes"), "{refused}");
}

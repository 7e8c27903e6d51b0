use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Reader, once};
use crate::forge::github::audit::labels::Labels;
use crate::forge::{AuditRecord, RecordedRepository};
use crate::model::authentication::{Credential, Source, Strength};

fn reads(event: Value) -> Result<Option<AuditRecord>, String> {
    let labels = Labels::new(&BTreeMap::new()).expect("lawful");
    let source = Source::AuditLog;
    Reader {
        labels: &labels,
        source,
    }
    .read(event)
}

fn record(event: Value) -> AuditRecord {
    reads(event).expect("readable").expect("a push")
}

/// A push with a classic token, as the REST API shows it, with changes; null
/// takes a field away.
fn push(changes: &Value) -> Value {
    let mut event = json!({
        "@timestamp": 1_700_000_000_123_i64, "_document_id": "Abc_-9", "action": "git.push",
        "actor": "mallory", "actor_id": 7, "org": "acme", "org_id": 5,
        "repo": "acme/app", "repository": "acme/app", "repository_id": 9000, "repo_id": 9000,
        "programmatic_access_type": "Personal access token (classic)", "token_id": 42,
        "hashed_token": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "user": "",
        "transport_protocol": 1, "transport_protocol_name": "http", "user_agent": "git/2.50.0",
        "repository_public": false,
    });
    let fields = event.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        fields.insert(name.clone(), value.clone());
    }
    event
}

fn words(record: &AuditRecord) -> Vec<String> {
    let all = record.evidence.could_be.iter();
    all.map(ToString::to_string).collect()
}

fn credential(record: &AuditRecord) -> Option<String> {
    let factor = &record.evidence.could_be.first()?.factors[0];
    match factor.credential.clone()? {
        Credential::Numbered { id } => Some(id),
        _ => None,
    }
}

#[test]
fn a_push_becomes_a_record() {
    let record = record(push(&json!({})));
    assert_eq!(record.id, "Abc_-9");
    assert_eq!(record.repository, RecordedRepository::Number(9000));
    assert_eq!(record.at.to_string(), "2023-11-14T22:13:20.123Z");
    let actor = record.actor.clone().expect("an account");
    assert_eq!(
        (actor.login.as_str(), actor.id, actor.robot),
        ("mallory", Some(7), false)
    );
    assert_eq!(words(&record), ["classic-token"]);
    assert_eq!(credential(&record).as_deref(), Some("token 42"));
    let evidence = &record.evidence;
    assert_eq!(
        (evidence.source, evidence.strength, evidence.observed_at),
        (Source::AuditLog, Strength::Correlated, record.at)
    );
    assert_eq!(
        evidence.says,
        "programmatic_access_type \"Personal access token (classic)\", transport http"
    );
}

#[test]
fn other_actions_are_left_out_whatever_else_they_hold() {
    for action in ["git.clone", "git.fetch", "repo.create", "GIT.PUSH", ""] {
        assert_eq!(
            reads(json!({ "action": action, "@timestamp": "x" })),
            Ok(None)
        );
    }
}

#[test]
fn a_push_over_ssh_with_nothing_told_was_no_password() {
    let ssh = push(&json!({ "actor": "", "actor_id": null, "programmatic_access_type": "",
        "token_id": "", "hashed_token": "", "transport_protocol": 2,
        "transport_protocol_name": "ssh" }));
    let record = record(ssh);
    assert_eq!(words(&record), ["deploy-key", "ssh-key", "ssh-certificate"]);
    assert_eq!((record.actor.clone(), credential(&record)), (None, None));
    assert_eq!(
        record.evidence.says,
        "no programmatic_access_type, transport ssh"
    );
}

#[test]
fn a_deploy_key_has_no_account_and_a_person_of_that_name_has_one() {
    let key = json!({ "programmatic_access_type": "Public Key (User/Deploy)", "token_id": 0,
        "transport_protocol": 2, "transport_protocol_name": "ssh",
        "actor": "deploy_key", "actor_id": null });
    let deploy = record(push(&key));
    assert_eq!(
        (deploy.actor.clone(), words(&deploy)),
        (None, vec!["deploy-key".to_owned()])
    );
    let mut person = key;
    person["actor_id"] = 8.into();
    let person = record(push(&person));
    assert_eq!(
        person.actor.clone().expect("an account").login,
        "deploy_key"
    );
    assert_eq!(words(&person), ["deploy-key", "ssh-key"]);
    assert_eq!(credential(&person), None);
}

#[test]
fn an_unknown_label_is_shown_safely_and_means_nothing() {
    let label = format!("Pass\u{202e}word\n{}", "x".repeat(500));
    let odd = record(push(&json!({ "programmatic_access_type": label })));
    assert!(odd.evidence.could_be.is_empty());
    let says = &odd.evidence.says;
    assert!(
        says.len() < 200 && says.contains("Pass\\u{202e}word\\u{a}"),
        "{says}"
    );
    let odd = record(push(&json!({ "transport_protocol_name": "quic" })));
    assert!(
        odd.evidence.says.ends_with("transport quic"),
        "{}",
        odd.evidence.says
    );
}

#[test]
fn a_token_is_told_by_number_or_hash_and_never_itself() {
    let told = |id: Value, hash: Value| {
        let event = push(&json!({ "token_id": id, "hashed_token": hash }));
        credential(&record(event))
    };
    let hash = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let hashed = Some(format!("hashed token {hash}"));
    assert_eq!(told(json!("42"), json!(hash)).as_deref(), Some("token 42"));
    assert_eq!(told(json!(0), json!(hash)), hashed);
    assert_eq!(told(Value::Null, json!(hash)), hashed);
    for token in [
        json!("ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
        json!("aGVsbG8="),
        json!(7),
        json!(["x"]),
    ] {
        assert_eq!(told(json!(-1), token.clone()), None, "{token}");
    }
}

#[test]
fn a_repository_is_named_by_number_or_else_by_name() {
    let by = |changes: Value| record(push(&changes)).repository;
    let none = Value::Null;
    assert_eq!(
        by(json!({ "repository_id": none })),
        RecordedRepository::Number(9000)
    );
    let name = json!({ "repository_id": none, "repo_id": none, "repository": none });
    assert_eq!(by(name), RecordedRepository::Name("acme/app".to_owned()));
}

#[test]
fn a_push_that_cannot_be_read_says_what_is_wrong() {
    let none = Value::Null;
    let nowhere = json!({ "repository_id": none, "repo_id": none, "repo": "", "repository": none });
    for (changes, said) in [
        (json!({ "_document_id": none }), "_document_id"),
        (json!({ "_document_id": "a\nb" }), "_document_id"),
        (json!({ "_document_id": "a".repeat(201) }), "_document_id"),
        (json!({ "_document_id": 3 }), "expected a string"),
        (json!({ "@timestamp": none }), "@timestamp"),
        (json!({ "@timestamp": 1_700_000_000 }), "@timestamp"),
        (json!({ "@timestamp": i64::MAX }), "@timestamp"),
        (json!({ "@timestamp": "2026-11-24" }), "i64"),
        (json!({ "repository_id": 1 }), "differs"),
        (json!({ "repository_id": 0, "repo_id": 0 }), "2^63-1"),
        (nowhere, "no repository"),
        (
            json!({ "repository_id": none, "repo_id": none, "repo": "../x", "repository": none }),
            "owner/name",
        ),
        (json!({ "actor": none }), "`actor`"),
        (json!({ "actor": "x".repeat(300) }), "account name"),
        (json!({ "programmatic_access_type": 3 }), "string"),
        (json!({ "transport_protocol": "2" }), "u64"),
    ] {
        let error = reads(push(&changes)).expect_err("unreadable");
        assert!(
            error.starts_with("git.push ") && error.contains(said),
            "{changes}: {error}"
        );
        assert!(error.len() < 400, "{error}");
    }
    for event in [json!([]), json!("x"), json!({}), json!({ "action": 1 })] {
        assert!(reads(event).is_err());
    }
}

#[test]
fn a_record_counts_once_and_two_that_differ_are_an_error() {
    let one = record(push(&json!({})));
    let other = record(push(&json!({ "_document_id": "other" })));
    let kept = once(vec![one.clone(), other.clone(), one.clone()]);
    assert_eq!(kept, Ok(vec![one.clone(), other]));
    let lie = record(push(&json!({ "actor_id": 8 })));
    assert!(once(vec![one, lie]).is_err());
}

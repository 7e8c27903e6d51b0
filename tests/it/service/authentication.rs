//! How a push was authenticated, told after the push: in time, late, twice, in
//! the wrong order, about another repository, or never.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use forgewarden::forge::{AuditRecord, Guarantee, RecordedRepository};
use forgewarden::model::authentication::{Authentication, Evidence, Method, Source, Strength};
use forgewarden::model::event::Event;
use forgewarden::model::oid::ObjectId;
use forgewarden::model::principal::Actor;
use forgewarden::model::refs::RefUpdate;
use forgewarden::model::repo::ForgeKind;
use forgewarden::model::testimony::Testimony;
use forgewarden::model::verdict::Conclusion::{self, Fail, Pass};
use forgewarden::policy::Policy;
use forgewarden::worker::PolicyJudge;
use hmac::{Hmac, Mac as _};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::support::fake_forge::SECRET;
use crate::support::gate::{Gate, HOOK_SECRET};

const PUSH: &str = "forgewarden-auth-push/work";
const WORK: &str = "forgewarden-push/work";
const MAIN: &str = "forgewarden/main";
const AUTH: &str = "forgewarden-auth/main";

/// Nothing but authentication is judged, and what is not known blocks.
pub(super) fn strict() -> Arc<PolicyJudge> {
    judge(
        "[checks.unknown-authentication]\nmode = 'enforce'\n\
         [checks.ambiguous-authentication]\nmode = 'enforce'\n",
    )
}

fn judge(more: &str) -> Arc<PolicyJudge> {
    let off = ["unsigned-commit", "unknown-signer"];
    let off = off
        .map(|id| format!("[checks.{id}]\nmode = 'off'\n"))
        .concat();
    let text = format!("version = 1\n{off}{more}");
    let policy = Policy::parse("policy.toml", &text, Path::new("")).expect("a policy");
    Arc::new(PolicyJudge::new(Arc::new(policy)))
}

/// A service that waits for evidence, by default longer than any test.
async fn open(wait: Duration) -> Gate {
    let mut gate = Gate::closed();
    gate.forge.keeps_an_audit_log();
    gate.authentication.wait = wait;
    gate.policy = Some(strict());
    gate.start().await;
    gate
}

const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(300);

fn account(login: &str, id: u64) -> Actor {
    Actor {
        forge: ForgeKind::GitHub,
        login: login.to_owned(),
        id: Some(id),
        robot: false,
    }
}

fn evidence(methods: &[Method], strength: Strength) -> Evidence {
    Evidence {
        could_be: methods.iter().map(|one| Authentication::by(*one)).collect(),
        source: Source::AuditLog,
        strength,
        observed_at: Timestamp::now(),
        says: "its words".to_owned(),
    }
}

/// A record of a push by alice to the repository, now.
fn record(id: &str, methods: &[Method]) -> AuditRecord {
    AuditRecord {
        id: id.to_owned(),
        repository: RecordedRepository::Number(7),
        actor: Some(account("alice", 1)),
        at: Timestamp::now(),
        evidence: evidence(methods, Strength::Correlated),
    }
}

/// alice pushes a new commit to `work`.
async fn pushes(gate: &Gate, delivery: &str) -> ObjectId {
    let old = gate.origin.tip("refs/heads/main");
    let new = gate.commit_on("work", delivery);
    tell(gate, delivery, (Some(old), new)).await;
    new
}

async fn tell(gate: &Gate, delivery: &str, (old, new): (Option<ObjectId>, ObjectId)) {
    let mut event = gate.push("work", old, new);
    if let Event::Push { actor, .. } = &mut event {
        *actor = Some(account("alice", 1));
    }
    assert_eq!(gate.deliver(delivery, &[event]).await, 202);
}

async fn streams(gate: &Gate, ids: &[&str]) -> u16 {
    let request = reqwest::Client::new()
        .post(gate.url("/evidence/fake"))
        .header("x-fake-secret", SECRET)
        .json(&ids);
    request.send().await.expect("an answer").status().as_u16()
}

/// Nothing is said of it although everything that can be done was done.
async fn expect_waiting(gate: &Gate, head: ObjectId, context: &str) {
    gate.expect(head, context, Conclusion::Pending).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(
        gate.forge.conclusion(head, context),
        Some(Conclusion::Pending)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_waits_for_its_record_and_the_change_does_not() {
    let gate = open(LONG).await;
    let head = pushes(&gate, "d1").await;
    gate.expect(head, WORK, Pass).await;
    expect_waiting(&gate, head, PUSH).await;
    gate.forge.logs(record("r1", &[Method::SshKey]));
    gate.expect(head, PUSH, Pass).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_said_at_the_change_too() {
    let gate = open(LONG).await;
    let head = pushes(&gate, "d1").await;
    gate.expect(head, WORK, Pass).await;
    gate.forge.logs(record("r1", &[Method::Password]));
    gate.expect(head, PUSH, Fail).await;
    gate.expect(head, WORK, Fail).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_never_comes_is_unknown_in_the_end() {
    let gate = open(SHORT).await;
    let head = pushes(&gate, "d1").await;
    gate.expect(head, PUSH, Fail).await;
    let status = gate.forge.standing(head, PUSH).expect("published");
    assert!(status.summary.contains("not known"), "{}", status.summary);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_comes_too_late_still_counts() {
    let gate = open(SHORT).await;
    let head = pushes(&gate, "d1").await;
    gate.expect(head, PUSH, Fail).await;
    gate.expect(head, WORK, Fail).await;
    gate.forge.logs(record("r1", &[Method::ClassicToken]));
    gate.expect(head, PUSH, Pass).await;
    gate.expect(head, WORK, Pass).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_record_that_comes_too_late_takes_the_pass_back() {
    let gate = open(LONG).await;
    let head = pushes(&gate, "d1").await;
    gate.forge.logs(record("r1", &[Method::SshKey]));
    gate.expect(head, PUSH, Pass).await;
    gate.forge.logs(record("r2", &[Method::Password]));
    gate.expect(head, PUSH, Fail).await;
    let status = gate.forge.standing(head, PUSH).expect("published");
    assert!(
        status.summary.contains("password or ssh\\-key"),
        "{}",
        status.summary
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_comes_twice_counts_once() {
    let gate = open(LONG).await;
    let head = pushes(&gate, "d1").await;
    let second = pushes(&gate, "d2").await;
    let one = record("r1", &[Method::SshKey]);
    gate.forge.logs(one.clone());
    gate.forge.logs(one);
    assert_eq!(streams(&gate, &["r1", "r1"]).await, 202);
    // Two pushes, and one record of them.
    expect_waiting(&gate, head, PUSH).await;
    expect_waiting(&gate, second, PUSH).await;
    gate.forge.logs(record("r2", &[Method::SshKey]));
    gate.expect(head, PUSH, Pass).await;
    gate.expect(second, PUSH, Pass).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_does_not_cover_a_password_pushed_beside_it() {
    let gate = open(LONG).await;
    let head = pushes(&gate, "d1").await;
    let second = pushes(&gate, "d2").await;
    gate.forge.logs(record("r1", &[Method::SshKey]));
    gate.forge.logs(record("r2", &[Method::Password]));
    gate.expect(head, PUSH, Fail).await;
    gate.expect(second, PUSH, Fail).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_may_come_before_its_push() {
    let gate = open(LONG).await;
    gate.forge.logs(record("r1", &[Method::SshKey]));
    assert_eq!(streams(&gate, &["r1"]).await, 202);
    let head = pushes(&gate, "d1").await;
    gate.expect(head, PUSH, Pass).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_others_do_not_count() {
    let gate = open(SHORT).await;
    let elsewhere = AuditRecord {
        repository: RecordedRepository::Number(8),
        ..record("r1", &[Method::SshKey])
    };
    let renamed = AuditRecord {
        repository: RecordedRepository::Name("acme/other".to_owned()),
        ..record("r2", &[Method::SshKey])
    };
    let of_bob = AuditRecord {
        actor: Some(account("bob", 2)),
        ..record("r3", &[Method::SshKey])
    };
    let of_yesterday = AuditRecord {
        at: Timestamp::now() - SignedDuration::from_hours(20),
        ..record("r4", &[Method::SshKey])
    };
    for one in [elsewhere, renamed, of_bob, of_yesterday] {
        gate.forge.logs(one);
    }
    let head = pushes(&gate, "d1").await;
    gate.expect(head, PUSH, Fail).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_is_known_by_its_name_too() {
    let gate = open(LONG).await;
    let head = pushes(&gate, "d1").await;
    gate.forge.logs(AuditRecord {
        repository: RecordedRepository::Name("Acme/App".to_owned()),
        ..record("r1", &[Method::SshKey])
    });
    gate.expect(head, PUSH, Pass).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_that_nobody_knows_is_unknown() {
    let gate = open(SHORT).await;
    let head = pushes(&gate, "d1").await;
    gate.forge.logs(record("r1", &[]));
    gate.expect(head, PUSH, Fail).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_request_is_judged_by_every_push_that_brought_it() {
    let gate = open(LONG).await;
    let base = gate.origin.tip("refs/heads/main");
    let first = pushes(&gate, "d1").await;
    gate.forge.logs(record("r1", &[Method::Password]));
    gate.expect(first, PUSH, Fail).await;
    let second = gate.origin.commit("second", Some(first));
    gate.origin.point("refs/heads/work", second);
    tell(&gate, "d2", (Some(first), second)).await;
    gate.forge.pull(1, "main", base, second);
    gate.deliver("d3", &[gate.forge.pull_event(1)]).await;
    gate.expect(second, AUTH, Fail).await;
    gate.expect(second, MAIN, Fail).await;
    // Made anew, it is not what the password brought.
    let anew = gate.origin.commit("anew", Some(base));
    gate.origin.point("refs/heads/work", anew);
    // Later than the window, or the record of the password would fit.
    let later = Timestamp::now() + SignedDuration::from_mins(5);
    let mut event = gate.push("work", Some(second), anew);
    if let Event::Push { actor, at, .. } = &mut event {
        (*actor, *at) = (Some(account("alice", 1)), Some(later));
    }
    gate.deliver("d4", &[event]).await;
    gate.forge.pull(1, "main", base, anew);
    gate.deliver("d5", &[gate.forge.pull_event(1)]).await;
    gate.forge.logs(AuditRecord {
        at: later,
        ..record("r2", &[Method::SshKey])
    });
    gate.expect(anew, AUTH, Pass).await;
    gate.expect(anew, MAIN, Pass).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_nobody_told_us_of_is_unknown() {
    let gate = open(LONG).await;
    let base = gate.origin.tip("refs/heads/main");
    let head = gate.commit_on("fork", "of a fork");
    gate.forge.pull(1, "main", base, head);
    gate.deliver("d1", &[gate.forge.pull_event(1)]).await;
    gate.expect(head, AUTH, Fail).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_settings_rule_out_counts_where_nothing_more_is_known() {
    let mut gate = Gate::closed();
    gate.policy = Some(strict());
    let leaves: BTreeSet<_> = [Method::SshKey, Method::ClassicToken].into();
    gate.forge.promises(Guarantee {
        id: "passwords-for-git",
        scope: None,
        leaves: Some(leaves),
        says: "passwords are refused for git".to_owned(),
        read_at: Timestamp::now(),
    });
    gate.authentication.hook_secrets.clear();
    gate.start().await;
    // Once the settings were read.
    let store = gate.store().await;
    crate::support::gate::eventually("the settings are read", async || {
        !store.guarantees("fake").await.expect("read").is_empty()
    })
    .await;
    let head = pushes(&gate, "d1").await;
    gate.expect(head, PUSH, Pass).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_another_organisation_say_nothing() {
    let mut gate = Gate::closed();
    gate.policy = Some(strict());
    gate.forge.promises(Guarantee {
        id: "passwords-for-git",
        scope: Some("acm".to_owned()),
        leaves: Some([Method::SshKey].into()),
        says: "passwords are refused for git".to_owned(),
        read_at: Timestamp::now(),
    });
    gate.authentication.hook_secrets.clear();
    gate.start().await;
    let store = gate.store().await;
    crate::support::gate::eventually("the settings are read", async || {
        !store.guarantees("fake").await.expect("read").is_empty()
    })
    .await;
    let head = pushes(&gate, "d1").await;
    gate.expect(head, PUSH, Fail).await;
}

fn testimony(gate: &Gate, old: ObjectId, new: ObjectId) -> Testimony {
    let event = gate.push("work", Some(old), new);
    let Event::Push { updates, .. } = event else {
        panic!("a push");
    };
    let direct = Evidence {
        source: Source::Sshd,
        ..evidence(&[Method::SshKey], Strength::Direct)
    };
    let json = json!({
        "schema": "forgewarden/evidence/v1", "id": "ab".repeat(32), "repository": "acme/app",
        "updates": updates, "actor": null, "at": Timestamp::now(), "evidence": [direct],
    });
    serde_json::from_value(json).expect("a testimony")
}

async fn forwards(gate: &Gate, secret: &str, body: &[u8]) -> u16 {
    let mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).expect("any key");
    let signature = mac.chain_update(body).finalize().into_bytes();
    let request = reqwest::Client::new()
        .post(gate.url("/evidence/fake/hook"))
        .header(
            "x-forgewarden-signature-256",
            format!("sha256={}", hex::encode(signature)),
        )
        .body(body.to_vec());
    request.send().await.expect("an answer").status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_hook_forwards_is_about_this_very_push() {
    let gate = open(LONG).await;
    let old = gate.origin.tip("refs/heads/main");
    let head = pushes(&gate, "d1").await;
    let other = testimony(&gate, head, old);
    let own = testimony(&gate, old, head);
    let other = serde_json::to_vec(&other).expect("JSON");
    assert_eq!(forwards(&gate, HOOK_SECRET, &other).await, 202);
    expect_waiting(&gate, head, PUSH).await;
    let own = Testimony {
        id: "cd".repeat(32),
        ..own
    };
    let own = serde_json::to_vec(&own).expect("JSON");
    assert_eq!(forwards(&gate, "another secret", &own).await, 401);
    expect_waiting(&gate, head, PUSH).await;
    assert_eq!(forwards(&gate, HOOK_SECRET, &own).await, 202);
    gate.expect(head, PUSH, Pass).await;
    assert_eq!(forwards(&gate, HOOK_SECRET, &own).await, 202, "again");
    assert_eq!(forwards(&gate, HOOK_SECRET, b"{}").await, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_without_the_secret_is_not_heard() {
    let gate = open(LONG).await;
    for (path, wanted) in [
        ("/evidence/fake", 401),
        ("/evidence/none", 404),
        ("/services/collector", 401),
    ] {
        let request = reqwest::Client::new().post(gate.url(path)).body("[\"r1\"]");
        let answer = request.send().await.expect("an answer").status().as_u16();
        assert_eq!(answer, wanted, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_awaited_push_survives_a_restart() {
    let mut gate = open(LONG).await;
    let head = pushes(&gate, "d1").await;
    expect_waiting(&gate, head, PUSH).await;
    gate.stop().await;
    gate.forge.logs(record("r1", &[Method::SshKey]));
    gate.start().await;
    gate.expect(head, PUSH, Pass).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_refs_of_one_delivery_are_one_push() {
    let gate = open(LONG).await;
    let old = gate.origin.tip("refs/heads/main");
    let new = gate.commit_on("work", "one");
    gate.origin.point("refs/heads/copy", new);
    let mut event = gate.push("work", Some(old), new);
    if let Event::Push { actor, updates, .. } = &mut event {
        *actor = Some(account("alice", 1));
        updates.push(RefUpdate {
            name: forgewarden::model::refs::RefName::branch("copy").expect("lawful"),
            old: None,
            new: Some(new),
        });
    }
    gate.deliver("d1", &[event]).await;
    gate.forge.logs(record("r1", &[Method::SshKey]));
    gate.expect(new, PUSH, Pass).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_move_made_again_by_password_is_another_push() {
    let gate = open(LONG).await;
    let old = gate.origin.tip("refs/heads/main");
    let head = pushes(&gate, "d1").await;
    gate.forge.logs(record("r1", &[Method::SshKey]));
    gate.expect(head, PUSH, Pass).await;
    // Taken back and made again, with the same ids.
    let later = Timestamp::now() + SignedDuration::from_mins(10);
    let mut event = gate.push("work", Some(old), head);
    if let Event::Push { actor, at, .. } = &mut event {
        (*actor, *at) = (Some(account("alice", 1)), Some(later));
    }
    gate.forge.logs(AuditRecord {
        at: later,
        ..record("r2", &[Method::Password])
    });
    gate.deliver("d2", &[event]).await;
    gate.expect(head, PUSH, Fail).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_does_not_cover_a_record_that_nobody_understands() {
    let gate = open(LONG).await;
    let head = pushes(&gate, "d1").await;
    gate.forge.logs(record("r1", &[Method::SshKey]));
    gate.forge.logs(record("r2", &[]));
    gate.expect(head, PUSH, Fail).await;
    let status = gate.forge.standing(head, PUSH).expect("published");
    assert!(
        status.summary.contains("audit log\\: its words"),
        "{}",
        status.summary
    );
}

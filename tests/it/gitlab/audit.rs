//! What GitLab tells of how somebody pushed: its audit stream, the kind of the
//! account, and the settings of the installation.

use std::time::Duration;

use forgewarden::forge::{
    AuditRecord, ForgeError, Guarantee, Instance, RecordedRepository, StreamError,
};
use forgewarden::model::authentication::{Method, Source, Strength};
use forgewarden::model::principal::Actor;
use forgewarden::model::repo::ForgeKind;
use jiff::Timestamp;

use super::forge::gitlab::{Fault, GitLab, Sent, Told};
use super::scene::{APP, Scene, delivery};

const PASSWORDS: &str = "password_authentication_enabled_for_git";
const TOKEN: &str = "x-gitlab-event-streaming-token";

fn heard(scene: &Scene, sent: &Sent) -> Result<Vec<AuditRecord>, StreamError> {
    scene.instance.audit.streamed(&delivery(sent))
}

fn words(record: &AuditRecord) -> Vec<String> {
    let could_be = record.evidence.could_be.iter();
    could_be.map(ToString::to_string).collect()
}

fn actor(scene: &Scene, login: &str) -> Actor {
    Actor {
        forge: ForgeKind::GitLab,
        login: login.into(),
        id: Some(scene.forge.account_id(login)),
        robot: false,
    }
}

#[tokio::test]
async fn a_streamed_push_is_of_its_project_and_account_and_tells_what_it_can() {
    let scene = Scene::new().await;
    assert!(scene.instance.audit.expects_records());
    for (told, means) in [
        (
            Told::by("ssh", "User"),
            &["ssh-key", "ssh-certificate", "kerberos"][..],
        ),
        (Told::by("ssh", "User").with_key("key"), &["ssh-key"]),
        (
            Told::by("ssh", "DeployKey").with_key("deploy_key"),
            &["deploy-key"],
        ),
        (Told::by("http", "User"), &["password", "token"]),
        (Told::by("http", "Somebody"), &[]),
        (Told::by("carrier-pigeon", "User"), &[]),
    ] {
        scene.forge.tells_the_stream(told.clone());
        scene.commits(
            "main",
            &format!("{}-{}-{:?}", told.protocol, told.class, told.key),
        );
        scene.pushes(&["main"]).await;
        let sent = scene.forge.streamed().pop().expect("streamed");
        let records = heard(&scene, &sent).expect("readable");
        assert_eq!(records.len(), 1);
        assert_eq!(words(&records[0]), means, "{told:?}");
        let project = scene.forge.repository_id(APP);
        assert_eq!(records[0].repository, RecordedRepository::Number(project));
        assert_eq!(records[0].id, sent.guid);
        let alice = Some(scene.forge.account_id("alice"));
        let user = (told.class == "User").then_some(alice).flatten();
        assert_eq!(records[0].actor.as_ref().and_then(|it| it.id), user);
        let evidence = &records[0].evidence;
        let stands = (evidence.source, evidence.strength);
        assert_eq!(stands, (Source::AuditStream, Strength::Correlated));
        assert!(!evidence.says.contains(scene.forge.streaming_token()));
    }
}

#[tokio::test]
async fn what_the_stream_says_twice_is_one_record_and_of_a_fork_is_the_forks() {
    let scene = Scene::new().await;
    scene
        .forge
        .tells_the_stream(Told::by("ssh", "User").times(2));
    scene.commits("main", "twice");
    scene.pushes(&["main"]).await;
    let ids: std::collections::BTreeSet<_> = scene
        .forge
        .streamed()
        .iter()
        .flat_map(|sent| heard(&scene, sent).expect("readable"))
        .map(|record| record.id)
        .collect();
    assert_eq!((scene.forge.streamed().len(), ids.len()), (2, 1));
    scene.forge.fork(APP, "mallory");
    let event = scene
        .forge
        .audit_event("mallory/app", "mallory", &Told::by("ssh", "User"));
    let record = heard(&scene, &event).expect("readable").remove(0);
    let ours = RecordedRepository::Number(scene.forge.repository_id(APP));
    assert_ne!(record.repository, ours);
    scene
        .forge
        .tells_the_stream(Told::by("ssh", "User").times(0));
    scene.commits("main", "never");
    scene.pushes(&["main"]).await;
    assert_eq!(scene.forge.streamed().len(), 2);
}

/// The stream is its own connection: what it says can come long after the push.
#[tokio::test]
async fn a_late_event_arrives_all_the_same() {
    let scene = Scene::new().await;
    let elsewhere = tempfile::tempdir().expect("a folder");
    let listener = GitLab::start(elsewhere.path()).await;
    scene
        .forge
        .streams_to(format!("{}/api/v4/stream", listener.url()));
    let late = Told::by("ssh", "User").after(Duration::from_millis(200));
    scene.forge.tells_the_stream(late);
    scene.commits("main", "late");
    scene.pushes(&["main"]).await;
    assert_eq!(listener.requests().len(), 0);
    for _ in 0..100 {
        if !scene.forge.streamed().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let heard = listener.requests();
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].body["event_type"], "repository_git_operation");
    let token = (TOKEN.to_owned(), scene.forge.streaming_token().to_owned());
    assert!(heard[0].headers.contains(&token));
}

#[tokio::test]
async fn nobody_else_streams_and_what_cannot_be_read_is_an_error() {
    let scene = Scene::new().await;
    let lawful = scene
        .forge
        .audit_event(APP, "alice", &Told::by("ssh", "User"));
    let refused = |sent: &Sent| matches!(heard(&scene, sent), Err(StreamError::Refused(_)));
    let unreadable = |sent: &Sent| matches!(heard(&scene, sent), Err(StreamError::Unreadable(_)));
    let mut wrong = lawful.clone();
    wrong.set(TOKEN, "a guess");
    let mut none = lawful.clone();
    none.headers.retain(|(name, _)| name != TOKEN);
    let mut both = wrong.clone();
    both.headers
        .push((TOKEN.into(), scene.forge.streaming_token().into()));
    scene.commits("main", "more");
    let webhook = scene.pushes(&["main"]).await.remove(0);
    for sent in [wrong, none, both, webhook] {
        assert!(refused(&sent), "{sent:?}");
    }
    let mut truncated = lawful.clone();
    truncated.body.truncate(truncated.body.len() / 2);
    let mut many = lawful.clone();
    many.body = [&lawful.body[..], b"\n"].concat().repeat(1001);
    for sent in [truncated, many] {
        assert!(unreadable(&sent), "{:?}", sent.headers);
    }
    let other = scene.forge.other_audit_event("group_name_updated");
    assert_eq!(heard(&scene, &other), Ok(Vec::new()));
    // Without a token of ours nothing is taken, whatever it carries.
    let deaf = scene.with(|it| it.audit.stream_tokens.clear());
    assert!(!deaf.audit.expects_records());
    assert!(deaf.audit.streamed(&delivery(&lawful)).is_err());
    // And an event of the stream is no webhook delivery.
    assert!(
        scene
            .instance
            .intake
            .authenticate(delivery(&lawful))
            .is_err()
    );
}

#[tokio::test]
async fn a_robot_has_no_password_and_is_asked_for_once_in_a_while() {
    let scene = Scene::new().await;
    let (audit, at) = (&scene.instance.audit, Timestamp::UNIX_EPOCH);
    scene.forge.has_robot("release-train");
    let robot = actor(&scene, "release-train");
    for _ in 0..2 {
        let told = audit.account(&robot, at).await.expect("known");
        let told = told.expect("it tells");
        assert!(!told.could_be.iter().any(|one| one.is_only_password()));
        assert!(told.could_be.len() > 1, "{told:?}");
        assert_eq!(
            (told.source, told.strength),
            (Source::Forge, Strength::Direct)
        );
        assert_eq!(told.observed_at, at);
    }
    let asked = |id: Option<u64>| {
        let path = format!("/users/{}", id.expect("a number"));
        scene
            .forge
            .requests()
            .iter()
            .filter(|it| it.path == path)
            .count()
    };
    assert_eq!(asked(robot.id), 1);
    // A name that looks like one, a person, and somebody without a number.
    let looks = actor(&scene, "project_7_bot_abc");
    let gone = Actor {
        id: Some(999),
        ..looks.clone()
    };
    let nobody = Actor {
        id: None,
        robot: true,
        ..looks.clone()
    };
    for one in [looks, actor(&scene, "alice"), gone, nobody] {
        assert_eq!(
            audit.account(&one, at).await.expect("known"),
            None,
            "{one:?}"
        );
    }
    scene.forge.fails(Fault::new("GET", "/users/", 503));
    let bob = actor(&scene, "bob");
    let error = audit.account(&bob, at).await;
    assert!(matches!(error, Err(ForgeError::Unavailable { .. })));
    // What failed is not remembered.
    assert_eq!(audit.account(&bob, at).await.expect("known"), None);
}

async fn guarantees(instance: &Instance) -> Vec<Guarantee> {
    instance.audit.guarantees().await.expect("read")
}

fn rules_passwords_out(all: &[Guarantee]) -> bool {
    let leaves = all.iter().filter_map(|it| it.leaves.as_ref());
    leaves
        .into_iter()
        .any(|all| !all.contains(&Method::Password))
}

#[tokio::test]
async fn passwords_are_ruled_out_only_where_ldap_is_known_to_be_off() {
    let scene = Scene::new().await;
    for (allowed, ldap, out, says) in [
        (Some(false), Some(false), true, "LDAP is off"),
        (Some(false), Some(true), false, "LDAP is on"),
        (Some(false), None, false, "if LDAP is on"),
        (Some(true), Some(false), false, "are allowed"),
        (Some(true), None, false, "are allowed"),
        (None, Some(false), false, "does not say"),
    ] {
        scene.forge.has_setting(PASSWORDS, allowed);
        let instance = scene.with(|it| it.audit.ldap = ldap);
        let all = guarantees(&instance).await;
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!(
            (all[0].id, all[0].scope.as_deref()),
            ("passwords-for-git", None)
        );
        assert!(all[0].says.contains(says), "{}", all[0].says);
        assert_eq!(rules_passwords_out(&all), out, "{allowed:?} {ldap:?}");
    }
}

#[tokio::test]
async fn ssh_alone_rules_passwords_out_and_a_second_factor_does_not() {
    let scene = Scene::new().await;
    scene
        .forge
        .has_setting("require_two_factor_authentication", true);
    let all = guarantees(&scene.instance).await;
    assert!(!rules_passwords_out(&all), "{all:?}");
    assert!(
        all.iter()
            .any(|it| it.id == "two-factor" && it.says.contains("grace period"))
    );
    for (protocol, out) in [("ssh", true), ("http", false), ("SSH", false)] {
        scene
            .forge
            .has_setting("enabled_git_access_protocol", protocol);
        let all = guarantees(&scene.instance).await;
        assert_eq!(rules_passwords_out(&all), out, "{protocol}");
    }
}

#[tokio::test]
async fn settings_that_are_not_shown_rule_nothing_out_and_say_which_token_is_needed() {
    let scene = Scene::new().await;
    scene.forge.has_setting(PASSWORDS, false);
    let alone = scene.with(|it| it.admin_token = None);
    let all = guarantees(&alone).await;
    assert_eq!((all.len(), all[0].leaves.clone()), (1, None));
    assert!(all[0].says.contains("admin_token"), "{}", all[0].says);
    scene
        .forge
        .fails(Fault::new("GET", "/application/settings", 404));
    assert!(!rules_passwords_out(&guarantees(&scene.instance).await));
    scene
        .forge
        .fails(Fault::new("GET", "/application/settings", 502));
    let error = scene.instance.audit.guarantees().await;
    assert!(matches!(error, Err(ForgeError::Unavailable { .. })));
    // gitlab.com is not asked: it would not say.
    let dotcom = scene.with(|it| it.url = "https://gitlab.com".into());
    let all = guarantees(&dotcom).await;
    assert!(
        !rules_passwords_out(&all) && all[0].says.contains("gitlab.com"),
        "{all:?}"
    );
}

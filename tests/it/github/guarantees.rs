//! What the product, the server, its operator and an organisation let nobody
//! do; what an account is; and when a push was.

use std::sync::Arc;

use forgewarden::clock::SystemClock;
use forgewarden::config::{GitHubAudit, GitHubInstance};
use forgewarden::forge::github::instance;
use forgewarden::forge::{Diagnosis, Guarantee, Instance, Level, Meaning};
use forgewarden::model::authentication::{Method, Source, Strength};
use forgewarden::model::event::Event;
use forgewarden::model::principal::Actor;
use forgewarden::model::repo::ForgeKind;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::administration::{scope, with_token};
use super::audit::with_audit;
use super::forge::github::{ADMIN_TOKEN, Fault, OWNER_TOKEN, Proposal};
use super::scene::{APP, Scene, config, verified};

const WITHOUT_PASSWORD: &str = "token deploy-key ssh-key ssh-certificate web-session";

async fn told(ours: &Instance) -> Vec<Guarantee> {
    ours.audit.guarantees().await.expect("told")
}

fn one<'a>(all: &'a [Guarantee], id: &str) -> &'a Guarantee {
    let mut named = all.iter().filter(|it| it.id == id);
    let found = named.next().unwrap_or_else(|| panic!("no {id}: {all:?}"));
    assert!(named.next().is_none(), "{all:?}");
    found
}

fn leaves(it: &Guarantee) -> Option<String> {
    let methods = it.leaves.as_ref()?.iter().map(|method| method.word());
    Some(methods.collect::<Vec<_>>().join(" "))
}

fn at(scene: &Scene, url: &str, passwords: Option<bool>) -> Instance {
    let mut config: GitHubInstance = config(&scene.forge);
    config.api_url = url.to_owned();
    config.audit.passwords = passwords;
    instance(&config, Arc::new(SystemClock)).expect("lawful")
}

#[tokio::test]
async fn github_itself_takes_no_password_whatever_its_operator_says() {
    let scene = Scene::new().await;
    for url in ["https://api.github.com", "https://api.acme.ghe.com/"] {
        for stated in [None, Some(true)] {
            let all = told(&at(&scene, url, stated)).await;
            let [by_product] = all.as_slice() else {
                panic!("{all:?}");
            };
            assert_eq!(leaves(by_product).as_deref(), Some(WITHOUT_PASSWORD));
            assert!(by_product.says.contains("2021-08-13"), "{by_product:?}");
            assert_eq!(by_product.scope, None);
        }
    }
    assert!(scene.asked().is_empty(), "nothing had to be asked");
}

#[tokio::test]
async fn a_server_rules_passwords_out_only_if_it_says_so() {
    let scene = Scene::new().await;
    let (api, forge) = (scene.forge.api_url(), &scene.forge);
    for (meta, stated, ruled_out, said) in [
        (Some(false), None, true, "is false"),
        (Some(false), Some(false), true, "is false"),
        (Some(true), None, false, "may work"),
        (Some(true), Some(true), false, "may work"),
        (Some(true), Some(false), false, "may work"),
        (None, None, false, "does not say"),
        (Some(false), Some(true), false, "the operator states"),
    ] {
        forge.takes_passwords(meta);
        let all = told(&at(&scene, &api, stated)).await;
        let server = one(&all, "passwords-for-git");
        let left = leaves(server);
        assert_eq!(
            left.as_deref(),
            ruled_out.then_some(WITHOUT_PASSWORD),
            "{server:?}"
        );
        assert!(server.says.contains(said), "{server:?}");
        let by_operator = all.iter().find(|it| it.id == "passwords-stated");
        assert_eq!(by_operator.is_some(), stated == Some(false), "{all:?}");
        if let Some(by_operator) = by_operator {
            assert!(by_operator.says.starts_with("the operator states"));
            assert_eq!(leaves(by_operator).as_deref(), Some(WITHOUT_PASSWORD));
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_rules_nothing_out_and_says_why() {
    let scene = Scene::new().await;
    scene.forge.takes_passwords(false);
    let wrong = r#"{"verifiable_password_authentication":"false"}"#;
    for (path, status, body) in [
        ("/meta", 500, "{}"),
        ("/meta", 403, "{}"),
        ("/meta", 200, wrong),
        ("/meta", 200, "[]"),
        ("/access_tokens", 422, "{}"),
        ("/app/installations?", 200, "[]"),
    ] {
        let method = if path == "/access_tokens" {
            "POST"
        } else {
            "GET"
        };
        scene
            .forge
            .fails(Fault::new(method, path, status).body(body));
        let all = told(&at(&scene, &scene.forge.api_url(), None)).await;
        let server = one(&all, "passwords-for-git");
        assert_eq!(server.leaves, None, "{path} {status}: {server:?}");
        assert!(server.says.contains("could not be read"), "{server:?}");
    }
    let nobody = at(&scene, "http://127.0.0.1:9", None);
    let all = told(&nobody).await;
    assert_eq!(one(&all, "passwords-for-git").leaves, None);
}

#[tokio::test]
async fn an_organisation_tells_its_owners_what_it_asks_for() {
    let scene = Scene::new().await;
    let owner = |it: &mut GitHubAudit| {
        it.organizations = vec!["acme".into()];
        it.token = Some(SecretString::from(OWNER_TOKEN));
    };
    let all = told(&with_audit(&scene, owner)).await;
    let two_factor = one(&all, "two-factor");
    assert_eq!(two_factor.scope.as_deref(), Some("acme"));
    assert!(
        two_factor.leaves.is_none() && two_factor.says.contains("acme requires two-factor"),
        "{two_factor:?}"
    );
    assert_eq!(one(&all, "deploy-keys").leaves, None);
    scene.forge.changes_organisation("acme", |it| {
        it.two_factor = false;
        it.deploy_keys = false;
    });
    let all = told(&with_audit(&scene, owner)).await;
    assert!(one(&all, "two-factor").says.contains("does not require"));
    let left = leaves(one(&all, "deploy-keys"));
    let without = "password token ssh-key ssh-certificate web-session";
    assert_eq!(left.as_deref(), Some(without));
    // The App may not look, or the organisation is not there.
    for name in ["acme", "umbrella"] {
        let app = with_audit(&scene, |it| it.organizations = vec![name.into()]);
        let all = told(&app).await;
        for id in ["two-factor", "deploy-keys"] {
            let hidden = one(&all, id);
            assert_eq!(hidden.leaves, None);
            assert!(
                hidden.says.contains("could not be read") && hidden.says.contains(name),
                "{hidden:?}"
            );
        }
    }
}

#[tokio::test]
async fn an_account_that_github_calls_a_bot_has_no_password_and_a_name_says_nothing() {
    let scene = Scene::new().await;
    let at = Timestamp::now();
    let account = async |login: &str, robot| {
        let actor = Actor {
            forge: ForgeKind::GitHub,
            login: login.into(),
            id: Some(7),
            robot,
        };
        let said = scene.instance.audit.account(&actor, at).await;
        said.expect("answered")
    };
    for person in ["alice", "robin[bot]", "github-actions"] {
        assert_eq!(account(person, false).await, None);
    }
    let robot = account("robin[bot]", true).await.expect("told");
    let methods = robot.could_be.iter().flat_map(|it| it.methods());
    let methods: Vec<Method> = methods.collect();
    let expected = [Method::AppToken, Method::JobToken, Method::WebSession];
    assert_eq!(methods, expected);
    assert_eq!(
        (robot.source, robot.strength, robot.observed_at),
        (Source::Forge, Strength::Direct, at)
    );
}

#[tokio::test]
async fn a_bad_setting_of_the_audit_is_named() {
    let scene = Scene::new().await;
    type Spoil = fn(&mut GitHubAudit);
    let spoiled: [(&str, Spoil); 5] = [
        ("audit.organizations", |it| {
            it.organizations = vec!["acme/app".into()];
        }),
        ("audit.organizations", |it| {
            it.organizations = vec!["..".into()];
        }),
        ("audit.stream_tokens", |it| {
            it.stream_tokens = vec!["hunter2".into(), " ".into()];
        }),
        ("audit.access_types", |it| {
            let label = "OAuth access token".to_owned();
            it.access_types.insert(label, Method::SshKey);
        }),
        ("audit.access_types", |it| {
            it.access_types.insert(String::new(), Method::WebSession);
        }),
    ];
    for (setting, spoil) in spoiled {
        let mut config = config(&scene.forge);
        spoil(&mut config.audit);
        let error = instance(&config, Arc::new(SystemClock)).err();
        let error = error.expect("refused").to_string();
        assert!(
            error.starts_with(setting) && !error.contains("hunter2"),
            "{error}"
        );
    }
}

// ---- when

#[tokio::test]
async fn a_push_and_a_new_head_say_when_they_were() {
    let scene = Scene::new().await;
    let before = Timestamp::now().as_second();
    scene.commits("topic", "change");
    let pushed = scene.pushes(&["topic"]).await;
    let Event::Push { at: Some(at), .. } = scene.event(&pushed[0]) else {
        panic!("no time");
    };
    assert!((before..=Timestamp::now().as_second()).contains(&at.as_second()));
    scene
        .forge
        .open_pull_request(APP, Proposal::of("topic"))
        .await;
    scene.commits("topic", "more");
    let sent = scene.pushes(&["topic"]).await;
    let Meaning::Events(events) = scene.meaning(&sent[1]) else {
        panic!("no event");
    };
    let Event::HeadPushed { at: Some(at), .. } = &events[0] else {
        panic!("no time: {events:?}");
    };
    assert!((before..=Timestamp::now().as_second()).contains(&at.as_second()));
}

#[tokio::test]
async fn a_time_that_cannot_be_read_is_none_and_the_push_is_still_one() {
    let scene = Scene::new().await;
    let sent = scene.pushes(&["main:refs/heads/other"]).await;
    let time = |pushed_at: Option<Value>| {
        let mut payload = sent[0].payload();
        let repository = payload["repository"].as_object_mut().expect("an object");
        repository.shift_remove("pushed_at");
        repository.extend(pushed_at.map(|it| ("pushed_at".to_owned(), it)));
        let delivery = verified("push", payload.to_string());
        match scene.instance.intake.meaning(&delivery).expect("readable") {
            Meaning::Events(events) => match &events[..] {
                [Event::Push { at, .. }] => at.map(|it| it.to_string()),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    };
    let known = Some("2019-05-15T15:20:57Z".to_owned());
    assert_eq!(time(Some(json!(1_557_933_657))), known);
    assert_eq!(time(Some(json!("2019-05-15T15:20:57Z"))), known);
    assert_eq!(time(Some(json!("2019-05-15T17:20:57+02:00"))), known);
    assert_eq!(time(None), None);
    for odd in [
        json!(null),
        json!(0),
        json!(-5),
        json!(1.5),
        json!(u64::MAX),
        json!(i64::MAX),
        json!("yesterday"),
        json!(""),
        json!([1]),
        json!({ "a": 1 }),
    ] {
        assert_eq!(time(Some(odd.clone())), None, "{odd}");
    }
}

// ---- the doctor

fn line<'a>(lines: &'a [Diagnosis], id: &str) -> &'a Diagnosis {
    let found = lines.iter().find(|line| line.id == id);
    found.unwrap_or_else(|| panic!("no {id}: {lines:?}"))
}

#[tokio::test]
async fn the_doctor_says_whether_pushes_leave_evidence() {
    let scene = Scene::new().await;
    let examined = async |ours: &Instance| ours.administration.examine(&scope(&scene)).await;
    let lines = examined(&scene.instance).await;
    let neither = line(&lines, "push-records");
    assert_eq!(neither.level, Level::Warning);
    assert!(
        neither.message.contains("pre-receive hook") && neither.remedy.contains("organizations"),
        "{neither:?}"
    );
    assert_eq!(line(&lines, "two-factor").level, Level::Warning);

    let polls = |it: &mut GitHubAudit| it.organizations = vec!["ACME".into()];
    let polls_acme = |it: &mut GitHubAudit| it.organizations = vec!["acme".into()];
    let hidden = examined(&with_audit(&scene, polls)).await;
    let hidden = line(&hidden, "push-records");
    assert_eq!(hidden.level, Level::Problem);
    assert!(
        hidden.remedy.contains("Organization administration"),
        "{hidden:?}"
    );

    scene.forge.lets_app_read_logs();
    let lines = examined(&with_audit(&scene, polls_acme)).await;
    assert_eq!(line(&lines, "push-records").level, Level::Ok);
    assert_eq!(line(&lines, "two-factor").level, Level::Ok);
    scene
        .forge
        .fails(Fault::new("GET", "/orgs/acme/audit-log", 503));
    let lines = examined(&with_audit(&scene, polls_acme)).await;
    assert_eq!(line(&lines, "push-records").level, Level::Unknown);

    let streams = with_audit(&scene, |it| it.stream_tokens = vec!["a token".into()]);
    assert_eq!(
        line(&examined(&streams).await, "push-records").level,
        Level::Ok
    );
    scene
        .forge
        .changes_organisation("acme", |it| it.two_factor = false);
    let lines = examined(&with_token(&scene, ADMIN_TOKEN)).await;
    assert_eq!(line(&lines, "two-factor").level, Level::Warning);
    scene.forge.fails(Fault::new("GET", "/orgs/acme", 500));
    let lines = examined(&with_token(&scene, ADMIN_TOKEN)).await;
    assert_eq!(line(&lines, "two-factor").level, Level::Unknown);
}

//! The doctor and set-up: whether a failing check blocks, and what makes it.

use forgewarden::forge::github::instance;
use forgewarden::forge::{Action, Diagnosis, Instance, Level, Scope};
use forgewarden::model::refs::RefName;
use forgewarden::model::verdict::Conclusion::{Fail, Pass};
use secrecy::SecretString;
use serde_json::json;

use super::forge::github::{ADMIN_TOKEN, Classic, Merge, Proposal, Ruleset, WRITER_TOKEN};
use super::scene::{APP, CONTEXT, Scene, config, status};

pub(super) const URL: &str = "https://forgewarden.example.com/webhooks/github";

/// The adapter with the token of a person besides the App, and with a stream of
/// records.
pub(super) fn with_token(scene: &Scene, token: &str) -> Instance {
    let mut config = config(&scene.forge);
    config.admin_token = Some(SecretString::from(token));
    config.audit.stream_tokens = vec!["a token of the stream".into()];
    instance(
        &config,
        std::sync::Arc::new(forgewarden::clock::SystemClock),
    )
    .expect("lawful")
}

pub(super) fn scope(scene: &Scene) -> Scope {
    Scope {
        repository: scene.repository(),
        branches: vec![(RefName::branch("main").expect("lawful"), CONTEXT.to_owned())],
        webhook_url: URL.to_owned(),
    }
}

/// Everything as it should be.
async fn good() -> Scene {
    let scene = Scene::new().await;
    scene.forge.delivers_to(URL);
    scene
        .forge
        .adds_ruleset(APP, Ruleset::guarding("main", CONTEXT));
    scene.forge.has_pre_receive_hook(APP, "enabled", false);
    scene
}

pub(super) async fn examined(scene: &Scene, instance: &Instance) -> Vec<Diagnosis> {
    instance.administration.examine(&scope(scene)).await
}

/// The worst that is said under this name.
fn level(lines: &[Diagnosis], id: &str) -> Option<Level> {
    let named = lines.iter().filter(|line| line.id == id);
    named.map(|line| line.level).max()
}

fn not_ok(lines: &[Diagnosis]) -> Vec<(&'static str, Level)> {
    let lines = lines.iter().filter(|line| line.level != Level::Ok);
    lines.map(|line| (line.id, line.level)).collect()
}

#[tokio::test]
async fn a_good_set_up_is_good_and_what_we_may_not_see_is_said() {
    let scene = good().await;
    let administrator = examined(&scene, &with_token(&scene, ADMIN_TOKEN)).await;
    assert_eq!(not_ok(&administrator), []);
    let own = examined(&scene, &scene.instance).await;
    let hidden = [
        ("hook-script-downstream", Level::Unknown),
        ("bypass", Level::Warning),
        ("rewind-refused", Level::Warning),
        ("deletion-refused", Level::Warning),
    ];
    let said = not_ok(&own);
    assert!(hidden.iter().all(|it| said.contains(it)), "{said:?}");
    assert!(
        said.iter().all(|(_, level)| *level != Level::Problem),
        "{said:?}"
    );
}

#[tokio::test]
async fn classic_protection_is_as_good_as_a_ruleset() {
    let scene = good().await;
    scene
        .forge
        .changes_ruleset(APP, |it| it.enforcement = "disabled".into());
    scene
        .forge
        .protects(APP, "main", Classic::guarding(CONTEXT));
    let administrator = with_token(&scene, ADMIN_TOKEN);
    assert_eq!(not_ok(&examined(&scene, &administrator).await), []);
    let plan = administrator.administration.plan(&scope(&scene)).await;
    assert_eq!(plan.expect("planned"), []);
}

type Breaks = fn(&Scene);

/// What is broken, and the line that says so.
const BROKEN: [(&str, Breaks, &str, Level); 30] = [
    (
        "classic, any source",
        |it| classic(it, |it| it.app = Some(-1)),
        "status-pinned",
        Level::Problem,
    ),
    (
        "no webhook",
        |it| it.forge.delivers_to(""),
        "webhook",
        Level::Problem,
    ),
    (
        "the webhook goes elsewhere",
        |it| it.forge.delivers_to("https://x.example"),
        "webhook",
        Level::Problem,
    ),
    (
        "forms",
        |it| it.forge.changes_app(|app| app.content_type = "form".into()),
        "webhook-content-type",
        Level::Problem,
    ),
    (
        "no secret",
        |it| it.forge.changes_app(|app| app.has_secret = false),
        "webhook-secret",
        Level::Problem,
    ),
    (
        "no TLS check",
        |it| it.forge.changes_app(|app| app.insecure_ssl = "1".into()),
        "webhook-tls",
        Level::Problem,
    ),
    (
        "suspended",
        |it| it.forge.suspends_app(),
        "installation",
        Level::Problem,
    ),
    (
        "no checks",
        |it| it.forge.revokes("checks"),
        "permissions",
        Level::Problem,
    ),
    (
        "no statuses",
        |it| it.forge.revokes("statuses"),
        "permission-of-sources",
        Level::Warning,
    ),
    (
        "an event is missing",
        |it| {
            it.forge
                .changes_app(|app| app.events.retain(|it| it != "push"))
        },
        "webhook-events",
        Level::Problem,
    ),
    (
        "no ruleset",
        |it| it.forge.changes_ruleset(APP, |it| it.rules.clear()),
        "status-required",
        Level::Problem,
    ),
    (
        "only evaluated",
        |it| {
            it.forge
                .changes_ruleset(APP, |it| it.enforcement = "evaluate".into())
        },
        "status-required",
        Level::Problem,
    ),
    (
        "another check",
        |it| {
            it.forge
                .changes_ruleset(APP, |it| it.check()["context"] = "ci".into())
        },
        "status-required",
        Level::Problem,
    ),
    (
        "anybody's check",
        |it| {
            it.forge
                .changes_ruleset(APP, |it| it.check()["integration_id"] = json!(null))
        },
        "status-pinned",
        Level::Problem,
    ),
    (
        "another App's check",
        |it| {
            it.forge
                .changes_ruleset(APP, |it| it.check()["integration_id"] = 15368.into())
        },
        "status-pinned",
        Level::Problem,
    ),
    (
        "classic, anybody's check",
        |it| classic(it, |it| it.app = None),
        "status-pinned",
        Level::Problem,
    ),
    (
        "classic, not for administrators",
        |it| classic(it, |it| it.admins_too = false),
        "bypass",
        Level::Warning,
    ),
    (
        "classic, direct pushes",
        |it| classic(it, |it| it.pull_requests = false),
        "pull-request-required",
        Level::Problem,
    ),
    (
        "classic, rewinding",
        |it| classic(it, |it| it.force_pushes = true),
        "rewind-refused",
        Level::Warning,
    ),
    (
        "a bypass",
        |it| {
            it.forge.changes_ruleset(APP, |it| {
                it.bypass.push(("Team".into(), 3, "exempt".into()))
            })
        },
        "bypass",
        Level::Warning,
    ),
    (
        "direct pushes",
        |it| {
            it.forge
                .changes_ruleset(APP, |it| it.without("pull_request"))
        },
        "pull-request-required",
        Level::Problem,
    ),
    (
        "rewinding",
        |it| {
            it.forge
                .changes_ruleset(APP, |it| it.without("non_fast_forward"))
        },
        "rewind-refused",
        Level::Warning,
    ),
    (
        "deletion",
        |it| it.forge.changes_ruleset(APP, |it| it.without("deletion")),
        "deletion-refused",
        Level::Warning,
    ),
    (
        "stale approvals",
        |it| {
            it.forge.changes_ruleset(APP, |it| {
                it.rule("pull_request")["dismiss_stale_reviews_on_push"] = false.into()
            })
        },
        "approvals-reset",
        Level::Warning,
    ),
    (
        "not strict",
        |it| {
            it.forge.changes_ruleset(APP, |it| {
                it.rule("required_status_checks")["strict_required_status_checks_policy"] =
                    false.into()
            })
        },
        "status-strict",
        Level::Warning,
    ),
    (
        "not for new branches",
        |it| {
            it.forge.changes_ruleset(APP, |it| {
                it.rule("required_status_checks")["do_not_enforce_on_create"] = true.into()
            })
        },
        "status-on-create",
        Level::Warning,
    ),
    (
        "an unheard queue",
        |it| {
            it.forge
                .changes_ruleset(APP, |it| it.rules.push(json!({ "type": "merge_queue" })));
            it.forge.revokes("merge_queues");
        },
        "merge-queue",
        Level::Problem,
    ),
    (
        "a status of our name",
        |it| it.forge.posts_status(APP, &tip(it), CONTEXT),
        "status-of-same-name",
        Level::Warning,
    ),
    (
        "a push around the rules",
        |it| it.forge.records_bypass(APP, "mallory", "main"),
        "recent-bypasses",
        Level::Warning,
    ),
    (
        "a hook on trial",
        |it| it.forge.has_pre_receive_hook(APP, "testing", false),
        "hook-script",
        Level::Warning,
    ),
];

fn classic(scene: &Scene, change: fn(&mut Classic)) {
    scene
        .forge
        .changes_ruleset(APP, |it| it.enforcement = "disabled".into());
    let mut classic = Classic::guarding(CONTEXT);
    change(&mut classic);
    scene.forge.protects(APP, "main", classic);
}

fn tip(scene: &Scene) -> String {
    super::forge::github::git::git(&scene.copy, &["rev-parse", "main"])
}

#[tokio::test]
async fn every_hole_has_a_line_of_its_own() {
    for (what, breaks, id, expected) in BROKEN {
        let scene = good().await;
        breaks(&scene);
        let lines = examined(&scene, &with_token(&scene, ADMIN_TOKEN)).await;
        assert_eq!(level(&lines, id), Some(expected), "{what}: {lines:#?}");
        let others = not_ok(&lines).into_iter().filter(|(it, _)| *it != id);
        let others: Vec<_> = others.collect();
        // These take more with them: all rules, every right of ours, or every rule
        // for somebody.
        let alone = !["status-required", "installation", "bypass"].contains(&id);
        assert!(!alone || others.is_empty(), "{what}: {others:?}");
    }
}

#[tokio::test]
async fn a_hook_that_the_repository_may_switch_off_is_weak() {
    let scene = good().await;
    scene.forge.has_pre_receive_hook(APP, "enabled", true);
    let lines = examined(&scene, &with_token(&scene, ADMIN_TOKEN)).await;
    assert_eq!(not_ok(&lines), [("hook-script-downstream", Level::Warning)]);
}

#[tokio::test]
async fn only_an_enterprise_server_is_asked_for_its_hooks() {
    let scene = good().await;
    let mut config = config(&scene.forge);
    config.api_url = scene.forge.api_url_at_root();
    let clock = std::sync::Arc::new(forgewarden::clock::SystemClock);
    let lines = examined(&scene, &instance(&config, clock).expect("lawful")).await;
    assert_eq!(level(&lines, "hook-script"), None);
    let asked = scene.asked();
    assert!(
        !asked.iter().any(|it| it.contains("pre-receive")),
        "{asked:?}"
    );
}

#[tokio::test]
async fn what_is_hidden_is_neither_good_nor_absent() {
    let scene = good().await;
    classic(&scene, |_| {});
    scene.forge.revokes("administration");
    for instance in [&scene.instance, &with_token(&scene, WRITER_TOKEN)] {
        let lines = examined(&scene, instance).await;
        for id in [
            "pull-request-required",
            "rewind-refused",
            "deletion-refused",
            "recent-bypasses",
        ] {
            assert_eq!(level(&lines, id), Some(Level::Unknown), "{id}: {lines:#?}");
        }
        // The summary shows it to everybody who reads.
        assert_eq!(
            level(&lines, "status-pinned"),
            Some(Level::Ok),
            "{lines:#?}"
        );
        let unknown = lines.iter().filter(|it| it.level == Level::Unknown);
        let mut unknown = unknown.filter(|it| it.id == "pull-request-required");
        assert!(unknown.all(|it| it.remedy.contains("Administration: read")));
    }
}

#[tokio::test]
async fn applying_the_plan_makes_the_check_block_and_leaves_nothing_to_plan() {
    let scene = Scene::new().await;
    scene.forge.changes_app(|app| app.has_secret = false);
    let instance = with_token(&scene, ADMIN_TOKEN);
    let administration = &instance.administration;
    let mut scope = scope(&scene);
    let release = RefName::branch("release/1").expect("lawful");
    scope
        .branches
        .push((release, "forgewarden/release/1".to_owned()));

    let plan = administration.plan(&scope).await.expect("planned");
    let titles: Vec<&str> = plan.iter().map(|it| it.title.as_str()).collect();
    let wanted = [
        "deliver events to https://forgewarden.example.com/webhooks/github",
        "require forgewarden/main on main",
        "require forgewarden/release/1 on release/1",
    ];
    assert_eq!(titles, wanted);
    let shown = format!("{plan:?}");
    assert!(!shown.contains(scene.forge.webhook_secret()), "{shown}");
    for step in &plan {
        administration.apply(step).await.expect("applied");
    }
    let sent = scene
        .forge
        .requests()
        .into_iter()
        .find(|it| it.method == "PATCH");
    assert_eq!(
        sent.expect("sent").body["secret"],
        scene.forge.webhook_secret()
    );
    assert_eq!(administration.plan(&scope).await.expect("planned"), []);
    let lines = administration.examine(&scope).await;
    assert!(
        lines.iter().all(|it| it.level != Level::Problem),
        "{lines:#?}"
    );

    let head = scene.commits("topic", "change");
    scene.pushes(&["topic"]).await;
    let number = scene
        .forge
        .open_pull_request(APP, Proposal::of("topic"))
        .await;
    scene.publishes(&status(head, Fail, 0), None).await;
    let merge = scene.forge.merge(APP, number).await;
    assert!(matches!(merge, Merge::Blocked { .. }), "{merge:?}");
    scene.publishes(&status(head, Pass, 0), None).await;
    let merge = scene.forge.merge(APP, number).await;
    assert!(!matches!(merge, Merge::Blocked { .. }), "{merge:?}");
}

#[tokio::test]
async fn a_ruleset_of_ours_that_somebody_weakened_is_mended_and_keeps_what_they_added() {
    let scene = good().await;
    scene.forge.changes_ruleset(APP, |it| {
        it.name = CONTEXT.into();
        it.check()["integration_id"] = json!(null);
        it.rules.push(json!({ "type": "required_signatures" }));
        it.bypass.push(("DeployKey".into(), 0, "always".into()));
        let checks = &mut it.rule("required_status_checks")["required_status_checks"];
        checks
            .as_array_mut()
            .expect("a list")
            .push(json!({ "context": "ci" }));
    });
    let instance = with_token(&scene, ADMIN_TOKEN);
    let plan = instance
        .administration
        .plan(&scope(&scene))
        .await
        .expect("planned");
    assert_eq!(plan.len(), 1, "{plan:?}");
    assert_eq!(
        plan[0].before["bypass_actors"][0]["actor_type"],
        "DeployKey"
    );
    instance
        .administration
        .apply(&plan[0])
        .await
        .expect("applied");
    let mut all = scene.forge.rulesets(APP);
    assert_eq!(all.len(), 1);
    assert!(all[0].bypass.is_empty());
    let kept = all[0]
        .rules
        .iter()
        .any(|rule| rule["type"] == "required_signatures");
    assert!(kept, "{:?}", all[0].rules);
    let checks = all[0].rule("required_status_checks")["required_status_checks"].to_string();
    assert!(
        checks.contains("\"ci\"") && checks.contains("4711"),
        "{checks}"
    );
    let again = instance.administration.plan(&scope(&scene)).await;
    assert_eq!(again.expect("planned"), []);
}

#[tokio::test]
async fn what_only_a_person_can_do_is_a_step_by_hand() {
    let scene = good().await;
    scene.forge.revokes("checks");
    let steps = [
        ("grant the App what it needs", "settings/installations/815"),
        ("unsuspend the App", "settings/installations/815"),
    ];
    let administration = &scene.instance.administration;
    for (title, page) in steps {
        let plan = administration.plan(&scope(&scene)).await.expect("planned");
        assert_eq!(plan.len(), 1, "{plan:?}");
        assert_eq!(plan[0].title, title);
        assert!(
            matches!(&plan[0].action, Action::ByHand(how) if how.contains(page)),
            "{plan:?}"
        );
        let applied = administration.apply(&plan[0]).await;
        assert!(applied.is_err(), "{applied:?}");
        scene.forge.suspends_app();
    }
}

#[tokio::test]
async fn without_an_administrators_token_a_ruleset_is_planned_and_not_made() {
    let scene = good().await;
    scene
        .forge
        .changes_ruleset(APP, |it| it.enforcement = "disabled".into());
    let administration = &scene.instance.administration;
    let plan = administration.plan(&scope(&scene)).await.expect("planned");
    assert_eq!(plan.len(), 1, "{plan:?}");
    let refused = administration.apply(&plan[0]).await.expect_err("refused");
    assert!(refused.to_string().contains("admin_token"), "{refused}");
    assert_eq!(scene.forge.rulesets(APP).len(), 1);
}

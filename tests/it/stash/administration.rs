//! Set up, examined, broken, and examined again.

use forgewarden::forge::{Level, Scope};
use forgewarden::model::refs::RefName;
use serde_json::json;

use super::forge::stash::Stash;
use super::scene::{APP, CONTEXT, Scene};

const WEBHOOK: &str = "https://warden.example/webhooks/stash";

fn scope(scene: &Scene) -> Scope {
    let main = RefName::branch("main").expect("lawful");
    Scope {
        repository: scene.repository(),
        branches: vec![(main, CONTEXT.to_owned())],
        webhook_url: WEBHOOK.to_owned(),
    }
}

/// A repository that `setup --apply` was run on, and our hook script installed.
async fn well_set_up() -> Scene {
    let scene = Scene::new().await;
    let administration = &scene.instance.administration;
    let plan = administration.plan(&scope(&scene)).await.expect("a plan");
    for step in &plan {
        administration.apply(step).await.expect("applied");
    }
    scene
        .forge
        .runs_hook_script(APP, &["push", "pull-request-merge"]);
    scene.forge.refuses_basic_authentication();
    scene
}

/// The lines that are not as they should be: level and id.
async fn bad_lines(scene: &Scene) -> Vec<String> {
    let lines = scene.instance.administration.examine(&scope(scene)).await;
    let bad = lines.into_iter().filter(|line| line.level != Level::Ok);
    bad.map(|line| format!("{:?} {}", line.level, line.id))
        .collect()
}

#[tokio::test]
async fn what_is_set_up_blocks_and_setting_it_up_again_changes_nothing() {
    let scene = well_set_up().await;
    assert_eq!(bad_lines(&scene).await, [""; 0]);
    let again = scene.instance.administration.plan(&scope(&scene)).await;
    assert_eq!(again.expect("a plan"), []);
}

#[tokio::test]
async fn a_plan_never_shows_the_secret_and_the_webhook_has_it() {
    let scene = Scene::new().await;
    let administration = &scene.instance.administration;
    let plan = administration.plan(&scope(&scene)).await.expect("a plan");
    let shown = format!("{plan:?}");
    assert!(shown.contains("the webhook secret"), "{shown}");
    assert!(!shown.contains(scene.forge.webhook_secret()), "{shown}");
    for step in &plan {
        administration.apply(step).await.expect("applied");
    }
    let sent = scene.forge.requests().into_iter();
    let mut hooks = sent.filter(|it| it.method == "POST" && it.path.ends_with("/webhooks"));
    let hook = hooks.next().expect("a webhook was made").body;
    assert_eq!(
        hook["configuration"]["secret"],
        scene.forge.webhook_secret()
    );
}

#[tokio::test]
async fn nothing_set_up_is_full_of_problems() {
    let scene = Scene::new().await;
    let bad = bad_lines(&scene).await;
    for id in [
        "webhook",
        "build-required",
        "approval-required",
        "pull-request-required",
    ] {
        assert!(bad.contains(&format!("Problem {id}")), "{id}: {bad:?}");
    }
}

#[tokio::test]
async fn every_way_to_break_it_is_told_apart() {
    type Break = fn(&Stash);
    let rows: &[(&str, Break)] = &[
        ("Problem webhook", |it| it.has_no_webhooks(APP)),
        ("Problem webhook-active", |it| {
            it.changes_webhooks(APP, |hook| hook["active"] = json!(false));
        }),
        ("Problem webhook-events", |it| {
            it.changes_webhooks(APP, |hook| hook["events"] = json!(["repo:refs_changed"]));
        }),
        ("Problem webhook-secret", |it| {
            it.changes_webhooks(APP, |hook| hook["configuration"] = json!({}));
        }),
        ("Warning webhook-tls", |it| {
            it.changes_webhooks(APP, |hook| hook["sslVerificationRequired"] = json!(false));
        }),
        ("Warning passwords-for-git", |it| {
            it.takes_basic_authentication()
        }),
        ("Warning needs-work-blocks", |it| {
            it.has_no_merge_checks(APP)
        }),
        ("Warning hook-script", |it| it.runs_no_hook_scripts(APP)),
        ("Problem hook-script", |it| {
            it.runs_hook_script(APP, &["push"])
        }),
        ("Problem build-required", |it| it.requires_no_build(APP)),
        ("Warning build-required", |it| it.exempts(APP, "hotfix/*")),
        ("Problem approval-required", |it| {
            it.has_no_default_reviewers(APP)
        }),
        ("Problem approval-required", |it| {
            it.adds_default_reviewer(APP, "mallory")
        }),
        ("Problem pull-request-required", |it| {
            it.lifts_restriction(APP, "pull-request-only");
        }),
        ("Warning pull-request-required", |it| {
            it.exempts_from_restriction(APP, "pull-request-only", "mallory");
        }),
        ("Warning rewind-refused", |it| {
            it.lifts_restriction(APP, "fast-forward-only")
        }),
        ("Warning deletion-refused", |it| {
            it.lifts_restriction(APP, "no-deletes")
        }),
    ];
    for (line, broken) in rows {
        let scene = well_set_up().await;
        broken(&scene.forge);
        assert_eq!(bad_lines(&scene).await, [*line]);
    }
}

//! Set up, examined, broken, and examined again.

use forgewarden::forge::{Level, Scope};
use forgewarden::model::refs::RefName;

use super::forge::gitlab::GitLab;
use super::scene::{APP, CONTEXT, Scene};

const WEBHOOK: &str = "https://warden.example/webhooks/gitlab";
/// The setting of the installation for passwords.
const PASSWORDS: &str = "password_authentication_enabled_for_git";
/// GitLab's numbers for roles.
const REPORTER: u64 = 20;
const DEVELOPER: u64 = 30;
const MAINTAINER: u64 = 40;

fn scope(scene: &Scene) -> Scope {
    let main = RefName::branch("main").expect("lawful");
    Scope {
        repository: scene.repository(),
        branches: vec![(main, CONTEXT.to_owned())],
        webhook_url: WEBHOOK.to_owned(),
    }
}

/// A project that `setup --apply` was run on, and that nobody may fork.
async fn well_set_up() -> Scene {
    let scene = Scene::new().await;
    let administration = &scene.instance.administration;
    let plan = administration.plan(&scope(&scene)).await.expect("a plan");
    for step in &plan {
        administration.apply(step).await.expect("applied");
    }
    scene.forge.sets(APP, "forking_access_level", "disabled");
    scene.forge.has_setting(PASSWORDS, false);
    scene
}

/// The lines that are not as they should be: level and id.
async fn bad_lines(scene: &Scene) -> Vec<String> {
    let lines = scene.instance.administration.examine(&scope(scene)).await;
    let bad = lines.into_iter().filter(|line| line.level != Level::Ok);
    bad.map(|line| format!("{:?} {}", line.level, line.id))
        .collect()
}

/// What a GitLab without a licence cannot do is said, and is no problem.
const WITHOUT_A_LICENCE: &str = "Warning status-pinned";

#[tokio::test]
async fn what_is_set_up_blocks_and_setting_it_up_again_changes_nothing() {
    let scene = well_set_up().await;
    assert_eq!(bad_lines(&scene).await, [WITHOUT_A_LICENCE]);
    let again = scene.instance.administration.plan(&scope(&scene)).await;
    assert_eq!(again.expect("a plan"), []);
}

#[tokio::test]
async fn nothing_set_up_is_full_of_problems() {
    let scene = Scene::new().await;
    let bad = bad_lines(&scene).await;
    for id in ["webhook", "pipelines-must-succeed", "branch-protected"] {
        assert!(bad.contains(&format!("Problem {id}")), "{id}: {bad:?}");
    }
}

#[tokio::test]
async fn every_way_to_break_it_is_told_apart() {
    type Break = fn(&GitLab);
    let rows: &[(&str, Break)] = &[
        ("Problem account", |it| {
            it.gives_role(APP, "warden", REPORTER)
        }),
        ("Problem webhook", |it| {
            it.changes_hooks(|hook| hook.url = Some("https://elsewhere.example".into()));
        }),
        ("Problem webhook-events", |it| {
            it.changes_hooks(|hook| hook.repository_update = false);
        }),
        ("Problem webhook-secret", |it| {
            it.changes_hooks(|hook| hook.signing_token = None);
        }),
        ("Warning webhook-tls", |it| {
            it.changes_hooks(|hook| hook.verifies_tls = false);
        }),
        ("Warning passwords-for-git", |it| {
            it.has_setting(PASSWORDS, true)
        }),
        ("Problem pipelines-must-succeed", |it| {
            it.sets(APP, "only_allow_merge_if_pipeline_succeeds", false);
        }),
        ("Problem skipped-pipeline-passes", |it| {
            it.sets(APP, "allow_merge_on_skipped_pipeline", true);
        }),
        ("Warning threads-must-be-resolved", |it| {
            it.sets(
                APP,
                "only_allow_merge_if_all_discussions_are_resolved",
                false,
            );
        }),
        ("Warning fork-merge-requests", |it| {
            it.sets(APP, "forking_access_level", "enabled");
        }),
        ("Warning ci-config-elsewhere", |it| {
            it.sets(APP, "ci_config_path", "ci.yml@acme/pipelines");
        }),
        ("Problem branch-protected", |it| {
            it.protects(APP, "ma*", (DEVELOPER, MAINTAINER));
        }),
    ];
    for (line, broken) in rows {
        let scene = well_set_up().await;
        broken(&scene.forge);
        let mut bad = bad_lines(&scene).await;
        bad.retain(|it| it != WITHOUT_A_LICENCE);
        assert_eq!(bad, [*line]);
    }
}

#[tokio::test]
async fn what_only_a_licence_brings_is_looked_at_too() {
    let scene = well_set_up().await;
    scene.forge.is_licensed();
    scene.forge.sets(APP, "merge_trains_enabled", true);
    scene.forge.has_status_check(APP, "main", CONTEXT);
    scene
        .forge
        .sets(APP, "only_allow_merge_if_all_status_checks_passed", false);
    let bad = bad_lines(&scene).await;
    for line in [
        "Warning merge-train",
        "Problem status-pinned",
        "Warning approvals-reset",
    ] {
        assert!(bad.contains(&line.to_owned()), "{line}: {bad:?}");
    }
    scene
        .forge
        .sets(APP, "only_allow_merge_if_all_status_checks_passed", true);
    let bad = bad_lines(&scene).await;
    assert!(
        !bad.iter().any(|line| line.ends_with("status-pinned")),
        "{bad:?}"
    );
}

#[tokio::test]
async fn hooks_that_are_hidden_from_us_are_unknown_and_no_pass() {
    let scene = well_set_up().await;
    let mut config = super::scene::config(&scene.forge);
    config.admin_token = None;
    let clock = std::sync::Arc::new(forgewarden::clock::SystemClock);
    let ours = forgewarden::forge::gitlab::instance(&config, clock).expect("lawful");
    let lines = ours.administration.examine(&scope(&scene)).await;
    let webhook = lines.iter().find(|line| line.id == "webhook");
    assert_eq!(webhook.expect("a line").level, Level::Unknown);
}

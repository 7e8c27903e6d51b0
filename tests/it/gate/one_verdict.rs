//! The hook, the command line and the service say the same of the same push,
//! byte for byte.

use std::process::Command;

use forgewarden::model::request::Concern;

use super::scene::{APP, JOB, Scene, WORKFLOW};
use crate::support::forge::StandIn;
use crate::support::forge::common::people::Said;
use crate::support::{Hook, WorkingCopy};

/// A workflow that calls an action of its own tree and reaches a secret.
const RELEASE: &str = ".github/workflows/release.yml";
const RELEASES: &str = "on: push\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    steps:\n      \
    - uses: actions/checkout@v4\n      - uses: ./.github/actions/setup\n        env:\n          \
    KEY: ${{ secrets.PROD_KEY }}\n";
const ACTION: &str = ".github/actions/setup/action.yml";
const ACTS: &str = "runs:\n  using: composite\n  steps:\n    - run: make\n      shell: bash\n";

pub(super) async fn of_a_push_that_passes<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    let alice = scene.work_of(&scene.alice);
    alice.commits("app.txt", "one").signed();
    alice.commits("app.txt", "two").signed();
    let said = three_verdicts(&scene, &alice, "main", true).await;
    assert!(said.contains("\"conclusion\": \"pass\""), "{said}");
}

pub(super) async fn of_a_push_that_fails<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    let bob = scene.work_of(&scene.bob);
    bob.commits(WORKFLOW, JOB).signed();
    bob.commits(RELEASE, RELEASES)
        .and(
            ACTION,
            &ACTS.replace("make", "docker run --privileged debian:12"),
        )
        .signed();
    bob.commits(ACTION, ACTS).signed();
    bob.commits("app.txt", "two").unsigned();
    let said = three_verdicts(&scene, &bob, "main", false).await;
    assert!(said.contains("\"conclusion\": \"fail\""), "{said}");
    assert!(said.contains("unsigned-commit"), "{said}");
    assert!(said.contains("ci-change-unapproved"), "{said}");
    assert!(said.contains("job deploy gains secret PROD_KEY"), "{said}");
    assert!(said.contains("privileged-container"), "{said}");
}

pub(super) async fn of_a_new_branch_that_passes<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    let bob = scene.work_of(&scene.bob);
    bob.on_branch("topic").commits("app.txt", "one").signed();
    let said = three_verdicts(&scene, &bob, "topic", true).await;
    assert_eq!(said.matches("\"id\":").count(), 1, "{said}");
}

pub(super) async fn of_a_new_branch_that_fails<F: StandIn>() {
    let scene = Scene::<F>::open().await;
    let mallory = scene.work_of(&scene.mallory);
    mallory
        .on_branch("topic")
        .commits("app.txt", "one")
        .signed();
    let said = three_verdicts(&scene, &mallory, "topic", false).await;
    assert!(said.contains("unknown-signer"), "{said}");
}

/// What all three say of the push of a branch: first the hook, then, without
/// it, the service and `forgewarden check`.
async fn three_verdicts<F: StandIn>(
    scene: &Scene<F>,
    work: &WorkingCopy,
    branch: &str,
    passes: bool,
) -> String {
    let reference = format!("refs/heads/{branch}");
    let new = work.head();
    let range = match scene.upstream.tip(&reference) {
        Some(old) => format!("{old}..{new}"),
        None => new.clone(),
    };
    let policy = scene.world.path("operator/policy.toml");
    let policy = policy.to_str().expect("UTF-8 path");
    let hook = recording_hook(scene, policy);
    let push = work.pushes(branch);
    if passes {
        push.expect_accepted();
    } else {
        push.expect_refused_with(&[]);
    }
    let of_hook = std::fs::read_to_string(recorded(&hook)).expect("the hook's report");
    std::fs::remove_file(&hook.path).expect("remove the hook");
    if !passes {
        work.pushes(branch).expect_accepted();
    }
    scene.forge.notices(APP, "bob").await;
    let context = format!("forgewarden-push/{branch}");
    let said = if passes { Said::Green } else { Said::Red };
    let mark = scene.expect(&new, &context, said).await;
    let of_service = scene.stored_verdict(&mark).await;
    let of_command_line = Command::new(env!("CARGO_BIN_EXE_forgewarden"))
        .args(["check", "--ref", &reference, "--name", &F::named(APP)])
        .args(["--format", "json", "--policy", policy, "--repo"])
        .arg(scene.upstream.path())
        .arg(range)
        .output()
        .expect("it runs");
    let of_command_line = String::from_utf8(of_command_line.stdout).expect("UTF-8");
    assert_eq!(of_command_line, of_service);
    assert_eq!(of_the_change(&of_hook), of_the_change(&of_service));
    of_command_line
}

/// The verdict without what the hook alone is asked: how it was pushed.
fn of_the_change(json: &str) -> String {
    let mut verdict: serde_json::Value = serde_json::from_str(json).expect("JSON");
    verdict["authentication"] = serde_json::Value::Null;
    let findings = verdict["findings"].as_array_mut().expect("findings");
    findings.retain(|finding| {
        let id = finding["check"].as_str().expect("an id");
        let check = forgewarden::checks::find(id).expect("a check");
        check.meta.concern == Concern::Change
    });
    serde_json::to_string_pretty(&verdict).expect("JSON")
}

fn recording_hook<F: StandIn>(scene: &Scene<F>, policy: &str) -> Hook {
    let hook = scene.upstream.guarded();
    scene.upstream.config("forgewarden.policy", policy);
    scene.upstream.config("forgewarden.format", "json");
    scene
        .upstream
        .config("forgewarden.repository", &F::named(APP));
    let file = recorded(&hook);
    let file = file.to_str().expect("UTF-8 path");
    let script = format!("\"$HOOK\" 2>'{file}'; code=$?; cat '{file}' >&2; exit $code");
    hook.scripted(&script)
}

fn recorded(hook: &Hook) -> std::path::PathBuf {
    hook.path.with_extension("report")
}

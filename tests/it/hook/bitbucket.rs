//! Bitbucket runs the hook as a hook script: pushes, and merges that it asks
//! about twice, the first time dry.

use super::scene::Scene;
use crate::support::hook::{self, Surroundings};
use crate::support::program::Ran;
use crate::support::{Way, WorkingCopy, short};

const SHIM: &str = "bitbucket/pre-receive.sh";

/// What a push's script gets.
fn bitbucket() -> Surroundings {
    let variables = [
        ("HOME", "/var/atlassian/application-data/bitbucket"),
        ("PATH", "/usr/bin:/bin"),
        ("BB_HOOK_TRIGGER_ID", "push"),
        ("BB_HOOK_TYPE", "PRE"),
        ("BB_IS_DRY_RUN", "false"),
        ("BB_PROJECT_KEY", "PROJ"),
        ("BB_REPO_SLUG", "app"),
        ("BB_USER_NAME", "alice"),
        ("BB_USER_DISPLAY_NAME", "Alice \u{1b}[31m"),
        ("BB_USER_EMAIL", "alice@example.com"),
    ];
    let kept = [
        "GIT_DIR",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_QUARANTINE_PATH",
    ];
    Surroundings::new(&variables, &kept)
}

fn behind(surroundings: &Surroundings) -> Scene {
    let scene = Scene::guarded(Way::LocalPath);
    scene.upstream.runs_shim_in(SHIM, surroundings);
    scene
}

#[test]
fn a_push_is_judged_under_the_projects_name() {
    let scene = behind(&bitbucket());
    scene.upstream.config("forgewarden.format", "json");
    let alice = scene.begun();
    let id = alice.commits("app.txt", "one").unsigned();
    let words = ["\"repository\": \"PROJ/app\"", &id];
    alice
        .pushes("main")
        .expect_refused_with(&words)
        .expect_harmless();
    alice
        .pushes_all(&["HEAD^:refs/heads/side"])
        .expect_accepted();
    alice.deletes("side").expect_accepted();
}

#[test]
fn hostile_names_are_refused() {
    for (name, value) in [
        ("BB_USER_NAME", &b"alice\nbob"[..]),
        ("BB_PROJECT_KEY", b"\xff"),
        ("BB_REPO_SLUG", b""),
        ("BB_IS_DRY_RUN", b"\x1b[1A"),
    ] {
        let scene = behind(&bitbucket().with(name, Some(value)));
        let alice = scene.work_of(&scene.alice);
        alice.commits("app.txt", "one").signed();
        let push = alice.pushes("main").expect_could_not_judge(&["BB_"]);
        push.expect_harmless();
    }
}

/// A pull request of a branch whose commits the repository holds already.
struct Merge {
    scene: Scene,
    alice: WorkingCopy,
    base: String,
}

impl Merge {
    fn open() -> Self {
        let scene = Scene::unguarded(Way::LocalPath);
        let alice = scene.begun();
        let base = alice.head();
        alice.on_branch("topic");
        Self { scene, alice, base }
    }

    /// What the script says of it, in a dry run with this source; its input is empty.
    fn rehearsed(&self, source: &str, change: (&str, &str)) -> Ran {
        let policy = self
            .scene
            .policy()
            .write(&self.scene.world, "operator/project");
        let policy = policy.to_str().expect("UTF-8");
        self.scene.upstream.config("forgewarden.policy", policy);
        let shim = self
            .scene
            .world
            .file("script", hook::shim(SHIM, &hook::binary()));
        hook::make_executable(&shim);
        let program = self.scene.world.program(shim.to_str().expect("UTF-8"));
        let variables = [
            ("BB_HOOK_TRIGGER_ID", "pull-request-merge"),
            ("BB_IS_DRY_RUN", "true"),
            ("BB_PROJECT_KEY", "PROJ"),
            ("BB_REPO_SLUG", "app"),
            ("BB_USER_NAME", "alice"),
            ("BB_FROM_REF", "refs/heads/topic"),
            ("BB_FROM_HASH", source),
            ("BB_TO_REF", "refs/heads/main"),
            ("BB_TO_HASH", &self.base),
            ("BB_MERGE_HASH", ""),
            change,
        ];
        let program = variables
            .iter()
            .fold(program, |program, (name, value)| program.env(name, value));
        program.in_folder(&self.scene.upstream.path()).runs()
    }
}

const AS_IT_IS: (&str, &str) = ("BB_HOOK_TYPE", "PRE");

#[test]
fn a_dry_run_says_each_time_what_the_merge_will_hear() {
    let merge = Merge::open();
    let good = merge.alice.commits("app.txt", "one").signed();
    merge.alice.pushes("topic").expect_accepted();
    let bad = merge.alice.commits("app.txt", "two").unsigned();
    merge.alice.pushes("topic").expect_accepted();
    for _ in 0..2 {
        let ran = merge.rehearsed(&good, AS_IT_IS);
        assert_eq!(ran.code, Some(0), "{ran}");
        let ran = merge.rehearsed(&bad, AS_IT_IS);
        assert_eq!(ran.code, Some(1), "{ran}");
        assert!(
            String::from_utf8_lossy(&ran.err).contains(short(&bad)),
            "{ran}"
        );
    }
}

#[test]
fn what_a_dry_run_leaves_open_is_refused() {
    let merge = Merge::open();
    let good = merge.alice.commits("app.txt", "one").signed();
    merge.alice.pushes("topic").expect_accepted();
    let elsewhere = "1".repeat(40);
    let nothing = "0".repeat(40);
    for change in [
        ("BB_IS_DRY_RUN", "false"),
        ("BB_IS_DRY_RUN", ""),
        ("BB_FROM_HASH", ""),
        ("BB_FROM_HASH", "main"),
        ("BB_FROM_HASH", nothing.as_str()),
        ("BB_TO_HASH", nothing.as_str()),
        ("BB_TO_REF", "main\nrefs/heads/x"),
        ("BB_TO_REF", ""),
    ] {
        let ran = merge.rehearsed(&good, change);
        assert_eq!(ran.code, Some(2), "{change:?}: {ran}");
    }
    // Commits that only the fork has.
    for name in ["BB_FROM_HASH", "BB_TO_HASH"] {
        let ran = merge.rehearsed(&good, (name, &elsewhere));
        assert!(matches!(ran.code, Some(1 | 2)), "{name}: {ran}");
    }
}

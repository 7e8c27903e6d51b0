//! `forgewarden setup` and `forgewarden doctor` as a newcomer runs them, against
//! a repository on which nothing is set up.

use serde_json::Value;

use crate::support::daemon::Daemon;
use crate::support::forge::StandIn;
use crate::support::forge::common::traffic::Fault;
use crate::support::forge::stash::Stash;
use crate::support::{Upstream, Way, World};

const APP: &str = "acme/app";

/// A forge with one repository, and the configuration of a service for it.
struct Scene<F> {
    _world: World,
    _upstream: Upstream,
    forge: F,
    daemon: Daemon,
}

impl<F: StandIn> Scene<F> {
    async fn new() -> Self {
        let world = World::new();
        let alice = world.person("alice");
        let policy = world.policy().trusting(&alice).write(&world, "operator");
        let upstream = world.upstream("app");
        let work = alice.clones(&upstream, Way::LocalPath);
        work.on_branch("main")
            .commits("README.md", "A project.\n")
            .signed();
        work.pushes("main").expect_accepted();
        let forge = F::start(&world.path(".")).await;
        forge.adopts_repository(APP, &upstream.path());
        let daemon = Daemon::under(&forge, &policy);
        daemon.keeps_secrets();
        Self {
            _world: world,
            _upstream: upstream,
            forge,
            daemon,
        }
    }

    /// Runs a command, which the stand-in answers meanwhile.
    fn runs(&self, command: &[&str]) -> (i32, String) {
        tokio::task::block_in_place(|| self.daemon.runs(command))
    }

    fn sets_up(&self, more: &[&str]) -> (i32, String) {
        let name = F::named(APP);
        let command = ["setup", F::NAME, "--repository", &name, "--branch", "main"];
        self.runs(&[&command, more].concat())
    }

    fn writes(&self) -> usize {
        let all = self.forge.requests().into_iter();
        all.filter(|it| it.method != "GET").count()
    }
}

/// Plan, apply, and apply again.
async fn a_plan_is_shown_then_done_then_empty<F: StandIn>() {
    let scene = Scene::<F>::new().await;
    let (status, said) = scene.sets_up(&[]);
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("https://warden.example/webhooks/"), "{said}");
    assert!(said.contains("\n    + "), "{said}");
    assert_eq!(scene.writes(), 0, "a plan alone changes nothing");
    let (status, said) = scene.sets_up(&["--apply"]);
    assert_eq!(status, 0, "{said}");
    let before = scene.writes();
    for more in [&[][..], &["--apply"]] {
        let (status, said) = scene.sets_up(more);
        assert_eq!(
            (status, said),
            (0, format!("{}: nothing to change\n", F::named(APP)))
        );
    }
    assert_eq!(scene.writes(), before);
}

/// Full of problems before, without one after.
async fn the_doctor_sees_the_difference<F: StandIn>() {
    let scene = Scene::<F>::new().await;
    let (status, said) = scene.runs(&["doctor"]);
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("PROBLEM webhook"), "{said}");
    assert!(said.contains("this machine"), "{said}");
    let (status, said) = scene.sets_up(&["--apply"]);
    assert_eq!(status, 0, "{said}");
    let (status, said) = scene.runs(&["doctor", "--format", "json"]);
    assert_eq!(status, 0, "{said}");
    let said: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(said["schema"], "forgewarden/doctor/v1");
    let lines = said["lines"].as_array().expect("lines");
    for place in [F::named(APP), format!("{} main", F::named(APP))] {
        let looked_at = lines.iter().any(|it| it["place"] == place.as_str());
        assert!(looked_at, "{place}: {said:#}");
    }
}

/// What the forge does not tell is no "ok".
async fn a_forge_that_does_not_answer_is_unknown<F: StandIn>() {
    let scene = Scene::<F>::new().await;
    let (status, said) = scene.sets_up(&["--apply"]);
    assert_eq!(status, 0, "{said}");
    scene.forge.is_down_for(40);
    let (status, said) = scene.runs(&["doctor"]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("unknown "), "{said}");
    let (status, said) = scene.runs(&["doctor", "--offline"]);
    assert_eq!(status, 0, "{said}");
}

/// Each on every forge.
macro_rules! on_every_forge {
    ($($forge:ident: $stand_in:ty),* $(,)?) => {
        $(mod $forge {
            #[tokio::test(flavor = "multi_thread")]
            async fn a_plan_is_shown_then_done_then_empty() {
                super::a_plan_is_shown_then_done_then_empty::<$stand_in>().await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn the_doctor_sees_the_difference() {
                super::the_doctor_sees_the_difference::<$stand_in>().await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn a_forge_that_does_not_answer_is_unknown() {
                super::a_forge_that_does_not_answer_is_unknown::<$stand_in>().await;
            }
        })*
    };
}

on_every_forge! {
    stash: crate::support::forge::stash::Stash,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_what_is_wrong_on_this_machine() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::<Stash>::new().await;
    let file = |name: &str| scene.daemon.folder().join(name);
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(file("hook.secret"), open).expect("changed");
    let (status, said) = scene.runs(&["doctor", "--offline"]);
    assert_eq!(status, 1, "{said}");
    assert!(
        said.contains("hook.secret can be read by others (mode 644)"),
        "{said}"
    );
    assert!(said.contains("chmod 600"), "{said}");
    scene.daemon.keeps_secrets();
    std::fs::write(file("hook.secret"), "short").expect("written");
    let (status, said) = scene.runs(&["doctor", "--offline"]);
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("PROBLEM configuration"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn setup_says_what_it_cannot_do() {
    let scene = Scene::<Stash>::new().await;
    let (status, said) = scene.runs(&["setup", "gitlab", "--repository", "a/b"]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("no [[gitlab]] is configured"), "{said}");
    let (status, said) = scene.runs(&["setup", "stash", "--repository", "ACME/none"]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("does not exist"), "{said}");
    let refused = Fault::new("POST", "/webhooks", 403);
    scene.forge.fails(refused);
    let (status, said) = scene.sets_up(&["--apply"]);
    assert_eq!(status, 2, "{said}");
    assert!(
        said.contains("POST /api/latest/projects/ACME/repos/app/webhooks"),
        "{said}"
    );
}

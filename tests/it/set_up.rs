//! `forgewarden setup` and `forgewarden doctor` as a newcomer runs them, against
//! a repository on which nothing is set up.

use serde_json::Value;

use crate::support::daemon::Daemon;
use crate::support::forge::StandIn;
use crate::support::forge::common::traffic::Fault;
use crate::support::forge::github::GitHub;
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
        let writes = all.filter(|it| it.method != "GET");
        writes
            .filter(|it| !it.path.ends_with("/access_tokens"))
            .count()
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
    gitlab: crate::support::forge::gitlab::GitLab,
    github: crate::support::forge::github::GitHub,
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
    // The policy says which branches to guard, so none is guessed without it.
    let config = scene.daemon.folder().join("forgewarden.toml");
    let text = std::fs::read_to_string(&config).expect("read");
    let lost = text.replace("policy.toml", "lost.toml");
    assert_ne!(lost, text);
    std::fs::write(&config, lost).expect("written");
    let (status, said) = scene.sets_up(&[]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("lost.toml"), "{said}");
    std::fs::write(&config, text).expect("written");
    let refused = Fault::new("POST", "/webhooks", 403);
    scene.forge.fails(refused);
    let (status, said) = scene.sets_up(&["--apply"]);
    assert_eq!(status, 2, "{said}");
    assert!(
        said.contains("POST /api/latest/projects/ACME/repos/app/webhooks"),
        "{said}"
    );
}

/// The page of `setup github-app`, and the program that serves it.
struct AppPage {
    program: std::process::Child,
    output: std::io::BufReader<std::process::ChildStdout>,
    url: String,
}

impl AppPage {
    fn opens(forge: &GitHub, out: &std::path::Path) -> Self {
        use std::io::BufRead as _;
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_forgewarden"))
            .args([
                "setup",
                "github-app",
                "--public-url",
                "https://warden.example",
            ])
            .args(["--organization", "acme", "--github", &forge.web_url()])
            .args(["--api-url", &forge.api_url(), "--out"])
            .arg(out)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut output = std::io::BufReader::new(program.stdout.take().expect("piped"));
        let mut line = String::new();
        output.read_line(&mut line).expect("a line");
        let url = line.split_whitespace().nth(1).expect("a URL").to_owned();
        Self {
            program,
            output,
            url,
        }
    }

    async fn gets(&self, below: &str) -> (u16, String) {
        let answer = reqwest::get(format!("{}{below}", self.url))
            .await
            .expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    fn ends(mut self) -> (i32, String) {
        use std::io::Read as _;
        let mut said = String::new();
        self.output.read_to_string(&mut said).expect("UTF-8");
        let status = self.program.wait().expect("it ends").code();
        (status.expect("no signal"), said)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_github_app_is_made_from_a_page_on_this_machine() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let forge = GitHub::start(folder.path()).await;
    let page = AppPage::opens(&forge, folder.path());
    let (status, html) = page.gets("").await;
    assert_eq!(status, 200);
    let action = format!(
        "{}/organizations/acme/settings/apps/new?state=",
        forge.web_url()
    );
    let action = action.replace('/', "&#x2f;");
    let state = html.split_once(&action).expect("the form's target").1;
    let state = state.split_once('"').expect("its end").0.to_owned();
    let manifest = html
        .split_once("<pre>")
        .and_then(|it| it.1.split_once("</pre>"));
    let manifest = manifest.expect("the description").0;
    let manifest = manifest.replace("&quot;", "\"").replace("&#x2f;", "/");
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    let code = forge.confirms_manifest(&manifest);
    // Somebody else's code, and an answer that nobody asked for.
    for foreign in [
        format!("made?code={code}&state=0000"),
        format!("made?code={code}"),
    ] {
        let (status, _) = page.gets(&foreign).await;
        assert_eq!(status, 400, "{foreign}");
    }
    let (status, html) = page.gets(&format!("made?code=a0b1c2&state={state}")).await;
    assert_eq!(status, 502, "{html}");
    let (status, html) = page.gets(&format!("made?code={code}&state={state}")).await;
    assert_eq!(status, 200, "{html}");
    let (status, said) = tokio::task::block_in_place(|| page.ends());
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("[[github]]"), "{said}");
    for name in ["github-app.pem", "github-webhook.secret"] {
        let metadata = std::fs::metadata(folder.path().join(name)).expect("it was written");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
        let text = std::fs::read_to_string(folder.path().join(name)).expect("read");
        assert!(!said.contains(text.trim()), "{name}");
    }
    let again = std::process::Command::new(env!("CARGO_BIN_EXE_forgewarden"))
        .args([
            "setup",
            "github-app",
            "--public-url",
            "https://warden.example",
            "--out",
        ])
        .arg(folder.path())
        .output()
        .expect("it runs");
    assert_eq!(again.status.code(), Some(2));
    let said = String::from_utf8(again.stderr).expect("UTF-8");
    assert!(said.contains("is not overwritten"), "{said}");
}

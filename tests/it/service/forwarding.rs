//! What a hook saw of a push, brought to the service by the real forwarder, and
//! explained by the command line.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use forgewarden::model::event::Event;
use forgewarden::model::oid::ObjectId;
use forgewarden::model::principal::Actor;
use forgewarden::model::repo::ForgeKind;
use forgewarden::model::verdict::Conclusion::{Pass, Pending};

use super::authentication::strict;
use crate::support::gate::{Gate, HOOK_SECRET};
use crate::support::program::{Program, Ran};
use crate::support::{Upstream, Way, WorkingCopy, World, hook};

const AUTH: &str = "forgewarden-auth-push/main";

/// A repository whose hook keeps what sshd says, and a service that waits for it.
struct Scene {
    world: World,
    upstream: Upstream,
    work: WorkingCopy,
    gate: Gate,
}

impl Scene {
    async fn open() -> Self {
        let world = World::new();
        let alice = world.person("alice");
        let upstream = world.upstream("app");
        let policy = world.policy().trusting(&alice);
        let guard = upstream.guarded_by(&policy);
        fs::remove_file(&guard.path).expect("remove the link");
        let shim = hook::shim("plain-git/pre-receive", &hook::binary());
        fs::write(&guard.path, shim).expect("write the shim");
        hook::make_executable(&guard.path);
        fs::create_dir_all(world.path("spool")).expect("make the spool");
        let spool = world.path("spool");
        upstream.config("forgewarden.spool", spool.to_str().expect("UTF-8"));
        upstream.config("forgewarden.repository", "acme/app");
        let work = alice.clones(&upstream, Way::Ssh);
        work.commits("README.md", "one").signed();
        let mut gate = Gate::closed();
        gate.forge
            .has_objects_at(format!("file://{}", upstream.path().display()));
        gate.authentication.wait = Duration::from_secs(600);
        gate.policy = Some(strict());
        gate.start().await;
        Self {
            world,
            upstream,
            work,
            gate,
        }
    }

    /// alice pushes `main`, and the forge tells of it.
    async fn pushes(&self) -> ObjectId {
        let old = self.upstream.tip("refs/heads/main");
        self.work.pushes("main").expect_accepted();
        let new = ObjectId::parse(self.work.head()).expect("an id");
        let old = old.map(|old| ObjectId::parse(old).expect("an id"));
        let mut event = self.gate.push("main", old, new);
        if let Event::Push { actor, .. } = &mut event {
            *actor = Some(Actor {
                forge: ForgeKind::GitHub,
                login: "alice".to_owned(),
                id: Some(1),
                robot: false,
            });
        }
        assert_eq!(self.gate.deliver("d1", &[event]).await, 202);
        new
    }

    fn forwards(&self, to: &str, secret: &str) -> Ran {
        let secret = self.world.file("hook.secret", secret);
        Program::new(env!("CARGO_BIN_EXE_forgewarden"))
            .args(["evidence", "forward", "--once", "--to", to, "--spool"])
            .arg(self.world.path("spool"))
            .arg("--secret-file")
            .arg(secret)
            .runs()
    }

    fn spooled(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.world.path("spool")).expect("the spool");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths.filter(|path| path.is_file()).collect()
    }

    /// What `evidence explain` says.
    fn explains(&self, arguments: &[&str]) -> Ran {
        let folder = self.gate.folder();
        let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("written");
        write("policy.toml", "version = 1\n");
        write("stash.token", "a-token-of-the-robot-account");
        write("hook.secret", "the-secret-of-the-webhook");
        let text = format!(
            "public_url = 'https://warden.example'\npolicy = 'policy.toml'\n\
             database_url = 'sqlite:{}/warden.db'\n[[stash]]\nkey = 'fake'\n\
             url = 'https://stash.example.com'\nuser = 'robot'\ntoken_file = 'stash.token'\n\
             webhook_secret_files = ['hook.secret']\n",
            folder.display()
        );
        write("explain.toml", &text);
        Program::new(env!("CARGO_BIN_EXE_forgewarden"))
            .args(["evidence", "explain", "--config"])
            .arg(folder.join("explain.toml"))
            .args(arguments)
            .runs()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_sshd_told_the_hook_reaches_the_status() {
    let scene = Scene::open().await;
    let head = scene.pushes().await;
    scene.gate.expect(head, AUTH, Pending).await;
    assert_eq!(scene.spooled().len(), 1);
    let gone = scene.forwards("http://127.0.0.1:9/evidence/fake/hook", HOOK_SECRET);
    assert_eq!(gone.code, Some(1), "{gone}");
    assert_eq!(scene.spooled().len(), 1, "kept while nobody takes it");
    let to = scene.gate.url("/evidence/fake/hook");
    let wrong = scene.forwards(&to, "not-the-secret-of-the-service");
    assert_eq!(wrong.code, Some(2), "{wrong}");
    let sent = scene.forwards(&to, &format!("{HOOK_SECRET}\n"));
    assert_eq!(sent.code, Some(0), "{sent}");
    assert_eq!(scene.spooled(), Vec::<PathBuf>::new());
    scene.gate.expect(head, AUTH, Pass).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_is_explained() {
    let scene = Scene::open().await;
    let head = scene.pushes().await;
    scene.gate.expect(head, AUTH, Pending).await;
    let arguments = ["--repository", "ACME/app", "main"];
    let before = scene.explains(&arguments);
    assert_eq!(before.code, Some(0), "{before}");
    let text = String::from_utf8_lossy(&before.out).into_owned();
    assert!(text.contains("therefore  not known"), "{text}");
    let to = scene.gate.url("/evidence/fake/hook");
    assert_eq!(scene.forwards(&to, HOOK_SECRET).code, Some(0));
    scene.gate.expect(head, AUTH, Pass).await;
    let by_commit = scene.explains(&[&head.to_string()]);
    let text = String::from_utf8_lossy(&by_commit.out).into_owned();
    for words in [
        "Push to acme/app on fake",
        "refs       refs/heads/main",
        "pushed by  alice (nobody whom the policy knows)",
        "told by    delivery d1",
        "1. sshd, direct",
        "therefore  ssh-key (sshd, direct)",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let json = scene.explains(&["--format", "json", &head.to_string()]);
    let json: serde_json::Value = serde_json::from_slice(&json.out).expect("JSON");
    assert_eq!(json["schema"], "forgewarden/evidence-explained/v1");
    assert_eq!(json["pushes"][0]["state"], "known");
    let nothing = scene.explains(&["--repository", "acme/app", "other"]);
    assert_eq!(nothing.code, Some(1), "{nothing}");
    let unnamed = scene.explains(&["main"]);
    assert_eq!(unnamed.code, Some(2), "{unnamed}");
}

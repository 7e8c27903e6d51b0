//! Pushes through gitolite, judged: by key, by certificate, and by a key and a
//! password, with our `sshd.conf`.

use std::fs;

use super::scene::{Answer, Scene};
use super::ssh::ours;
use crate::support::sshd_login::{Authority, KEY_AND_PASSWORD, LoginServer, Proof};
use crate::support::{Upstream, Way, WorkingCopy, hook};

/// A gitolite whose administrator is alice, and her working copy of `testing`.
struct Gitolite {
    scene: Scene,
    work: WorkingCopy,
    upstream: Upstream,
}

impl Gitolite {
    fn judged() -> Self {
        let scene = Scene::new();
        let world = &scene.world;
        let gitolite = || world.program("gitolite").env("USER", "git");
        let key = world.file("alice.pub", scene.alice.ssh_public_line() + "\n");
        gitolite().args(["setup", "-pk"]).arg(key).succeeds();
        let common = world.path("home/.gitolite/hooks/common/pre-receive");
        let shim = hook::shim("gitolite/pre-receive", &hook::binary());
        fs::write(&common, shim).expect("write the shim");
        hook::make_executable(&common);
        gitolite().args(["setup", "--hooks-only"]).succeeds();
        let upstream = world.upstream("home/repositories/testing");
        let policy = world
            .policy()
            .trusting(&scene.alice)
            .write(world, "operator");
        upstream.config("forgewarden.policy", policy.to_str().expect("UTF-8"));
        upstream.config("forgewarden.format", "json");
        let work = scene.alice.clones(&upstream, Way::LocalPath);
        work.commits("README.md", "one").signed();
        Self {
            scene,
            work,
            upstream,
        }
    }

    /// gitolite's own file of keys, each with its command.
    fn keys(&self) -> std::path::PathBuf {
        self.scene.world.path("home/.ssh/authorized_keys")
    }

    /// An sshd before it, with these lines first.
    fn behind(&self, lines: &str) -> LoginServer {
        let keys = format!("AuthorizedKeysFile \"{}\"\n", self.keys().display());
        let server = LoginServer::with_shell(&self.scene.world, &(keys + lines), "/bin/sh");
        server.serves(&self.work, &self.scene.alice, "/testing");
        server
    }

    fn expect_told(&self, server: &LoginServer, proof: &Proof, methods: &[&str]) -> Answer {
        let push = server.pushes(&self.work, &self.scene.alice, proof, "main");
        let folder = self.upstream.path();
        let texts = [("what the hook said", push.raw())];
        crate::support::secrets::assert_nowhere(&[&server.password], &[&folder], &texts);
        let answer = Answer::to(&push);
        answer.expect(methods, "sshd", "pass", &[]);
        assert_eq!(answer.push()["actor"]["login"], "alice");
        let _ = push.expect_accepted();
        answer
    }
}

#[test]
fn gitolite_passes_on_what_sshd_says_of_a_key() {
    let gitolite = Gitolite::judged();
    let server = gitolite.behind(&ours());
    let told = gitolite.expect_told(&server, &Proof::Key, &["ssh-key"]);
    let fingerprint = gitolite.scene.alice.ssh_fingerprint();
    assert_eq!(told.credential()["fingerprint"], fingerprint);
}

#[test]
fn gitolite_passes_on_a_second_factor() {
    let gitolite = Gitolite::judged();
    let server = gitolite.behind(&(KEY_AND_PASSWORD.to_owned() + &ours()));
    let _ = gitolite.expect_told(&server, &Proof::KeyAndPassword, &["ssh-key", "password"]);
}

#[test]
fn gitolite_takes_a_certificate_by_its_principal() {
    let gitolite = Gitolite::judged();
    let world = &gitolite.scene.world;
    let corp = Authority::new(world, "corp");
    let keys = fs::read_to_string(gitolite.keys()).expect("gitolite's keys");
    let command = keys
        .split("command=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let command = command.expect("gitolite's command");
    // The path that our page shows is Debian's.
    assert_eq!(command, "/usr/share/gitolite3/gitolite-shell alice");
    let line = format!("command=\"{command}\",restrict alice\n");
    let principals = world.file("principals/git", line);
    // alice's key alone opens nothing then.
    fs::write(gitolite.keys(), "").expect("forget the keys");
    let lines = format!(
        "TrustedUserCAKeys {}\nAuthorizedPrincipalsFile {}\n",
        corp.public().display(),
        principals.display()
    );
    let server = gitolite.behind(&(lines + &ours()));
    let certificate = corp.certifies(&gitolite.scene.alice, "alice", "-1h:+1h");
    let proof = Proof::Certificate(certificate);
    let told = gitolite.expect_told(&server, &proof, &["ssh-certificate"]);
    assert_eq!(told.credential()["key_id"], "alice@laptop");
    let push = server.pushes(
        &gitolite.work,
        &gitolite.scene.alice,
        &Proof::Key,
        "main:other",
    );
    let _ = push.expect_not_let_in("Permission denied");
}

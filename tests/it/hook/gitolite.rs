//! gitolite runs the hook: Debian's gitolite3, behind an sshd of our own, with
//! real pushes.

use std::fs;
use std::path::PathBuf;

use super::authentication::{Spool, words};
use super::scene::Scene;
use crate::support::sshd::Sshd;
use crate::support::{Person, Upstream, Way, WorkingCopy, hook, short};

/// A gitolite whose administrator is alice.
struct Gitolite {
    scene: Scene,
    sshd: Sshd,
}

impl Gitolite {
    fn guarded() -> Self {
        let scene = Scene::unguarded(Way::LocalPath);
        let key = scene
            .world
            .file("alice.pub", scene.alice.ssh_public_line() + "\n");
        let setup = scene.world.program("gitolite").env("USER", "git");
        setup.args(["setup", "-pk"]).arg(key).succeeds();
        let keys = scene.world.path("home/.ssh/authorized_keys");
        let line = format!("AuthorizedKeysFile \"{}\"\n", keys.display());
        let sshd = Sshd::configured(&scene.world, "sshd-gitolite", &line);
        let gitolite = Self { scene, sshd };
        let common = gitolite.home().join(".gitolite/hooks/common/pre-receive");
        fs::write(&common, hook::shim("gitolite/pre-receive", &hook::binary()))
            .expect("write the shim");
        hook::make_executable(&common);
        let setup = gitolite.scene.world.program("gitolite").env("USER", "git");
        setup.args(["setup", "--hooks-only"]).succeeds();
        gitolite
    }

    fn home(&self) -> PathBuf {
        self.scene.world.path("home")
    }

    /// A repository of it, under the usual policy.
    fn repository(&self, name: &str) -> Upstream {
        let upstream = self
            .scene
            .world
            .upstream(&format!("home/repositories/{name}"));
        let policy = self.scene.policy().write(&self.scene.world, "operator");
        upstream.config("forgewarden.policy", policy.to_str().expect("UTF-8"));
        upstream
    }

    /// A person's working copy, reached by gitolite only.
    fn work_of(&self, person: &Person, name: &str) -> WorkingCopy {
        let work = person.clones(&self.repository(name), Way::LocalPath);
        self.sshd.introduces(person);
        work.git(&[
            "remote",
            "set-url",
            "origin",
            &format!("ssh://upstream.test/{name}"),
        ]);
        work.git(&["config", "core.sshCommand", &person.ssh_command()]);
        work
    }
}

#[test]
fn pushes_through_gitolite_are_judged() {
    let gitolite = Gitolite::guarded();
    let alice = gitolite.work_of(&gitolite.scene.alice, "testing");
    alice.on_branch("main");
    alice.commits("README.md", "one").signed();
    alice.pushes("main").expect_accepted();
    let id = alice.commits("app.txt", "one").unsigned();
    let push = alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit", short(&id)]);
    push.expect_unsaid(&["GL-HOOK-ERR"]);
    alice.goes_back_to("HEAD^").on_branch("side");
    alice.pushes("side").expect_accepted();
    alice.deletes("side").expect_accepted();
}

#[test]
fn the_repository_is_called_as_gitolite_calls_it() {
    let gitolite = Gitolite::guarded();
    let alice = gitolite.work_of(&gitolite.scene.alice, "testing");
    gitolite
        .repository("testing")
        .config("forgewarden.format", "json");
    alice.on_branch("main");
    alice.commits("README.md", "one").unsigned();
    alice
        .pushes("main")
        .expect_refused_with(&["\"repository\": \"testing\""]);
}

#[test]
fn through_gitolite_sshd_tells_the_key() {
    let gitolite = Gitolite::guarded();
    let alice = gitolite.work_of(&gitolite.scene.alice, "testing");
    let spool = Spool::of(&gitolite.scene.world, &gitolite.repository("testing"));
    alice.on_branch("main");
    alice.commits("README.md", "one").signed();
    alice.pushes("main").expect_accepted();
    let testimony = spool.takes();
    assert_eq!(words(&testimony.evidence[0]), "sshd: ssh-key");
    let login = testimony.actor.map(|actor| actor.login);
    assert_eq!(login.as_deref(), Some("alice"));
}

#[test]
fn the_administrators_repository_is_guarded_too() {
    let gitolite = Gitolite::guarded();
    let alice = gitolite.work_of(&gitolite.scene.alice, "gitolite-admin");
    let branch = alice.git(&["ls-remote", "--symref", "origin", "HEAD"]);
    let branch = branch
        .split_whitespace()
        .nth(1)
        .expect("a branch")
        .to_owned();
    let short_name = branch.trim_start_matches("refs/heads/").to_owned();
    alice.git(&[
        "switch",
        "-q",
        "-C",
        &short_name,
        &format!("origin/{short_name}"),
    ]);
    alice
        .commits("conf/gitolite.conf", "repo @all\n  RW+ = @all\n")
        .unsigned();
    alice
        .pushes(&short_name)
        .expect_refused_with(&["unsigned-commit"]);
}

#[test]
fn past_gitolite_the_shim_refuses() {
    let gitolite = Gitolite::guarded();
    let upstream = gitolite.repository("testing");
    let alice = gitolite.scene.alice.clones(&upstream, Way::LocalPath);
    alice.on_branch("main");
    alice.commits("README.md", "one").signed();
    alice
        .pushes("main")
        .expect_could_not_judge(&["GL_REPO is not set"]);
}

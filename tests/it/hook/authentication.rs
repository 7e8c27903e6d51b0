//! How a push was authenticated, as the hook reads it from its server: the
//! evidence that it keeps in its spool, and what follows from it.

mod forges;
mod signed;
mod spool;
mod ssh;
mod web;

use std::fs;
use std::path::PathBuf;

use forgewarden::model::authentication::Evidence;
use forgewarden::model::testimony::Testimony;

use super::scene::Scene;
use crate::support::{Hook, PolicyText, Upstream, Way, World, hook};

/// The folder in which the hook keeps what it saw.
pub(super) struct Spool(pub(super) PathBuf);

impl Spool {
    /// Lets a repository's hook keep it.
    pub(super) fn of(world: &World, upstream: &Upstream) -> Self {
        let folder = world.path("spool");
        fs::create_dir_all(&folder).expect("make the spool");
        upstream.config("forgewarden.spool", folder.to_str().expect("UTF-8"));
        Self(folder)
    }

    /// The text of the only file, which is then gone.
    fn takes_text(&self) -> String {
        let files: Vec<_> = fs::read_dir(&self.0).expect("list the spool").collect();
        let [Ok(file)] = files.as_slice() else {
            panic!("one file is expected in the spool: {files:?}");
        };
        let text = fs::read_to_string(file.path()).expect("read the spool");
        fs::remove_file(file.path()).expect("empty the spool");
        text
    }

    /// The only testimony, which is then gone.
    pub(super) fn takes(&self) -> Testimony {
        serde_json::from_str(&self.takes_text()).expect("a testimony")
    }

    /// What the only evidence of the only push leaves open.
    pub(super) fn takes_words(&self) -> String {
        let testimony = self.takes();
        assert_eq!(testimony.evidence.len(), 1, "{testimony:?}");
        words(&testimony.evidence[0])
    }
}

/// Source and methods: `sshd: ssh-key`; of nothing understood, what it says.
pub(super) fn words(evidence: &Evidence) -> String {
    let mut methods: Vec<_> = evidence.could_be.iter().map(ToString::to_string).collect();
    methods.sort();
    let said = match methods.as_slice() {
        [] => format!("nothing ({})", evidence.says),
        some => some.join(" or "),
    };
    format!("{}: {said}", evidence.source)
}

/// The usual policy, under which no method of authentication is refused.
pub(super) fn lenient(scene: &Scene) -> PolicyText {
    let policy = scene.policy().with_mode("password-authentication", "audit");
    policy.with_mode("anonymous-push", "audit")
}

/// A scene under the lenient policy, with a spool and the shim for plain git.
fn behind_shim(way: Way) -> (Scene, Spool) {
    let scene = Scene::unguarded(way);
    let spool = Spool::of(&scene.world, &scene.upstream);
    let hook = scene.guard(&lenient(&scene));
    install_shim(&hook);
    (scene, spool)
}

fn install_shim(hook: &Hook) {
    fs::remove_file(&hook.path).expect("remove the link");
    let text = hook::shim("plain-git/pre-receive", &hook::binary());
    fs::write(&hook.path, text).expect("write the shim");
    hook::make_executable(&hook.path);
}

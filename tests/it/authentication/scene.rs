//! Where most stories start: a repository that records what its hook is given,
//! and alice with a commit that she has not pushed.

use super::recorder::Recorder;
use crate::support::web::{self, Proof, Web};
use crate::support::{Person, Push, Upstream, Way, WorkingCopy, World};

/// Headers by which a client would forge what only the server may say.
pub(super) const LIES: [&str; 6] = [
    "Forgewarden-Auth-Method: client-certificate",
    "Forgewarden-Auth-User: root",
    "Ssl-Client-Verify: SUCCESS",
    "Remote-User: root",
    "Auth-Type: ClientCert",
    "FORGEWARDEN_AUTH_METHOD: token",
];

/// The people and the repository of a story.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) alice: Person,
    pub(super) upstream: Upstream,
    pub(super) work: WorkingCopy,
}

impl Scene {
    /// Nothing guards the repository yet.
    pub(super) fn new() -> Self {
        let world = World::new();
        let alice = world.person("alice");
        let upstream = world.upstream("project");
        let work = alice.clones(&upstream, Way::LocalPath);
        work.commits("README.md", "one").signed();
        web::serve(&work, "project.git");
        Self {
            world,
            alice,
            upstream,
            work,
        }
    }

    /// The repository records.
    pub(super) fn records(&self) -> Recorder {
        Recorder::guards(&self.upstream)
    }

    /// alice pushes something new over https.
    pub(super) fn pushes(&self, web: &Web, proof: &Proof<'_>, headers: &[&str]) -> Push {
        self.work.commits("README.md", "more").signed();
        web.pushes(&self.work, proof, headers, &["main"])
    }
}

//! Where most stories start: alice and bob are in the policy, mallory is not,
//! and a signed commit of alice is on `main`.

use crate::support::{Hook, Person, PolicyText, Upstream, Way, WorkingCopy, World};

/// The people and the repository of a story.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) alice: Person,
    pub(super) bob: Person,
    pub(super) mallory: Person,
    pub(super) upstream: Upstream,
    way: Way,
}

impl Scene {
    /// An empty repository that nothing guards yet.
    pub(super) fn unguarded(way: Way) -> Self {
        let world = World::new();
        Self {
            alice: world.person("alice"),
            bob: world.person("bob"),
            mallory: world.person("mallory"),
            upstream: world.upstream("project"),
            world,
            way,
        }
    }

    /// An empty repository under the usual policy.
    pub(super) fn guarded(way: Way) -> Self {
        let scene = Self::unguarded(way);
        scene.guard(&scene.policy());
        scene
    }

    /// The usual policy: alice and bob may sign, alice may change the build
    /// environment.
    pub(super) fn policy(&self) -> PolicyText {
        let policy = self
            .world
            .policy()
            .trusting(&self.alice)
            .trusting(&self.bob);
        policy.approving_ci_changes_signed_by(&[&self.alice])
    }

    /// Guards the repository by a policy.
    pub(super) fn guard(&self, policy: &PolicyText) -> Hook {
        self.upstream.guarded_by(policy)
    }

    /// A working copy of this person.
    pub(super) fn work_of(&self, person: &Person) -> WorkingCopy {
        person.clones(&self.upstream, self.way)
    }

    /// alice's working copy, her first signed commit being on `main`.
    pub(super) fn begun(&self) -> WorkingCopy {
        let work = self.work_of(&self.alice);
        work.commits("README.md", "A project.\n").signed();
        work.pushes("main").expect_accepted();
        work
    }
}

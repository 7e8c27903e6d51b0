//! The test language itself, tried with hooks of two lines.

use crate::support::{Signing, Way, World};

#[test]
fn a_push_is_accepted_and_refused_by_path_and_by_ssh() {
    for way in [Way::LocalPath, Way::Ssh] {
        let world = World::new();
        let alice = world.person("alice").with_openpgp();
        let upstream = world.upstream("project");
        let hook = upstream.guarded().scripted("exit 0").recording_exit_codes();
        let hook = hook.scripted("cat >/dev/null; exit 0");
        let work = alice.clones(&upstream, way);
        work.commits("README.md", "one").signed_by(Signing::Ssh);
        work.commits("README.md", "two").signed_by(Signing::OpenPgp);
        work.commits("README.md", "three")
            .signed_by(Signing::InProcess);
        work.tags("v1").signed_by(Signing::Ssh);
        work.pushes_all(&["main", "v1"]).expect_accepted();
        let _hook = hook.scripted("echo could not judge: ssh=${SSH_USER_AUTH:-none} >&2; exit 2");
        work.commits("README.md", "four").unsigned();
        let push = work.pushes("main").expect_could_not_judge(&["ssh="]);
        match way {
            Way::LocalPath => push.expect_said(&["ssh=none"]),
            Way::Ssh => push.expect_unsaid(&["ssh=none"]),
        };
        let again = alice.clones(&upstream, way);
        assert_eq!(Some(again.head()), upstream.tip("refs/heads/main"));
    }
}

//! The shim for plain git in `hooks/install/plain-git`.

use std::fs;
use std::path::Path;

use super::both_ways;
use super::scene::Scene;
use crate::support::{Way, hook, short};

both_ways!(
    the_shim_judges,
    the_shim_refuses_when_the_binary_is_gone,
    a_hook_of_ones_own_runs_after,
);

/// Installs the shim as its README says, for a binary at this path.
fn installs(scene: &Scene, binary: &Path) {
    let hook = scene.guard(&scene.policy());
    fs::remove_file(&hook.path).expect("remove the link");
    fs::write(&hook.path, hook::shim("plain-git/pre-receive", binary)).expect("write the shim");
    hook::make_executable(&hook.path);
}

fn the_shim_judges(way: Way) {
    let scene = Scene::unguarded(way);
    installs(&scene, &hook::binary());
    let alice = scene.begun();
    let id = alice.commits("app.txt", "one").unsigned();
    alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit", short(&id)]);
}

fn the_shim_refuses_when_the_binary_is_gone(way: Way) {
    let scene = Scene::unguarded(way);
    installs(&scene, Path::new("/nonexistent/forgewarden-pre-receive"));
    let alice = scene.work_of(&scene.alice);
    alice.commits("README.md", "one").signed();
    let words = ["/nonexistent/forgewarden-pre-receive is missing"];
    alice.pushes("main").expect_could_not_judge(&words);
}

fn a_hook_of_ones_own_runs_after(way: Way) {
    let scene = Scene::unguarded(way);
    installs(&scene, &hook::binary());
    let own = scene.upstream.path().join("hooks/pre-receive.own");
    fs::write(
        &own,
        "#!/bin/sh\nwhile read -r old new ref; do echo \"own: $ref\" >&2; done\n",
    )
    .expect("write a hook");
    let alice = scene.work_of(&scene.alice);
    alice.commits("README.md", "one").signed();
    alice
        .pushes("main")
        .expect_could_not_judge(&["pre-receive.own cannot be run"]);
    hook::make_executable(&own);
    let push = alice.pushes_all(&["main", "main:other"]).expect_accepted();
    push.expect_said(&["own: refs/heads/main", "own: refs/heads/other"]);
    alice.commits("app.txt", "one").unsigned();
    let push = alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit"]);
    push.expect_unsaid(&["own:"]);
}

//! The objects of a push wait in a quarantine, packed or loose, until the hook
//! has spoken; a push that only deletes has none.

use super::both_ways;
use super::scene::Scene;
use crate::support::{Way, short};

both_ways!(
    loose_objects_are_seen,
    packed_objects_are_seen,
    a_push_that_only_deletes_has_no_quarantine,
    a_push_that_moves_refs_without_objects_is_judged,
    deletions_and_updates_mix,
    a_copied_binary_judges_as_well,
);

fn objects_are_seen(way: Way, unpack_limit: &str) {
    let scene = Scene::guarded(way);
    scene.upstream.config("receive.unpackLimit", unpack_limit);
    let alice = scene.begun();
    alice.commits("app.txt", "one").signed();
    alice.tags("v1").unsigned();
    alice.pushes_all(&["main", "v1"]).expect_accepted();
    let id = alice.commits("app.txt", "two").unsigned();
    alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit", short(&id)]);
    assert!(!scene.upstream.holds(&id));
}

fn loose_objects_are_seen(way: Way) {
    objects_are_seen(way, "10000");
}

fn packed_objects_are_seen(way: Way) {
    objects_are_seen(way, "1");
}

fn a_push_that_only_deletes_has_no_quarantine(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    alice.pushes_all(&["main:a", "main:b"]).expect_accepted();
    alice.pushes_all(&["--delete", "a", "b"]).expect_accepted();
    assert_eq!(scene.upstream.refs().len(), 1);
}

fn a_push_that_moves_refs_without_objects_is_judged(way: Way) {
    let scene = Scene::unguarded(way);
    let alice = scene.begun();
    let id = alice.on_branch("side").commits("app.txt", "one").unsigned();
    alice.pushes("side").expect_accepted();
    scene.guard(&scene.policy());
    alice
        .pushes("side:main")
        .expect_refused_with(&["unsigned-commit", short(&id)]);
    alice.pushes("main:new").expect_accepted();
}

fn deletions_and_updates_mix(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    alice.pushes_all(&["main:a", "main:b"]).expect_accepted();
    let id = alice.commits("app.txt", "one").unsigned();
    alice
        .pushes_all(&["main", ":a"])
        .expect_refused_with(&["unsigned-commit", short(&id)]);
    alice
        .goes_back_to("HEAD^")
        .commits("app.txt", "two")
        .signed();
    alice.pushes_all(&["main", ":a"]).expect_accepted();
}

fn a_copied_binary_judges_as_well(way: Way) {
    let scene = Scene::unguarded(way);
    let _hook = scene.guard(&scene.policy()).copied();
    let alice = scene.begun();
    alice.commits("app.txt", "one").unsigned();
    alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit"]);
}

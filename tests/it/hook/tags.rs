//! Tags: annotated, lightweight, moved, nested and misnamed.

use super::both_ways;
use super::scene::Scene;
use crate::support::{Signing, Way, short};

both_ways!(
    a_signed_tag_passes,
    an_unsigned_tag_is_refused_where_the_policy_says_so,
    a_tag_brings_its_commits,
    a_tag_signed_by_a_stranger_is_refused,
    a_tag_inside_a_tag_is_judged,
    a_tag_under_another_name_is_refused,
    a_tag_does_not_move,
    a_tampered_tag_is_refused,
    a_tree_that_nobody_signed_is_refused,
);

fn strict(way: Way) -> Scene {
    let scene = Scene::unguarded(way);
    scene.guard(&scene.policy().enforcing("unsigned-tag"));
    scene
}

fn a_signed_tag_passes(way: Way) {
    let mut scene = Scene::unguarded(way);
    scene.alice = scene.alice.with_openpgp();
    scene.guard(&scene.policy().enforcing("unsigned-tag"));
    let alice = scene.begun();
    alice.tags("v1").signed_by(Signing::Ssh);
    alice.pushes("v1").expect_accepted();
    alice.tags("v2").signed_by(Signing::OpenPgp);
    alice.pushes("v2").expect_accepted();
}

fn an_unsigned_tag_is_refused_where_the_policy_says_so(way: Way) {
    let scene = strict(way);
    let alice = scene.begun();
    let id = alice.tags("v1").unsigned();
    alice
        .pushes("v1")
        .expect_refused_with(&["unsigned-tag", "v1", short(&id)]);
    alice.tags("v2").lightweight();
    alice
        .pushes("v2")
        .expect_refused_with(&["unsigned-tag", "v2"]);
    scene.guard(&scene.policy().with_mode("unsigned-tag", "off"));
    alice.pushes_all(&["v1", "v2"]).expect_accepted();
}

fn a_tag_brings_its_commits(way: Way) {
    let scene = strict(way);
    let alice = scene.begun();
    let id = alice.commits("app.txt", "one").unsigned();
    alice.tags("v1").signed_by(Signing::Ssh);
    alice
        .pushes("v1")
        .expect_refused_with(&["unsigned-commit", short(&id)]);
}

fn a_tag_signed_by_a_stranger_is_refused(way: Way) {
    let scene = strict(way);
    scene.begun();
    let mallory = scene.work_of(&scene.mallory);
    let id = mallory.tags("v1").signed_by(Signing::Ssh);
    mallory
        .pushes("v1")
        .expect_refused_with(&["unknown-signer", short(&id)]);
}

fn a_tag_inside_a_tag_is_judged(way: Way) {
    let scene = strict(way);
    let alice = scene.begun();
    let inner = alice.tags("inner").unsigned();
    let config = [
        "-c",
        "advice.nestedTag=false",
        "tag",
        "-f",
        "-s",
        "-m",
        "outer",
        "outer",
        "inner",
    ];
    alice.signs_by_default();
    alice.git(&config);
    alice
        .pushes("outer")
        .expect_refused_with(&["unsigned-tag", short(&inner)]);
}

fn a_tag_under_another_name_is_refused(way: Way) {
    let scene = strict(way);
    let alice = scene.begun();
    alice.tags("v1").signed_by(Signing::Ssh);
    let words = ["tag-name-mismatch", "v1", "v2"];
    alice
        .pushes("refs/tags/v1:refs/tags/v2")
        .expect_refused_with(&words);
}

fn a_tag_does_not_move(way: Way) {
    let scene = strict(way);
    let alice = scene.begun();
    alice.tags("v1").signed_by(Signing::Ssh);
    alice.pushes("v1").expect_accepted();
    alice.commits("app.txt", "one").signed();
    alice.tags("v1").signed_by(Signing::Ssh);
    alice.forces("v1").expect_refused_with(&["tag-moved", "v1"]);
    alice
        .deletes("v1")
        .expect_refused_with(&["tag-moved", "v1"]);
}

fn a_tampered_tag_is_refused(way: Way) {
    let scene = strict(way);
    let alice = scene.begun();
    let old = alice.tags("v1").signed_by(Signing::Ssh);
    let bytes = String::from_utf8(alice.object("tag", &old)).expect("text");
    let id = alice.stores("tag", bytes.replace("A release", "Another release"));
    alice.git(&["update-ref", "refs/tags/v1", &id]);
    alice
        .pushes("v1")
        .expect_refused_with(&["bad-signature", short(&id)]);
}

fn a_tree_that_nobody_signed_is_refused(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    alice
        .pushes("HEAD^{tree}:refs/tags/tree")
        .expect_could_not_judge(&["refs/tags/tree", "nobody signed"]);
    let blob = alice.stores("blob", "a script");
    alice
        .pushes(&format!("{blob}:refs/custom/blob"))
        .expect_could_not_judge(&["refs/custom/blob", "nobody signed"]);
}

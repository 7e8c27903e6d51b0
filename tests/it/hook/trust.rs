//! Whose keys count: unknown, expired and revoked keys, and names that prove nothing.

use super::both_ways;
use super::scene::Scene;
use crate::support::{Signing, Way, short};

both_ways!(
    a_key_that_the_policy_does_not_name_is_refused,
    an_openpgp_key_that_the_policy_does_not_name_is_refused,
    anothers_name_does_not_help,
    an_ssh_key_past_its_last_day_is_refused,
    an_ssh_key_before_its_first_day_is_refused,
    an_ssh_key_within_its_days_passes,
    an_expired_openpgp_key_is_refused_whatever_the_commit_says,
    a_revoked_key_is_refused,
);

fn a_key_that_the_policy_does_not_name_is_refused(way: Way) {
    let scene = Scene::guarded(way);
    scene.begun();
    let mallory = scene.work_of(&scene.mallory);
    let id = mallory.commits("app.txt", "one").signed();
    let key = scene.mallory.ssh_fingerprint();
    mallory
        .pushes("main")
        .expect_refused_with(&["unknown-signer", short(&id), &key]);
}

fn an_openpgp_key_that_the_policy_does_not_name_is_refused(way: Way) {
    let mut scene = Scene::guarded(way);
    scene.begun();
    scene.mallory = scene.mallory.with_openpgp();
    let mallory = scene.work_of(&scene.mallory);
    let id = mallory
        .commits("app.txt", "one")
        .signed_by(Signing::OpenPgp);
    mallory
        .pushes("main")
        .expect_refused_with(&["unknown-signer", short(&id)]);
}

fn anothers_name_does_not_help(way: Way) {
    let scene = Scene::guarded(way);
    scene.begun();
    let mallory = scene.work_of(&scene.mallory);
    mallory.git(&["config", "user.name", scene.alice.name()]);
    mallory.git(&["config", "user.email", &scene.alice.email()]);
    let id = mallory.commits("app.txt", "one").signed();
    mallory
        .pushes("main")
        .expect_refused_with(&["unknown-signer", short(&id)]);
}

fn an_ssh_key_past_its_last_day_is_refused(way: Way) {
    let scene = Scene::unguarded(way);
    scene.begun();
    let options = "valid-before=\"20200101Z\"";
    let policy = scene.world.policy().trusting(&scene.bob);
    scene.guard(&policy.trusting_by_allowed_signers(&scene.alice, options));
    let alice = scene.work_of(&scene.alice);
    let id = alice.commits("app.txt", "one").signed();
    alice
        .pushes("main")
        .expect_refused_with(&["expired-key", short(&id), "2020-01-01"]);
}

fn an_ssh_key_before_its_first_day_is_refused(way: Way) {
    let scene = Scene::unguarded(way);
    scene.begun();
    let options = "valid-after=\"29990101Z\"";
    let policy = scene.world.policy().trusting(&scene.bob);
    scene.guard(&policy.trusting_by_allowed_signers(&scene.alice, options));
    let alice = scene.work_of(&scene.alice);
    let id = alice.commits("app.txt", "one").signed();
    alice
        .pushes("main")
        .expect_refused_with(&[short(&id), "2999-01-01"]);
}

fn an_ssh_key_within_its_days_passes(way: Way) {
    let scene = Scene::unguarded(way);
    scene.begun();
    let options = "valid-after=\"20200101Z\",valid-before=\"29990101Z\"";
    let policy = scene.world.policy().trusting(&scene.bob);
    scene.guard(&policy.trusting_by_allowed_signers(&scene.alice, options));
    let alice = scene.work_of(&scene.alice);
    alice.commits("app.txt", "one").signed();
    alice.pushes("main").expect_accepted();
}

fn an_expired_openpgp_key_is_refused_whatever_the_commit_says(way: Way) {
    let mut scene = Scene::unguarded(way);
    scene.bob = scene.bob.with_expired_openpgp();
    scene.guard(&scene.policy());
    scene.begun();
    let bob = scene.work_of(&scene.bob);
    let then = "2020-01-02T12:00:00Z";
    let id = bob
        .commits("app.txt", "one")
        .dated(then)
        .signed_by(Signing::OpenPgp);
    bob.pushes("main")
        .expect_refused_with(&["expired-key", short(&id), "2020-01-31"]);
}

fn a_revoked_key_is_refused(way: Way) {
    let scene = Scene::unguarded(way);
    let key = scene.bob.ssh_fingerprint();
    let table = format!("[[trust.revoked]]\nkey = \"{key}\"\nreason = \"laptop stolen\"");
    scene.guard(&scene.policy().with_table(&table));
    scene.begun();
    let bob = scene.work_of(&scene.bob);
    let id = bob.commits("app.txt", "one").signed();
    bob.pushes("main")
        .expect_refused_with(&["revoked-key", short(&id), "laptop stolen"]);
}

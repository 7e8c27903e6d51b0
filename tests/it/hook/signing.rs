//! Unsigned and tampered commits.

use super::both_ways;
use super::scene::Scene;
use crate::support::work::with_signature;
use crate::support::{Signing, Way, short};

both_ways!(
    signed_commits_pass,
    an_unsigned_commit_is_refused,
    one_unsigned_commit_among_signed_ones_is_refused,
    a_rewritten_message_under_an_old_signature_is_refused,
    a_rewritten_openpgp_signed_commit_is_refused,
    the_signature_of_another_commit_is_refused,
    a_signature_made_for_another_purpose_is_refused,
    an_empty_signature_is_not_unsigned_and_not_a_pass,
    two_signatures_on_one_commit_are_refused,
    a_signature_in_the_message_is_none,
    an_unsigned_commit_can_be_mended_as_the_report_says,
);

fn signed_commits_pass(way: Way) {
    let mut scene = Scene::unguarded(way);
    scene.alice = scene.alice.with_openpgp();
    scene.guard(&scene.policy());
    let alice = scene.begun();
    alice.commits("app.txt", "one").signed_by(Signing::Ssh);
    alice.commits("app.txt", "two").signed_by(Signing::OpenPgp);
    alice
        .commits("app.txt", "three")
        .signed_by(Signing::InProcess);
    alice.pushes("main").expect_accepted();
    let bob = scene.work_of(&scene.bob);
    bob.commits("app.txt", "four").signed();
    bob.pushes("main").expect_accepted();
}

fn an_unsigned_commit_is_refused(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    let id = alice
        .commits("app.txt", "one")
        .saying("Start the app")
        .unsigned();
    let words = ["unsigned-commit", short(&id), "Start the app", "git rebase"];
    alice.pushes("main").expect_refused_with(&words);
    assert!(!scene.upstream.holds(&id), "a refused commit was kept");
}

fn one_unsigned_commit_among_signed_ones_is_refused(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    let before = alice.commits("app.txt", "one").signed();
    let id = alice.commits("app.txt", "two").unsigned();
    let after = alice.commits("app.txt", "three").signed();
    let push = alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit", short(&id)]);
    push.expect_unsaid(&[short(&before), short(&after)]);
}

fn a_rewritten_message_under_an_old_signature_is_refused(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    alice
        .commits("app.txt", "one")
        .saying("Add a harmless file")
        .signed();
    let id = alice.tampers("harmless", "harmful");
    alice
        .pushes("main")
        .expect_refused_with(&["bad-signature", short(&id)]);
}

fn a_rewritten_openpgp_signed_commit_is_refused(way: Way) {
    let mut scene = Scene::unguarded(way);
    scene.alice = scene.alice.with_openpgp();
    scene.guard(&scene.policy());
    let alice = scene.begun();
    let message = "Add a harmless file";
    alice
        .commits("app.txt", "one")
        .saying(message)
        .signed_by(Signing::OpenPgp);
    let id = alice.tampers("harmless", "harmful");
    alice
        .pushes("main")
        .expect_refused_with(&["bad-signature", short(&id)]);
}

fn the_signature_of_another_commit_is_refused(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    alice.commits("app.txt", "one").unsigned();
    let other = scene.alice.sshsig("git", b"tree of another commit");
    let payload = alice.object("commit", "HEAD");
    let id = alice.moves_to(alice.stores("commit", with_signature(&payload, &other)));
    alice
        .pushes("main")
        .expect_refused_with(&["bad-signature", short(&id)]);
}

fn a_signature_made_for_another_purpose_is_refused(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    alice.commits("app.txt", "one").unsigned();
    let payload = alice.object("commit", "HEAD");
    let file = scene.alice.sshsig("file", &payload);
    let id = alice.moves_to(alice.stores("commit", with_signature(&payload, &file)));
    let push = alice
        .pushes("main")
        .expect_refused_with(&[short(&id), "namespace"]);
    push.expect_unsaid(&["unsigned-commit"]);
}

fn an_empty_signature_is_not_unsigned_and_not_a_pass(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    alice.commits("app.txt", "one").unsigned();
    let payload = alice.object("commit", "HEAD");
    let id = alice.moves_to(alice.stores("commit", with_signature(&payload, "")));
    let push = alice.pushes("main").expect_refused_with(&[short(&id)]);
    push.expect_unsaid(&["unsigned-commit"]);
}

fn two_signatures_on_one_commit_are_refused(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    alice.commits("app.txt", "one").unsigned();
    let payload = alice.object("commit", "HEAD");
    let (mine, theirs) = (&scene.alice, &scene.mallory);
    let once = with_signature(&payload, &theirs.sshsig("git", &payload));
    let twice = with_signature(&once, &mine.sshsig("git", &payload));
    let id = alice.moves_to(alice.stores("commit", twice));
    alice
        .pushes("main")
        .expect_refused_with(&["malformed-", short(&id)]);
}

fn a_signature_in_the_message_is_none(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    let armour = scene.alice.sshsig("git", b"anything");
    let message = format!("Look\n\ngpgsig {}", armour.replace('\n', "\n "));
    let id = alice.commits("app.txt", "one").saying(&message).unsigned();
    alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit", short(&id)]);
}

fn an_unsigned_commit_can_be_mended_as_the_report_says(way: Way) {
    let scene = Scene::guarded(way);
    let alice = scene.begun();
    let id = alice.commits("app.txt", "one").unsigned();
    alice.commits("app.txt", "two").signed();
    let push = alice
        .pushes("main")
        .expect_refused_with(&["unsigned-commit"]);
    let report = push.report();
    let start = report.find("git rebase").expect("a command");
    let end = report[start..]
        .find(&format!("{}^", short(&id)))
        .expect("its end")
        + start;
    let command = &report[start..end + 11];
    alice.signs_by_default();
    let shell = alice
        .program_named("sh")
        .args(["-c", command])
        .env("GIT_EDITOR", "true");
    shell.succeeds();
    alice.pushes("main").expect_accepted();
}

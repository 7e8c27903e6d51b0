//! Signed pushes by real git, gpg and ssh-keygen, verified by the hook alone.

use std::fs;

use super::super::scene::Scene;
use super::{Spool, lenient, words};
use crate::support::{Hook, Person, Signing, Way, WorkingCopy};

/// A scene whose repository asks for signed pushes.
fn asking(way: Way) -> (Scene, Spool, Hook) {
    let mut scene = Scene::unguarded(way);
    scene.bob = scene.bob.with_openpgp();
    scene.upstream.config("receive.certNonceSeed", "a seed");
    let spool = Spool::of(&scene.world, &scene.upstream);
    let hook = scene.guard(&lenient(&scene));
    let hook = hook.scripted("exec \"$HOOK\" --server plain-git");
    (scene, spool, hook)
}

/// Lets git sign pushes from this working copy with this person's key.
fn signs_pushes_as(work: &WorkingCopy, person: &Person, signing: Signing) {
    work.git(&["config", "gpg.format", "openpgp"]);
    let settings = person.signing_config(signing);
    for setting in settings.iter().filter(|word| *word != "-c") {
        let (key, value) = setting.split_once('=').expect("a setting");
        work.git(&["config", key, value]);
    }
}

/// What the certificate proved, after what let the push in.
fn of_certificate(spool: &Spool) -> String {
    let testimony = spool.takes();
    assert_eq!(testimony.evidence.len(), 2, "{testimony:?}");
    words(&testimony.evidence[1])
}

#[test]
fn a_listed_key_signs_the_push() {
    for way in [Way::LocalPath, Way::Ssh] {
        let (scene, spool, _hook) = asking(way);
        let alice = scene.work_of(&scene.alice);
        for (person, signing) in [(&scene.alice, Signing::Ssh), (&scene.bob, Signing::OpenPgp)] {
            signs_pushes_as(&alice, person, signing);
            alice.commits("README.md", person.name()).signed();
            alice.pushes_all(&["--signed", "main"]).expect_accepted();
            let testimony = spool.takes();
            let signed = &testimony.evidence[1];
            assert_eq!(words(signed), "push certificate: push-certificate");
            assert!(signed.says.contains(person.name()), "{}", signed.says);
            let key = match signing {
                Signing::OpenPgp => person.openpgp_fingerprint().expect("a key").to_owned(),
                _ => person.ssh_fingerprint(),
            };
            assert!(format!("{:?}", signed.could_be).contains(&key));
        }
        alice.pushes_all(&["main:side"]).expect_accepted();
        assert_eq!(spool.takes().evidence.len(), 1, "an unsigned push has none");
        alice
            .pushes_all(&["--signed", "--delete", "side"])
            .expect_accepted();
        assert_eq!(of_certificate(&spool), "push certificate: push-certificate");
    }
}

#[test]
fn a_key_that_git_calls_good_and_nobody_listed_counts_for_nothing() {
    let (scene, spool, hook) = asking(Way::LocalPath);
    let script = "echo \"status=$GIT_PUSH_CERT_STATUS\" >&2; exec \"$HOOK\" --server plain-git";
    let _hook = hook.scripted(script);
    let line = format!("alice {}\n", scene.alice.ssh_public_line());
    let signers = scene.world.file("allowed", line);
    let signers = signers.to_str().expect("UTF-8");
    scene.upstream.config("gpg.ssh.allowedSignersFile", signers);
    let alice = scene.work_of(&scene.alice);
    signs_pushes_as(&alice, &scene.mallory, Signing::Ssh);
    alice.commits("README.md", "one").signed();
    let push = alice.pushes_all(&["--signed", "main"]).expect_accepted();
    push.expect_said(&["status=G"]);
    let found = of_certificate(&spool);
    assert!(found.contains("not trusted by the policy"), "{found}");
}

#[test]
fn what_was_signed_holds_for_nothing_else() {
    let (scene, spool, hook) = asking(Way::LocalPath);
    let old = scene.world.path("old-certificate");
    let keep = format!("echo $GIT_PUSH_CERT >'{}'", old.display());
    let hook = hook.scripted(&format!("{keep}; exec \"$HOOK\" --server plain-git"));
    let alice = scene.work_of(&scene.alice);
    signs_pushes_as(&alice, &scene.alice, Signing::Ssh);
    alice.commits("README.md", "one").signed();
    alice.pushes_all(&["--signed", "main"]).expect_accepted();
    assert_eq!(of_certificate(&spool), "push certificate: push-certificate");
    let altered = |edit: &str| {
        format!(
            "GIT_PUSH_CERT=$(git cat-file blob $GIT_PUSH_CERT | {edit} | git hash-object -w --stdin)"
        )
    };
    let replayed = format!("GIT_PUSH_CERT=$(cat '{}')", old.display());
    let mut hook = hook;
    for (before, reads, why) in [
        // Two pushes of one second have one nonce, and then the refs tell.
        (replayed, "", "its nonce is not the one|other ref updates"),
        (
            "GIT_PUSH_CERT_NONCE_STATUS=SLOP".to_owned(),
            "",
            "its nonce is not fresh",
        ),
        (
            "unset GIT_PUSH_CERT_NONCE_STATUS".to_owned(),
            "",
            "nothing of its nonce",
        ),
        (
            String::new(),
            "sed s,heads/main,heads/other, |",
            "other ref updates",
        ),
        (
            altered("sed s,heads/main,heads/other,"),
            "",
            "other ref updates",
        ),
        (altered("sed 's/^pusher /pusher x/'"), "", "is bad"),
        (altered("sed '/^nonce /d'"), "", "stands where"),
        (altered("sed '/BEGIN/,$d'"), "", "has no signature"),
        (
            "GIT_PUSH_CERT=$(git rev-parse HEAD)".to_owned(),
            "",
            "GIT_PUSH_CERT: ",
        ),
        ("GIT_PUSH_CERT=".to_owned(), "", "GIT_PUSH_CERT: "),
        ("GIT_PUSH_CERT=x".to_owned(), "", "GIT_PUSH_CERT: "),
    ] {
        // What came exported stays so.
        let run = format!("{before}\n{reads} \"$HOOK\" --server plain-git");
        hook = hook.scripted(&run);
        alice.commits("README.md", &run).signed();
        let push = alice.pushes_all(&["--signed", "main"]).expect_accepted();
        let found = of_certificate(&spool);
        assert!(
            why.split('|').any(|why| found.contains(why)),
            "{run}: {found}: {}",
            push.report()
        );
    }
    fs::remove_file(old).expect("the old certificate was there");
}

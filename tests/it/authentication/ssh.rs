//! Pushes through sshd, judged: each way to log in, by the account's shell and
//! by a forced command, with our `sshd.conf` after what a careless server says.

use std::fs;

use super::scene::{Answer, Scene};
use crate::support::sshd::ONLY_GIT;
use crate::support::sshd_login::{Authority, EVERYTHING, KEY_AND_PASSWORD, LoginServer, Proof};

/// Our file for sshd.
pub(super) fn ours() -> String {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/hooks/install/servers/sshd.conf"
    );
    fs::read_to_string(file).expect("read sshd.conf")
}

/// A judged repository behind an sshd with these lines before ours.
fn behind(lines: &str) -> (Scene, LoginServer) {
    let scene = Scene::new();
    scene.is_judged();
    let server = LoginServer::start(&scene.world, &(lines.to_owned() + &ours()));
    serves(&scene, &server);
    (scene, server)
}

fn serves(scene: &Scene, server: &LoginServer) {
    let path = scene.upstream.path();
    server.serves(&scene.work, &scene.alice, path.to_str().expect("UTF-8"));
}

/// alice pushes something new in this way; `true` for accepted.
fn answer(scene: &Scene, server: &LoginServer, proof: &Proof) -> (bool, Answer) {
    scene.work.commits("README.md", "more").signed();
    let push = server.pushes(&scene.work, &scene.alice, proof, "main");
    scene.expect_unleaked(&[&server.password], &push);
    (push.is_accepted(), Answer::to(&push))
}

#[test]
fn a_key_is_told_and_accepted() {
    let (scene, server) = behind("");
    server.sshd.admits_with(&scene.alice, "restrict");
    let (accepted, answer) = answer(&scene, &server, &Proof::Key);
    assert!(accepted);
    answer.expect(&["ssh-key"], "sshd", "pass", &[]);
    let fingerprint = &answer.credential()["fingerprint"];
    assert_eq!(fingerprint, &scene.alice.ssh_fingerprint());
}

#[test]
fn a_forced_command_changes_nothing() {
    let scene = Scene::new();
    scene.is_judged();
    let lines = EVERYTHING.to_owned() + &ours();
    let server = LoginServer::with_shell(&scene.world, &lines, "/bin/sh");
    serves(&scene, &server);
    server.sshd.admits_with(&scene.alice, ONLY_GIT);
    let (accepted, told) = answer(&scene, &server, &Proof::Key);
    assert!(accepted);
    told.expect(&["ssh-key"], "sshd", "pass", &[]);
    let (accepted, told) = answer(&scene, &server, &Proof::Password);
    assert!(!accepted);
    told.expect(&["password"], "sshd", "fail", &["password-authentication"]);
}

#[test]
fn passwords_are_told_and_refused() {
    let (scene, server) = behind(EVERYTHING);
    for (proof, method) in [
        (Proof::Password, "password"),
        (Proof::KeyboardInteractive, "keyboard-interactive"),
    ] {
        let (accepted, answer) = answer(&scene, &server, &proof);
        assert!(!accepted);
        answer.expect(&[method], "sshd", "fail", &["password-authentication"]);
    }
    scene.upstream.config("forgewarden.format", "text");
    let proof = Proof::Password;
    let push = server.pushes(&scene.work, &scene.alice, &proof, "main");
    let push = push.expect_refused_with(&[
        "password-authentication",
        "the push of main was let in with nothing but a password (sshd, direct)",
        "push with an SSH key or a token instead of a password",
    ]);
    scene.expect_unleaked(&[&server.password], &push);
}

#[test]
fn a_password_beside_a_key_is_a_second_factor() {
    let (scene, server) = behind(KEY_AND_PASSWORD);
    server.sshd.admits_with(&scene.alice, "restrict");
    let (accepted, answer) = answer(&scene, &server, &Proof::KeyAndPassword);
    assert!(accepted);
    answer.expect(&["ssh-key", "password"], "sshd", "pass", &[]);
    let push = server.pushes(&scene.work, &scene.alice, &Proof::Key, "main:other");
    let _ = push.expect_not_let_in("Permission denied");
}

#[test]
fn our_file_lets_no_password_in() {
    let (scene, server) = behind("UsePAM yes\n");
    for proof in [Proof::Password, Proof::KeyboardInteractive] {
        let push = server.pushes(&scene.work, &scene.alice, &proof, "main");
        let _ = push.expect_not_let_in("Permission denied");
    }
}

#[test]
fn certificates_are_told_and_only_good_ones_are_let_in() {
    let scene = Scene::new();
    scene.is_judged();
    let corp = Authority::new(&scene.world, "corp");
    let other = Authority::new(&scene.world, "other");
    let only_git = format!("{ONLY_GIT} alice\n");
    let principals = scene.world.file("principals/git", only_git);
    let folder = principals.parent().expect("a folder").display().to_string();
    let public = corp.public().display().to_string();
    let mut file = ours();
    for (from, to) in [
        (
            "#TrustedUserCAKeys /etc/ssh/user-ca.pub",
            format!("TrustedUserCAKeys {public}"),
        ),
        (
            "#AuthorizedPrincipalsFile /etc/ssh/principals/%u",
            format!("AuthorizedPrincipalsFile {folder}/%u"),
        ),
    ] {
        assert!(file.contains(from), "sshd.conf does not say {from}");
        file = file.replace(from, &to);
    }
    let server = LoginServer::with_shell(&scene.world, &file, "/bin/sh");
    serves(&scene, &server);
    let good = Proof::Certificate(corp.certifies(&scene.alice, "alice", "-1h:+1h"));
    let (accepted, answer) = answer(&scene, &server, &good);
    assert!(accepted);
    answer.expect(&["ssh-certificate"], "sshd", "pass", &[]);
    let credential = answer.credential();
    assert_eq!(credential["key_id"], "alice@laptop");
    assert_eq!(credential["serial"], 4242);
    assert_eq!(credential["principals"], serde_json::json!(["alice"]));
    assert_eq!(credential["authority"], corp.fingerprint());
    assert_eq!(
        credential["key"]["fingerprint"],
        scene.alice.ssh_fingerprint()
    );
    for bad in [
        corp.certifies(&scene.alice, "alice", "-2h:-1h"),
        corp.certifies(&scene.alice, "alice", "+1h:+2h"),
        corp.certifies(&scene.alice, "bob", "-1h:+1h"),
        other.certifies(&scene.alice, "alice", "-1h:+1h"),
    ] {
        let proof = Proof::Certificate(bad);
        let push = server.pushes(&scene.work, &scene.alice, &proof, "main:bad");
        let _ = push.expect_not_let_in("Permission denied");
    }
}

#[test]
fn without_sshds_file_nothing_is_known() {
    let (scene, server) = behind("ExposeAuthInfo no\n");
    server.sshd.admits_with(&scene.alice, "restrict");
    let (accepted, answer) = answer(&scene, &server, &Proof::Key);
    assert!(accepted);
    answer.expect_unknown("ExposeAuthInfo");
}

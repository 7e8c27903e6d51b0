//! What sshd really tells a hook, in each way to log in.

use super::recorder::Recorder;
use crate::support::secrets::assert_nowhere;
use crate::support::sshd_login::{EVERYTHING, LoginServer, Proof};
use crate::support::{Way, World};

#[test]
fn sshd_tells_each_method() {
    let world = World::new();
    let alice = world.person("alice");
    let upstream = world.upstream("project");
    let recorder = Recorder::guards(&upstream);
    let server = LoginServer::start(&world, EVERYTHING);
    server.sshd.admits_with(&alice, "restrict");
    let work = alice.clones(&upstream, Way::LocalPath);
    server.serves(&work, &alice, upstream.path().to_str().expect("UTF-8"));
    work.commits("README.md", "one").unsigned();
    let key = alice.ssh_public_line();
    let key = key.rsplit_once(' ').expect("a comment").0;
    for (number, (proof, line)) in [
        (Proof::Key, format!("publickey {key}\n")),
        (Proof::Password, "password\n".to_owned()),
        (
            Proof::KeyboardInteractive,
            "keyboard-interactive/pam\n".to_owned(),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let refspec = format!("main:side{number}");
        let push = server
            .pushes(&work, &alice, &proof, &refspec)
            .expect_accepted();
        let given = recorder.given();
        assert_eq!(given.sshd, Some(line));
        let file = given.one("SSH_USER_AUTH").expect("the file's name");
        assert!(file.starts_with("/tmp/sshauth."), "{file}");
        assert!(given.one("SSH_CONNECTION").is_some());
        let texts = [
            ("what the hook was given", &given.raw[..]),
            ("git", push.raw()),
        ];
        assert_nowhere(&[&server.password], &[&upstream.path()], &texts);
    }
}

//! What a real sshd tells by `ExposeAuthInfo`, and what a client can make of
//! it where the server lets it set variables.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::PathBuf;

use forgewarden::model::authentication::{Credential, Method};

use super::super::scene::Scene;
use super::{Spool, behind_shim, words};
use crate::support::sshd::Sshd;
use crate::support::{Person, Way, WorkingCopy};

/// A working copy that reaches the repository by an sshd of the story's own.
fn by(sshd: &Sshd, scene: &Scene, person: &Person) -> WorkingCopy {
    let work = person.clones(&scene.upstream, Way::LocalPath);
    sshd.introduces(person);
    work.git(&[
        "remote",
        "set-url",
        "origin",
        &sshd.url(&scene.upstream.path()),
    ]);
    work.git(&["config", "core.sshCommand", &person.ssh_command()]);
    work
}

#[test]
fn a_key_is_told_by_its_fingerprint() {
    let (scene, spool) = behind_shim(Way::Ssh);
    scene.upstream.config("forgewarden.format", "json");
    let alice = scene.work_of(&scene.alice);
    alice.commits("README.md", "one").signed();
    let push = alice.pushes("main").expect_accepted();
    push.expect_said(&[
        "\"state\": \"known\"",
        "\"method\": \"ssh-key\"",
        "\"principal\": \"alice\"",
        &scene.alice.ssh_fingerprint(),
    ]);
    let testimony = spool.takes();
    assert_eq!(words(&testimony.evidence[0]), "sshd: ssh-key");
    let only = testimony.evidence[0].could_be.first().expect("known");
    let Some(Credential::SshKey(key)) = &only.factors[0].credential else {
        panic!("{only:?}");
    };
    assert_eq!(key.algorithm, "ssh-ed25519");
    assert_eq!(key.fingerprint, scene.alice.ssh_fingerprint());
    // A push that only deletes is as well known.
    alice.pushes("main:side").expect_accepted();
    assert_eq!(spool.takes_words(), "sshd: ssh-key");
    alice.deletes("side").expect_accepted();
    assert_eq!(spool.takes_words(), "sshd: ssh-key");
}

#[test]
fn a_certificate_is_told_with_its_authority() {
    let (scene, spool) = behind_shim(Way::LocalPath);
    let world = &scene.world;
    let authority = world.person("authority");
    let public = world.file("authority.pub", authority.ssh_public_line() + "\n");
    let line = format!("TrustedUserCAKeys \"{}\"\n", public.display());
    let sshd = Sshd::configured(world, "sshd-certificates", &line);
    let alice = by(&sshd, &scene, &scene.alice);
    let account = world.program("id").arg("-un").succeeds();
    for (validity, kept) in [("always:forever", false), ("-1m:+1h", true)] {
        let sign = world.program("ssh-keygen").args(["-q", "-s"]);
        let sign = sign.arg(authority.ssh_private());
        let sign = sign.args([
            "-I",
            "alice@corp.example",
            "-z",
            "4242",
            "-V",
            validity,
            "-n",
        ]);
        let key = scene.alice.ssh_private().with_extension("pub");
        sign.arg(&account).arg(key).succeeds();
        alice.commits("README.md", validity).signed();
        alice.pushes("main").expect_accepted();
        let testimony = spool.takes();
        assert_eq!(words(&testimony.evidence[0]), "sshd: ssh-certificate");
        let only = testimony.evidence[0].could_be.first().expect("known");
        let Some(Credential::SshCertificate {
            key,
            authority: by,
            key_id,
            serial,
            principals,
            valid_after,
            valid_before,
        }) = &only.factors[0].credential
        else {
            panic!("{only:?}");
        };
        assert_eq!(only.factors[0].method, Method::SshCertificate);
        assert_eq!(key.fingerprint, scene.alice.ssh_fingerprint());
        assert_eq!(*by, authority.ssh_fingerprint());
        assert_eq!((key_id.as_str(), *serial), ("alice@corp.example", 4242));
        assert_eq!(principals.as_slice(), std::slice::from_ref(&account));
        assert_eq!(
            (valid_after.is_some(), valid_before.is_some()),
            (kept, kept)
        );
    }
}

/// A file that sshd did not make, gone with the test.
struct Fake(PathBuf);

impl Fake {
    /// A name that looks like sshd's, where nothing is yet.
    fn unmade(scene: &Scene, letter: &str) -> Self {
        let unique = scene.world.path("").file_name().map(|name| {
            let name = name.to_string_lossy().into_owned();
            name.replace(|byte: char| !byte.is_ascii_alphanumeric(), "")
        });
        let unique = unique.expect("a name");
        Self(PathBuf::from(format!("/tmp/sshauth.{unique}{letter}")))
    }

    fn with_mode(self, mode: u32) -> Self {
        fs::write(&self.0, "publickey ssh-ed25519 AAAA\n").expect("write a fake");
        fs::set_permissions(&self.0, fs::Permissions::from_mode(mode)).expect("permissions");
        self
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0).or_else(|_| fs::remove_dir(&self.0));
    }
}

/// An sshd that lets clients set any variable, and tells them nothing or all.
fn careless(scene: &Scene, exposes: &str) -> Sshd {
    let name = format!("sshd-careless-{exposes}");
    let lines = format!("AcceptEnv *\nExposeAuthInfo {exposes}\n");
    let sshd = Sshd::configured(&scene.world, &name, &lines);
    sshd.admits(&scene.alice);
    sshd
}

/// Pushes once with these variables sent along.
fn pushes_with(work: &WorkingCopy, scene: &Scene, variables: &[&str]) {
    let set = variables.iter().map(|one| format!(" -o 'SetEnv={one}'"));
    let command = scene.alice.ssh_command() + &set.collect::<String>();
    work.git(&["config", "core.sshCommand", &command]);
    work.commits("README.md", &variables.join(" ")).signed();
    work.pushes("main").expect_accepted();
}

#[test]
fn a_file_that_the_client_names_is_not_believed() {
    let (scene, spool) = behind_shim(Way::LocalPath);
    let sshd = careless(&scene, "no");
    let alice = by(&sshd, &scene, &scene.alice);
    let expect = |variables: &[&str], why: &str, spool: &Spool| {
        pushes_with(&alice, &scene, variables);
        let found = spool.takes_words();
        let right = found.starts_with("sshd: nothing") && found.contains(why);
        assert!(right, "{variables:?}: {found}");
    };
    expect(&[], "set `ExposeAuthInfo yes`", &spool);
    let key = format!("publickey {}\n", scene.alice.ssh_public_line());
    let elsewhere = scene.world.file("sshauth.fake", key);
    let link = Fake::unmade(&scene, "L");
    symlink(&elsewhere, &link.0).expect("link");
    let folder = Fake::unmade(&scene, "D");
    fs::create_dir(&folder.0).expect("make a folder");
    let pipe = Fake::unmade(&scene, "P");
    scene.world.program("mkfifo").arg(&pipe.0).succeeds();
    let two_names = Fake::unmade(&scene, "N").with_mode(0o600);
    let second = Fake::unmade(&scene, "M");
    fs::hard_link(&two_names.0, &second.0).expect("link");
    let missing = Fake::unmade(&scene, "X");
    let odd = Fake::unmade(&scene, "O").with_mode(0o600);
    for (path, why) in [
        (elsewhere.clone(), "is not where sshd puts its file"),
        (link.0.clone(), "cannot be opened"),
        (folder.0.clone(), "is no regular file"),
        (pipe.0.clone(), "is no regular file"),
        (two_names.0.clone(), "has more than one name"),
        (missing.0.clone(), "cannot be opened"),
        (odd.0.clone(), "is not understood"),
        (
            PathBuf::from("/tmp/sshauth.a/../../etc/passwd"),
            "is not where",
        ),
    ] {
        let variable = format!("SSH_USER_AUTH={}", path.display());
        expect(&[&variable], why, &spool);
    }
    for mode in [0o640, 0o604, 0o666] {
        let open = Fake::unmade(&scene, &format!("m{mode:o}")).with_mode(mode);
        let variable = format!("SSH_USER_AUTH={}", open.0.display());
        expect(&[&variable], "is open to other users", &spool);
    }
    let foreign = Fake::unmade(&scene, "F").with_mode(0o600);
    // Only root can give a file away.
    if chown(&foreign.0, Some(12_345), None).is_ok() {
        let variable = format!("SSH_USER_AUTH={}", foreign.0.display());
        expect(&[&variable], "belongs to another user", &spool);
    }
}

#[test]
fn other_variables_of_the_client_prove_nothing() {
    let (scene, spool) = behind_shim(Way::LocalPath);
    let sshd = careless(&scene, "yes");
    let alice = by(&sshd, &scene, &scene.alice);
    let fake = scene.world.file("sshauth.fake", "password\n");
    let file = format!("SSH_USER_AUTH={}", fake.display());
    for (variables, expected) in [
        // sshd's own word comes last.
        (&[file.as_str(), "SSH_CONNECTION="][..], "sshd: ssh-key"),
        (
            &["FORGEWARDEN_AUTH_METHOD=kerberos AUTH_TYPE=ClientCert"],
            "sshd: ssh-key",
        ),
        (&["REMOTE_ADDR=192.0.2.7 REMOTE_USER=root"], "sshd: ssh-key"),
        (&["GL_PROTOCOL=web GL_ID=user-1"], "sshd: ssh-key"),
        (
            &["GATEWAY_INTERFACE=CGI/1.1 FORGEWARDEN_AUTH_METHOD=token"],
            "hook environment: nothing (the variables of both",
        ),
    ] {
        pushes_with(&alice, &scene, variables);
        let found = spool.takes_words();
        assert!(found.starts_with(expected), "{variables:?}: {found}");
    }
}

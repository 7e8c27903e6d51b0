//! An sshd that lets people in by key, certificate, password and
//! keyboard-interactive (PAM), as a user of its own whose password is made up
//! for the run. It knows nothing of hooks.

use std::path::PathBuf;

use super::hook::make_executable;
use super::own_user::{self, OwnUser};
use super::people::Person;
use super::repos::Push;
use super::secrets::Secret;
use super::sshd::Sshd;
use super::work::WorkingCopy;
use super::world::World;

/// How somebody proves who they are.
#[derive(Debug, Clone)]
pub enum Proof {
    /// Their key.
    Key,
    /// A certificate of their key, in this file.
    Certificate(PathBuf),
    /// The account's password.
    Password,
    /// The account's password, by PAM's question.
    KeyboardInteractive,
    /// Their key, and then the account's password.
    KeyAndPassword,
}

/// The sshd, and what the account's owner knows.
pub struct LoginServer {
    /// The server itself.
    pub sshd: Sshd,
    /// The account's password.
    pub password: Secret,
    ask: PathBuf,
}

/// What a server must say to let people in by all of [`Proof`]'s ways.
pub const EVERYTHING: &str = "UsePAM yes\nPasswordAuthentication yes\nKbdInteractiveAuthentication yes\n\
     AuthenticationMethods any\n";

/// What a server must say to want a key and a password.
pub const KEY_AND_PASSWORD: &str =
    "UsePAM yes\nPasswordAuthentication yes\nAuthenticationMethods publickey,password\n";

/// Login by the machine's own way to look at passwords, and by nothing else.
const PAM: &str = "\
auth required pam_unix.so
account required pam_unix.so
session required pam_permit.so
";

impl LoginServer {
    /// Starts one with these lines first, whose account's login shell takes
    /// git's commands only.
    pub fn start(world: &World, lines: &str) -> Self {
        Self::with_shell(world, lines, &own_user::full_path("git-shell", "git"))
    }

    /// The same, with another login shell.
    pub fn with_shell(world: &World, lines: &str, shell: &str) -> Self {
        let password = Secret::new();
        let hash = own_user::hashed(password.reveal());
        let folder = world.path("sshd-login");
        let account = OwnUser::new(world, &folder, shell, &hash);
        let account = account.seeing(world.file(folder.join("pam"), PAM), "/etc/pam.d/sshd");
        let sshd = Sshd::of_user(world, "sshd-login", lines, &account);
        let ask = world.file(
            folder.join("ask"),
            format!("#!/bin/sh\nprintf '%s\\n' '{}'\n", password.reveal()),
        );
        make_executable(&ask);
        Self {
            sshd,
            password,
            ask,
        }
    }

    /// Lets a working copy's owner push to it here, at this path.
    pub fn serves(&self, work: &WorkingCopy, person: &Person, path: &str) {
        self.sshd.introduces(person);
        let url = format!("ssh://upstream.test{path}");
        work.git(&["remote", "set-url", "origin", &url]);
    }

    /// Pushes a refspec, proving who one is in this way and no other.
    #[must_use = "say what is expected"]
    pub fn pushes(
        &self,
        work: &WorkingCopy,
        person: &Person,
        proof: &Proof,
        refspec: &str,
    ) -> Push {
        let (methods, certificate) = match proof {
            Proof::Key => ("publickey", None),
            Proof::Certificate(file) => ("publickey", Some(file)),
            Proof::Password => ("password", None),
            Proof::KeyboardInteractive => ("keyboard-interactive", None),
            Proof::KeyAndPassword => ("publickey,password", None),
        };
        let mut ssh = format!(
            "{} -o BatchMode=no -o NumberOfPasswordPrompts=1 -o PreferredAuthentications={methods}",
            person.ssh_command()
        );
        if let Some(file) = certificate {
            ssh += &format!(" -o 'CertificateFile={}'", file.display());
        }
        let ask = self.ask.to_str().expect("UTF-8 path");
        let variables = [
            ("GIT_SSH_COMMAND", ssh.as_str()),
            ("SSH_ASKPASS", ask),
            ("SSH_ASKPASS_REQUIRE", "force"),
        ];
        work.pushes_in(&variables, &[refspec])
    }
}

/// An authority that certifies SSH keys.
pub struct Authority {
    world: World,
    key: PathBuf,
}

impl Authority {
    /// One with a key of its own.
    pub fn new(world: &World, name: &str) -> Self {
        let key = world.file(format!("authorities/{name}.note"), "");
        let key = key.with_file_name(name);
        let keygen = world.program("ssh-keygen");
        let keygen = keygen
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(&key);
        keygen.succeeds();
        Self {
            world: world.clone(),
            key,
        }
    }

    /// The file of its public key, for `TrustedUserCAKeys`.
    pub fn public(&self) -> PathBuf {
        self.key.with_extension("pub")
    }

    /// Its fingerprint, as ssh-keygen tells it.
    pub fn fingerprint(&self) -> String {
        let keygen = self
            .world
            .program("ssh-keygen")
            .arg("-lf")
            .arg(self.public());
        let line = keygen.succeeds();
        line.split(' ').nth(1).expect("a fingerprint").to_owned()
    }

    /// Certifies a person's key for a principal, with ssh-keygen's words for
    /// how long, and gives the certificate's file.
    pub fn certifies(&self, person: &Person, principal: &str, validity: &str) -> PathBuf {
        let authority = self.key.file_name().and_then(|name| name.to_str());
        let name = format!(
            "{}-{principal}-{}",
            person.name(),
            authority.expect("a name")
        );
        let folder = format!("certificates/{name}-{}", validity.replace([':', '+'], "_"));
        let public = self
            .world
            .file(format!("{folder}/key.pub"), person.ssh_public_line() + "\n");
        let sign = self
            .world
            .program("ssh-keygen")
            .args(["-q", "-s"])
            .arg(&self.key);
        let identity = format!("{}@laptop", person.name());
        let sign = sign.args([
            "-I", &identity, "-n", principal, "-z", "4242", "-V", validity,
        ]);
        sign.arg(&public).succeeds();
        public.with_file_name("key-cert.pub")
    }
}

//! People with real keys: SSH by ssh-keygen (or in-process, for machines
//! without it) and OpenPGP by gpg in a home of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, LineEnding, PrivateKey};

use super::program::Program;
use super::repos::{Upstream, Way};
use super::work::WorkingCopy;
use super::world::World;

/// How to sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// git and ssh-keygen.
    Ssh,
    /// git and gpg.
    OpenPgp,
    /// SSHSIG made in-process, with the same SSH key.
    InProcess,
}

/// A person; clones are the same person.
#[derive(Clone)]
pub struct Person(Arc<Inner>);

struct Inner {
    world: World,
    name: String,
    openpgp: OnceLock<OpenPgp>,
}

struct OpenPgp {
    fingerprint: String,
    /// What git calls as `gpg.program`.
    program: PathBuf,
    home: tempfile::TempDir,
}

/// The day on which an expired OpenPGP key was made, and on which it still signs.
const LONG_AGO: &str = "20200101T120000";

impl Person {
    pub(super) fn new(world: &World, name: &str) -> Self {
        let person = Self::bare(world, name);
        let keygen = world
            .program("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", ""]);
        keygen
            .args(["-C", name, "-f"])
            .arg(person.ssh_private())
            .succeeds();
        person
    }

    pub(super) fn without_tools(world: &World, name: &str) -> Self {
        let person = Self::bare(world, name);
        let key = PrivateKey::new(Ed25519Keypair::from_seed(&random_seed()).into(), name);
        let key = key.expect("make a key");
        let private = key.to_openssh(LineEnding::LF).expect("write a key");
        fs::write(person.ssh_private(), private.as_bytes()).expect("write the private key");
        fs::set_permissions(person.ssh_private(), fs::Permissions::from_mode(0o600))
            .expect("protect the private key");
        let public = key.public_key().to_openssh().expect("write a key");
        fs::write(person.file("id.pub"), public).expect("write the public key");
        person
    }

    fn bare(world: &World, name: &str) -> Self {
        let person = Self(Arc::new(Inner {
            world: world.clone(),
            name: name.to_owned(),
            openpgp: OnceLock::new(),
        }));
        fs::create_dir_all(person.file("")).expect("make a person's folder");
        person
    }

    /// The same person, who also has an OpenPGP key that never expires.
    pub fn with_openpgp(self) -> Self {
        let key = OpenPgp::generate(&self, &[], "never");
        assert!(self.0.openpgp.set(key).is_ok(), "one OpenPGP key each");
        self
    }

    /// The same person, with an OpenPGP key that expired years ago; it signs
    /// with the clock of a day when it was good.
    pub fn with_expired_openpgp(self) -> Self {
        let faked = format!("--faked-system-time={LONG_AGO}");
        let key = OpenPgp::generate(&self, &[&faked], "30d");
        assert!(self.0.openpgp.set(key).is_ok(), "one OpenPGP key each");
        self
    }

    /// The name, also the principal's name in policies.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The address in commits.
    pub fn email(&self) -> String {
        format!("{}@example.org", self.0.name)
    }

    /// The world that the person lives in.
    pub fn world(&self) -> &World {
        &self.0.world
    }

    /// The line of the SSH public key, as in `authorized_keys`.
    pub fn ssh_public_line(&self) -> String {
        let line = fs::read_to_string(self.file("id.pub")).expect("read the public key");
        line.trim().to_owned()
    }

    /// The SSH key's fingerprint, `SHA256:…`.
    pub fn ssh_fingerprint(&self) -> String {
        let key = ssh_key::PublicKey::from_openssh(&self.ssh_public_line());
        key.expect("read the public key")
            .fingerprint(HashAlg::Sha256)
            .to_string()
    }

    /// The file of the SSH private key.
    pub fn ssh_private(&self) -> PathBuf {
        self.file("id")
    }

    /// The OpenPGP certificate in ASCII armour, if the person has one.
    pub fn openpgp_certificate(&self) -> Option<String> {
        let key = self.0.openpgp.get()?;
        let gpg = key.gpg(&self.0.world).args(["--armor", "--export"]);
        Some(gpg.arg(&key.fingerprint).succeeds())
    }

    /// The OpenPGP key's fingerprint.
    pub fn openpgp_fingerprint(&self) -> Option<&str> {
        self.0.openpgp.get().map(|key| key.fingerprint.as_str())
    }

    /// The git configuration that makes git sign this way.
    pub fn signing_config(&self, signing: Signing) -> Vec<String> {
        let of = |key: &str, value: &str| ["-c".to_owned(), format!("{key}={value}")];
        match signing {
            Signing::OpenPgp => {
                let key = self.0.openpgp.get();
                let key = key.unwrap_or_else(|| panic!("{} has no OpenPGP key", self.0.name));
                let program = key.program.to_str().expect("UTF-8 path");
                let program = of("gpg.program", program);
                [program, of("user.signingKey", &key.fingerprint)].concat()
            }
            Signing::Ssh | Signing::InProcess => {
                let file = self.file("id.pub");
                let file = of("user.signingKey", file.to_str().expect("UTF-8 path"));
                [of("gpg.format", "ssh"), file].concat()
            }
        }
    }

    /// An armoured SSHSIG over a payload, made in-process. The namespace is
    /// `git` for all that git signs.
    pub fn sshsig(&self, namespace: &str, payload: &[u8]) -> String {
        let key = PrivateKey::read_openssh_file(&self.ssh_private()).expect("read the key");
        let signature = key.sign(namespace, HashAlg::Sha512, payload).expect("sign");
        signature.to_pem(LineEnding::LF).expect("armour")
    }

    /// A working copy of a repository, reached this way.
    pub fn clones(&self, upstream: &Upstream, way: Way) -> WorkingCopy {
        WorkingCopy::new(self, upstream, way)
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0
            .world
            .path(Path::new("people").join(&self.0.name).join(name))
    }
}

impl OpenPgp {
    fn generate(person: &Person, options: &[&str], expires: &str) -> Self {
        // Not in the world's folder: the path of the agent's socket must stay short.
        let home = tempfile::Builder::new().prefix("fwg-").tempdir_in("/tmp");
        let home = home.expect("make a GnuPG home");
        let text = home.path().to_str().expect("UTF-8 path");
        let script = format!(
            "#!/bin/sh\nexec gpg --homedir '{text}' --batch --no-tty {} \"$@\"\n",
            options.join(" ")
        );
        let program = home.path().join("gpg");
        fs::write(&program, script).expect("write the wrapper");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("permissions");
        let mut key = Self {
            fingerprint: String::new(),
            program,
            home,
        };
        let uid = format!("{} <{}>", person.name(), person.email());
        let generate = [
            "--passphrase",
            "",
            "--quick-generate-key",
            &uid,
            "ed25519",
            "sign",
            expires,
        ];
        key.gpg(person.world()).args(generate).succeeds();
        let listing = key
            .gpg(person.world())
            .args(["--with-colons", "--list-keys"])
            .succeeds();
        let line = listing.lines().find(|line| line.starts_with("fpr:"));
        let fields = line.expect("a fingerprint").split(':').nth(9);
        fields
            .expect("a fingerprint")
            .clone_into(&mut key.fingerprint);
        key
    }

    fn gpg(&self, world: &World) -> Program {
        world.program(self.program.to_str().expect("UTF-8 path"))
    }
}

impl Drop for OpenPgp {
    /// Ends this home's agent by its own socket.
    fn drop(&mut self) {
        let home = self.home.path();
        let kill = Program::new("gpgconf").arg("--homedir").arg(home);
        let _ = kill.args(["--kill", "all"]).runs();
    }
}

fn random_seed() -> [u8; 32] {
    use std::io::Read as _;
    let mut seed = [0; 32];
    let mut source = fs::File::open("/dev/urandom").expect("open the random source");
    source
        .read_exact(&mut seed)
        .expect("read the random source");
    seed
}

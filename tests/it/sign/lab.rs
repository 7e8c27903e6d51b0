//! A repository, a keyring and SSH keys; the real tools at a chosen time.

#![expect(
    clippy::disallowed_methods,
    reason = "the oracles are other people's programs"
)]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use forgewarden::model::object::SignatureBlock;
use forgewarden::model::principal::PrincipalId;
use forgewarden::model::signature::{SignatureKind, SignatureState};
use forgewarden::sign::{self, TrustRoots};
use jiff::Timestamp;

/// Where a lab's files are; gone at the end, and its agent with them.
pub struct Lab {
    dir: tempfile::TempDir,
}

/// An object in the lab's repository, taken apart.
#[derive(Debug, Clone)]
pub struct Signed {
    pub id: String,
    pub tag: bool,
    pub block: SignatureBlock,
}

pub fn at(text: &str) -> Timestamp {
    format!("{text}T12:00:00Z").parse().unwrap()
}

pub fn alice() -> PrincipalId {
    PrincipalId::new("alice")
}

pub fn judge(block: &SignatureBlock, roots: &TrustRoots, at: Timestamp) -> SignatureState {
    sign::verify(Some(block), roots, at).state
}

pub fn word(block: &SignatureBlock, roots: &TrustRoots, at: Timestamp) -> &'static str {
    judge(block, roots, at).word()
}

/// Why a state is not good.
pub fn reason(state: &SignatureState) -> &str {
    match state {
        SignatureState::Untrusted { reason, .. }
        | SignatureState::Expired { reason, .. }
        | SignatureState::Revoked { reason, .. }
        | SignatureState::Malformed { reason }
        | SignatureState::Unverifiable { reason } => reason,
        other => panic!("{other:?} has no reason"),
    }
}

impl Lab {
    pub fn new() -> Self {
        // A short path: the agent's socket must fit into 108 bytes.
        let dir = tempfile::Builder::new().prefix("fw").tempdir().unwrap();
        let lab = Self { dir };
        fs::create_dir(lab.path("gnupg")).unwrap();
        fs::set_permissions(lab.path("gnupg"), fs::Permissions::from_mode(0o700)).unwrap();
        let script = "#!/bin/sh\nexec gpg --batch --no-tty --quiet --pinentry-mode loopback --passphrase '' \
                      --faked-system-time \"$LAB_TIME!\" \"$@\"\n";
        fs::write(lab.path("gpg"), script).unwrap();
        fs::set_permissions(lab.path("gpg"), fs::Permissions::from_mode(0o755)).unwrap();
        lab.ok(
            lab.command("git", at("2024-01-01"))
                .args(["init", "-q", "repo"]),
            b"",
        );
        lab
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self, program: &str, now: Timestamp) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.dir.path())
            .env("GNUPGHOME", self.path("gnupg"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("LAB_TIME", now.strftime("%Y%m%dT%H%M%S").to_string())
            .env("TZ", "UTC")
            .env("LC_ALL", "C");
        for who in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{who}_NAME"), "alice")
                .env(format!("GIT_{who}_EMAIL"), "alice@example.com")
                .env(
                    format!("GIT_{who}_DATE"),
                    format!("{} +0000", now.as_second()),
                );
        }
        command
    }

    fn run(&self, command: &mut Command, input: &[u8]) -> Output {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that does not read its input is no failure.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }

    fn ok(&self, command: &mut Command, input: &[u8]) -> Vec<u8> {
        let output = self.run(command, input);
        assert!(
            output.status.success(),
            "{command:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    }

    /// Makes gpg always run with a line of options.
    pub fn set_options(&self, options: &str) {
        self.write("gnupg/gpg.conf", options.trim_start_matches("--"));
    }

    /// Runs gpg; what it must answer to prompts is the input.
    pub fn gpg(&self, now: Timestamp, args: &[&str], input: &[u8]) -> Vec<u8> {
        self.ok(self.command("./gpg", now).args(args), input)
    }

    /// Makes a key and gives its fingerprint.
    pub fn gpg_key(&self, now: Timestamp, algorithm: &str, usage: &str, expires: &str) -> String {
        let user = format!("{algorithm} {usage} {expires} <alice@example.com>");
        let status = self.gpg(
            now,
            &[
                "--status-fd",
                "1",
                "--quick-generate-key",
                &user,
                algorithm,
                usage,
                expires,
            ],
            b"",
        );
        let status = String::from_utf8(status).unwrap();
        let created = status
            .lines()
            .find(|line| line.contains("KEY_CREATED"))
            .unwrap();
        created.split(' ').nth(3).unwrap().to_owned()
    }

    pub fn gpg_export(&self, key: &str) -> Vec<u8> {
        self.gpg(at("2024-01-01"), &["--armor", "--export", key], b"")
    }

    /// The roots in which alice has the keys.
    pub fn gpg_roots(&self, keys: &[&str]) -> TrustRoots {
        let mut roots = TrustRoots::default();
        for key in keys {
            roots
                .add_openpgp(&alice(), &self.gpg_export(key), "keyring")
                .unwrap();
        }
        roots
    }

    /// Signs bytes with gpg, as git would.
    pub fn gpg_sign(&self, now: Timestamp, key: &str, options: &[&str], payload: &[u8]) -> Vec<u8> {
        let args = [options, &["--armor", "--detach-sign", "--local-user", key]].concat();
        self.gpg(now, &args, payload)
    }

    fn git(&self, now: Timestamp, config: &[String], args: &[&str], input: &[u8]) -> Output {
        let mut command = self.command("git", now);
        command.args([
            "-C",
            "repo",
            "-c",
            &format!("gpg.program={}", self.path("gpg").display()),
        ]);
        for setting in config {
            command.args(["-c", setting]);
        }
        self.run(command.args(args), input)
    }

    fn git_ok(&self, now: Timestamp, config: &[String], args: &[&str], input: &[u8]) -> String {
        let output = self.git(now, config, args, input);
        assert!(
            output.status.success(),
            "git {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }

    /// Commits and tags with the real git, signing with a key.
    pub fn sign_with_git(&self, now: Timestamp, key: &str) -> [Signed; 2] {
        let ssh = key.starts_with('/');
        let config = [
            format!("user.signingkey={key}"),
            format!("gpg.format={}", if ssh { "ssh" } else { "openpgp" }),
        ];
        let name = format!("t{}", key.rsplit('/').next().unwrap());
        self.git_ok(
            now,
            &config,
            &["commit", "-q", "--allow-empty", "-S", "-m", "A change"],
            b"",
        );
        self.git_ok(
            now,
            &config,
            &["tag", "-f", "-s", "-m", "A release", &name],
            b"",
        );
        let commit = self.git_ok(now, &[], &["rev-parse", "HEAD"], b"");
        let tag = self.git_ok(now, &[], &["rev-parse", &format!("refs/tags/{name}")], b"");
        [self.load(&commit, false), self.load(&tag, true)]
    }

    /// The bytes of a commit without a signature.
    pub fn payload(&self, now: Timestamp) -> Vec<u8> {
        let tree = self.git_ok(now, &[], &["mktree"], b"");
        let who = format!("alice <alice@example.com> {} +0000", now.as_second());
        format!("tree {tree}\nauthor {who}\ncommitter {who}\n\nA change\n").into_bytes()
    }

    /// Writes a commit with an armour of our making.
    pub fn commit_with(&self, payload: &[u8], armour: &[u8]) -> Signed {
        let armour = String::from_utf8(armour.to_vec()).unwrap();
        let header = format!(
            "gpgsig {}",
            armour.trim_end_matches('\n').replace('\n', "\n ")
        );
        let split = payload.windows(2).position(|pair| pair == b"\n\n").unwrap();
        let object = [
            &payload[..=split],
            header.as_bytes(),
            b"\n",
            &payload[split + 1..],
        ]
        .concat();
        let args = [
            "hash-object",
            "-w",
            "-t",
            "commit",
            "--literally",
            "--stdin",
        ];
        let id = self.git_ok(at("2024-01-01"), &[], &args, &object);
        self.load(&id, false)
    }

    fn load(&self, id: &str, tag: bool) -> Signed {
        let args = ["cat-file", if tag { "tag" } else { "commit" }, id];
        let object = self.git(at("2024-01-01"), &[], &args, b"").stdout;
        let (armour, payload) = if tag {
            split_tag(&object)
        } else {
            split_commit(&object)
        };
        let kind = if armour.starts_with(b"-----BEGIN SSH") {
            SignatureKind::Ssh
        } else {
            SignatureKind::OpenPgp
        };
        let block = SignatureBlock {
            kind: Some(kind),
            armour,
            payload,
        };
        Signed {
            id: id.to_owned(),
            tag,
            block,
        }
    }

    /// What git and gpg say of an object, in our words, with gpg's clock at a time.
    pub fn gpg_verdict(&self, signed: &Signed, now: Timestamp) -> &'static str {
        let verify = if signed.tag {
            "verify-tag"
        } else {
            "verify-commit"
        };
        let output = self.git(now, &[], &[verify, "--raw", &signed.id], b"");
        let status = String::from_utf8_lossy(&output.stderr).into_owned();
        let says = |word: &str| status.contains(&format!("[GNUPG:] {word} "));
        let word = match () {
            () if status.matches("[GNUPG:] NEWSIG").count() > 1 => "malformed",
            () if says("BADSIG") => "bad",
            () if says("REVKEYSIG") => "revoked",
            () if says("EXPKEYSIG") || says("EXPSIG") => "expired",
            () if says("NO_PUBKEY") => "unknown-key",
            () if says("ERRSIG") => "unverifiable",
            () if says("GOODSIG") => "valid",
            () => "malformed",
        };
        assert_eq!(output.status.success(), word == "valid", "{status}");
        word
    }

    /// Makes an SSH key and gives the private file's path and the public line.
    pub fn ssh_key(&self, name: &str, options: &[&str]) -> (String, String) {
        let path = self.path(name).display().to_string();
        let mut command = self.command("ssh-keygen", at("2024-01-01"));
        self.ok(
            command
                .args(["-q", "-N", "", "-C", "comment here", "-f", &path])
                .args(options),
            b"",
        );
        let line = fs::read_to_string(format!("{path}.pub")).unwrap();
        (path, line.trim_end().to_owned())
    }

    /// Signs bytes with ssh-keygen.
    pub fn ssh_sign(&self, key: &str, options: &[&str], payload: &[u8]) -> Vec<u8> {
        let mut command = self.command("ssh-keygen", at("2024-01-01"));
        self.ok(
            command.args(["-Y", "sign", "-q", "-f", key]).args(options),
            payload,
        )
    }

    /// Makes a raw Ed25519 signature with openssl; gives the public key too.
    pub fn raw_ed25519(&self, message: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let openssl = |args: &[&str]| {
            let mut command = self.command("openssl", at("2024-01-01"));
            self.ok(command.args(args), b"")
        };
        if !self.path("raw.pem").exists() {
            openssl(&["genpkey", "-algorithm", "ed25519", "-out", "raw.pem"]);
        }
        fs::write(self.path("message"), message).unwrap();
        let public = openssl(&["pkey", "-in", "raw.pem", "-pubout", "-outform", "DER"]);
        let args = [
            "pkeyutl", "-sign", "-rawin", "-inkey", "raw.pem", "-in", "message",
        ];
        (public[public.len() - 32..].to_vec(), openssl(&args))
    }

    /// Lets an authority certify a key for `alice@example.com`.
    pub fn certify(&self, authority: &str, key: &str) {
        let mut command = self.command("ssh-keygen", at("2024-01-01"));
        let public = format!("{key}.pub");
        let args = [
            "-q",
            "-s",
            authority,
            "-I",
            "alice",
            "-n",
            "alice@example.com",
            &public,
        ];
        self.ok(command.args(args), b"");
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }

    /// Whether git verifies an object with a file of allowed signers.
    pub fn git_verifies(&self, signed: &Signed, allowed: &str) -> bool {
        let file = self.write("allowed", allowed);
        let verify = if signed.tag {
            "verify-tag"
        } else {
            "verify-commit"
        };
        let config = [format!("gpg.ssh.allowedSignersFile={file}")];
        self.git(at("2024-01-01"), &config, &[verify, &signed.id], b"")
            .status
            .success()
    }

    /// Whether ssh-keygen verifies a signature for `alice@example.com` at a time.
    pub fn keygen_verifies(&self, block: &SignatureBlock, allowed: &str, now: Timestamp) -> bool {
        let file = self.write("allowed", allowed);
        fs::write(self.path("sig"), &block.armour).unwrap();
        let time = format!("verify-time={}", now.strftime("%Y%m%d%H%M%S"));
        let args = [
            "-Y",
            "verify",
            "-I",
            "alice@example.com",
            "-n",
            "git",
            "-s",
            "sig",
            "-O",
            &time,
            "-f",
            &file,
        ];
        let mut command = self.command("ssh-keygen", now);
        self.run(command.args(args), &block.payload)
            .status
            .success()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let mut command = self.command("gpgconf", at("2024-01-01"));
        self.run(command.args(["--kill", "gpg-agent"]), b"");
    }
}

fn split_tag(object: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let marker = b"\n-----BEGIN ";
    let start = object
        .windows(marker.len())
        .rposition(|window| window == marker)
        .unwrap()
        + 1;
    (object[start..].to_vec(), object[..start].to_vec())
}

fn split_commit(object: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut armour, mut payload) = (Vec::new(), Vec::new());
    let (mut inside, mut headers) = (false, true);
    for line in object.split_inclusive(|byte| *byte == b'\n') {
        headers &= line != b"\n";
        inside &= headers && line.starts_with(b" ");
        if headers && let Some(first) = line.strip_prefix(b"gpgsig ") {
            armour.extend_from_slice(first);
            inside = true;
        } else if inside {
            armour.extend_from_slice(&line[1..]);
        } else {
            payload.extend_from_slice(line);
        }
    }
    (armour, payload)
}

/// The payload with another message.
pub fn tampered(block: &SignatureBlock) -> SignatureBlock {
    let mut block = block.clone();
    let last = block.payload.len() - 2;
    block.payload[last] ^= 1;
    block
}

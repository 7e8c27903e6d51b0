//! The signed bytes are those that git signed: OpenSSH agrees.

use forgewarden::model::object::SignatureBlock;
use forgewarden::model::signature::SignatureKind;

use super::sandbox::Sandbox;

fn with_key() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.run(
        "ssh-keygen",
        &["-q", "-t", "ed25519", "-N", "", "-f", "key"],
        b"",
    );
    for (key, value) in [
        ("gpg.format", "ssh"),
        ("user.signingKey", "key.pub"),
        ("commit.gpgSign", "true"),
        ("tag.gpgSign", "true"),
    ] {
        sandbox.git(&["config", key, value]);
    }
    sandbox
}

fn assert_verifies(sandbox: &Sandbox, signature: Option<SignatureBlock>) {
    let signature = signature.expect("signed");
    assert_eq!(signature.kind, Some(SignatureKind::Ssh));
    std::fs::write(sandbox.path().join("signature"), &signature.armour).expect("written");
    let args = ["-Y", "check-novalidate", "-n", "git", "-s", "signature"];
    sandbox.run("ssh-keygen", &args, &signature.payload);
}

#[test]
fn commits_with_every_header_that_git_writes_verify() {
    let sandbox = with_key();
    sandbox.git(&["commit", "-q", "--allow-empty", "-m", "first"]);
    sandbox.git(&["checkout", "-q", "-b", "side"]);
    sandbox.git(&[
        "-c",
        "i18n.commitEncoding=ISO-8859-1",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "zweite\n\nmit Text",
    ]);
    sandbox.git(&["tag", "-m", "a signed tag", "v1"]);
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.git(&["merge", "-q", "--no-ff", "--no-edit", "v1"]);
    let merge = sandbox.git(&["cat-file", "commit", "HEAD"]);
    assert!(merge.contains("\nmergetag object "), "{merge}");
    let repository = sandbox.open();
    for spec in ["HEAD", "HEAD^1", "HEAD^2"] {
        let (commit, signature) = repository.commit(sandbox.id(spec)).expect("read");
        assert_eq!(commit.defects, [], "{spec}");
        assert_eq!(
            (commit.author.name, commit.committer.name),
            ("alice".into(), "bob".into())
        );
        assert_verifies(&sandbox, signature);
    }
    let (tag, signature) = repository.tag(sandbox.id("v1")).expect("read");
    assert_eq!(tag.defects, []);
    assert_eq!(
        tag.tagger.map(|who| who.email),
        Some("bob@example.org".into())
    );
    assert_verifies(&sandbox, signature);
}

#[test]
fn headers_that_git_leaves_out_of_the_payload_are_defects_and_git_still_verifies() {
    let sandbox = with_key();
    sandbox.git(&["commit", "-q", "--allow-empty", "-m", "first"]);
    let key = std::fs::read_to_string(sandbox.path().join("key.pub")).expect("a key");
    sandbox.write("allowed", &format!("bob@example.org {key}"));
    sandbox.git(&["config", "gpg.ssh.allowedSignersFile", "allowed"]);
    let raw = sandbox.run("git", &["cat-file", "commit", "HEAD"], b"");
    let raw = String::from_utf8(raw).expect("UTF-8");
    for extra in ["gpgsig-sha256 x\n y\n", "gpgsigned x\n y\n", "gpgsig\n y\n"] {
        let crafted = raw.replacen("gpgsig ", &format!("{extra}gpgsig "), 1);
        let id = sandbox.object("commit", crafted.as_bytes());
        assert!(
            sandbox.git_agrees(&["verify-commit", &id.to_string()]),
            "{extra:?}"
        );
        let (commit, signature) = sandbox.open().commit(id).expect("read");
        assert_ne!(commit.defects, [], "{extra:?}");
        assert_verifies(&sandbox, signature);
    }
}

#[test]
fn unsigned_objects_have_no_signature() {
    let sandbox = Sandbox::new();
    let commit = sandbox.commit("gpgsig -----BEGIN SSH SIGNATURE-----");
    let (parsed, signature) = sandbox.open().commit(commit).expect("read");
    assert_eq!((parsed.defects, signature), (vec![], None));
    assert_eq!(parsed.subject, "gpgsig -----BEGIN SSH SIGNATURE-----");
}

//! SSH: our state is that of `git verify-commit` and `ssh-keygen -Y verify`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forgewarden::model::signature::{SignatureKind, SignatureState};
use forgewarden::sign::{self, TrustRoots};

use sha2::{Digest as _, Sha256, Sha512};

use super::lab::{Lab, alice, at, judge, reason, tampered, word};

#[test]
fn every_algorithm_is_judged_as_ssh_keygen_judges_it() {
    let lab = Lab::new();
    let now = at("2024-06-01");
    for (name, options) in [
        ("ed25519", &["-t", "ed25519"][..]),
        ("p256", &["-t", "ecdsa", "-b", "256"]),
        ("p384", &["-t", "ecdsa", "-b", "384"]),
        ("p521", &["-t", "ecdsa", "-b", "521"]),
        ("rsa", &["-t", "rsa", "-b", "2048"]),
        ("rsa4096", &["-t", "rsa", "-b", "4096"]),
    ] {
        let (path, line) = lab.ssh_key(name, options);
        let mut roots = TrustRoots::default();
        let key = roots.add_ssh_key(&alice(), &line, "policy").unwrap();
        let allowed = format!("alice@example.com {line}\n");
        for signed in lab.sign_with_git(now, &path) {
            assert!(lab.git_verifies(&signed, &allowed), "{name}");
            assert_eq!(
                judge(&signed.block, &roots, now),
                SignatureState::Valid {
                    principal: alice(),
                    key: key.clone()
                }
            );
            assert!(!lab.git_verifies(&signed, ""), "{name}");
            assert_eq!(
                word(&signed.block, &TrustRoots::default(), now),
                "unknown-key"
            );
            let changed = tampered(&signed.block);
            assert!(!lab.keygen_verifies(&changed, &allowed, now), "{name}");
            assert_eq!(
                judge(&changed, &roots, now),
                SignatureState::Bad { key: key.clone() }
            );
            let (kind, claimed, public) = sign::claimed_key(&signed.block).unwrap();
            assert_eq!((kind, &claimed), (SignatureKind::Ssh, &key));
            assert!(line.starts_with(&public.unwrap()), "{line}");
        }
    }
}

#[test]
fn hashes_and_namespaces_are_those_of_git() {
    let lab = Lab::new();
    let now = at("2024-06-01");
    let (path, line) = lab.ssh_key("ed25519", &["-t", "ed25519"]);
    let mut roots = TrustRoots::default();
    roots.add_ssh_key(&alice(), &line, "policy").unwrap();
    let allowed = format!("alice@example.com {line}\n");
    let payload = lab.payload(now);
    for (options, expected) in [
        (&["-n", "git", "-O", "hashalg=sha256"][..], "valid"),
        (&["-n", "git", "-O", "hashalg=sha512"], "valid"),
        (&["-n", "file"], "untrusted"),
        (&["-n", "git2"], "untrusted"),
    ] {
        let armour = lab.ssh_sign(&path, options, &payload);
        let commit = lab.commit_with(&payload, &armour);
        assert_eq!(
            lab.git_verifies(&commit, &allowed),
            expected == "valid",
            "{options:?}"
        );
        assert_eq!(word(&commit.block, &roots, now), expected, "{options:?}");
    }
}

#[test]
fn base64_wrapped_at_another_column_is_read_and_ragged_lines_are_not() {
    let lab = Lab::new();
    let now = at("2024-06-01");
    let (path, line) = lab.ssh_key("rsa", &["-t", "rsa", "-b", "2048"]);
    let allowed = format!("alice@example.com {line}\n");
    let mut roots = TrustRoots::default();
    roots.add_ssh_key(&alice(), &line, "policy").unwrap();
    let [commit, _] = lab.sign_with_git(now, &path);
    let text = String::from_utf8(commit.block.armour.clone()).unwrap();
    let base64: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    let wrapped = |width: usize| {
        let lines: Vec<&str> = (0..base64.len())
            .step_by(width)
            .map(|at| &base64[at..base64.len().min(at + width)])
            .collect();
        format!(
            "-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n",
            lines.join("\n")
        )
    };
    for width in [64, 70, 76, 5000] {
        let commit = lab.commit_with(&commit.block.payload, wrapped(width).as_bytes());
        assert!(lab.git_verifies(&commit, &allowed), "{width}");
        assert_eq!(word(&commit.block, &roots, now), "valid", "{width}");
    }
    for (what, armour) in [
        ("a short line", wrapped(70).replacen('\n', "\nU1\n", 1)),
        (
            "a blank line",
            wrapped(70).replacen("-----\n", "-----\n\n", 1),
        ),
        ("blanks", wrapped(70).replacen("-----\n", "-----\n ", 1)),
        (
            "a header",
            wrapped(70).replacen("-----\n", "-----\nComment: x\n\n", 1),
        ),
        ("junk at the end", wrapped(70) + "junk\n"),
        ("a blank line at the end", wrapped(70) + "\n"),
        ("text before", format!("x\n{}", wrapped(70))),
    ] {
        let mut block = commit.block.clone();
        block.armour = armour.into_bytes();
        assert_eq!(word(&block, &roots, now), "malformed", "{what}");
    }
}

/// Stricter than git on purpose: certificates are not judged yet.
#[test]
fn an_ssh_certificate_is_not_judged() {
    let lab = Lab::new();
    let now = at("2024-06-01");
    let (authority, authority_line) = lab.ssh_key("ca", &["-t", "ed25519"]);
    let (path, line) = lab.ssh_key("user", &["-t", "ed25519"]);
    lab.certify(&authority, &path);
    let payload = lab.payload(now);
    let armour = lab.ssh_sign(&format!("{path}-cert.pub"), &["-n", "git"], &payload);
    let commit = lab.commit_with(&payload, &armour);
    let mut roots = TrustRoots::default();
    roots.add_ssh_key(&alice(), &line, "policy").unwrap();
    assert!(lab.git_verifies(
        &commit,
        &format!("alice@example.com cert-authority {authority_line}\n")
    ));
    let state = judge(&commit.block, &roots, now);
    assert_eq!(state.word(), "unverifiable");
    assert!(reason(&state).contains("certificate"));
}

/// Stricter than git on purpose: short RSA keys sign nothing new.
#[test]
fn a_short_rsa_key_is_not_trusted() {
    let lab = Lab::new();
    let now = at("2024-06-01");
    let (path, line) = lab.ssh_key("rsa1024", &["-t", "rsa", "-b", "1024"]);
    let [commit, _] = lab.sign_with_git(now, &path);
    let mut roots = TrustRoots::default();
    roots.add_ssh_key(&alice(), &line, "policy").unwrap();
    assert!(lab.git_verifies(&commit, &format!("alice@example.com {line}\n")));
    assert_eq!(
        reason(&judge(&commit.block, &roots, now)),
        "it is an RSA key of 1024 bits, and 2048 is the least"
    );
}

fn string(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap();
    [&length.to_be_bytes(), bytes].concat()
}

/// A security key, played by openssl: stricter than git about the touch.
#[test]
fn a_security_key_must_have_been_touched() {
    let lab = Lab::new();
    let now = at("2024-06-01");
    let payload = lab.payload(now);
    let common = [string(b"git"), string(b""), string(b"sha512")].concat();
    let signed = [
        b"SSHSIG".to_vec(),
        common.clone(),
        string(&Sha512::digest(&payload)),
    ]
    .concat();
    for (flags, expected) in [
        (0x01, "valid"),
        (0x05, "valid"),
        (0x00, "untrusted"),
        (0x04, "untrusted"),
    ] {
        let trailer = [flags, 0, 0, 0, 9];
        let message = [
            &Sha256::digest(b"ssh:")[..],
            &trailer,
            &Sha256::digest(&signed),
        ]
        .concat();
        let (public, value) = lab.raw_ed25519(&message);
        let kind = string(b"sk-ssh-ed25519@openssh.com");
        let key = [kind.clone(), string(&public), string(b"ssh:")].concat();
        let signature = [kind, string(&value), trailer.to_vec()].concat();
        let blob = [
            b"SSHSIG\0\0\0\x01".to_vec(),
            string(&key),
            common.clone(),
            string(&signature),
        ]
        .concat();
        let armour = format!(
            "-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n",
            STANDARD.encode(blob)
        );
        let commit = lab.commit_with(&payload, armour.as_bytes());
        let line = format!("sk-ssh-ed25519@openssh.com {}", STANDARD.encode(&key));
        let mut roots = TrustRoots::default();
        roots.add_ssh_key(&alice(), &line, "policy").unwrap();
        assert!(
            lab.git_verifies(&commit, &format!("alice@example.com {line}\n")),
            "{flags}"
        );
        assert_eq!(word(&commit.block, &roots, now), expected, "{flags}");
        assert_eq!(
            word(&tampered(&commit.block), &roots, now),
            if expected == "valid" {
                "bad"
            } else {
                "untrusted"
            }
        );
    }
}

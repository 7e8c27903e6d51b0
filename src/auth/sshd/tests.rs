use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::{MAX_BYTES, MAX_LINES, evidence};
use crate::model::authentication::{Credential, Evidence, Factor, SshKey, Strength};

// Made by ssh-keygen, which also told what is expected of them.
const ED25519: &str = include_str!("../../../tests/data/sshd/ed25519.pub");
const RSA: &str = include_str!("../../../tests/data/sshd/rsa-2048.pub");
const ECDSA: &str = include_str!("../../../tests/data/sshd/ecdsa-384.pub");
const CERTIFICATE: &str = include_str!("../../../tests/data/sshd/certificate.pub");
const FOREVER: &str = include_str!("../../../tests/data/sshd/certificate-forever.pub");
const OF_ECDSA: &str = include_str!("../../../tests/data/sshd/certificate-ecdsa-384.pub");
const OF_HOST: &str = include_str!("../../../tests/data/sshd/certificate-of-host.pub");
const AUTHORITY: &str = "SHA256:kw1y8+dfe1vNpbDzSMlBcvU/zqfE6ewvqrUOnmPGruI";
const ED25519_NAME: &str = "SHA256:9p599yq/VBjRbKqY/uoqF27OpzdKqcB8+SNPoSxHToY";

fn read(text: &str) -> Evidence {
    evidence(text.as_bytes(), Timestamp::UNIX_EPOCH)
}

fn factors(text: &str) -> Vec<Factor> {
    let evidence = read(text);
    assert_eq!(evidence.strength, Strength::Direct);
    let mut all = evidence.could_be.into_iter();
    let only = all
        .next()
        .unwrap_or_else(|| panic!("{text:?}: {}", evidence.says));
    assert_eq!(all.next(), None);
    only.factors
}

fn words(text: &str) -> String {
    let words = factors(text)
        .iter()
        .map(|factor| factor.method.word())
        .collect::<Vec<_>>();
    words.join(" and ")
}

/// The line of a security key, which only hardware makes.
fn security_key() -> String {
    let kind = "sk-ssh-ed25519@openssh.com";
    let key = STANDARD.decode(ED25519.trim().split(' ').nth(1).expect("a blob"));
    let point = key.expect("base64")[19..].to_vec();
    let parts = [kind.as_bytes(), &point, b"ssh:"];
    let string = |part: &[u8]| {
        [
            &u32::try_from(part.len()).expect("short").to_be_bytes(),
            part,
        ]
        .concat()
    };
    let blob: Vec<u8> = parts.iter().flat_map(|part| string(part)).collect();
    format!("{kind} {}", STANDARD.encode(blob))
}

#[test]
fn every_method_is_told_by_its_line() {
    let key = ED25519.trim();
    for (text, expected) in [
        (format!("publickey {key}\n"), "ssh-key"),
        (format!("publickey {}", RSA), "ssh-key"),
        (format!("publickey {}", CERTIFICATE), "ssh-certificate"),
        (
            format!("publickey {} signature count = 7\n", security_key()),
            "ssh-key",
        ),
        ("password\n".to_owned(), "password"),
        ("none\n".to_owned(), "password"),
        ("keyboard-interactive\n".to_owned(), "keyboard-interactive"),
        (
            "keyboard-interactive/pam\n".to_owned(),
            "keyboard-interactive",
        ),
        ("gssapi-with-mic alice@EXAMPLE.ORG\n".to_owned(), "kerberos"),
        (
            format!("hostbased {key} client user \"alice\", client host \"desk.example.org.\"\n"),
            "host-key",
        ),
        (
            format!("publickey {key}\npassword\n"),
            "ssh-key and password",
        ),
        (
            format!("password\npublickey {}", CERTIFICATE),
            "password and ssh-certificate",
        ),
    ] {
        assert_eq!(words(&text), expected, "{text}");
    }
}

#[test]
fn a_key_is_told_with_its_size() {
    for (line, algorithm, bits, fingerprint) in [
        (ED25519, "ssh-ed25519", None, ED25519_NAME),
        (
            RSA,
            "ssh-rsa",
            Some(2048),
            "SHA256:x8Voay+fu64cbojaPn5lPnGWqnsAz/HRVheXp0etpGE",
        ),
        (
            ECDSA,
            "ecdsa-sha2-nistp384",
            Some(384),
            "SHA256:cTs8USqD397XlvPHDkl46u6i13OAoyS2T0PB6VFAHJw",
        ),
    ] {
        let expected = Credential::SshKey(SshKey {
            algorithm: algorithm.to_owned(),
            bits,
            fingerprint: fingerprint.to_owned(),
        });
        let found = factors(&format!("publickey {line}")).remove(0);
        assert_eq!(found.credential, Some(expected));
    }
}

#[test]
fn a_certificate_is_told_with_all_that_it_says() {
    let read = |line: &str| match factors(&format!("publickey {line}")).remove(0).credential {
        Some(Credential::SshCertificate {
            key,
            authority,
            key_id,
            serial,
            principals,
            valid_after,
            valid_before,
        }) => {
            assert_eq!(authority, AUTHORITY);
            let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
            let validity = (time(valid_after), time(valid_before));
            (
                key.fingerprint,
                key_id,
                serial,
                principals.join(","),
                validity,
            )
        }
        other => panic!("{other:?}"),
    };
    let year = (
        Some("2026-01-01T00:00:00Z".to_owned()),
        Some("2027-01-01T00:00:00Z".to_owned()),
    );
    let (fingerprint, key_id, serial, principals, validity) = read(CERTIFICATE);
    assert_eq!(fingerprint, ED25519_NAME);
    assert_eq!((key_id.as_str(), serial), ("alice@corp.example", 4242));
    assert_eq!((principals.as_str(), validity), ("alice,git", year));
    assert_eq!(read(FOREVER).4, (None, None));
    assert_eq!(
        read(OF_ECDSA).0,
        "SHA256:cTs8USqD397XlvPHDkl46u6i13OAoyS2T0PB6VFAHJw"
    );
}

#[test]
fn a_line_that_is_not_understood_spoils_all() {
    let key = ED25519.trim();
    let blob = key.split(' ').nth(1).expect("a blob");
    for odd in [
        "",
        "publickey",
        "publickey ",
        "publickey ssh-ed25519",
        "publickey ssh-ed25519 AAAA",
        "password again",
        " password",
        "Password",
        "keyboard-interactive/",
        "keyboard-interactive/pam x",
        "a-new-method",
        &format!("publickey ssh-rsa {blob}"),
        &format!("publickey {key} alice@laptop"),
        &format!("publickey {key} signature count = "),
        &format!("publickey {key}="),
        &format!("publickey  {key}"),
        &format!("publickey {}", OF_HOST.trim()),
        &format!(
            "publickey {}",
            &CERTIFICATE.trim()[..CERTIFICATE.len() - 30]
        ),
        &format!("hostbased {key}"),
        &format!("publickey {key}\r"),
    ] {
        for text in [
            format!("{odd}\n"),
            format!("publickey {key}\n{odd}\n"),
            format!("{odd}\npublickey {key}\n"),
        ] {
            let evidence = read(&text);
            assert!(evidence.could_be.is_empty(), "{text:?}");
            assert!(!evidence.says.contains('\n') && evidence.says.len() < 500);
        }
    }
}

#[test]
fn the_file_has_bounds_and_an_end() {
    let line = format!("publickey {}", ED25519);
    assert!(read(line.trim()).could_be.is_empty(), "cut off");
    assert!(read("").could_be.is_empty());
    assert_eq!(factors(&line.repeat(MAX_LINES)).len(), MAX_LINES);
    assert!(read(&line.repeat(MAX_LINES + 1)).could_be.is_empty());
    let long = format!("publickey {}\n", "A".repeat(MAX_BYTES));
    assert!(read(&long).says.contains("bound"));
}

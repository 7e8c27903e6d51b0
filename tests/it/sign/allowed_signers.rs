//! Files of allowed signers: never more permissive than ssh-keygen.

use forgewarden::model::principal::PrincipalId;
use forgewarden::sign::{Problem, TrustRoots};
use proptest::prelude::*;

use super::lab::{Lab, alice, at, word};

/// E-mail addresses of alice are alice; everyone else is who they say.
fn principal_of(name: &str) -> PrincipalId {
    PrincipalId::new(name.strip_suffix("@example.com").unwrap_or(name))
}

/// (options, times at which both verify, times at which neither does)
const SAME: [(&str, &[&str], &[&str]); 14] = [
    ("", &["2024-06-01"], &[]),
    ("namespaces=\"git\"", &["2024-06-01"], &[]),
    ("namespaces=\"file,git\"", &["2024-06-01"], &[]),
    ("namespaces=\"g?t,file\"", &["2024-06-01"], &[]),
    ("namespaces=\"*\"", &["2024-06-01"], &[]),
    ("namespaces=\"file\"", &[], &["2024-06-01"]),
    ("namespaces=\"*,!git\"", &[], &["2024-06-01"]),
    ("namespaces=\"gi\"", &[], &["2024-06-01"]),
    (
        "valid-before=\"20240601\"",
        &["2024-05-31"],
        &["2024-06-01"],
    ),
    (
        "valid-before=\"202406011200\"",
        &["2024-05-31", "2024-06-01"],
        &["2024-06-02"],
    ),
    (
        "valid-after=\"20240601120000\"",
        &["2024-06-01"],
        &["2024-05-31"],
    ),
    (
        "valid-after=\"20240101\",valid-before=\"20250101Z\"",
        &["2024-06-01"],
        &["2023-12-31", "2025-01-02"],
    ),
    (
        "valid-after=\"20240101\",namespaces=\"git\"",
        &["2024-06-01"],
        &["2023-12-31"],
    ),
    ("NAMESPACES=\"git\"", &["2024-06-01"], &[]),
];

#[test]
fn options_mean_what_they_mean_to_ssh_keygen() {
    let lab = Lab::new();
    let (path, line) = lab.ssh_key("key", &["-t", "ed25519"]);
    let [commit, _] = lab.sign_with_git(at("2024-06-01"), &path);
    for (options, good, bad) in SAME {
        let file = format!("# people\n\nalice@example.com {options} {line}\n");
        let mut roots = TrustRoots::default();
        roots
            .add_allowed_signers(file.as_bytes(), "allowed", &principal_of)
            .unwrap();
        for (times, expected) in [(good, true), (bad, false)] {
            for time in times {
                assert_eq!(
                    lab.keygen_verifies(&commit.block, &file, at(time)),
                    expected,
                    "{options} {time}"
                );
                assert_eq!(
                    word(&commit.block, &roots, at(time)) == "valid",
                    expected,
                    "{options} {time}"
                );
            }
        }
    }
}

#[test]
fn every_problem_is_reported_with_its_line() {
    let lab = Lab::new();
    let (_, key) = lab.ssh_key("key", &["-t", "ed25519"]);
    let (_, other) = lab.ssh_key("other", &["-t", "ed25519"]);
    let file = [
        format!("alice@example.com {key}"),
        format!("bob@example.com {key}"),
        format!("*@example.com {other}"),
        format!("alice@example.com,bob@example.com {other}"),
        format!("ca@example.com cert-authority {other}"),
        format!("alice@example.com expires=\"20240101\" {other}"),
        format!("alice@example.com valid-before=20240101 {other}"),
        format!("alice@example.com valid-before=\"20241301\" {other}"),
        format!("alice@example.com valid-after=\"20240102\",valid-before=\"20240101\" {other}"),
        format!("alice@example.com valid-after=\"20240102\",valid-after=\"20200101\" {other}"),
        "alice@example.com".to_owned(),
        "alice@example.com ssh-ed25519 AAAA".to_owned(),
        format!("alice@example.com \"open {other}"),
        format!("alice@example.com,ALICE {other}"),
    ];
    let errors = TrustRoots::default()
        .add_allowed_signers(file.join("\n").as_bytes(), "team.signers", &principal_of)
        .unwrap_err();
    let lines: Vec<_> = errors.iter().map(|error| error.line.unwrap()).collect();
    assert_eq!(lines, (2..=14).collect::<Vec<_>>(), "{errors:#?}");
    assert!(matches!(errors[0].problem, Problem::SharedKey { .. }));
    assert!(matches!(errors[1].problem, Problem::Pattern(_)));
    assert!(matches!(errors[3].problem, Problem::CertAuthority));
    assert!(
        errors[3]
            .to_string()
            .starts_with("team.signers:5: certificate authorities")
    );
}

#[test]
fn one_person_may_have_several_addresses_and_windows() {
    let lab = Lab::new();
    let (path, key) = lab.ssh_key("key", &["-t", "ed25519"]);
    let [commit, _] = lab.sign_with_git(at("2024-06-01"), &path);
    let file = format!(
        "alice@example.com,alice valid-before=\"20240101\" {key}\n\"alice@example.com\" valid-after=\"20250101\" {key}\n"
    );
    let mut roots = TrustRoots::default();
    let added = roots
        .add_allowed_signers(file.as_bytes(), "allowed", &principal_of)
        .unwrap();
    assert_eq!(added.len(), 2);
    assert_eq!(added[0], added[1]);
    for (time, expected) in [
        ("2023-06-01", "valid"),
        ("2024-06-01", "expired"),
        ("2025-06-01", "valid"),
    ] {
        assert_eq!(
            lab.keygen_verifies(&commit.block, &file, at(time)),
            expected == "valid",
            "{time}"
        );
        assert_eq!(word(&commit.block, &roots, at(time)), expected, "{time}");
    }
    let mut turned = TrustRoots::default();
    let reversed: Vec<&str> = file.lines().rev().collect();
    turned
        .add_allowed_signers(reversed.join("\n").as_bytes(), "elsewhere", &principal_of)
        .unwrap();
    assert_eq!(roots.digest(), turned.digest());
}

#[test]
fn an_ssh_key_of_the_policy_is_one_plain_key() {
    let lab = Lab::new();
    let (_, key) = lab.ssh_key("key", &["-t", "ed25519"]);
    let mut roots = TrustRoots::default();
    let name = roots.add_ssh_key(&alice(), &key, "policy").unwrap();
    assert!(name.0.starts_with("SHA256:"));
    assert_eq!(roots.add_ssh_key(&alice(), &key, "again").unwrap(), name);
    for odd in [
        String::new(),
        "ssh-ed25519".to_owned(),
        format!("cert-authority {key}"),
        key.replacen("ssh-ed25519", "ssh-rsa", 1),
        format!("{key}\n{key}")
            .replacen("comment here", "", 1)
            .replace('\n', ""),
    ] {
        assert!(
            roots
                .add_ssh_key(&PrincipalId::new("bob"), &odd, "policy")
                .is_err(),
            "{odd}"
        );
    }
    assert_eq!(roots.keys().count(), 1);
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in proptest::collection::vec(any::<u8>(), 0..200), tail in "[a-z@*!, \"=\\-]{0,60}") {
        let mut file = text;
        file.extend_from_slice(tail.as_bytes());
        let mut roots = TrustRoots::default();
        let _ = roots.add_allowed_signers(&file, "file", &principal_of);
        prop_assert!(roots.is_empty());
        let _ = roots.add_openpgp(&alice(), &file, "file");
        prop_assert!(roots.is_empty());
    }
}

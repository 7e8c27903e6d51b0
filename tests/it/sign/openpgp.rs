//! OpenPGP: our state is that of `git verify-commit` and gpg.

use forgewarden::model::object::SignatureBlock;
use forgewarden::model::principal::PrincipalId;
use forgewarden::model::signature::{KeyName, SignatureKind, SignatureState};
use forgewarden::sign::{self, Problem, TrustRoots};

use super::attacks::{armour, body};
use super::lab::{Lab, alice, at, judge, reason, tampered, word};

#[test]
fn every_algorithm_is_judged_as_gpg_judges_it() {
    let lab = Lab::new();
    let now = at("2024-06-01");
    for algorithm in [
        "rsa2048", "rsa4096", "ed25519", "nistp256", "nistp384", "nistp521",
    ] {
        let key = lab.gpg_key(at("2024-01-01"), algorithm, "sign", "never");
        eprintln!("{algorithm}");
        let roots = lab.gpg_roots(&[&key]);
        let valid = SignatureState::Valid {
            principal: alice(),
            key: KeyName(key.clone()),
        };
        for signed in lab.sign_with_git(now, &key) {
            assert_eq!(lab.gpg_verdict(&signed, now), "valid", "{algorithm}");
            assert_eq!(judge(&signed.block, &roots, now), valid, "{algorithm}");
            assert_eq!(
                word(&signed.block, &TrustRoots::default(), now),
                "unknown-key"
            );
            let claim = sign::claimed_key(&signed.block).unwrap();
            assert_eq!(claim, (SignatureKind::OpenPgp, KeyName(key.clone()), None));
            let changed = tampered(&signed.block);
            if !signed.tag {
                let forged = lab.commit_with(&changed.payload, &changed.armour);
                assert_eq!(lab.gpg_verdict(&forged, now), "bad", "{algorithm}");
            }
            assert_eq!(
                judge(&changed, &roots, now),
                SignatureState::Bad {
                    key: KeyName(key.clone())
                }
            );
        }
    }
}

#[test]
fn a_signing_subkey_signs_for_its_certificate() {
    let lab = Lab::new();
    let (made, now) = (at("2024-01-01"), at("2024-06-01"));
    let key = lab.gpg_key(made, "ed25519", "cert", "never");
    lab.gpg(
        made,
        &["--quick-add-key", &key, "rsa2048", "sign", "2024-12-01"],
        b"",
    );
    let roots = lab.gpg_roots(&[&key]);
    let [commit, _] = lab.sign_with_git(now, &key);
    for (when, expected) in [(now, "valid"), (at("2025-01-01"), "expired")] {
        assert_eq!(lab.gpg_verdict(&commit, when), expected);
        assert_eq!(word(&commit.block, &roots, when), expected);
    }
    assert_eq!(
        judge(&commit.block, &roots, now).key(),
        Some(&KeyName(key)),
        "the primary key is the name"
    );
}

#[test]
fn a_key_is_expired_from_its_date_on_and_not_after_it_was_extended() {
    let lab = Lab::new();
    let made = at("2020-01-01");
    let key = lab.gpg_key(made, "ed25519", "sign", "2021-01-01");
    let [commit, tag] = lab.sign_with_git(at("2020-06-01"), &key);
    let roots = lab.gpg_roots(&[&key]);
    for (when, expected) in [
        ("2020-06-01", "valid"),
        ("2020-12-31", "valid"),
        ("2021-01-02", "expired"),
    ] {
        for signed in [&commit, &tag] {
            assert_eq!(lab.gpg_verdict(signed, at(when)), expected, "{when}");
            assert_eq!(word(&signed.block, &roots, at(when)), expected, "{when}");
        }
    }
    lab.gpg(
        at("2020-11-01"),
        &["--quick-set-expire", &key, "2023-01-01"],
        b"",
    );
    let extended = lab.gpg_roots(&[&key]);
    for (when, expected) in [("2021-01-02", "valid"), ("2023-06-01", "expired")] {
        assert_eq!(lab.gpg_verdict(&commit, at(when)), expected, "{when}");
        assert_eq!(word(&commit.block, &extended, at(when)), expected, "{when}");
    }
    assert_ne!(roots.digest(), extended.digest());
}

#[test]
fn a_signature_can_expire_by_itself() {
    let lab = Lab::new();
    let made = at("2024-01-01");
    let key = lab.gpg_key(made, "ed25519", "sign", "never");
    let payload = lab.payload(made);
    let armour = lab.gpg_sign(
        made,
        &key,
        &["--default-sig-expire", "2024-02-01"],
        &payload,
    );
    let commit = lab.commit_with(&payload, &armour);
    let roots = lab.gpg_roots(&[&key]);
    for (when, expected) in [("2024-01-15", "valid"), ("2024-03-01", "expired")] {
        assert_eq!(lab.gpg_verdict(&commit, at(when)), expected, "{when}");
        assert_eq!(word(&commit.block, &roots, at(when)), expected, "{when}");
    }
}

/// gpg has one answer for every revoked key; we keep what was accepted before
/// a soft revocation (its owner retired or replaced the key).
#[test]
fn a_hard_revocation_reaches_back_and_a_soft_one_does_not() {
    for (code, name, before) in [
        ("0", "no reason", "revoked"),
        ("1", "compromised", "revoked"),
        ("2", "replaced", "valid"),
        ("3", "retired", "valid"),
    ] {
        let lab = Lab::new();
        let key = lab.gpg_key(at("2024-01-01"), "ed25519", "sign", "never");
        let [commit, _] = lab.sign_with_git(at("2024-02-01"), &key);
        let args = [
            "--no-batch",
            "--command-fd",
            "0",
            "--status-fd",
            "2",
            "--yes",
            "--gen-revoke",
            &key,
        ];
        let certificate = lab.gpg(
            at("2024-03-01"),
            &args,
            format!("y\n{code}\n\ny\n").as_bytes(),
        );
        let before_revocation = lab.gpg_roots(&[&key]);
        let old_copy = lab.gpg_export(&key);
        lab.gpg(at("2024-03-01"), &["--import"], &certificate);
        let after = at("2024-04-01");
        let mut roots = lab.gpg_roots(&[&key]);
        assert_eq!(lab.gpg_verdict(&commit, after), "revoked", "{name}");
        assert_eq!(word(&commit.block, &roots, after), "revoked", "{name}");
        assert_eq!(
            word(&commit.block, &roots, at("2024-02-02")),
            before,
            "{name}"
        );
        // An old copy of the certificate does not undo the revocation.
        roots.add_openpgp(&alice(), &old_copy, "copy").unwrap();
        assert_eq!(word(&commit.block, &roots, after), "revoked", "{name}");
        assert_eq!(
            word(&commit.block, &before_revocation, after),
            "valid",
            "{name}"
        );
    }
}

#[test]
fn a_revoked_subkey_and_an_operators_revocation_count() {
    let lab = Lab::new();
    let made = at("2024-01-01");
    let key = lab.gpg_key(made, "ed25519", "cert", "never");
    lab.gpg(
        made,
        &["--quick-add-key", &key, "ed25519", "sign", "never"],
        b"",
    );
    let [commit, _] = lab.sign_with_git(at("2024-02-01"), &key);
    let mut roots = lab.gpg_roots(&[&key]);
    let now = at("2024-04-01");
    let trusted = roots.digest();
    roots.revoke(&KeyName(key.to_lowercase()), "laptop stolen");
    let state = judge(&commit.block, &roots, at("2024-02-01"));
    assert_eq!(reason(&state), "laptop stolen");
    assert_ne!(roots.digest(), trusted);
    let args = [
        "--no-batch",
        "--command-fd",
        "0",
        "--yes",
        "--edit-key",
        &key,
    ];
    lab.gpg(at("2024-03-01"), &args, b"key 1\nrevkey\ny\n0\n\ny\nsave\n");
    let revoked = lab.gpg_roots(&[&key]);
    assert_eq!(lab.gpg_verdict(&commit, now), "revoked");
    assert_eq!(word(&commit.block, &revoked, now), "revoked");
}

#[test]
fn trailing_blanks_and_text_mode_are_hashed_as_gpg_hashes_them() {
    let lab = Lab::new();
    let now = at("2024-06-01");
    let key = lab.gpg_key(at("2024-01-01"), "ed25519", "sign", "never");
    let roots = lab.gpg_roots(&[&key]);
    for message in ["A change", "A change\n", "A change \t \nand more  \n\n", ""] {
        let mut payload = lab.payload(now);
        payload.truncate(payload.len() - "A change\n".len());
        payload.extend_from_slice(message.as_bytes());
        for options in [&[][..], &["--textmode"]] {
            let armour = lab.gpg_sign(now, &key, options, &payload);
            let commit = lab.commit_with(&payload, &armour);
            assert_eq!(
                lab.gpg_verdict(&commit, now),
                "valid",
                "{message:?} {options:?}"
            );
            assert_eq!(
                word(&commit.block, &roots, now),
                "valid",
                "{message:?} {options:?}"
            );
        }
    }
}

#[test]
fn a_keyring_of_several_certificates_is_read_in_both_forms() {
    let lab = Lab::new();
    let made = at("2024-01-01");
    let keys = [
        lab.gpg_key(made, "ed25519", "sign", "never"),
        lab.gpg_key(made, "nistp256", "sign", "never"),
    ];
    let binary = lab.gpg(made, &["--export"], b"");
    let armoured = lab.gpg(made, &["--armor", "--export"], b"");
    let (mut one, mut two, mut three) = (
        TrustRoots::default(),
        TrustRoots::default(),
        TrustRoots::default(),
    );
    assert_eq!(
        one.add_openpgp(&alice(), &binary, "binary").unwrap().len(),
        2
    );
    assert_eq!(
        two.add_openpgp(&alice(), &armoured, "armoured")
            .unwrap()
            .len(),
        2
    );
    for key in keys.iter().rev() {
        three
            .add_openpgp(&alice(), &lab.gpg_export(key), "single")
            .unwrap();
    }
    assert_eq!(one.digest(), two.digest());
    assert_eq!(one.digest(), three.digest());
    assert_eq!(one.keys().count(), 2);
    let mut pinned = TrustRoots::default();
    pinned.pin(&alice(), &keys[0].to_lowercase());
    let error = pinned
        .add_openpgp(&alice(), &binary, "keys.asc")
        .unwrap_err();
    assert!(
        matches!(error.problem, Problem::NotPinned { .. }),
        "{error}"
    );
    assert!(pinned.is_empty(), "all or nothing");
    assert_eq!(
        pinned
            .add_openpgp(&alice(), &lab.gpg_export(&keys[0]), "keys.asc")
            .unwrap()
            .len(),
        1
    );
    let error = one
        .add_openpgp(&PrincipalId::new("bob"), &binary, "bob.asc")
        .unwrap_err();
    assert!(
        matches!(error.problem, Problem::SharedKey { .. }),
        "{error}"
    );
}

#[test]
fn what_is_no_certificate_is_refused_with_what_mends_it() {
    let lab = Lab::new();
    let made = at("2024-01-01");
    let key = lab.gpg_key(made, "ed25519", "sign", "never");
    let curve = lab.gpg_key(made, "secp256k1", "sign", "never");
    let certifier = lab.gpg_key(made, "ed25519", "cert", "never");
    let public = lab.gpg(made, &["--export", &key], b"");
    type Case = (Vec<u8>, fn(&Problem) -> bool);
    let cases: [Case; 7] = [
        (
            lab.gpg(made, &["--armor", "--export-secret-keys", &key], b""),
            |p| matches!(p, Problem::SecretKey),
        ),
        (lab.gpg(made, &["--export-secret-keys", &key], b""), |p| {
            matches!(p, Problem::SecretKey)
        }),
        (b"hello".to_vec(), |p| matches!(p, Problem::NoCertificate)),
        (Vec::new(), |p| matches!(p, Problem::NoCertificate)),
        (public[..public.len() - 3].to_vec(), |p| {
            matches!(p, Problem::Certificate(_))
        }),
        (
            lab.gpg_export(&curve),
            |p| matches!(p, Problem::CannotSign { why, .. } if why.contains("secp256k1")),
        ),
        (lab.gpg_export(&certifier), |p| {
            matches!(p, Problem::CannotSign { .. })
        }),
    ];
    for (bytes, expected) in cases {
        let mut roots = TrustRoots::default();
        let error = roots.add_openpgp(&alice(), &bytes, "keys.asc").unwrap_err();
        assert!(expected(&error.problem), "{error}");
        assert!(roots.is_empty());
    }
}

/// The certificate of RFC 9580, appendix A.3.
const V6_CERTIFICATE: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----

xioGY4d/4xsAAAAg+U2nu0jWCmHlZ3BqZYfQMxmZu52JGggkLq2EVD34laPCsQYf
GwoAAABCBYJjh3/jAwsJBwUVCg4IDAIWAAKbAwIeCSIhBssYbE8GCaaX5NUt+mxy
KwwfHifBilZwj2Ul7Ce62azJBScJAgcCAAAAAK0oIBA+LX0ifsDm185Ecds2v8lw
gyU2kCcUmKfvBXbAf6rhRYWzuQOwEn7E/aLwIwRaLsdry0+VcallHhSu4RN6HWaE
QsiPlR4zxP/TP7mhfVEe7XWPxtnMUMtf15OyA51YBM4qBmOHf+MZAAAAIIaTJINn
+eUBXbki+PSAld2nhJh/LVmFsS+60WyvXkQ1wpsGGBsKAAAALAWCY4d/4wKbDCIh
BssYbE8GCaaX5NUt+mxyKwwfHifBilZwj2Ul7Ce62azJAAAAAAQBIKbpGG2dWTX8
j+VjFM21J0hqWlEg+bdiojWnKfA5AQpWUWtnNwDEM0g12vYxoWM8Y81W+bHBw805
I8kWVkXU6vFOi+HWvv/ira7ofJu16NnoUkhclkUrk0mXubZvyl4GBg==
-----END PGP PUBLIC KEY BLOCK-----
";

/// The signature of RFC 9580, appendix A.6.
const V6_SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----

wpgGARsKAAAAKQWCY5ijYyIhBssYbE8GCaaX5NUt+mxyKwwfHifBilZwj2Ul7Ce6
2azJAAAAAGk2IHZJX1AhiJD39eLuPBgiUU9wUA9VHYblySHkBONKU/usJ9BvuAqo
/FvLFuGWMbKAdA+epq7V4HOtAPlBWmU8QOd6aud+aSunHQaaEJ+iTFjP2OMW0KBr
NK2ay45cX1IVAQ==
-----END PGP SIGNATURE-----
";

#[test]
fn version_6_is_judged_as_its_specification_says() {
    let mut roots = TrustRoots::default();
    let keys = roots
        .add_openpgp(&alice(), V6_CERTIFICATE.as_bytes(), "RFC 9580")
        .unwrap();
    let block = SignatureBlock {
        kind: Some(SignatureKind::OpenPgp),
        armour: V6_SIGNATURE.into(),
        payload: b"What we need from the grocery store:\n\n- tofu\n- vegetables\n- noodles\n"
            .to_vec(),
    };
    let state = judge(&block, &roots, at("2024-06-01"));
    assert_eq!(
        state,
        SignatureState::Valid {
            principal: alice(),
            key: keys[0].clone()
        }
    );
    assert_eq!(
        keys[0].0,
        "CB186C4F0609A697E4D52DFA6C722B0C1F1E27C18A56708F6525EC27BAD9ACC9"
    );
    assert_eq!(word(&tampered(&block), &roots, at("2024-06-01")), "bad");
    let packet = body(&block.armour);
    for index in 0..packet.len() {
        let mut changed = packet.clone();
        changed[index] ^= 1;
        let block = SignatureBlock {
            armour: armour(&changed),
            ..block.clone()
        };
        assert_ne!(
            word(&block, &roots, at("2024-06-01")),
            "valid",
            "byte {index}"
        );
    }
}

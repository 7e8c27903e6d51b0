use jiff::Timestamp;
use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, LineEnding, PrivateKey};

use super::{SignedPush, evidence};
use crate::model::authentication::{Authentication, Credential, Evidence, Method};
use crate::model::oid::ObjectId;
use crate::model::principal::PrincipalId;
use crate::model::refs::{RefName, RefUpdate};
use crate::sign::TrustRoots;

const NONCE: &str = "1760000000-d3a1b2c3";

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]))
}

fn payload() -> String {
    let (zero, one) = ("0".repeat(40), "1".repeat(40));
    format!(
        "certificate version 0.1\npusher alice <alice@example.org> 1760000000 +0000\n\
         pushee ssh://git.example.org/project\nnonce {NONCE}\npush-option ci.skip\n\n\
         {zero} {one} refs/heads/main\n{one} {zero} refs/heads/side\n"
    )
}

fn signed(payload: &str, key: &PrivateKey) -> Vec<u8> {
    let signature = key.sign("git", HashAlg::Sha512, payload.as_bytes());
    let armour = signature.and_then(|it| it.to_pem(LineEnding::LF));
    (payload.to_owned() + &armour.expect("signs")).into_bytes()
}

/// The updates of [`payload`], in another order.
fn updates() -> Vec<RefUpdate> {
    let one = Some(ObjectId::parse("1".repeat(40)).expect("an id"));
    let name = |name| RefName::new(name).expect("lawful");
    vec![
        RefUpdate {
            name: name("refs/heads/side"),
            old: one,
            new: None,
        },
        RefUpdate {
            name: name("refs/heads/main"),
            old: None,
            new: one,
        },
    ]
}

fn push<'a>(blob: &'a [u8], updates: &'a [RefUpdate]) -> SignedPush<'a> {
    SignedPush {
        blob,
        nonce: Some(NONCE),
        nonce_status: Some("OK"),
        updates,
    }
}

/// What is read of a certificate; alice's key is listed.
fn judged(push: SignedPush<'_>) -> Evidence {
    let mut roots = TrustRoots::default();
    let line = key(1).public_key().to_openssh().expect("a line");
    let alice = PrincipalId::new("alice");
    roots.add_ssh_key(&alice, &line, "a test").expect("a key");
    evidence(&push, &roots, Timestamp::UNIX_EPOCH)
}

fn read(blob: &[u8]) -> Evidence {
    judged(push(blob, &updates()))
}

#[test]
fn a_listed_key_signs() {
    let found = read(&signed(&payload(), &key(1)));
    let fingerprint = key(1).fingerprint(HashAlg::Sha256).to_string();
    let credential = Some(Credential::SigningKey { fingerprint });
    let expected = Authentication::with(Method::PushCertificate, credential);
    assert_eq!(found.could_be.first(), Some(&expected), "{}", found.says);
    // git leaves these out if there are none.
    let fewer = payload().replace("push-option ci.skip\n", "");
    let fewer = fewer.replace("pushee ssh://git.example.org/project\n", "");
    assert_eq!(read(&signed(&fewer, &key(1))).could_be.len(), 1);
}

#[test]
fn a_key_that_is_not_listed_counts_for_nothing() {
    let found = read(&signed(&payload(), &key(2)));
    assert!(found.could_be.is_empty());
    assert!(found.says.contains("not trusted by the policy"));
}

#[test]
fn a_nonce_must_be_fresh_and_gits_own() {
    let (blob, updates) = (signed(&payload(), &key(1)), updates());
    for status in [
        Some("SLOP"),
        Some("BAD"),
        Some("MISSING"),
        Some("UNSOLICITED"),
        Some("ok"),
        None,
    ] {
        let found = judged(SignedPush {
            nonce_status: status,
            ..push(&blob, &updates)
        });
        assert!(found.could_be.is_empty(), "{status:?}");
    }
    for nonce in [Some("another"), None] {
        let found = judged(SignedPush {
            nonce,
            ..push(&blob, &updates)
        });
        assert!(found.could_be.is_empty(), "{nonce:?}");
    }
}

#[test]
fn it_holds_for_these_ref_updates_and_no_others() {
    let blob = signed(&payload(), &key(1));
    let all = updates();
    let mut other = updates();
    other[1].name = RefName::new("refs/heads/release").expect("lawful");
    let mut moved = updates();
    moved[0].new = moved[0].old;
    let twice = [all.clone(), all.clone()].concat();
    for updates in [&all[..1], &other, &moved, &twice, &[]] {
        let found = judged(push(&blob, updates));
        assert!(found.says.contains("other ref updates"), "{updates:?}");
    }
}

#[test]
fn one_form_is_read_and_no_other() {
    for (from, to) in [
        ("version 0.1", "version 0.2"),
        ("certificate", " certificate"),
        ("pusher ", "Pusher "),
        ("nonce ", "nonse "),
        ("nonce 1760000000-d3a1b2c3", "nonce "),
        ("pushee ", "push-option x\npushee "),
        ("push-option ci.skip\n\n", "push-option ci.skip\nmore\n\n"),
        ("ci.skip\n\n", "ci.skip\n"),
        ("refs/heads/side\n", "refs/heads/side\n\n"),
        ("refs/heads/side\n", "refs/heads/main\n"),
        ("refs/heads/side", "side"),
        (" refs/heads/side", "\trefs/heads/side"),
    ] {
        let odd = payload().replacen(from, to, 1);
        assert_ne!(odd, payload());
        let found = read(&signed(&odd, &key(1)));
        assert!(found.could_be.is_empty(), "{to:?}");
        assert!(!found.says.contains('\n'));
    }
    let good = signed(&payload(), &key(1));
    let trailed = [&good[..], b"more\n"].concat();
    let tampered = bstr::ByteSlice::replace(&good[..], "ci.skip", "ci.sklp");
    let unsigned = payload().into_bytes();
    for blob in [&trailed, &tampered, &unsigned, &Vec::new()] {
        assert!(read(blob).could_be.is_empty());
    }
}

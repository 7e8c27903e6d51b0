//! What is changed is never valid, and nothing makes the verifier panic.

use std::sync::LazyLock;

use forgewarden::model::object::SignatureBlock;
use forgewarden::model::signature::SignatureKind;
use forgewarden::sign::{self, TrustRoots};
use proptest::prelude::*;

use super::attacks::{armour, body};
use super::lab::{Lab, alice, at, word};

/// Good signatures of several kinds, and the roots that they are good for.
static GOOD: LazyLock<(Vec<SignatureBlock>, TrustRoots)> = LazyLock::new(|| {
    let lab = Lab::new();
    let mut keys = Vec::new();
    for algorithm in ["rsa2048", "ed25519", "nistp256"] {
        keys.push(lab.gpg_key(at("2024-01-01"), algorithm, "sign", "never"));
    }
    let mut roots = lab.gpg_roots(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    for algorithm in ["rsa", "ed25519", "ecdsa"] {
        let (path, line) = lab.ssh_key(algorithm, &["-t", algorithm]);
        roots.add_ssh_key(&alice(), &line, "policy").unwrap();
        keys.push(path);
    }
    let blocks = keys.iter().map(|key| {
        let [commit, _] = lab.sign_with_git(at("2024-06-01"), key);
        assert_eq!(word(&commit.block, &roots, at("2024-06-01")), "valid");
        commit.block
    });
    (blocks.collect(), roots)
});

fn valid(block: &SignatureBlock) -> bool {
    word(block, &GOOD.1, at("2024-06-01")) == "valid"
}

#[test]
fn no_bit_of_payload_or_armour_can_be_flipped() {
    for block in &GOOD.0 {
        for bit in 0..8 {
            for index in 0..block.payload.len() {
                let mut changed = block.clone();
                changed.payload[index] ^= 1 << bit;
                assert!(!valid(&changed), "payload byte {index}");
            }
            for index in 0..block.armour.len() - 1 {
                let mut changed = block.clone();
                changed.armour[index] ^= 1 << bit;
                assert!(!valid(&changed), "armour byte {index} of {:?}", block.kind);
            }
        }
    }
}

#[test]
fn no_bit_of_an_openpgp_packet_can_be_flipped_without_a_checksum_either() {
    for block in GOOD
        .0
        .iter()
        .filter(|block| block.kind == Some(SignatureKind::OpenPgp))
    {
        let packet = body(&block.armour);
        assert!(valid(&SignatureBlock {
            armour: armour(&packet),
            ..block.clone()
        }));
        for index in 0..packet.len() {
            for bit in 0..8 {
                let mut changed = packet.clone();
                changed[index] ^= 1 << bit;
                let block = SignatureBlock {
                    armour: armour(&changed),
                    ..block.clone()
                };
                assert!(!valid(&block), "packet byte {index}");
            }
        }
    }
}

fn edits() -> impl Strategy<Value = Vec<(u8, prop::sample::Index, u8)>> {
    proptest::collection::vec((0..4_u8, any::<prop::sample::Index>(), any::<u8>()), 1..4)
}

fn edit(bytes: &mut Vec<u8>, edits: &[(u8, prop::sample::Index, u8)]) {
    for (kind, index, byte) in edits {
        if bytes.is_empty() {
            return;
        }
        let index = index.index(bytes.len());
        match kind {
            0 => bytes[index] = *byte,
            1 => bytes.insert(index, *byte),
            2 => drop(bytes.remove(index)),
            _ => bytes.truncate(index),
        }
    }
}

fn unbroken(armour: &[u8]) -> Vec<u8> {
    let bytes = armour.iter().copied();
    bytes.filter(|byte| *byte != b'\n').collect()
}

/// A body of two lines is as lawful in one.
#[test]
fn only_the_breaks_of_an_armour_may_change() {
    for block in &GOOD.0 {
        for index in 0..block.armour.len() {
            let mut changed = block.clone();
            let removed = changed.armour.remove(index);
            assert!(
                removed == b'\n' || !valid(&changed),
                "armour byte {index} of {:?}",
                block.kind
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn edited_payloads_and_armours_are_never_valid(which in any::<prop::sample::Index>(), of_payload in any::<bool>(), edits in edits()) {
        let original = which.get(&GOOD.0);
        let mut block = original.clone();
        edit(if of_payload { &mut block.payload } else { &mut block.armour }, &edits);
        // Where base64 lines break is not signed, and real signatures differ in it.
        let same = block.payload == original.payload && unbroken(&block.armour) == unbroken(&original.armour);
        prop_assert!(same || !valid(&block));
    }

    #[test]
    fn any_bytes_are_judged_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), framed in any::<bool>(), kind in 0..4_u8) {
        use base64::Engine as _;
        let (kind, label) = match kind {
            0 => (Some(SignatureKind::OpenPgp), "PGP"),
            1 => (Some(SignatureKind::Ssh), "SSH"),
            2 => (Some(SignatureKind::X509), "X"),
            _ => (None, "X"),
        };
        let text = base64::engine::general_purpose::STANDARD.encode(&bytes);
        let blank = if label == "PGP" { "\n" } else { "" };
        let framed = framed.then(|| format!("-----BEGIN {label} SIGNATURE-----\n{blank}{text}\n-----END {label} SIGNATURE-----\n").into_bytes());
        let block = SignatureBlock { kind, armour: framed.unwrap_or(bytes), payload: Vec::new() };
        prop_assert!(!valid(&block));
        let _ = sign::claimed_key(&block);
    }

    #[test]
    fn a_damaged_packet_is_judged_without_a_panic(which in 0..3_usize, edits in edits()) {
        let original = &GOOD.0[which];
        let mut packet = body(&original.armour);
        let before = packet.clone();
        edit(&mut packet, &edits);
        let block = SignatureBlock { armour: armour(&packet), ..original.clone() };
        // The packet's header has an old and a new form.
        prop_assert!(packet[packet.len().min(2)..] == before[2..] || !valid(&block));
    }
}

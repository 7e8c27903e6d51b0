//! Attacks on signatures that work elsewhere, each against git and against us.
//!
//! Where the two differ, we are stricter on purpose:
//!
//! | case | git | here |
//! |---|---|---|
//! | key outside its dates, backdated commit | valid | expired |
//! | a stranger's key with a known e-mail | valid | unknown key |
//! | text, headers or a proof after or in the armour | valid | malformed |
//! | unsigned subpackets beyond the issuer | valid | malformed |
//! | SHA-1, DSA, RSA under 2048 bits | valid | untrusted |
//! | text mode over carriage returns | valid | malformed |
//! | claimed to be made after it was seen | valid | untrusted |
//! | a wrong digest prefix since 2021-05 | valid | bad |
//! | SHA-1 self-signature of 2019-01-19 or later | valid | refused as a root |
//! | SSH certificate, X.509, a key on secp256k1 | valid | unverifiable, or refused as a root |
//! | SSH armour with ragged lines | valid | malformed |
//! | security key without a touch | valid | untrusted |

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forgewarden::model::signature::{KeyName, SignatureKind, SignatureState};
use forgewarden::sign::{self, Problem, TrustRoots};
use pgp::composed::{Deserializable as _, SignedPublicKey};
use pgp::packet::SubpacketData;
use pgp::ser::Serialize as _;

use super::lab::{Lab, Signed, alice, at, judge, reason, word};

/// The bytes in an armour.
pub fn body(armour: &[u8]) -> Vec<u8> {
    let text = str::from_utf8(armour).unwrap();
    let lines = text.split("\n\n").nth(1).unwrap().lines();
    STANDARD
        .decode(
            lines
                .take_while(|line| !line.starts_with(['=', '-']))
                .collect::<String>(),
        )
        .unwrap()
}

/// An armour without a checksum.
pub fn armour(body: &[u8]) -> Vec<u8> {
    format!(
        "-----BEGIN PGP SIGNATURE-----\n\n{}\n-----END PGP SIGNATURE-----\n",
        STANDARD.encode(body)
    )
    .into_bytes()
}

struct Scene {
    lab: Lab,
    key: String,
    roots: TrustRoots,
    commit: Signed,
}

/// Alice's key, and a commit that she signed on 2024-06-01.
fn scene() -> Scene {
    let lab = Lab::new();
    let key = lab.gpg_key(at("2024-01-01"), "ed25519", "sign", "never");
    let [commit, _] = lab.sign_with_git(at("2024-06-01"), &key);
    let roots = lab.gpg_roots(&[&key]);
    Scene {
        lab,
        key,
        roots,
        commit,
    }
}

/// peers.md 14
#[test]
fn a_backdated_commit_does_not_revive_an_expired_key() {
    let lab = Lab::new();
    let (path, line) = lab.ssh_key("key", &["-t", "ed25519"]);
    let [commit, _] = lab.sign_with_git(at("2023-06-01"), &path);
    let file = format!("alice@example.com valid-before=\"20240101\" {line}\n");
    assert!(lab.git_verifies(&commit, &file));
    let mut roots = TrustRoots::default();
    roots
        .add_allowed_signers(file.as_bytes(), "allowed", &|_| alice())
        .unwrap();
    let state = judge(&commit.block, &roots, at("2024-06-01"));
    assert_eq!(state.word(), "expired");
    assert_eq!(
        reason(&state),
        "the key was valid before 2024-01-01T00:00:00Z"
    );
}

/// peers.md 16
#[test]
fn a_key_that_claims_a_known_address_proves_nothing() {
    let scene = scene();
    let now = at("2024-06-01");
    // The user id says alice, like that of the trusted key.
    let mallory = scene
        .lab
        .gpg_key(at("2024-01-01"), "nistp256", "sign", "never");
    let [commit, tag] = scene.lab.sign_with_git(now, &mallory);
    for signed in [commit, tag] {
        assert_eq!(scene.lab.gpg_verdict(&signed, now), "valid");
        let state = judge(&signed.block, &scene.roots, now);
        assert_eq!(
            state,
            SignatureState::UnknownKey {
                key: Some(KeyName(mallory.clone()))
            }
        );
    }
}

/// peers.md 19
#[test]
fn two_signatures_in_one_armour_are_malformed() {
    let scene = scene();
    let now = at("2024-06-01");
    let payload = &scene.commit.block.payload;
    let mallory = scene
        .lab
        .gpg_key(at("2024-01-01"), "nistp256", "sign", "never");
    let first = body(&scene.commit.block.armour);
    let second = body(&scene.lab.gpg_sign(now, &mallory, &[], payload));
    for both in [
        [first.clone(), second.clone()],
        [second, first.clone()],
        [first.clone(), first],
    ] {
        let commit = scene.lab.commit_with(payload, &armour(&both.concat()));
        assert_ne!(scene.lab.gpg_verdict(&commit, now), "unknown-key");
        assert_eq!(
            reason(&judge(&commit.block, &scene.roots, now)),
            "the armour holds more than one packet"
        );
    }
}

/// peers.md 20
#[test]
fn nothing_can_be_added_to_an_armour() {
    let scene = scene();
    let now = at("2024-06-01");
    let text = String::from_utf8(scene.commit.block.armour.clone()).unwrap();
    for (what, changed) in [
        ("text after it", format!("{text}\nmore")),
        ("a second armour after it", format!("{text}{text}")),
        (
            "a time stamp proof after it",
            format!(
                "{text}-----BEGIN OPENTIMESTAMPS GIT TIMESTAMP-----\n\nAAAA\n-----END OPENTIMESTAMPS GIT TIMESTAMP-----"
            ),
        ),
        (
            "an unknown header",
            text.replacen("\n\n", "\nFree: text\n\n", 1),
        ),
        (
            "blanks at a line's end",
            text.replacen("\n-----END", "  \n-----END", 1),
        ),
        ("a blank line in it", text.replacen("\n=", "\n\n=", 1)),
    ] {
        let commit = scene
            .lab
            .commit_with(&scene.commit.block.payload, changed.as_bytes());
        assert_ne!(commit.id, scene.commit.id);
        let theirs = scene.lab.gpg_verdict(&commit, now);
        assert!(
            ["valid", "malformed", "unverifiable"].contains(&theirs),
            "{what}: {theirs}"
        );
        assert_eq!(
            word(&commit.block, &scene.roots, now),
            "malformed",
            "{what}"
        );
    }
    let mut github = scene.commit.block.clone();
    github.armour.push(b'\n');
    assert_eq!(
        word(&github, &scene.roots, now),
        "valid",
        "GitHub's blank line"
    );
    let unsigned = with_unhashed(&body(&scene.commit.block.armour), &[0x05, 0x14, 1, 2, 3, 4]);
    let commit = scene
        .lab
        .commit_with(&scene.commit.block.payload, &armour(&unsigned));
    assert_eq!(word(&commit.block, &scene.roots, now), "malformed");
}

/// Puts a subpacket into the part that is not signed.
fn with_unhashed(packet: &[u8], subpacket: &[u8]) -> Vec<u8> {
    let mut packet = packet.to_vec();
    assert_eq!(packet[0], 0x88);
    let hashed = usize::from(u16::from_be_bytes([packet[6], packet[7]]));
    let at = 8 + hashed;
    let added = u8::try_from(subpacket.len()).unwrap();
    packet[1] += added;
    packet[at + 1] += added;
    packet.splice(at + 2..at + 2, subpacket.iter().copied());
    packet
}

/// peers.md 23
#[test]
fn an_ssh_signature_for_another_purpose_is_not_one_for_git() {
    let lab = Lab::new();
    let (path, line) = lab.ssh_key("key", &["-t", "ed25519"]);
    let payload = lab.payload(at("2024-06-01"));
    let commit = lab.commit_with(&payload, &lab.ssh_sign(&path, &["-n", "file"], &payload));
    let mut roots = TrustRoots::default();
    roots.add_ssh_key(&alice(), &line, "policy").unwrap();
    assert!(!lab.git_verifies(&commit, &format!("alice@example.com {line}\n")));
    let state = judge(&commit.block, &roots, at("2024-06-01"));
    assert_eq!(
        reason(&state),
        "it is made for the namespace `file`, not for `git`"
    );
}

/// peers.md 24
#[test]
fn a_subkey_that_did_not_agree_to_its_certificate_signs_nothing() {
    let lab = Lab::new();
    let (made, now) = (at("2024-01-01"), at("2024-06-01"));
    let key = lab.gpg_key(made, "ed25519", "cert", "never");
    lab.gpg(
        made,
        &["--quick-add-key", &key, "ed25519", "sign", "never"],
        b"",
    );
    let [commit, _] = lab.sign_with_git(now, &key);
    let exported = lab.gpg(made, &["--export", &key], b"");
    let mut stripped = SignedPublicKey::from_bytes(&exported[..]).unwrap();
    let binding = &mut stripped.public_subkeys[0].signatures[0];
    let back = binding
        .config()
        .unwrap()
        .unhashed_subpackets()
        .position(|part| matches!(part.data, SubpacketData::EmbeddedSignature(_)));
    binding.unhashed_subpacket_remove(back.unwrap()).unwrap();
    let error = TrustRoots::default()
        .add_openpgp(&alice(), &stripped.to_bytes().unwrap(), "keys")
        .unwrap_err();
    assert!(
        error.to_string().contains("the subkey never agreed"),
        "{error}"
    );
    let other = Lab::new();
    other.gpg(made, &["--import"], &stripped.to_bytes().unwrap());
    let commit = other.commit_with(&commit.block.payload, &commit.block.armour);
    assert_ne!(other.gpg_verdict(&commit, now), "valid");
    // The same with a primary key that can sign, so that the certificate is taken.
    let key = lab.gpg_key(made, "nistp256", "sign", "never");
    lab.gpg(
        made,
        &["--quick-add-key", &key, "ed25519", "sign", "never"],
        b"",
    );
    let [commit, _] = lab.sign_with_git(now, &key);
    let mut stripped =
        SignedPublicKey::from_bytes(&lab.gpg(made, &["--export", &key], b"")[..]).unwrap();
    stripped.public_subkeys[0].signatures[0]
        .unhashed_subpacket_remove(back.unwrap())
        .unwrap();
    let mut roots = TrustRoots::default();
    roots
        .add_openpgp(&alice(), &stripped.to_bytes().unwrap(), "keys")
        .unwrap();
    assert_eq!(word(&commit.block, &roots, now), "untrusted");
}

/// peers.md 24
#[test]
fn weak_hashes_and_keys_are_not_trusted_though_gpg_takes_them() {
    let lab = Lab::new();
    let now = at("2024-06-01");
    for (algorithm, options, expected) in [
        (
            "rsa2048",
            &["--digest-algo", "SHA1"][..],
            "it is made over SHA1, which can be forged",
        ),
        (
            "rsa1024",
            &[],
            "it is an RSA key of 1024 bits, and 2048 is the least",
        ),
        ("dsa2048", &[], "it is a DSA key"),
    ] {
        let key = lab.gpg_key(at("2024-01-01"), algorithm, "sign", "never");
        let payload = lab.payload(now);
        let commit = lab.commit_with(&payload, &lab.gpg_sign(now, &key, options, &payload));
        assert_eq!(lab.gpg_verdict(&commit, now), "valid", "{algorithm}");
        let state = judge(&commit.block, &lab.gpg_roots(&[&key]), now);
        assert_eq!(state.word(), "untrusted");
        assert_eq!(reason(&state), expected);
    }
}

/// speed.md, hazards 1 to 3: what GitHub's web-flow keys really make.
#[test]
fn githubs_own_forms_are_read_as_gpg_reads_them() {
    let lab = Lab::new();
    let (then, now) = (at("2019-06-01"), at("2024-06-01"));
    let key = lab.gpg_key(at("2018-01-01"), "rsa2048", "sign", "never");
    let roots = lab.gpg_roots(&[&key]);
    let mut seen = 0;
    for (time, count) in [(then, 0..8_u8), (now, 0..8)] {
        for salt in count {
            let mut payload = lab.payload(time);
            payload.extend_from_slice(format!("{salt}\n").as_bytes());
            let packet = body(&lab.gpg_sign(time, &key, &[], &payload));
            // The last 256 bytes are the integer, before them its bits and the prefix.
            let bits = packet.len() - 258;
            let short = packet[bits..bits + 2] != [0x08, 0x00];
            if packet.len() != body_length(&packet) || !short {
                continue;
            }
            seen += 1;
            let verdicts = |packet: &[u8]| {
                let commit = lab.commit_with(&payload, &armour(packet));
                (
                    lab.gpg_verdict(&commit, now),
                    word(&commit.block, &roots, now),
                )
            };
            let mut fixed = packet.clone();
            fixed[bits..bits + 2].copy_from_slice(&[0x08, 0x00]);
            assert_eq!(
                verdicts(&fixed),
                ("valid", "valid"),
                "an integer of fixed length"
            );
            let mut prefix = packet.clone();
            prefix[bits - 1] ^= 0xff;
            // Stricter than gpg on purpose since GitHub does it right.
            let expected = if time == then { "valid" } else { "bad" };
            assert_eq!(
                verdicts(&prefix),
                ("valid", expected),
                "a wrong digest prefix"
            );
            let mut long = packet.clone();
            long.splice(bits..bits + 2, [0x08, 0x08, 0x00]);
            let length = u16::from_be_bytes([long[1], long[2]]) + 1;
            long[1..3].copy_from_slice(&length.to_be_bytes());
            assert_eq!(verdicts(&long).1, "bad", "more zeros than the key is long");
            let nameless = without_unhashed(&packet);
            assert_eq!(
                word(
                    &lab.commit_with(&payload, &armour(&nameless)).block,
                    &roots,
                    now
                ),
                "valid",
                "fingerprint only"
            );
        }
    }
    assert!(seen > 0, "no signature began with a zero bit");
}

fn body_length(packet: &[u8]) -> usize {
    assert_eq!(packet[0], 0x89);
    3 + usize::from(u16::from_be_bytes([packet[1], packet[2]]))
}

/// Empties the part that is not signed: gpg puts the key id there.
fn without_unhashed(packet: &[u8]) -> Vec<u8> {
    let mut packet = packet.to_vec();
    let at = 9 + usize::from(u16::from_be_bytes([packet[7], packet[8]]));
    let length = usize::from(u16::from_be_bytes([packet[at], packet[at + 1]]));
    packet.drain(at + 2..at + 2 + length);
    packet[at..at + 2].copy_from_slice(&[0, 0]);
    let total = u16::try_from(packet.len() - 3).unwrap();
    packet[1..3].copy_from_slice(&total.to_be_bytes());
    packet
}

/// peers.md 24
#[test]
fn sha1_self_signatures_count_only_from_before_2019() {
    let lab = Lab::new();
    lab.set_options("--cert-digest-algo SHA1");
    let old = lab.gpg_key(at("2018-01-01"), "rsa2048", "sign", "never");
    let new = lab.gpg_key(at("2020-01-01"), "rsa2048", "sign", "20y");
    assert_eq!(lab.gpg_roots(&[&old]).keys().count(), 1);
    let error = TrustRoots::default()
        .add_openpgp(&alice(), &lab.gpg_export(&new), "keys")
        .unwrap_err();
    assert!(
        matches!(&error.problem, Problem::CannotSign { why, .. } if why.contains("SHA1")),
        "{error}"
    );
}

#[test]
fn a_signature_from_the_future_or_from_before_its_key_is_not_trusted() {
    let scene = scene();
    let state = judge(&scene.commit.block, &scene.roots, at("2024-05-01"));
    assert!(
        reason(&state).contains("after it was first seen"),
        "{state:?}"
    );
    let payload = scene.lab.payload(at("2024-06-01"));
    let armour = scene.lab.gpg_sign(
        at("2023-06-01"),
        &scene.key,
        &["--ignore-time-conflict"],
        &payload,
    );
    let commit = scene.lab.commit_with(&payload, &armour);
    assert_ne!(scene.lab.gpg_verdict(&commit, at("2024-06-01")), "valid");
    let state = judge(&commit.block, &scene.roots, at("2024-06-01"));
    assert!(reason(&state).contains("before its key"), "{state:?}");
}

#[test]
fn a_critical_notation_and_a_signature_of_another_type_are_not_judged() {
    let scene = scene();
    let now = at("2024-06-01");
    let payload = scene.lab.payload(now);
    let options = ["--sig-notation", "!rule@example.com=only on mondays"];
    let commit = scene.lab.commit_with(
        &payload,
        &scene.lab.gpg_sign(now, &scene.key, &options, &payload),
    );
    assert_ne!(scene.lab.gpg_verdict(&commit, now), "valid");
    assert_eq!(word(&commit.block, &scene.roots, now), "unverifiable");
    let options = ["--sig-notation", "note@example.com=hello"];
    let commit = scene.lab.commit_with(
        &payload,
        &scene.lab.gpg_sign(now, &scene.key, &options, &payload),
    );
    assert_eq!(scene.lab.gpg_verdict(&commit, now), "valid");
    assert_eq!(word(&commit.block, &scene.roots, now), "valid");
    let mut certification = body(&scene.commit.block.armour);
    certification[3] = 0x10;
    let commit = scene.lab.commit_with(&payload, &armour(&certification));
    assert_eq!(word(&commit.block, &scene.roots, now), "malformed");
}

#[test]
fn text_mode_over_carriage_returns_is_malformed() {
    let scene = scene();
    let now = at("2024-06-01");
    let plain = scene.lab.payload(now);
    let armour = scene.lab.gpg_sign(now, &scene.key, &["--textmode"], &plain);
    let returned = String::from_utf8(plain)
        .unwrap()
        .replace("A change\n", "A change\r\n");
    let commit = scene.lab.commit_with(returned.as_bytes(), &armour);
    assert_eq!(
        scene.lab.gpg_verdict(&commit, now),
        "valid",
        "another object, the same signature"
    );
    assert_eq!(word(&commit.block, &scene.roots, now), "malformed");
}

#[test]
fn other_formats_are_never_unsigned_and_never_valid() {
    let scene = scene();
    let now = at("2024-06-01");
    let mut block = scene.commit.block.clone();
    for (kind, expected) in [
        (Some(SignatureKind::Ssh), "malformed"),
        (Some(SignatureKind::X509), "unverifiable"),
        (None, "malformed"),
    ] {
        block.kind = kind;
        assert_eq!(word(&block, &scene.roots, now), expected);
    }
    let nothing = sign::verify(None, &scene.roots, now);
    assert_eq!(
        (nothing.kind, nothing.state),
        (None, SignatureState::Unsigned)
    );
}

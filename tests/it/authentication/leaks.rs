//! The search for secrets, tried: it finds what it should, and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use crate::support::secrets::{Secret, assert_nowhere, form_in, hex};

fn url_encoded(text: &str) -> String {
    let letter = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(letter).collect()
}

#[test]
fn a_secret_is_found_in_every_form() {
    let secret = Secret::new();
    let plain = secret.reveal();
    for user in ["", "a:", "al:", "ali:", "alice:"] {
        let text = format!("{user}{plain}");
        let mime: Vec<_> = STANDARD.encode(text.as_bytes()).into_bytes();
        let mime = mime.chunks(10).collect::<Vec<_>>().join(&b"\r\n"[..]);
        let forms: [(Vec<u8>, &str); 7] = [
            (text.clone().into_bytes(), "as it is"),
            (STANDARD.encode(text.as_bytes()).into_bytes(), "in base64"),
            (URL_SAFE.encode(text.as_bytes()).into_bytes(), "in base64"),
            (mime, "in base64"),
            (hex(text.as_bytes()).into_bytes(), "in hexadecimal"),
            (
                hex(text.as_bytes()).to_uppercase().into_bytes(),
                "in hexadecimal",
            ),
            (url_encoded(&text[..text.len() / 2]).into_bytes(), ""),
        ];
        for (bytes, expected) in forms {
            let hidden = [b"\0before ", &bytes[..], b" after\xff"].concat();
            let found = form_in(&secret, &hidden);
            assert!(
                found.is_some_and(|form| expected.is_empty() || form == expected),
                "{user}: {found:?} instead of {expected}"
            );
        }
    }
    let encoded = url_encoded("+/+/+/+/+/+/+/");
    let odd = Secret::known("+/+/+/+/+/+/+/");
    assert_eq!(form_in(&odd, encoded.as_bytes()), Some("URL-encoded"));
}

#[test]
fn a_shortened_secret_is_found_and_another_is_not() {
    let (secret, other) = (Secret::new(), Secret::new());
    let short = &secret.reveal()[..12];
    assert_eq!(form_in(&secret, short.as_bytes()), Some("as it is"));
    assert_eq!(form_in(&other, secret.reveal().as_bytes()), None);
}

#[test]
fn a_leak_in_a_file_or_its_name_fails_the_story() {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = Secret::known("0123456789abcdef");
    let search = || {
        let searched = || assert_nowhere(&[&secret], &[folder.path()], &[("it", b"fine")]);
        std::panic::catch_unwind(searched).is_err()
    };
    std::fs::create_dir(folder.path().join("deep")).expect("a folder");
    assert!(!search());
    let log = folder.path().join("deep/log");
    std::fs::write(&log, STANDARD.encode(b"alice:0123456789abcdef")).expect("a file");
    assert!(search());
    std::fs::rename(&log, folder.path().join("deep/0123456789abcdef")).expect("rename");
    assert!(search());
    std::fs::remove_dir_all(folder.path().join("deep")).expect("remove");
    assert!(!search());
}

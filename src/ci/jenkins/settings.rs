//! Variables whose values say something by themselves.

use crate::model::build::{Item, Literal, Privilege, Spot, What};

/// Parts of names of what holds a secret.
const SECRET_WORDS: &[&str] = &[
    "password",
    "passwd",
    "secret",
    "token",
    "apikey",
    "privatekey",
    "credential",
    "passphrase",
];
/// Shortest value that is taken for a secret, in bytes.
const MIN_SECRET: usize = 4;

/// Whether a name says that its value is a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let name = name.to_ascii_lowercase();
    let harmless = [
        "credentialsid",
        "credentialid",
        "tokenname",
        "secretname",
        "tokenurl",
        "passwordfile",
        "tokenfile",
        "secretid",
    ];
    SECRET_WORDS.iter().any(|word| name.contains(word))
        && !harmless.iter().any(|end| name.ends_with(end))
}

/// Whether a value may be a secret, and is none of what refers to one.
pub(super) fn is_secret_value(value: &str) -> bool {
    let value = value.trim();
    let refers = value.starts_with('$') || value.starts_with("{AQAAAB") || value.starts_with('%');
    let word = matches!(
        value.to_ascii_lowercase().as_str(),
        "true" | "false" | "none" | "null"
    );
    value.len() >= MIN_SECRET
        && !refers
        && !word
        && !value.contains(char::is_whitespace)
        && !value.starts_with('/')
}

/// What a variable with this value says.
pub(super) fn variable(name: &str, value: &str, slot: &str, spot: Spot) -> Option<Item> {
    let what = if name == "DOCKER_HOST" && value.starts_with("tcp://") && !value.ends_with(":2376")
    {
        What::Privilege(Privilege::OpenEngineApi(value.to_owned()))
    } else if is_secret_name(name) && is_secret_value(value) && !value.contains("://") {
        What::Literal(Literal {
            name: name.to_owned(),
        })
    } else {
        return None;
    };
    Some(Item::of(slot, spot, what))
}

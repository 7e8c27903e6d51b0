//! The formats of text in a policy file, by the name that the schema gives
//! them. One function each; it says what is wrong in a clause that follows
//! the text ("… is not a day").

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::environment;
use crate::model::directory::{Account, Group};
use crate::model::oid::ObjectId;
pub(crate) use crate::model::pattern::{full_ref_pattern, glob, matches, ref_pattern};
use crate::model::repo::ForgeKind;
use crate::model::signature::KeyName;
use crate::{checks, ci};

/// Longest text in any format but a certificate, in bytes.
const MAX_TEXT: usize = 20_000;

/// Longest name of a forge's group, in bytes.
const MAX_GROUP: usize = 500;

/// Longest time span.
const MAX_DURATION: Duration = Duration::from_secs(600);

/// What a format demands; the error is a clause.
pub(crate) type Rule = fn(&str) -> Result<(), String>;

/// The formats that the reader knows. Those with a meaning across the file
/// (`principal`, `principal-selector`, `team-member`) are looked up in `references` as well.
pub(crate) const FORMATS: &[(&str, Rule)] = &[
    ("account", |text| account(text).map(drop)),
    ("check", |_| Ok(())),
    ("ci-system", |_| Ok(())),
    ("date", |text| day(text).map(drop)),
    ("duration", |text| duration(text).map(drop)),
    ("file", file),
    ("glob", |text| glob(text).map(drop)),
    ("key-name", |text| key_name(text).map(drop)),
    ("name", name),
    ("object-id", |text| object_id(text).map(drop)),
    ("openpgp-certificate", openpgp_certificate),
    ("policy-key", |_| Ok(())),
    ("principal", |_| Ok(())),
    ("principal-selector", |_| Ok(())),
    ("reason", reason),
    ("ref-pattern", |text| ref_pattern(text).map(drop)),
    ("ssh-key", ssh_key),
    ("team-member", |text| group(text).transpose().map(drop)),
];

/// The rule of a format.
pub(crate) fn rule(format: &str) -> Option<Rule> {
    let found = FORMATS.iter().find(|(name, _)| *name == format);
    found
        .map(|(_, rule)| *rule)
        .or_else(|| environment::rule(format))
}

/// The closed list of valid texts of a format, if it has one.
pub(crate) fn choices(format: &str) -> Option<Vec<String>> {
    let owned = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect();
    match format {
        "check" => Some(owned(
            checks::ALL.iter().map(|check| check.meta.id).collect(),
        )),
        "ci-system" => Some(owned(
            ci::SYSTEMS.iter().map(|system| system.key()).collect(),
        )),
        _ => None,
    }
}

/// `github:alice` or `github:#583231`.
pub(crate) fn account(text: &str) -> Result<Account, String> {
    let (forge, who) = text.split_once(':').ok_or(
        "is not an account; write <forge>:<name> or <forge>:#<number>, for example github:alice",
    )?;
    let forge = match forge {
        "github" => ForgeKind::GitHub,
        "gitlab" => ForgeKind::GitLab,
        "stash" | "bitbucket-dc" => ForgeKind::Stash,
        "git" => ForgeKind::Git,
        _ => {
            return Err("names no known forge; known are github, gitlab, stash and git".to_owned());
        }
    };
    if let Some(number) = who.strip_prefix('#') {
        let number = number.parse().map_err(|_| "has no number after `#`")?;
        return Ok(Account::Number(forge, number));
    }
    let odd = |letter: char| letter.is_whitespace() || letter.is_control() || letter == ':';
    if who.is_empty() || who.contains(odd) {
        return Err("has no account name after the colon".to_owned());
    }
    Ok(Account::Login(forge, who.to_owned()))
}

/// `github:acme/security`, `gitlab:acme/platform` or `stash:security`; none if
/// the text names no forge, and so is a principal's name.
pub(crate) fn group(text: &str) -> Option<Result<Group, String>> {
    let (forge, name) = text.split_once(':')?;
    let forge = match forge {
        "github" => ForgeKind::GitHub,
        "gitlab" => ForgeKind::GitLab,
        "stash" | "bitbucket-dc" => ForgeKind::Stash,
        _ => {
            let why = "names no forge that has groups; known are github, gitlab and stash";
            return Some(Err(why.to_owned()));
        }
    };
    let odd = |letter: char| letter.is_control() || letter == ':' || letter == '#';
    let parts: Vec<_> = name.split('/').collect();
    let shaped = match forge {
        ForgeKind::GitHub => parts.len() == 2,
        ForgeKind::GitLab => true,
        ForgeKind::Stash | ForgeKind::Git => parts.len() == 1,
    };
    let blank = |part: &str| part.is_empty() || part.trim() != part || matches!(part, "." | "..");
    if !shaped
        || name.len() > MAX_GROUP
        || name.contains(odd)
        || parts.iter().any(|part| blank(part))
    {
        let why = "is not a group of a forge; write github:<organisation>/<team>, gitlab:<group> or stash:<group>; people stand here by their principal's name";
        return Some(Err(why.to_owned()));
    }
    let name = name.to_owned();
    Some(Ok(Group { forge, name }))
}

/// A calendar day.
pub(crate) fn day(text: &str) -> Result<jiff::civil::Date, String> {
    let shaped = text.len() == 10 && text.bytes().filter(|byte| *byte == b'-').count() == 2;
    let date = jiff::civil::Date::from_str(text).ok().filter(|_| shaped);
    date.ok_or_else(|| "is not a day; write YYYY-MM-DD".to_owned())
}

/// `4s`, `500ms`, `2m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| DURATION_SHAPE)?;
    let scale = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        _ => return Err(DURATION_SHAPE.to_owned()),
    };
    let duration = Duration::from_millis(number.saturating_mul(scale));
    if duration.is_zero() || duration > MAX_DURATION {
        return Err("is out of range; at least 1ms and at most 10m".to_owned());
    }
    Ok(duration)
}

const DURATION_SHAPE: &str =
    "is not a time span; write a whole number with ms, s or m, for example 4s";

/// A time span in its shortest form.
pub(crate) struct DurationText(pub(crate) Duration);

impl fmt::Display for DurationText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        match (millis % 60_000, millis % 1000) {
            (0, _) => write!(f, "{}m", millis / 60_000),
            (_, 0) => write!(f, "{}s", millis / 1000),
            _ => write!(f, "{millis}ms"),
        }
    }
}

fn file(text: &str) -> Result<(), String> {
    if text.is_empty() || text.contains('\0') || text.contains('\n') {
        return Err("is not the name of a file".to_owned());
    }
    Ok(())
}

/// An OpenPGP fingerprint or an SSH fingerprint, as reports write them.
pub(crate) fn key_name(text: &str) -> Result<KeyName, String> {
    if let Some(hash) = text.strip_prefix("SHA256:") {
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/".contains(&byte);
        if hash.len() == 43 && hash.bytes().all(is_base64) {
            return Ok(KeyName(text.to_owned()));
        }
        return Err("is not an SSH fingerprint; `ssh-keygen -lf <key>` prints it".to_owned());
    }
    let digits: String = text.chars().filter(|letter| *letter != ' ').collect();
    let is_hex = digits.chars().all(|letter| letter.is_ascii_hexdigit());
    match digits.len() {
        40 | 64 if is_hex => Ok(KeyName(digits.to_ascii_uppercase())),
        8 | 16 if is_hex => Err("is a short key id, which several keys can share; write the whole fingerprint".to_owned()),
        _ => Err("is not a key's fingerprint; write SHA256:… of an SSH key or the 40 or 64 digits of an OpenPGP key".to_owned()),
    }
}

/// A name of a principal or team.
fn name(text: &str) -> Result<(), String> {
    let lawful = |letter: char| letter.is_alphanumeric() || "-_.+@".contains(letter);
    if text.is_empty() || text.len() > 100 || !text.chars().all(lawful) {
        return Err("is not a name; use letters, digits, `-`, `_`, `.`, `+` and `@`".to_owned());
    }
    Ok(())
}

/// A full object id.
pub(crate) fn object_id(text: &str) -> Result<ObjectId, String> {
    ObjectId::parse(text)
        .map_err(|_| "is not a whole object id; `git rev-parse <revision>` prints it".to_owned())
}

/// Whether text is a certificate itself and not the name of a file.
pub(crate) fn is_armour(text: &str) -> bool {
    text.trim_start().starts_with("-----BEGIN PGP")
}

fn openpgp_certificate(text: &str) -> Result<(), String> {
    if text.contains("PRIVATE KEY BLOCK") {
        return Err(
            "is a private key; keep it secret and `gpg --export` the certificate".to_owned(),
        );
    }
    if is_armour(text) { Ok(()) } else { file(text) }
}

fn reason(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("says nothing; a reader must learn why".to_owned());
    }
    Ok(())
}

fn ssh_key(text: &str) -> Result<(), String> {
    if text.contains("PRIVATE KEY") {
        return Err(
            "is a private key; keep it secret and write the line of its .pub file".to_owned(),
        );
    }
    if text.len() > MAX_TEXT || text.trim().contains('\n') || !text.trim().contains(' ') {
        return Err("is not an SSH public key; write the one line of its .pub file".to_owned());
    }
    Ok(())
}

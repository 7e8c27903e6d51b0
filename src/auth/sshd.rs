//! sshd's file of `ExposeAuthInfo` (sshd_config(5)): one line for each method
//! that succeeded. Nothing is known here of how the file came to be: whether it
//! is sshd's is for whoever opens it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::evidence::{heard, not_understood};
use crate::model::authentication::{
    Authentication, Credential, Evidence, Factor, Method, Source, SshKey,
};
use crate::model::text::excerpt;
use crate::sign::{Holder, ssh_credential};

/// Most bytes of the file. A certificate of an RSA-16384 key takes under 8 KiB.
pub const MAX_BYTES: usize = 64 * 1024;

/// Most lines: sshd's `AuthenticationMethods` lists rarely more than three.
const MAX_LINES: usize = 16;

/// Most characters of a line that is shown.
const MAX_SHOWN: usize = 120;

/// What the file says. A line that is not understood makes all of it so: a key
/// and something else is not a key.
pub fn evidence(file: &[u8], at: Timestamp) -> Evidence {
    match factors(file) {
        Ok(factors) => {
            let says: Vec<_> = factors.iter().map(shown).collect();
            let says = says.join("; ");
            heard(Source::Sshd, [Authentication { factors }], at, &says)
        }
        Err(why) => not_understood(Source::Sshd, at, &why),
    }
}

fn factors(file: &[u8]) -> Result<Vec<Factor>, String> {
    if file.len() > MAX_BYTES {
        return Err(format!("its file is over the bound of {MAX_BYTES} bytes"));
    }
    let Some(text) = file.strip_suffix(b"\n") else {
        return Err("its file is empty or cut off".to_owned());
    };
    let lines: Vec<_> = text.split(|byte| *byte == b'\n').collect();
    if lines.len() > MAX_LINES {
        return Err(format!("its file is over the bound of {MAX_LINES} lines"));
    }
    lines.into_iter().map(factor).collect()
}

fn factor(line: &[u8]) -> Result<Factor, String> {
    let odd = |why: &str| format!("the line \"{}\" {why}", excerpt(line, MAX_SHOWN));
    let text = str::from_utf8(line).map_err(|_| odd("is not UTF-8"))?;
    let (method, rest) = match text.split_once(' ') {
        Some((method, rest)) => (method, Some(rest)),
        None => (text, None),
    };
    let by = |method, credential| Ok(Factor { method, credential });
    match (method, rest) {
        // `none` is the password that is empty (auth2-none.c of OpenSSH).
        ("password" | "none", None) => by(Method::Password, None),
        ("keyboard-interactive", None) => by(Method::KeyboardInteractive, None),
        (_, None) if is_device(method) => by(Method::KeyboardInteractive, None),
        ("gssapi-with-mic", None | Some(_)) => by(Method::Kerberos, None),
        ("publickey", Some(rest)) => {
            let (credential, after) = key(rest, Holder::User).map_err(|why| odd(&why))?;
            if !(after.is_empty() || counts_signatures(after)) {
                return Err(odd("says more than is understood"));
            }
            let method = match credential {
                Credential::SshCertificate { .. } => Method::SshCertificate,
                _ => Method::SshKey,
            };
            by(method, Some(credential))
        }
        ("hostbased", Some(rest)) => {
            let (credential, after) = key(rest, Holder::Host).map_err(|why| odd(&why))?;
            if !names_host(after) {
                return Err(odd("says more than is understood"));
            }
            by(Method::HostKey, Some(credential))
        }
        _ => Err(odd("is not understood")),
    }
}

/// `keyboard-interactive/pam`: which device asked.
fn is_device(method: &str) -> bool {
    let device = method.strip_prefix("keyboard-interactive/");
    device.is_some_and(|device| {
        !device.is_empty() && device.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// The key or certificate that a line names, and what follows it.
fn key(rest: &str, holder: Holder) -> Result<(Credential, &str), String> {
    let mut words = rest.splitn(3, ' ');
    let (Some(kind), Some(blob)) = (words.next(), words.next()) else {
        return Err("names no key".to_owned());
    };
    let blob = STANDARD.decode(blob);
    let blob = blob.map_err(|_| "holds a key that is not base64".to_owned())?;
    let credential = ssh_credential(kind, &blob, holder);
    let credential = credential.map_err(|why| format!("is not understood: {why}"))?;
    Ok((credential, words.next().unwrap_or_default()))
}

/// What sshd adds for a security key.
fn counts_signatures(text: &str) -> bool {
    let count = text.strip_prefix("signature count = ");
    count.is_some_and(|count| !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit()))
}

/// What sshd adds for a host that vouches for its user.
fn names_host(text: &str) -> bool {
    text.starts_with("client user \"") && text.ends_with('"') && text.contains("\", client host \"")
}

fn shown(factor: &Factor) -> String {
    let key = |key: &SshKey| format!("{} {}", key.algorithm, key.fingerprint);
    let method = factor.method;
    match &factor.credential {
        Some(Credential::SshKey(plain)) => format!("{method} {}", key(plain)),
        Some(Credential::SshCertificate {
            key: certified,
            authority,
            key_id,
            serial,
            ..
        }) => format!(
            "{method} \"{}\", serial {serial}, authority {authority}, {}",
            excerpt(key_id, 60),
            key(certified)
        ),
        _ => method.to_string(),
    }
}

#[cfg(test)]
mod tests;

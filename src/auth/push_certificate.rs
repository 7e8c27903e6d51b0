//! Signed pushes (git-receive-pack(1)): the certificate that git stored as a
//! blob, verified by ourselves. git calls a signature good whose key is on no
//! list, so its word on that (`GIT_PUSH_CERT_STATUS`) is not asked.
//!
//! What git says of the nonce is believed: only git knows the seed.

use std::collections::BTreeMap;

use bstr::ByteSlice;
use jiff::Timestamp;

use super::evidence::{heard, not_understood};
use crate::git::signature_kind;
use crate::model::authentication::{Authentication, Credential, Evidence, Method, Source};
use crate::model::object::SignatureBlock;
use crate::model::oid::ObjectId;
use crate::model::refs::{RefName, RefUpdate};
use crate::model::signature::SignatureState;
use crate::model::text::excerpt;
use crate::sign::{self, TrustRoots};

/// Most bytes of a certificate: some 7000 refs.
pub const MAX_BYTES: u64 = 1 << 20;

/// Most characters of a line that is shown.
const MAX_SHOWN: usize = 120;

/// What git gives the hook.
#[derive(Debug, Clone, Copy)]
pub struct SignedPush<'a> {
    /// The blob that `GIT_PUSH_CERT` names.
    pub blob: &'a [u8],
    /// `GIT_PUSH_CERT_NONCE`.
    pub nonce: Option<&'a str>,
    /// `GIT_PUSH_CERT_NONCE_STATUS`.
    pub nonce_status: Option<&'a str>,
    /// What moves, by git's input.
    pub updates: &'a [RefUpdate],
}

/// A certificate in its form; nothing is verified yet.
struct Certificate<'a> {
    nonce: &'a [u8],
    moves: Moves,
    signature: SignatureBlock,
}

/// From, to.
type FromTo = (Option<ObjectId>, Option<ObjectId>);

/// What moves, by ref.
type Moves = BTreeMap<RefName, FromTo>;

/// What the certificate proves under these trust roots.
pub fn evidence(push: &SignedPush<'_>, roots: &TrustRoots, at: Timestamp) -> Evidence {
    let source = Source::PushCertificate;
    match verified(push, roots, at) {
        Ok((fingerprint, says)) => {
            let credential = Some(Credential::SigningKey { fingerprint });
            let proof = Authentication::with(Method::PushCertificate, credential);
            heard(source, [proof], at, &says)
        }
        Err(why) => not_understood(source, at, &why),
    }
}

/// The key that signed, and for whom.
fn verified(
    push: &SignedPush<'_>,
    roots: &TrustRoots,
    at: Timestamp,
) -> Result<(String, String), String> {
    let certificate = Certificate::parse(push.blob)?;
    match push.nonce_status {
        Some("OK") => {}
        Some(other) => {
            return Err(format!(
                "its nonce is not fresh: git says {}",
                excerpt(other, 20)
            ));
        }
        None => return Err("git says nothing of its nonce".to_owned()),
    }
    if push.nonce.map(str::as_bytes) != Some(certificate.nonce) {
        return Err("its nonce is not the one that git gave out".to_owned());
    }
    let moves = push.updates.iter().cloned();
    let moves: Moves = moves
        .map(|update| (update.name, (update.old, update.new)))
        .collect();
    if moves.len() != push.updates.len() || moves != certificate.moves {
        return Err("it is for other ref updates than those of this push".to_owned());
    }
    match sign::verify(Some(&certificate.signature), roots, at).state {
        SignatureState::Valid { principal, key } => {
            let says = format!("signed by {principal} with {key}");
            Ok((key.0, says))
        }
        state => Err(not_good(&state)),
    }
}

/// Why a signature does not count.
fn not_good(state: &SignatureState) -> String {
    let key = state.key().map(|key| format!(" {key}")).unwrap_or_default();
    match state {
        SignatureState::UnknownKey { .. } => format!(
            "its key{key} is not trusted by the policy: list it there, whatever git says of it"
        ),
        SignatureState::Untrusted { reason, .. }
        | SignatureState::Expired { reason, .. }
        | SignatureState::Revoked { reason, .. }
        | SignatureState::Malformed { reason }
        | SignatureState::Unverifiable { reason } => {
            format!("its signature{key} is {}: {reason}", state.word())
        }
        _ => format!("its signature{key} is {}", state.word()),
    }
}

impl<'a> Certificate<'a> {
    /// Reads the one form that git writes.
    fn parse(blob: &'a [u8]) -> Result<Self, String> {
        if u64::try_from(blob.len()).map_or(true, |length| length > MAX_BYTES) {
            return Err(format!("it is over the bound of {MAX_BYTES} bytes"));
        }
        let start = blob.find("\n-----BEGIN ").ok_or("it has no signature")? + 1;
        let (payload, armour) = blob.split_at(start);
        let mut lines = Lines(payload);
        lines.expect("certificate version 0.1")?;
        lines.field("pusher ")?;
        lines.optional("pushee ")?;
        let nonce = lines.field("nonce ")?;
        while lines.optional("push-option ")?.is_some() {}
        lines.expect("")?;
        let mut moves = Moves::new();
        while !lines.0.is_empty() {
            let (name, from_to) = moved(lines.next()?)?;
            if moves.insert(name, from_to).is_some() {
                return Err("it names a ref twice".to_owned());
            }
        }
        if moves.is_empty() {
            return Err("it names no ref".to_owned());
        }
        let signature = SignatureBlock {
            kind: signature_kind(armour),
            armour: armour.to_vec(),
            payload: payload.to_vec(),
        };
        Ok(Self {
            nonce,
            moves,
            signature,
        })
    }
}

/// The lines that are left, each with its end.
struct Lines<'a>(&'a [u8]);

impl<'a> Lines<'a> {
    fn next(&mut self) -> Result<&'a [u8], String> {
        let (line, rest) = self.0.split_once_str("\n").ok_or("it is cut off")?;
        self.0 = rest;
        Ok(line)
    }

    /// The value of a line that must stand here, and must have one.
    fn field(&mut self, name: &str) -> Result<&'a [u8], String> {
        let line = self.next()?;
        match line.strip_prefix(name.as_bytes()) {
            Some(value) if !value.is_empty() => Ok(value),
            _ => Err(odd(line, &format!("stands where \"{name}…\" should"))),
        }
    }

    /// The value of a line that may stand here.
    fn optional(&mut self, name: &str) -> Result<Option<&'a [u8]>, String> {
        if self.0.starts_with(name.as_bytes()) {
            let line = self.next()?;
            return Ok(line.strip_prefix(name.as_bytes()));
        }
        Ok(None)
    }

    fn expect(&mut self, whole: &str) -> Result<(), String> {
        let line = self.next()?;
        if line == whole.as_bytes() {
            Ok(())
        } else {
            Err(odd(line, &format!("stands where \"{whole}\" should")))
        }
    }
}

fn moved(line: &[u8]) -> Result<(RefName, FromTo), String> {
    let not_so = |_| odd(line, "is not <old> <new> <ref>");
    let mut parts = line.splitn_str(3, " ");
    let (Some(old), Some(new), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(odd(line, "is not <old> <new> <ref>"));
    };
    let old = ObjectId::parse_or_null(old).map_err(not_so)?;
    let new = ObjectId::parse_or_null(new).map_err(not_so)?;
    let name = RefName::new(name).map_err(|error| odd(line, &error.to_string()))?;
    Ok((name, (old, new)))
}

fn odd(line: &[u8], what: &str) -> String {
    format!("its line \"{}\" {what}", excerpt(line, MAX_SHOWN))
}

#[cfg(test)]
mod tests;

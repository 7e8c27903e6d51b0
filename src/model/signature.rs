//! What a signature on a git object turned out to be.

use std::fmt;

use serde::Serialize;

use super::principal::PrincipalId;

/// The format of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SignatureKind {
    /// OpenPGP (RFC 9580), `-----BEGIN PGP SIGNATURE-----`.
    OpenPgp,
    /// SSHSIG (OpenSSH PROTOCOL.sshsig), `-----BEGIN SSH SIGNATURE-----`.
    Ssh,
    /// CMS (RFC 5652), `-----BEGIN SIGNED MESSAGE-----`.
    X509,
}

impl fmt::Display for SignatureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenPgp => "OpenPGP",
            Self::Ssh => "SSH",
            Self::X509 => "X.509",
        })
    }
}

/// The name of a key: an OpenPGP fingerprint or key id in upper-case
/// hexadecimal, or an SSH fingerprint `SHA256:…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct KeyName(pub String);

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::text::Escaped(self.0.as_bytes()).fmt(f)
    }
}

/// The result of verifying one object. Only `Valid` is good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum SignatureState {
    /// There is no signature.
    Unsigned,
    /// Verified, by a key that is trusted for this principal at the time the
    /// object was first seen.
    Valid {
        /// Whose key it is.
        principal: PrincipalId,
        /// The key (the primary key of an OpenPGP certificate).
        key: KeyName,
    },
    /// The key is not among the trust roots, so nothing was verified.
    UnknownKey {
        /// What the signature says of its key, if anything. A claim.
        key: Option<KeyName>,
    },
    /// The key is known, but not good for this signature.
    Untrusted {
        /// The key.
        key: KeyName,
        /// What is wrong, as a clause: "the key may not sign".
        reason: String,
    },
    /// The key's validity does not cover the time the object was first seen.
    Expired {
        /// Whose key it is.
        principal: PrincipalId,
        /// The key.
        key: KeyName,
        /// The bound that was crossed, as a clause: "it expired on 2026-01-01".
        reason: String,
    },
    /// The key was revoked.
    Revoked {
        /// Whose key it is.
        principal: PrincipalId,
        /// The key.
        key: KeyName,
        /// The owner's reason, as a clause.
        reason: String,
    },
    /// The key is known and the mathematics fails: content or signature was changed.
    Bad {
        /// The key.
        key: KeyName,
    },
    /// There is a signature, and it is not in the strict form; never "unsigned".
    Malformed {
        /// What is wrong, as a clause.
        reason: String,
    },
    /// It is well-formed, and we cannot judge it (a format that is not supported).
    Unverifiable {
        /// Why, as a clause.
        reason: String,
    },
}

impl SignatureState {
    /// The principal whose key made a valid signature.
    pub fn signer(&self) -> Option<&PrincipalId> {
        match self {
            Self::Valid { principal, .. } => Some(principal),
            _ => None,
        }
    }

    /// The state's word in reports: `valid`, `unknown-key`, …
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Valid { .. } => "valid",
            Self::UnknownKey { .. } => "unknown-key",
            Self::Untrusted { .. } => "untrusted",
            Self::Expired { .. } => "expired",
            Self::Revoked { .. } => "revoked",
            Self::Bad { .. } => "bad",
            Self::Malformed { .. } => "malformed",
            Self::Unverifiable { .. } => "unverifiable",
        }
    }

    /// The key that the signature names, trusted or not.
    pub fn key(&self) -> Option<&KeyName> {
        match self {
            Self::Valid { key, .. }
            | Self::Untrusted { key, .. }
            | Self::Expired { key, .. }
            | Self::Revoked { key, .. }
            | Self::Bad { key } => Some(key),
            Self::UnknownKey { key } => key.as_ref(),
            Self::Unsigned | Self::Malformed { .. } | Self::Unverifiable { .. } => None,
        }
    }
}

/// A signature's format (`None` if there is no signature) and its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// The format, if it could be told.
    pub kind: Option<SignatureKind>,
    /// The result.
    #[serde(flatten)]
    pub state: SignatureState,
}

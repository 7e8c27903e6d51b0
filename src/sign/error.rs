//! Why a key cannot become a trust root.

use crate::model::principal::PrincipalId;
use crate::model::signature::KeyName;

/// A problem in a key, a keyring or a file of allowed signers, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootError {
    /// The file or policy key that the text comes from.
    pub origin: String,
    /// The line, counted from 1, where it can be told.
    pub line: Option<usize>,
    /// What is wrong.
    pub problem: Problem,
}

impl std::error::Error for RootError {}

impl std::fmt::Display for RootError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.origin, self.problem),
            None => write!(f, "{}: {}", self.origin, self.problem),
        }
    }
}

/// What is wrong with a trust root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Not the line of an SSH public key.
    #[error("this is not an SSH public key (`ssh-ed25519 AAAA… comment`): {0}")]
    SshKey(String),
    /// A key of a kind that cannot verify signatures.
    #[error(
        "keys of type {0} cannot be trusted to sign; use ed25519, ecdsa, rsa or a security key"
    )]
    SshAlgorithm(String),
    /// An RSA key that is too long for the library underneath.
    #[error(
        "the RSA key has {0} bits; more than 4096 cannot be verified over SSH, so use another key"
    )]
    LongRsa(usize),
    /// A line of allowed signers that cannot be read.
    #[error("{0}")]
    Line(String),
    /// An unknown or malformed option of an allowed-signers line.
    #[error(
        "the option `{0}` is not known; known are namespaces, valid-after, valid-before and cert-authority"
    )]
    Option(String),
    /// An option's value that cannot be read.
    #[error("`{option}` {what}")]
    OptionValue {
        /// The option.
        option: String,
        /// What is wrong with its value, as a clause.
        what: String,
    },
    /// A certificate authority.
    #[error("certificate authorities are not supported yet; list the keys that they certified")]
    CertAuthority,
    /// A principal that is a pattern.
    #[error("`{0}` is a pattern, so the key would stand for no one person; name the person")]
    Pattern(String),
    /// One key for two principals.
    #[error("the key {key} already belongs to {holder}; a key stands for one principal")]
    SharedKey {
        /// The key.
        key: KeyName,
        /// Who has it.
        holder: PrincipalId,
    },
    /// The armour around a certificate is broken.
    #[error("{0}")]
    Armour(String),
    /// Nothing in the file is a certificate.
    #[error(
        "this holds no OpenPGP certificate; export one with `gpg --export --armor FINGERPRINT`"
    )]
    NoCertificate,
    /// A certificate that cannot be read.
    #[error(
        "the certificate cannot be read: {0}; export it with `gpg --export-options export-minimal --export --armor FINGERPRINT`"
    )]
    Certificate(String),
    /// A secret key.
    #[error(
        "this is a secret key: remove it from here, and export the public one with `gpg --export --armor FINGERPRINT`"
    )]
    SecretKey,
    /// An old key version.
    #[error("only OpenPGP keys of version 4 and 6 are supported")]
    KeyVersion,
    /// A revocation that the certificate's own key did not make.
    #[error(
        "the certificate carries a revocation by another key, which cannot be verified; revoke the key in the policy, or remove the packet"
    )]
    ForeignRevocation,
    /// A certificate that can never verify a signature.
    #[error("no key of the certificate {key} can sign: {why}")]
    CannotSign {
        /// The certificate.
        key: KeyName,
        /// Why, as a clause.
        why: String,
    },
    /// A certificate that the policy does not pin.
    #[error("the certificate {key} is not pinned for {principal}")]
    NotPinned {
        /// The certificate.
        key: KeyName,
        /// For whom it was given.
        principal: PrincipalId,
    },
}

//! One OpenPGP key: its names, and the mathematics of a signature.

use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{PublicKey, PublicSubkey};
use pgp::ser::Serialize as _;
use pgp::types::{
    EcdsaPublicParams, EddsaLegacyPublicParams, Fingerprint, KeyDetails, PublicParams,
    SignatureBytes, VerifyingKey,
};

use super::packet::Algorithm;
use crate::model::signature::KeyName;

/// The shortest RSA key that may sign, in bits (NIST SP 800-131A).
const MIN_RSA_BITS: u16 = 2048;

#[derive(Debug, Clone, PartialEq)]
enum Public {
    Primary(PublicKey),
    Subkey(PublicSubkey),
}

/// A key of a certificate.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    public: Public,
    /// The fingerprint in upper-case hexadecimal.
    pub(super) name: KeyName,
    /// The last (version 6: first) eight bytes of the fingerprint.
    pub(super) id: [u8; 8],
    /// When it was made, in seconds since the epoch.
    pub(super) created: i64,
}

/// How a signature and a key relate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The key made the signature.
    Good,
    /// It did not, or the content was changed.
    Bad,
    /// It cannot be told; why, as a clause.
    Unsupported(String),
}

impl Key {
    pub(super) fn primary(key: PublicKey) -> Self {
        Self::new(
            &key.fingerprint(),
            key.created_at().as_secs(),
            Public::Primary(key),
        )
    }

    pub(super) fn subkey(key: PublicSubkey) -> Self {
        Self::new(
            &key.fingerprint(),
            key.created_at().as_secs(),
            Public::Subkey(key),
        )
    }

    fn new(fingerprint: &Fingerprint, created: u32, public: Public) -> Self {
        let bytes = fingerprint.as_bytes();
        let id = match fingerprint {
            Fingerprint::V6(_) => bytes.first_chunk(),
            _ => bytes.last_chunk(),
        };
        Self {
            public,
            name: KeyName(hex::encode_upper(bytes)),
            id: id.copied().unwrap_or_default(),
            created: i64::from(created),
        }
    }

    fn params(&self) -> &PublicParams {
        match &self.public {
            Public::Primary(key) => key.public_params(),
            Public::Subkey(key) => key.public_params(),
        }
    }

    fn algorithm(&self) -> Option<Algorithm> {
        match self.params() {
            // Algorithm 2 is RSA that may only encrypt.
            PublicParams::RSA(_) => {
                let number = u8::from(match &self.public {
                    Public::Primary(key) => key.algorithm(),
                    Public::Subkey(key) => key.algorithm(),
                });
                (number != 2).then_some(Algorithm::Rsa)
            }
            PublicParams::DSA(_) => Some(Algorithm::Dsa),
            PublicParams::ECDSA(_) => Some(Algorithm::Ecdsa),
            PublicParams::EdDSALegacy(_) => Some(Algorithm::EddsaLegacy),
            PublicParams::Ed25519(_) => Some(Algorithm::Ed25519),
            PublicParams::Ed448(_) => Some(Algorithm::Ed448),
            _ => None,
        }
    }

    /// The version of the signatures that it makes: its own.
    pub(super) fn version(&self) -> u8 {
        u8::from(match &self.public {
            Public::Primary(key) => key.version(),
            Public::Subkey(key) => key.version(),
        })
    }

    /// Whether its algorithm can sign at all.
    pub(super) fn can_sign(&self) -> bool {
        self.algorithm().is_some()
    }

    /// Why its signatures cannot be judged, as a clause. On secp256k1 the crate
    /// underneath refuses every other good signature (those with a high S).
    pub(super) fn unsupported(&self) -> Option<String> {
        match self.params() {
            PublicParams::ECDSA(EcdsaPublicParams::Secp256k1 { .. }) => {
                Some("the curve secp256k1 is not supported".to_owned())
            }
            PublicParams::ECDSA(EcdsaPublicParams::Unsupported { .. })
            | PublicParams::EdDSALegacy(EddsaLegacyPublicParams::Unsupported { .. })
            | PublicParams::Unknown { .. } => {
                Some("the key's algorithm or curve is not supported".to_owned())
            }
            _ => None,
        }
    }

    /// Why its algorithm is not trusted, as a clause.
    pub(super) fn weakness(&self) -> Option<String> {
        match self.params() {
            PublicParams::DSA(_) => Some("it is a DSA key".to_owned()),
            PublicParams::RSA(_) => {
                let bits = self.first_integer();
                (bits < MIN_RSA_BITS).then(|| {
                    format!("it is an RSA key of {bits} bits, and {MIN_RSA_BITS} is the least")
                })
            }
            _ => None,
        }
    }

    /// The bits of the key's first integer: RSA's modulus, DSA's prime.
    fn first_integer(&self) -> u16 {
        let mut bytes = Vec::new();
        match self.params().to_writer(&mut bytes) {
            Ok(()) => bytes
                .first_chunk()
                .map_or(0, |bits| u16::from_be_bytes(*bits)),
            Err(_) => 0,
        }
    }

    /// The most bytes that an integer of a signature may take: more could only
    /// be zeros, of which there is no end.
    pub(super) fn width(&self) -> usize {
        match self.params() {
            PublicParams::RSA(_) | PublicParams::DSA(_) => {
                usize::from(self.first_integer()).div_ceil(8)
            }
            PublicParams::ECDSA(EcdsaPublicParams::P384 { .. }) => 48,
            PublicParams::ECDSA(EcdsaPublicParams::P521 { .. }) => 66,
            PublicParams::Ed25519(_) => 64,
            PublicParams::Ed448(_) => 114,
            _ => 32,
        }
    }

    /// Whether this key made a signature over a digest.
    pub(super) fn check(
        &self,
        algorithm: Algorithm,
        hash: HashAlgorithm,
        digest: &[u8],
        values: &SignatureBytes,
    ) -> Outcome {
        if let Some(reason) = self.unsupported() {
            return Outcome::Unsupported(reason);
        }
        if self.algorithm() != Some(algorithm) {
            return Outcome::Bad;
        }
        let good = match &self.public {
            Public::Primary(key) => key.verify(hash, digest, values),
            Public::Subkey(key) => key.verify(hash, digest, values),
        };
        if good.is_ok() {
            Outcome::Good
        } else {
            Outcome::Bad
        }
    }

    /// How many bits of digest its signatures need at least, as the crate
    /// underneath demands (RFC 9580, section 5.2.3.2).
    pub(super) fn least_digest(&self) -> usize {
        match self.params() {
            PublicParams::ECDSA(EcdsaPublicParams::P384 { .. }) => 384,
            PublicParams::ECDSA(EcdsaPublicParams::P521 { .. }) | PublicParams::Ed448(_) => 512,
            PublicParams::ECDSA(_) | PublicParams::EdDSALegacy(_) | PublicParams::Ed25519(_) => 256,
            _ => 0,
        }
    }
}

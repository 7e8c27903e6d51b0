//! Object ids of both hash functions, and the rules of the null id in one place.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const SHA1_LEN: usize = 20;
const SHA256_LEN: usize = 32;

/// The id of a git object: SHA-1 (20 bytes) or SHA-256 (32 bytes), never null.
///
/// The all-zero id that git uses for "no object" is `None` where it may occur:
/// [`ObjectId::parse_or_null`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    len: u8,
    bytes: [u8; SHA256_LEN],
}

/// Why text is not an object id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ObjectIdError {
    /// Neither 40 nor 64 lower-case hexadecimal digits.
    #[error("an object id is 40 or 64 lower-case hexadecimal digits")]
    Shape,
    /// The null id where an object is needed.
    #[error("the null id names no object")]
    Null,
}

impl ObjectId {
    /// Reads an id as git writes it; the null id is an error.
    pub fn parse(hex: impl AsRef<[u8]>) -> Result<Self, ObjectIdError> {
        Self::parse_or_null(hex)?.ok_or(ObjectIdError::Null)
    }

    /// Reads an id as git writes it; the null id (all zeros) is `None`.
    pub fn parse_or_null(hex: impl AsRef<[u8]>) -> Result<Option<Self>, ObjectIdError> {
        let hex = hex.as_ref();
        if hex.iter().any(u8::is_ascii_uppercase) {
            return Err(ObjectIdError::Shape);
        }
        let mut bytes = [0; SHA256_LEN];
        let len = hex.len() / 2;
        let half = bytes.get_mut(..len).ok_or(ObjectIdError::Shape)?;
        hex::decode_to_slice(hex, half).map_err(|_| ObjectIdError::Shape)?;
        Self::from_bytes(half)
    }

    /// From the raw bytes; all zeros is `None`.
    pub fn from_bytes(raw: &[u8]) -> Result<Option<Self>, ObjectIdError> {
        if raw.len() != SHA1_LEN && raw.len() != SHA256_LEN {
            return Err(ObjectIdError::Shape);
        }
        let mut bytes = [0; SHA256_LEN];
        bytes[..raw.len()].copy_from_slice(raw);
        let len = if raw.len() == SHA1_LEN { 20 } else { 32 };
        Ok((bytes != [0; SHA256_LEN]).then_some(Self { len, bytes }))
    }

    /// The raw bytes: 20 for SHA-1, 32 for SHA-256.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// The first ten digits, for people. Never for comparison.
    pub fn short(&self) -> String {
        hex::encode(&self.bytes[..5])
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.as_bytes()))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ObjectId {
    type Err = ObjectIdError;

    fn from_str(hex: &str) -> Result<Self, ObjectIdError> {
        Self::parse(hex)
    }
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::{ObjectId, ObjectIdError};

    #[test]
    fn both_hash_lengths_are_read_and_null_is_not_an_object() {
        let sha1 = "1f".repeat(20);
        let sha256 = "ab".repeat(32);
        assert_eq!(ObjectId::parse(&sha1).map(|id| id.to_string()), Ok(sha1));
        assert_eq!(
            ObjectId::parse(&sha256).map(|id| id.to_string()),
            Ok(sha256)
        );
        assert_eq!(ObjectId::parse("0".repeat(40)), Err(ObjectIdError::Null));
        assert_eq!(ObjectId::parse_or_null("0".repeat(64)), Ok(None));
    }

    #[test]
    fn anything_else_is_refused() {
        for odd in [
            "",
            "HEAD",
            &"1F".repeat(20),
            &"1f".repeat(19),
            &"1f".repeat(33),
            &"1".repeat(39),
        ] {
            assert_eq!(ObjectId::parse(odd), Err(ObjectIdError::Shape), "{odd}");
        }
    }
}

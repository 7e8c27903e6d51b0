//! Ref names and ref updates, as git's hooks and the forges state them.

use std::fmt;

use bstr::{BStr, BString, ByteSlice};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::oid::ObjectId;
use super::text::Escaped;

/// Longest ref name that is read, in bytes (git's own limit is the file system's).
pub const MAX_REF_NAME: usize = 1024;

/// A full ref name such as `refs/heads/main`, in git's own form
/// (git-check-ref-format). Bytes, not text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefName(BString);

/// Why bytes are not a ref name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a full ref name: {0}")]
pub struct RefNameError(String);

impl RefName {
    /// Reads a full ref name; the rules of `git check-ref-format`.
    pub fn new(name: impl AsRef<[u8]>) -> Result<Self, RefNameError> {
        let name = name.as_ref();
        let shown = || RefNameError(super::text::excerpt(name, 80));
        let lawful = name.len() <= MAX_REF_NAME
            && name.starts_with(b"refs/")
            && !name.ends_with(b".")
            && ![&b".."[..], b"@{"].iter().any(|odd| name.contains_str(odd))
            && !name
                .iter()
                .any(|byte| byte.is_ascii_control() || b" ~^:?*[\\".contains(byte))
            && name.split_str("/").all(|part| {
                !part.is_empty() && !part.starts_with(b".") && !part.ends_with(b".lock")
            });
        if lawful {
            Ok(Self(name.into()))
        } else {
            Err(shown())
        }
    }

    /// `refs/heads/<branch>`.
    pub fn branch(branch: impl AsRef<[u8]>) -> Result<Self, RefNameError> {
        Self::new([b"refs/heads/", branch.as_ref()].concat())
    }

    /// The full name.
    pub fn as_bstr(&self) -> &BStr {
        self.0.as_bstr()
    }

    /// The name without `refs/heads/` or `refs/tags/`; other names stay whole.
    pub fn short(&self) -> &BStr {
        let name = self.0.as_bstr();
        [&b"refs/heads/"[..], b"refs/tags/"]
            .iter()
            .find_map(|prefix| name.strip_prefix(*prefix))
            .map_or(name, BStr::new)
    }

    /// [`RefName::short`], made safe to show.
    pub fn short_text(&self) -> String {
        super::text::escape(self.short())
    }

    /// Whether this is a tag.
    pub fn is_tag(&self) -> bool {
        self.0.starts_with(b"refs/tags/")
    }

    /// Whether this is a branch.
    pub fn is_branch(&self) -> bool {
        self.0.starts_with(b"refs/heads/")
    }
}

impl fmt::Display for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(&self.0).fmt(f)
    }
}

impl fmt::Debug for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for RefName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.to_str() {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => serializer.serialize_str(&format!("hex:{}", hex::encode(&self.0))),
        }
    }
}

impl<'de> Deserialize<'de> for RefName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = match text.strip_prefix("hex:") {
            Some(digits) => hex::decode(digits).map_err(de::Error::custom)?,
            None => text.into_bytes(),
        };
        Self::new(bytes).map_err(de::Error::custom)
    }
}

/// One line of git's pre-receive input: a ref moves from `old` to `new`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefUpdate {
    /// The ref.
    pub name: RefName,
    /// What it pointed to; `None` if it did not exist.
    pub old: Option<ObjectId>,
    /// What it will point to; `None` if it is deleted.
    pub new: Option<ObjectId>,
}

#[cfg(test)]
mod tests {
    use super::RefName;

    #[test]
    fn lawful_names_round_trip() {
        for name in [
            &b"refs/heads/main"[..],
            b"refs/tags/v1.0",
            "refs/heads/grün".as_bytes(),
            b"refs/heads/\xff",
        ] {
            let read = RefName::new(name).expect("lawful");
            let json = serde_json::to_string(&read).expect("serialises");
            assert_eq!(
                serde_json::from_str::<RefName>(&json).expect("reads back"),
                read
            );
        }
        assert_eq!(RefName::branch("a/b").expect("lawful").short(), "a/b");
    }

    #[test]
    fn unlawful_names_are_refused() {
        for name in [
            "main",
            "refs/heads/",
            "refs/heads/a..b",
            "refs/heads/a b",
            "refs/heads/.a",
            "refs/heads/a.lock",
            "refs/heads/a\nb",
            "refs//a",
            "refs/heads/@{1}",
            "refs/heads/a.",
            "refs/heads/a\\b",
        ] {
            assert!(RefName::new(name).is_err(), "{name:?}");
        }
    }
}

//! Git objects as they are judged: parsed strictly, kept byte for byte.

use std::fmt;

use bstr::BString;
use serde::Serialize;

use super::oid::ObjectId;
use super::signature::SignatureKind;

/// Author, committer or tagger as written in the object. A claim, never an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The name, as bytes.
    pub name: BString,
    /// The address between the angle brackets, as bytes.
    pub email: BString,
    /// Seconds since the epoch, as claimed.
    pub seconds: i64,
}

/// The signature header or trailer of an object, with the bytes it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureBlock {
    /// The format by its armour line; `None` if the line is none that we know.
    pub kind: Option<SignatureKind>,
    /// The armoured signature, continuation spaces removed.
    pub armour: Vec<u8>,
    /// The bytes that were signed.
    pub payload: Vec<u8>,
}

/// A commit, parsed strictly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: ObjectId,
    /// The tree it records.
    pub tree: ObjectId,
    /// Its parents, in order.
    pub parents: Vec<ObjectId>,
    /// The author, as claimed.
    pub author: Identity,
    /// The committer, as claimed.
    pub committer: Identity,
    /// The first line of the message.
    pub subject: BString,
    /// What a strict reader objects to.
    pub defects: Vec<Defect>,
}

/// An annotated tag, parsed strictly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its id.
    pub id: ObjectId,
    /// The object it names.
    pub target: ObjectId,
    /// The kind of that object as the tag states it: `commit`, `tree`, `blob` or `tag`.
    pub target_kind: BString,
    /// The tag's own name.
    pub name: BString,
    /// The tagger, as claimed; old tags have none.
    pub tagger: Option<Identity>,
    /// What a strict reader objects to.
    pub defects: Vec<Defect>,
}

/// A way in which an object departs from the form that git itself writes, and
/// by which two readers could see two different objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Defect {
    /// A header that may stand once stands twice.
    DuplicateHeader,
    /// More than one signature header, or a signature header for the other hash function.
    ExtraSignature,
    /// A header whose name differs from a signature header only by letter case.
    SignatureLookalike,
    /// A NUL byte, after which git shows nothing.
    NulByte,
    /// Headers out of git's order.
    HeaderOrder,
    /// An author, committer or tagger line that is not `name <email> time zone`.
    BadIdentity,
    /// Text that git would fold into another header.
    BadContinuation,
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DuplicateHeader => "a header stands twice",
            Self::ExtraSignature => {
                "it carries more than one signature, or one for another hash function"
            }
            Self::SignatureLookalike => "a header imitates a signature header",
            Self::NulByte => "it contains a NUL byte, which hides what follows",
            Self::HeaderOrder => "its headers are not in git's order",
            Self::BadIdentity => "an author, committer or tagger line is not in git's form",
            Self::BadContinuation => "a header line has no name",
        })
    }
}

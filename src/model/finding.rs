//! Objections of checks, and the findings that the engine makes of them.

use bstr::BString;
use serde::{Deserialize, Serialize, Serializer};

use super::oid::ObjectId;
use super::refs::RefName;

/// How bad it is, whatever the policy does about it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// A weakness.
    Low,
    /// A hole that needs a second mistake.
    Medium,
    /// A hole.
    High,
    /// A hole that is open to whoever comes by, or that leads to production.
    Critical,
}

/// What the policy does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Shown, and nothing is held up.
    Warn,
    /// Blocks the merge, refuses the push.
    Block,
}

/// Where an objection stands. Every objection has a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The ref whose update brings it.
    pub reference: RefName,
    /// The commit or tag, if it is about one.
    pub commit: Option<ObjectId>,
    /// The path, if it is about one.
    pub path: Option<BString>,
    /// Line, from 1.
    pub line: Option<u32>,
    /// Column, from 1.
    pub column: Option<u32>,
}

impl Place {
    /// A whole ref.
    pub fn of_ref(reference: &RefName) -> Self {
        Self {
            reference: reference.clone(),
            commit: None,
            path: None,
            line: None,
            column: None,
        }
    }

    /// A commit or tag that a ref update brings.
    pub fn of_commit(reference: &RefName, commit: ObjectId) -> Self {
        Self {
            commit: Some(commit),
            ..Self::of_ref(reference)
        }
    }

    /// A path, in a commit if one is to blame.
    pub fn of_path(reference: &RefName, commit: Option<ObjectId>, path: BString) -> Self {
        Self {
            commit,
            path: Some(path),
            ..Self::of_ref(reference)
        }
    }

    /// The same place at a line and column, from 1.
    pub fn at(self, line: Option<u32>, column: Option<u32>) -> Self {
        Self {
            line,
            column,
            ..self
        }
    }
}

/// What a check objects to. The policy has not spoken yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// Where.
    pub place: Place,
    /// How bad it is, if that differs from one objection of the check to another.
    pub severity: Option<Severity>,
    /// What makes it the same problem in another version of the file.
    pub fingerprint: Option<String>,
    /// What is wrong, as one sentence.
    pub message: String,
    /// What mends it: whom to ask and which command to run.
    pub remedy: String,
}

/// An objection with the policy's effect. The order of fields is the order in
/// the versioned JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check's id.
    pub check: &'static str,
    /// What the policy does about it.
    pub effect: Effect,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What mends it.
    pub remedy: String,
    /// What makes it the same problem in another version of the file: hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// The ref whose update brings it.
    pub subject: RefName,
    /// The commit or tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<ObjectId>,
    /// The path, escaped when shown.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "escaped")]
    pub path: Option<BString>,
    /// Line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The waiver that turned a block into a warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiver: Option<WaiverNote>,
}

/// The waiver under which a finding does not block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaiverNote {
    /// Its reason.
    pub reason: String,
    /// Its last day, `YYYY-MM-DD`, UTC.
    pub until: String,
}

fn escaped<S: Serializer>(path: &Option<BString>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&super::text::escape(
        path.as_deref().map_or(&b""[..], |path| &path[..]),
    ))
}

//! A verdict as it was stored: the versioned JSON, read back.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;

use crate::model::authentication::{Authentication, Source, Strength};
use crate::model::build::{CapabilityClass, Direction};
use crate::model::finding::{Effect, Severity};
use crate::model::principal::Actor;
use crate::model::verdict::{Conclusion, Knowledge};

#[derive(Deserialize)]
pub(super) struct Stored {
    pub(super) conclusion: Conclusion,
    pub(super) repository: String,
    pub(super) subject: StoredSubject,
    pub(super) policy_digest: String,
    pub(super) trust_digest: String,
    pub(super) gaps: Vec<String>,
    pub(super) findings: Vec<StoredFinding>,
    /// Verdicts of earlier versions have none.
    #[serde(default)]
    pub(super) capabilities: Vec<StoredCapability>,
    #[serde(default)]
    pub(super) more_capabilities: usize,
    #[serde(default)]
    pub(super) authentication: Vec<StoredPush>,
    pub(super) commits: Vec<StoredObject>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum StoredSubject {
    Push {
        updates: Vec<StoredUpdate>,
    },
    PullRequest {
        number: u64,
        target: String,
        base: String,
        head: String,
    },
    MergeGroup {
        target: String,
        base: String,
        head: String,
    },
}

#[derive(Deserialize)]
pub(super) struct StoredUpdate {
    pub(super) name: String,
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct StoredFinding {
    pub(super) check: String,
    pub(super) effect: Effect,
    pub(super) severity: Severity,
    pub(super) message: String,
    pub(super) remedy: String,
    pub(super) subject: String,
    pub(super) commit: Option<String>,
    pub(super) path: Option<String>,
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
    pub(super) waiver: Option<StoredWaiver>,
}

#[derive(Deserialize)]
pub(super) struct StoredWaiver {
    pub(super) reason: String,
    pub(super) until: String,
}

#[derive(Deserialize)]
pub(super) struct StoredCapability {
    pub(super) subject: String,
    pub(super) class: CapabilityClass,
    pub(super) direction: Direction,
    pub(super) what: String,
    pub(super) path: String,
    pub(super) line: Option<u32>,
}

#[derive(Deserialize)]
pub(super) struct StoredPush {
    pub(super) references: Vec<String>,
    pub(super) heads: Vec<String>,
    pub(super) actor: Option<Actor>,
    pub(super) principal: Option<String>,
    pub(super) at: Timestamp,
    pub(super) state: Knowledge,
    pub(super) could_be: BTreeSet<Authentication>,
    pub(super) strength: Strength,
    pub(super) sources: BTreeSet<Source>,
    #[serde(default)]
    pub(super) notes: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct StoredObject {
    pub(super) id: String,
    pub(super) signature: StoredSignature,
}

#[derive(Deserialize)]
pub(super) struct StoredSignature {
    pub(super) state: String,
    pub(super) kind: Option<String>,
    pub(super) principal: Option<String>,
    pub(super) key: Option<String>,
    pub(super) reason: Option<String>,
}

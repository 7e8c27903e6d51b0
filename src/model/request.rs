//! What is to be judged. The three entrances build the same value.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::authentication::{Evidence, Push};
use super::oid::ObjectId;
use super::principal::Actor;
use super::refs::{RefName, RefUpdate};
use super::repo::RepositoryName;

/// A question for the engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvaluationRequest {
    /// The repository that the objects are for (a pull request's target).
    pub repository: RepositoryName,
    /// What would change.
    pub subject: Subject,
    /// Who pushed it, or whose pull request it is, if known.
    pub actor: Option<Actor>,
    /// When we first saw it: the hook's time, or the receipt of the delivery.
    /// Expiry is judged at this time.
    pub seen_at: Timestamp,
    /// What of it is asked.
    #[serde(default)]
    pub concern: Concern,
}

impl EvaluationRequest {
    /// All of it as one push, of which this is said.
    pub fn push(&self, evidence: Vec<Evidence>) -> Push {
        let updates = self.subject.updates();
        Push {
            references: updates.iter().map(|update| update.name.clone()).collect(),
            heads: updates.iter().filter_map(|update| update.new).collect(),
            actor: self.actor.clone(),
            at: self.seen_at,
            evidence,
            awaited_until: None,
        }
    }
}

/// What of a request is judged, and what a check is about. How something was
/// pushed may become known later than what was pushed; so it has a status of
/// its own.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Concern {
    /// Everything, in one verdict: a push at the hook.
    #[default]
    Everything,
    /// What is changed: signatures, refs, the build environment.
    Change,
    /// How it was pushed.
    Authentication,
}

impl Concern {
    /// Whether a check of that concern is asked for.
    pub fn asks(self, of: Self) -> bool {
        self == Self::Everything || self == of
    }
}

/// What would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Subject {
    /// Ref updates that are accepted or refused together.
    Push {
        /// All of them.
        updates: Vec<RefUpdate>,
    },
    /// A proposed change of a target branch.
    PullRequest {
        /// Its number on the forge.
        number: u64,
        /// The branch it would change.
        target: RefName,
        /// The tip of that branch.
        base: ObjectId,
        /// The tip of the proposal.
        head: ObjectId,
    },
    /// What a merge queue would put on a target branch.
    MergeGroup {
        /// The branch.
        target: RefName,
        /// Its tip, or the head of the group before this one.
        base: ObjectId,
        /// The tip of the group.
        head: ObjectId,
    },
}

impl Subject {
    /// The ref updates that would happen: a pull request is judged as the
    /// update of its target branch to its head.
    pub fn updates(&self) -> Vec<RefUpdate> {
        match self {
            Self::Push { updates } => updates.clone(),
            Self::PullRequest {
                target, base, head, ..
            }
            | Self::MergeGroup { target, base, head } => {
                vec![RefUpdate {
                    name: target.clone(),
                    old: Some(*base),
                    new: Some(*head),
                }]
            }
        }
    }

    /// Whether this is a proposal, which has a target branch, and not a push.
    pub fn target(&self) -> Option<&RefName> {
        match self {
            Self::Push { .. } => None,
            Self::PullRequest { target, .. } | Self::MergeGroup { target, .. } => Some(target),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Push { updates } => match updates.as_slice() {
                [only] => write!(f, "push to {}", only.name),
                many => write!(f, "push of {} refs", many.len()),
            },
            Self::PullRequest { number, target, .. } => {
                write!(f, "pull request {number} into {}", target.short_text())
            }
            Self::MergeGroup { target, .. } => write!(f, "merge group for {}", target.short_text()),
        }
    }
}

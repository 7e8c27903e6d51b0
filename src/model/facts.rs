//! Everything the checks may look at, as one value.

use std::collections::BTreeSet;
use std::sync::Arc;

use bstr::BString;
use jiff::Timestamp;

use super::approval::Circumstances;
use super::authentication::{Push, Standing};
use super::build::{BuildChange, PinStanding};
use super::ci::CiChange;
use super::directory::Directory;
use super::object::{Commit, Tag};
use super::oid::ObjectId;
use super::principal::{Actor, PrincipalId};
use super::refs::RefUpdate;
use super::repo::RepositoryName;
use super::request::{Concern, Subject};
use super::signature::Signature;
use super::sources::TrustedSources;
use super::verdict::Knowledge;
use super::zones::Zones;

/// What is known about one request. Built by `gather`, never changed after.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The repository.
    pub repository: RepositoryName,
    /// What would change.
    pub subject: Subject,
    /// Who pushed it, or whose pull request it is.
    pub actor: Option<Actor>,
    /// When we first saw it.
    pub seen_at: Timestamp,
    /// What of it is asked.
    pub concern: Concern,
    /// One entry per ref update, in the request's order.
    pub updates: Vec<UpdateFacts>,
    /// Approvals of the pull request, and who pushed it.
    pub circumstances: Circumstances,
    /// The pushes that brought it; none if nothing was pushed.
    pub pushes: Vec<PushFacts>,
    /// The policy's principals and teams.
    pub directory: Arc<Directory>,
    /// What is known of the commits that code is pinned to, where the policy names a mirror.
    pub pins: Vec<PinStanding>,
    /// What the policy trusts: images, code, hosts.
    pub sources: Arc<TrustedSources>,
    /// Development, test, production, as the policy tells them apart.
    pub zones: Arc<Zones>,
    /// What could not be found out. Any gap makes the conclusion an error.
    pub gaps: Vec<Gap>,
}

impl Facts {
    /// The revision with this id, if it is among those judged.
    pub fn revision(&self, id: ObjectId) -> Option<&Revision> {
        let mut all = self.updates.iter().flat_map(|update| &update.revisions);
        all.find(|revision| revision.commit.id == id)
    }
}

/// One ref update and what it brings.
#[derive(Debug, Clone)]
pub struct UpdateFacts {
    /// The update.
    pub update: RefUpdate,
    /// Whether the policy protects the ref.
    pub protected: bool,
    /// Whether the old value is not among the new one's ancestors.
    pub rewind: bool,
    /// The commits newly reachable, newest first, computed from objects.
    pub revisions: Vec<Revision>,
    /// The annotated tag objects that the new value names, outermost first.
    pub tags: Vec<TagFacts>,
    /// The changed paths of the build environment, sorted by path.
    pub ci_changes: Vec<CiChange>,
    /// What the change does to the build environment: the net difference first,
    /// then each revision, newest first.
    pub build: Vec<BuildChange>,
    /// Every changed path, if the policy asks about paths; else none.
    pub changed_paths: BTreeSet<BString>,
    /// Why the policy that the update would put on a target branch cannot be used.
    pub policy_problems: Vec<PolicyProblem>,
}

/// A push, with what follows from all that is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushFacts {
    /// The push.
    pub push: Push,
    /// How it was authenticated, as far as that is known.
    pub standing: Standing,
    /// Whose push it is, by the account or the key.
    pub principal: Option<PrincipalId>,
}

impl PushFacts {
    /// How well it is known.
    pub fn knowledge(&self) -> Knowledge {
        match (self.push.awaited_until, self.standing.could_be.len()) {
            (Some(_), _) => Knowledge::Awaited,
            (None, 0) => Knowledge::Unknown,
            (None, 1) => Knowledge::Known,
            (None, _) => Knowledge::Ambiguous,
        }
    }
}

/// One thing that is wrong with a policy file that a change brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyProblem {
    /// Line, from 1, if it has a place.
    pub line: Option<u32>,
    /// Column, from 1.
    pub column: Option<u32>,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
}

/// A commit being judged, with the state of its signature.
#[derive(Debug, Clone)]
pub struct Revision {
    /// The commit.
    pub commit: Commit,
    /// Its signature.
    pub signature: Signature,
}

/// An annotated tag being judged, with the state of its signature.
#[derive(Debug, Clone)]
pub struct TagFacts {
    /// The tag.
    pub tag: Tag,
    /// Its signature.
    pub signature: Signature,
}

/// Something that could not be found out, as a sentence that names the bound
/// or the error and what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Gap(pub String);

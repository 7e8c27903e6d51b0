//! What a delivery means, in neutral words.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::oid::ObjectId;
use super::principal::Actor;
use super::refs::{RefName, RefUpdate};
use super::repo::RepositoryName;

/// A repository as the forge names it in a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRepository {
    /// Its name inside the instance.
    pub name: RepositoryName,
    /// Its number, which survives renames.
    pub id: u64,
    /// What the forge needs to act on it: GitHub's installation number.
    pub grant: Option<u64>,
    /// Its default branch, if the delivery states it.
    pub default_branch: Option<RefName>,
}

/// One neutral event. A delivery gives any number of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// Refs moved: all of them, never only the first.
    Push {
        /// Where.
        repository: EventRepository,
        /// Every ref update of the push.
        updates: Vec<RefUpdate>,
        /// Who pushed.
        actor: Option<Actor>,
        /// When, if the forge states it.
        #[serde(default)]
        at: Option<Timestamp>,
    },
    /// Somebody moved the head of a pull request. Of a fork's branch there is
    /// no push to hear of.
    HeadPushed {
        /// The target repository.
        repository: EventRepository,
        /// The new head.
        head: ObjectId,
        /// Who pushed it.
        actor: Actor,
        /// When, if the forge states it.
        #[serde(default)]
        at: Option<Timestamp>,
    },
    /// A pull request must be judged (again): opened, new head, new target,
    /// approved, approval dismissed.
    PullRequest {
        /// The target repository.
        repository: EventRepository,
        /// Its number.
        number: u64,
        /// Its target branch.
        target: RefName,
        /// The target's tip, if the delivery states it.
        base: Option<ObjectId>,
        /// Its head, as the delivery states it.
        head: ObjectId,
        /// Whose it is.
        actor: Option<Actor>,
        /// Whether it is still open.
        open: bool,
    },
    /// A merge queue asks.
    MergeGroup {
        /// Where.
        repository: EventRepository,
        /// The branch the group is for.
        target: RefName,
        /// The group's base.
        base: ObjectId,
        /// The group's head.
        head: ObjectId,
    },
    /// Somebody asks to judge a head again.
    Recheck {
        /// Where.
        repository: EventRepository,
        /// The head.
        head: ObjectId,
    },
    /// Something happened in a repository, and who says so cannot be trusted to
    /// say what: the forge is asked how everything stands now.
    Poke {
        /// Where: a hint too, of which the name alone is used.
        repository: EventRepository,
    },
    /// What we may see or do changed: an installation, its repositories, its permissions.
    AccessChanged {
        /// What happened, for the log.
        what: String,
    },
    /// The forge checks that we are there.
    Ping,
}

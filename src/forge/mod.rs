//! The forges: who sent this, what does it mean, what do we know, what do we say.
//!
//! Four small traits, one folder per forge with the same file names inside.
//! A forge's own words stay in its folder.

pub mod github;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::model::approval::Approval;
use crate::model::delivery::VerifiedDelivery;
use crate::model::event::{Event, EventRepository};
use crate::model::oid::ObjectId;
use crate::model::principal::Actor;
use crate::model::refs::RefName;
use crate::model::repo::ForgeKind;
use crate::model::verdict::Conclusion;

/// One HTTP request from a forge, raw. Nothing in it is believed.
pub struct Delivery {
    /// All headers, names in lower case.
    pub headers: http::HeaderMap,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// When it was received.
    pub received_at: Timestamp,
}

/// Why a delivery is not accepted. The text goes to our log, never to the sender.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No signature, or one that no secret of ours made.
    #[error("not authentic: {0}")]
    NotAuthentic(&'static str),
    /// A header that the contract promises is missing or malformed.
    #[error("not a delivery: {0}")]
    Malformed(&'static str),
}

/// What a verified delivery means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// These events, in order.
    Events(Vec<Event>),
    /// Nothing that we act on; why, for the record.
    NotOfInterest(String),
}

/// A verified body that cannot be read. It is kept and listed, never dropped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the payload cannot be read: {0}")]
pub struct Unreadable(pub String);

/// Authenticates deliveries and reads them. Synchronous and without I/O.
pub trait Intake: Send + Sync {
    /// Establishes that the bytes are the forge's, over the raw body, in
    /// constant time, against each current secret; only then reads the headers.
    fn authenticate(&self, delivery: Delivery) -> Result<VerifiedDelivery, Refused>;

    /// What the delivery means.
    fn meaning(&self, delivery: &VerifiedDelivery) -> Result<Meaning, Unreadable>;
}

/// A pull request as the forge's API states it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequestState {
    /// Its number.
    pub number: u64,
    /// Whether it is open.
    pub open: bool,
    /// The branch that it would change.
    pub target: RefName,
    /// The tip of that branch.
    pub base: ObjectId,
    /// Its head.
    pub head: ObjectId,
    /// Whose it is.
    pub actor: Option<Actor>,
}

/// Asks the forge. Every list is read to its end, or it is an error.
#[async_trait]
pub trait Evidence: Send + Sync {
    /// The pull request as it is now.
    async fn pull_request(
        &self,
        repository: &EventRepository,
        number: u64,
    ) -> Result<PullRequestState, ForgeError>;

    /// The open pull requests whose head this is.
    async fn pull_requests_of(
        &self,
        repository: &EventRepository,
        head: ObjectId,
    ) -> Result<Vec<PullRequestState>, ForgeError>;

    /// The standing approvals of a pull request: the last word of each account,
    /// with the head it was given for.
    async fn approvals(
        &self,
        repository: &EventRepository,
        number: u64,
    ) -> Result<Vec<Approval>, ForgeError>;
}

/// Our mark on a revision, as it should stand on the forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The stable name; carries the target branch.
    pub context: String,
    /// The revision.
    pub head: ObjectId,
    /// What the revision was judged for: GitLab and Stash file a status under it.
    pub subject: StatusSubject,
    /// What it says.
    pub conclusion: Conclusion,
    /// One line.
    pub title: String,
    /// Markdown for people.
    pub summary: String,
    /// Findings at lines.
    pub annotations: Vec<Annotation>,
    /// The details page.
    pub details_url: String,
    /// Our own key of this status, echoed by the forge where it can.
    pub external_id: String,
}

/// What a status is about, beside the revision it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusSubject {
    /// The pull request with this number.
    PullRequest(u64),
    /// This ref: a pushed one, or a merge group's target.
    Ref(RefName),
}

/// A finding at a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// The path; UTF-8, since forges take nothing else.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// Whether the finding blocks.
    pub blocking: bool,
    /// The check's id.
    pub title: String,
    /// The message and the remedy.
    pub message: String,
}

/// Puts statuses on the forge. Publishing the same status again changes nothing.
#[async_trait]
pub trait Publisher: Send + Sync {
    /// Publishes, replacing what we published before as `previous` (the value
    /// that an earlier call returned for the same context and head).
    async fn publish(
        &self,
        repository: &EventRepository,
        status: &Status,
        previous: Option<&str>,
    ) -> Result<String, ForgeError>;
}

/// Where the objects of a repository are fetched from.
pub struct Remote {
    /// URL of the repository for git.
    pub url: String,
    /// The value of an `Authorization` header, if one is needed.
    pub authorization: Option<SecretString>,
}

/// Says where to fetch objects.
#[async_trait]
pub trait Objects: Send + Sync {
    /// The remote, with a credential that is good for the next minutes.
    async fn remote(&self, repository: &EventRepository) -> Result<Remote, ForgeError>;
}

/// Why a forge did not do what we asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForgeError {
    /// It may work later.
    #[error("{forge} did not answer: {reason}")]
    Unavailable {
        /// Which forge.
        forge: ForgeKind,
        /// What happened.
        reason: String,
    },
    /// A rate limit, and when to ask again.
    #[error("{forge} asks us to wait until {until}")]
    RateLimited {
        /// Which forge.
        forge: ForgeKind,
        /// The earliest time to try again.
        until: Timestamp,
    },
    /// It will not work without somebody changing something.
    #[error("{forge} refused: {reason}")]
    Refused {
        /// Which forge.
        forge: ForgeKind,
        /// What it said, and what we needed.
        reason: String,
    },
    /// An answer that does not follow the contract.
    #[error("{forge} gave an answer that we cannot read: {reason}")]
    Unreadable {
        /// Which forge.
        forge: ForgeKind,
        /// What is wrong with it.
        reason: String,
    },
}

/// A setting with which an instance cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct ConfigError {
    /// The setting's name.
    pub setting: &'static str,
    /// What is wrong with it. Never shows a secret.
    pub problem: String,
}

impl ConfigError {
    /// A setting and what is wrong with it.
    pub fn new(setting: &'static str, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Self { setting, problem }
    }
}

/// A configured installation of a forge.
#[derive(Clone)]
pub struct Instance {
    /// Its key in the configuration; the last part of its webhook URL.
    pub key: String,
    /// The product.
    pub kind: ForgeKind,
    /// Authenticates and reads its deliveries.
    pub intake: Arc<dyn Intake>,
    /// Answers our questions.
    pub evidence: Arc<dyn Evidence>,
    /// Takes our statuses.
    pub publisher: Arc<dyn Publisher>,
    /// Gives objects.
    pub objects: Arc<dyn Objects>,
}

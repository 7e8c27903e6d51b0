//! Our marks on the forge.

use async_trait::async_trait;

use super::ForgeError;
use crate::model::event::EventRepository;
use crate::model::oid::ObjectId;
use crate::model::refs::RefName;
use crate::model::verdict::Conclusion;

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

#[cfg(test)]
impl Status {
    /// A status of `forgewarden/main` for pull request 1, for unit tests.
    pub(in crate::forge) fn sample(conclusion: Conclusion) -> Self {
        Self {
            context: "forgewarden/main".into(),
            head: ObjectId::parse("1".repeat(40)).expect("an id"),
            subject: StatusSubject::PullRequest(1),
            conclusion,
            title: "1 finding blocks".into(),
            summary: "Summary".into(),
            annotations: Vec::new(),
            details_url: "https://forgewarden.example.com/v/1".into(),
            external_id: "key".into(),
        }
    }
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

    /// Whether what we published (the value that [`Publisher::publish`] returned)
    /// still stands on the forge, by our own account, and is the one that counts.
    async fn standing(
        &self,
        repository: &EventRepository,
        status: &Status,
        published_as: &str,
    ) -> Result<Standing, ForgeError>;
}

/// How a status of ours stands on the forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// As we published it.
    Stands,
    /// It is gone, or says something else than we published.
    Changed(String),
    /// Another account's counts instead of ours: whose, and what it says.
    Overruled(String),
}

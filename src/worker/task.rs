//! What an evaluation job carries, and the names of the statuses it speaks at.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::JobError;
use crate::forge::StatusSubject;
use crate::model::event::EventRepository;
use crate::model::oid::ObjectId;
use crate::model::principal::Actor;
use crate::model::refs::{RefName, RefUpdate};
use crate::model::request::{Concern, Subject};
use crate::store::{Mark, StatusKey};

/// One thing to judge, as it was when it was queued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The instance.
    pub instance: String,
    /// The repository.
    pub repository: EventRepository,
    /// What would change.
    pub subject: Subject,
    /// Who pushed it, or whose pull request it is.
    pub actor: Option<Actor>,
    /// When the delivery was received.
    pub received_at: Timestamp,
    /// Whether the pull request was closed when this was queued: there is
    /// nothing to judge, only something to withdraw.
    #[serde(default)]
    pub closing: bool,
    /// What of it is judged; each has a status of its own.
    #[serde(default = "change")]
    pub concern: Concern,
}

fn change() -> Concern {
    Concern::Change
}

/// What a publication needs beside the status itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) repository: EventRepository,
    /// The pull request, if it is about one.
    number: Option<u64>,
    /// The pushed ref, or the target branch.
    name: RefName,
}

impl Place {
    /// What the forge files the status under.
    pub(super) fn subject(&self) -> StatusSubject {
        match self.number {
            Some(number) => StatusSubject::PullRequest(number),
            None => StatusSubject::Ref(self.name.clone()),
        }
    }
}

/// The status context of pull requests and merge groups into a branch.
pub fn merge_context(target: &RefName) -> String {
    format!("forgewarden/{}", target.short_text())
}

/// The status context of pushes to a ref.
pub fn push_context(name: &RefName) -> String {
    format!("forgewarden-push/{}", name.short_text())
}

/// The status context of how pull requests and merge groups into a branch were pushed.
pub fn merge_authentication_context(target: &RefName) -> String {
    format!("forgewarden-auth/{}", target.short_text())
}

/// The status context of how pushes to a ref were authenticated.
pub fn push_authentication_context(name: &RefName) -> String {
    format!("forgewarden-auth-push/{}", name.short_text())
}

/// Whether a status is about how something was pushed.
pub(super) fn is_about_authentication(context: &str) -> bool {
    context.starts_with("forgewarden-auth/") || context.starts_with("forgewarden-auth-push/")
}

/// What speaks at the status of a change for how it was pushed.
pub(super) fn echo_subject(subject: &str) -> String {
    format!("{subject} (authentication)")
}

/// The subject of a pull request in the table of subjects.
pub(super) fn pull_request_subject(number: u64) -> String {
    format!("pull-request/{number}")
}

/// The number of the pull request that is this subject.
pub(super) fn pull_request_number(subject: &str) -> Option<u64> {
    subject.strip_prefix("pull-request/")?.parse().ok()
}

/// The subject of a move of a ref from there, or of its creation.
pub(super) fn push_subject(name: &RefName, old: Option<ObjectId>) -> String {
    match old {
        Some(old) => format!("push/{name} from {old}"),
        None => format!("push/{name}"),
    }
}

impl Task {
    /// As a job's payload.
    pub(super) fn to_payload(&self) -> Result<String, JobError> {
        serde_json::to_string(self).map_err(|error| JobError::Never(error.to_string()))
    }

    /// From a job's payload.
    pub(super) fn from_payload(payload: &str) -> Result<Self, JobError> {
        serde_json::from_str(payload)
            .map_err(|error| JobError::Never(format!("the job cannot be read: {error}")))
    }

    /// Evaluations of one repository run one after the other: they share a mirror.
    pub(super) fn queue_key(&self) -> String {
        format!("repository/{}/{}", self.instance, self.repository.id)
    }

    /// The marks that are known before objects are fetched. A tag is not among
    /// them: which commit it names is not known yet.
    pub(super) fn marks(&self) -> Result<Vec<Mark>, JobError> {
        match &self.subject {
            Subject::PullRequest { .. } if self.closing => Ok(Vec::new()),
            Subject::PullRequest {
                number,
                target,
                head,
                ..
            } => Ok(vec![self.mark(
                (self.context_into(target), *head),
                pull_request_subject(*number),
                (Some(*number), target),
            )?]),
            Subject::MergeGroup { target, head, .. } => Ok(vec![self.mark(
                (self.context_into(target), *head),
                "merge-group".to_owned(),
                (None, target),
            )?]),
            Subject::Push { updates } => updates
                .iter()
                .filter(|update| !update.name.is_tag())
                .filter_map(|update| update.new.map(|new| (update, new)))
                .map(|(update, new)| self.push_mark(update, new))
                .collect(),
        }
    }

    /// The mark of a push after which a ref names this commit. Each old value
    /// is a subject of its own: a later push to the same commit brings less,
    /// and must not excuse what an earlier one brought.
    pub(super) fn push_mark(&self, update: &RefUpdate, head: ObjectId) -> Result<Mark, JobError> {
        let name = &update.name;
        let subject = push_subject(name, update.old);
        let context = match self.concern {
            Concern::Authentication => push_authentication_context(name),
            Concern::Change | Concern::Everything => push_context(name),
        };
        self.mark((context, head), subject, (None, name))
    }

    /// The status context of a proposal, by what is judged of it.
    fn context_into(&self, target: &RefName) -> String {
        match self.concern {
            Concern::Authentication => merge_authentication_context(target),
            Concern::Change | Concern::Everything => merge_context(target),
        }
    }

    /// The same subject, of which something else is judged.
    pub(super) fn about(&self, concern: Concern) -> Self {
        Self {
            concern,
            ..self.clone()
        }
    }

    fn mark(
        &self,
        (context, head): (String, ObjectId),
        subject: String,
        (number, name): (Option<u64>, &RefName),
    ) -> Result<Mark, JobError> {
        let place = Place {
            repository: self.repository.clone(),
            number,
            name: name.clone(),
        };
        let place =
            serde_json::to_string(&place).map_err(|error| JobError::Never(error.to_string()))?;
        Ok(Mark {
            key: StatusKey {
                instance: self.instance.clone(),
                repository_id: self.repository.id,
                head,
                context,
            },
            subject,
            place,
        })
    }
}

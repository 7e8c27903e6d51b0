//! A verdict as the store keeps it, and the commits that a subject names.

use std::collections::BTreeSet;

use super::error::JobError;
use super::task::Task;
use crate::model::oid::ObjectId;
use crate::model::request::Subject;
use crate::model::verdict::Verdict;
use crate::store::NewVerdict;

/// The verdict as the store keeps it.
pub(super) fn to_keep(task: &Task, verdict: &Verdict) -> Result<NewVerdict, JobError> {
    let json = crate::report::json::render(verdict).map_err(|error| {
        JobError::Never(format!("the verdict cannot be written as JSON: {error}"))
    })?;
    let target = match verdict.subject.target() {
        Some(target) => target.to_string(),
        None => join(verdict.subject.updates().iter().map(|update| &update.name)),
    };
    Ok(NewVerdict {
        id: uuid::Uuid::new_v4().simple().to_string(),
        instance: task.instance.clone(),
        repository_id: task.repository.id,
        repository: task.repository.name.as_str().to_owned(),
        subject: verdict.subject.to_string(),
        target,
        base: join(others(&verdict.subject)),
        head: join(heads(&verdict.subject)),
        policy_digest: verdict.policy_digest.0.clone(),
        trust_digest: verdict.trust_digest.0.clone(),
        conclusion: verdict.conclusion.to_string(),
        json: json.into_bytes(),
    })
}

/// What is there after it.
pub(super) fn heads(subject: &Subject) -> Vec<ObjectId> {
    let updates = subject.updates();
    let heads: BTreeSet<_> = updates.iter().filter_map(|update| update.new).collect();
    heads.into_iter().collect()
}

/// What was there before.
pub(super) fn others(subject: &Subject) -> Vec<ObjectId> {
    let updates = subject.updates();
    let others: BTreeSet<_> = updates.iter().filter_map(|update| update.old).collect();
    others.into_iter().collect()
}

fn join(parts: impl IntoIterator<Item = impl ToString>) -> String {
    let parts: Vec<String> = parts.into_iter().map(|part| part.to_string()).collect();
    parts.join(" ")
}

//! The third job: the forge is told what a status should say, if it was not.

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::Context;
use super::error::JobError;
use super::rendered::Rendered;
use super::task::{Place, pull_request_number};
use crate::forge::{ForgeError, Status, StatusSubject};
use crate::model::event::EventRepository;
use crate::store::{Job, StatusKey, StatusRow, SubjectLine};

/// Longest time for telling the forge about one status.
const TIMEOUT: Duration = Duration::from_mins(2);

/// Publishes what the status should say now; what it should have said before
/// is nobody's concern.
pub(super) async fn perform(context: &Context, job: &Job) -> Result<(), JobError> {
    let key: StatusKey = serde_json::from_str(&job.payload)
        .map_err(|error| JobError::Never(format!("the job cannot be read: {error}")))?;
    let row = context.store.status(&key).await?;
    let Some(row) = row.filter(|row| row.published_version != row.desired_version) else {
        context.store.finish(job).await?;
        return Ok(());
    };
    let (repository, status) = as_published(context, &key, &row).await?;
    let instance = context.instance(&key.instance)?;
    let previous = row.published_as.as_deref();
    let publish = instance.publisher.publish(&repository, &status, previous);
    let name = match tokio::time::timeout(TIMEOUT, publish).await {
        Ok(result) => result?,
        Err(_) => {
            return Err(JobError::Forge(ForgeError::Unavailable {
                forge: instance.kind,
                reason: format!("it took longer than {} s", TIMEOUT.as_secs()),
            }));
        }
    };
    let store = &context.store;
    store.published(&key, row.desired_version, &name).await?;
    store.finish(job).await?;
    tracing::info!(
        status = %key.context,
        head = %key.head,
        conclusion = %row.conclusion,
        "published"
    );
    Ok(())
}

/// A status as the forge is told of it.
pub(super) async fn as_published(
    context: &Context,
    key: &StatusKey,
    row: &StatusRow,
) -> Result<(EventRepository, Status), JobError> {
    let store = &context.store;
    let subjects = store
        .subjects_of(&key.instance, key.repository_id, key.head)
        .await?;
    let place: Place = serde_json::from_str(&row.place)
        .map_err(|error| JobError::Never(format!("the repository cannot be read: {error}")))?;
    let status = status(context, (key, &place), row, &subjects)?;
    Ok((place.repository, status))
}

fn status(
    context: &Context,
    (key, place): (&StatusKey, &Place),
    row: &StatusRow,
    subjects: &[SubjectLine],
) -> Result<Status, JobError> {
    let rendered: Rendered = serde_json::from_str(&row.rendered)
        .map_err(|error| JobError::Never(format!("the status cannot be read: {error}")))?;
    Ok(Status {
        context: key.context.clone(),
        head: key.head,
        subject: subject(key, place, subjects),
        conclusion: row.conclusion,
        title: rendered.title,
        summary: rendered.summary + &others(key, subjects),
        annotations: rendered.annotations.into_iter().map(Into::into).collect(),
        details_url: match &row.verdict_id {
            Some(id) => context.links.to(id),
            None => context.links.front(),
        },
        external_id: external_id(key),
    })
}

/// What the forge files the status under: the pull request that spoke last, or,
/// once that one is closed, another that still shares the status.
fn subject(key: &StatusKey, place: &Place, subjects: &[SubjectLine]) -> StatusSubject {
    let last = place.subject();
    let StatusSubject::PullRequest(number) = last else {
        return last;
    };
    let here = subjects.iter().filter(|line| line.key == *key);
    let open: Vec<u64> = here
        .filter_map(|line| pull_request_number(&line.subject))
        .collect();
    match open.first() {
        Some(other) if !open.contains(&number) => StatusSubject::PullRequest(*other),
        _ => last,
    }
}

/// If several subjects share the status: what each of them says.
fn others(key: &StatusKey, subjects: &[SubjectLine]) -> String {
    let here: Vec<_> = subjects.iter().filter(|line| line.key == *key).collect();
    if here.len() < 2 {
        return String::new();
    }
    let mut text = "\n\nThis revision stands in several places; the worst is shown:\n".to_owned();
    for line in here {
        let subject = crate::model::text::escape(&line.subject).replace('`', "'");
        text += &format!("\n- `{subject}`: {}", line.conclusion);
    }
    text
}

/// Our own key of a status: the same each time, and the same on every replica.
fn external_id(key: &StatusKey) -> String {
    let text = format!(
        "{}\n{}\n{}\n{}",
        key.instance, key.repository_id, key.head, key.context
    );
    hex::encode(&Sha256::digest(text)[..16])
}

//! Whether what we published at open pull requests still stands.

use super::Context;
use super::error::{JobError, Verdict};
use super::publish;
use super::sweep::Found;
use crate::forge::{Instance, Standing};
use crate::model::text::excerpt;
use crate::store::StatusKey;

/// Most statuses that one sweep compares; the next goes on behind the last one.
const PER_SWEEP: usize = 200;

/// Compares some of the statuses with the forge, and has those published anew
/// that do not stand. Everyone gets their turn.
pub(super) async fn compare(
    context: &Context,
    instance: &Instance,
    (mut statuses, last): (Vec<StatusKey>, &mut Option<StatusKey>),
    found: &mut Found,
) -> Result<(), JobError> {
    statuses.sort();
    statuses.dedup();
    let after = match &*last {
        Some(last) => statuses.partition_point(|key| key <= last),
        None => 0,
    };
    statuses.rotate_left(after);
    for key in statuses.into_iter().take(PER_SWEEP) {
        match compare_one(context, instance, &key).await {
            Ok(republished) => found.republished += usize::from(republished),
            Err(error) if matches!(error.verdict(), Verdict::Wait(_)) => return Err(error),
            Err(error) => {
                found.failed += 1;
                tracing::warn!(status = %key.context, head = %key.head, %error, "cannot compare the status");
            }
        }
        found.compared += 1;
        *last = Some(key);
    }
    Ok(())
}

/// Whether the status has to be published anew.
async fn compare_one(
    context: &Context,
    instance: &Instance,
    key: &StatusKey,
) -> Result<bool, JobError> {
    let store = &context.store;
    let Some(row) = store.status(key).await? else {
        return Ok(false);
    };
    let Some(name) = row.published_as.as_deref() else {
        return Ok(false);
    };
    if row.published_version != row.desired_version {
        return Ok(false);
    }
    let (repository, status) = publish::as_published(context, key, &row).await?;
    let publisher = &instance.publisher;
    let (word, what) = match publisher.standing(&repository, &status, name).await? {
        Standing::Stands => return Ok(false),
        Standing::Changed(what) => ("changed", what),
        Standing::Overruled(what) => ("overruled", what),
    };
    let again = store.republish(key, row.published_version).await?;
    if again {
        tracing::warn!(
            repository = %repository.name, status = %key.context, head = %key.head,
            standing = word, found = %excerpt(&what, 300),
            "the status does not stand as we published it; it is published anew"
        );
        context.wake.notify_waiters();
    }
    Ok(again)
}

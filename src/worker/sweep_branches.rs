//! Moves of guarded branches that no delivery told us of.
//!
//! The known tip of a branch is where the last judged move left it. A tip that
//! the forge states must be reached from it by moves that are judged already,
//! in whatever order their deliveries came; otherwise the whole way from the
//! known tip is judged. A delivery may still be on its way, so a branch first
//! waits for it: a delivery knows who pushed, and we do not.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::Context;
use super::error::JobError;
use super::planning::{Planner, is_of_authentication};
use super::sweep::Looked;
use super::task::{push_context, push_subject};
use crate::forge::{Branch, Instance};
use crate::model::event::{Event, EventRepository};
use crate::model::oid::ObjectId;
use crate::model::refs::{RefName, RefUpdate};
use crate::store::{Tip, TipKey};

/// Most judged moves that are followed from a known tip; beyond, the way counts as not judged.
const MAX_STEPS: usize = 256;

/// Notes the planned moves of branches. A failure costs nothing but that a
/// sweep has to follow the judged moves by itself.
pub(super) async fn note(context: &Context, instance: &str, moves: &[(u64, RefUpdate)]) {
    for (repository_id, update) in moves.iter().filter(|(_, update)| !update.name.is_tag()) {
        let key = key(instance, *repository_id, &update.name);
        if let Err(error) = note_one(context, &key, update).await {
            tracing::warn!(%error, branch = %update.name, "cannot note where the branch stands");
        }
    }
}

async fn note_one(context: &Context, key: &TipKey, update: &RefUpdate) -> Result<(), JobError> {
    let store = &context.store;
    match (update.old, update.new) {
        (Some(old), Some(new)) => {
            store.note_tip(key, old).await?;
            store.move_tip(key, old, new).await?;
        }
        (None, Some(new)) => {
            store.note_tip(key, new).await?;
        }
        (Some(old), None) => store.forget_tip(key, old).await?,
        (None, None) => {}
    }
    Ok(())
}

/// Queues the moves of a repository's guarded branches that were not judged.
pub(super) async fn look(
    context: &Context,
    instance: &Instance,
    (repository, looked): (&EventRepository, &mut Looked),
) -> Result<(), JobError> {
    let store = &context.store;
    for branch in instance.inventory.branches(repository).await? {
        let key = key(&instance.key, repository.id, &branch.name);
        let Some(known) = store.tip(&key).await? else {
            store.note_tip(&key, branch.tip).await?;
            tracing::info!(
                repository = %repository.name, branch = %branch.name, tip = %branch.tip,
                "guarded from here on; what it holds already is not judged"
            );
            continue;
        };
        let judged = known.tip == branch.tip
            || leads_to(context, &key, (&branch.name, known.tip, branch.tip)).await?;
        if judged {
            if known.tip != branch.tip || known.astray_since.is_some() {
                store.move_tip(&key, known.tip, branch.tip).await?;
            }
        } else if waits(context, &key, known).await? {
            looked.astray = true;
        } else {
            let judged = judge(context, instance, (repository, &branch, known.tip)).await?;
            store.move_tip(&key, known.tip, branch.tip).await?;
            looked.branches += judged;
        }
    }
    Ok(())
}

/// Whether moves that are judged, or being judged, lead from one tip to the other.
async fn leads_to(
    context: &Context,
    key: &TipKey,
    (name, from, to): (&RefName, ObjectId, ObjectId),
) -> Result<bool, JobError> {
    let status = push_context(name);
    let (mut known, mut open) = (BTreeSet::from([from]), vec![from]);
    while let Some(at) = open.pop() {
        if known.len() > MAX_STEPS {
            return Ok(false);
        }
        let subject = push_subject(name, Some(at));
        let store = &context.store;
        let lines = store
            .lines_of(&key.instance, key.repository_id, &subject)
            .await?;
        for line in lines.iter().filter(|line| line.key.context == status) {
            if line.key.head == to {
                return Ok(true);
            }
            if known.insert(line.key.head) {
                open.push(line.key.head);
            }
        }
    }
    Ok(false)
}

/// Whether a delivery may still come for what moved the branch.
async fn waits(context: &Context, key: &TipKey, known: Tip) -> Result<bool, JobError> {
    let Some(since) = known.astray_since else {
        context.store.tip_is_astray(key, known.tip).await?;
        return Ok(true);
    };
    let grace = SignedDuration::try_from(context.sweep.grace).unwrap_or(SignedDuration::MAX);
    Ok(context.clock.now().duration_since(since) < grace)
}

/// Queues the judgement of everything that came since the known tip.
async fn judge(
    context: &Context,
    instance: &Instance,
    (repository, branch, known): (&EventRepository, &Branch, ObjectId),
) -> Result<usize, JobError> {
    tracing::warn!(
        repository = %repository.name, branch = %branch.name, %known, tip = %branch.tip,
        "the branch moved and no delivery said so; it is judged without a pusher"
    );
    let mut planner = Planner::new(context, instance, ("", context.clock.now()));
    let update = RefUpdate {
        name: branch.name.clone(),
        old: Some(known),
        new: Some(branch.tip),
    };
    let event = Event::Push {
        repository: repository.clone(),
        updates: vec![update],
        actor: None,
        at: None,
    };
    planner.add(event).await?;
    let mut queued = 0;
    for evaluation in planner.finish()? {
        let begun = context.store.begin_unless_said(&evaluation).await?;
        queued += usize::from(begun && !is_of_authentication(&evaluation));
    }
    Ok(queued)
}

fn key(instance: &str, repository_id: u64, name: &RefName) -> TipKey {
    TipKey {
        instance: instance.to_owned(),
        repository_id,
        branch: name.to_string(),
    }
}

//! The first job of a delivery: what does it mean, and what has to be judged.

use super::Context;
use super::error::JobError;
use super::planning::Planner;
use super::sweep_branches;
use crate::forge::Meaning;
use crate::store::Job;

/// Reads the delivery, sets the statuses to pending and queues the evaluations.
pub(super) async fn perform(context: &Context, job: &Job) -> Result<(), JobError> {
    let delivery = context.store.delivery(job).await?;
    let instance = context.instance(delivery.instance())?;
    let meaning = instance.intake.meaning(&delivery);
    // A body that is authentic and unreadable is kept and listed.
    let meaning = meaning.map_err(|error| JobError::Never(error.to_string()))?;
    let (events, note) = match meaning {
        Meaning::Events(events) => (events, String::new()),
        Meaning::NotOfInterest(why) => (Vec::new(), why),
    };
    let mut planner = Planner::new(context, instance, (delivery.id(), delivery.received_at()));
    for event in events {
        planner.add(event).await?;
    }
    let moves = planner.moves();
    let evaluations = planner.finish()?;
    let store = &context.store;
    store
        .begin_evaluations(Some(job), &evaluations, &note)
        .await?;
    context.wake.notify_waiters();
    sweep_branches::note(context, &instance.key, &moves).await;
    Ok(())
}

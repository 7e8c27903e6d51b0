//! Looks after what was left lying: leases of workers that are gone, statuses
//! that the forge was not told of, statuses that wait for nothing.

use super::rendered::could_not_judge;
use crate::store::{Everyone, Store, StoreError};

/// One round. Doing it twice does nothing more.
pub async fn reconcile(store: &Store, everyone: Everyone) -> Result<(), StoreError> {
    if everyone == Everyone::IsGone {
        store.release_all_sweeps().await?;
    }
    let abandoned = store.put_back_abandoned(everyone).await?;
    let said = could_not_judge("its evaluation was given up or lost");
    let orphans = store.settle_orphans(&said).await?;
    let unpublished = store.requeue_unpublished().await?;
    if abandoned + orphans + unpublished > 0 {
        tracing::info!(abandoned, orphans, unpublished, "reconciled");
    }
    Ok(())
}

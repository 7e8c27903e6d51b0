//! The publish jobs of statuses: at most one waits per status.

use super::jobs::{self, JobKind, NewJob};
use super::rows::{number, unreadable};
use super::statuses::read_key;
use super::{StatusKey, Store, StoreError, Tx};

/// How many statuses one round of reconciliation looks at.
const ROUND: i64 = 500;

impl Store {
    /// Queues the publication of statuses that the forge was not told of and
    /// that no job looks after. How many.
    pub async fn requeue_unpublished(&self) -> Result<u64, StoreError> {
        let select = "SELECT instance, repository_id, head, context FROM statuses \
             WHERE desired_version <> published_version ORDER BY changed_at LIMIT $1";
        let rows = sqlx::query(select)
            .bind(ROUND)
            .fetch_all(&self.reads)
            .await?;
        let mut queued = 0;
        for row in &rows {
            let key = read_key(row)?;
            let mut tx = self.begin().await?;
            if !live(&mut tx, &key).await? {
                ensure(&mut tx, &key, self.now()).await?;
                queued += 1;
            }
            tx.commit().await?;
        }
        Ok(queued)
    }

    /// Has a status published anew, as if the forge had never been told of it,
    /// if what it was told last is still this version. Whether it does.
    pub async fn republish(&self, key: &StatusKey, version: u64) -> Result<bool, StoreError> {
        let update = "UPDATE statuses SET published_version = 0, published_as = NULL \
             WHERE instance = $1 AND repository_id = $2 AND head = $3 AND context = $4 \
             AND published_version = $5 AND desired_version = $5";
        let mut tx = self.begin().await?;
        let updated = sqlx::query(update)
            .bind(key.instance.clone())
            .bind(number(key.repository_id)?)
            .bind(key.head.to_string())
            .bind(key.context.clone())
            .bind(number(version)?)
            .execute(&mut *tx)
            .await?;
        let ours = updated.rows_affected() == 1;
        if ours {
            ensure(&mut tx, key, self.now()).await?;
        }
        tx.commit().await?;
        Ok(ours)
    }
}

/// Sees to it that a publish job waits: an own one, or the dead one revived.
pub(super) async fn ensure(tx: &mut Tx, key: &StatusKey, now: i64) -> Result<(), StoreError> {
    let revive = "UPDATE jobs SET state = 'ready', attempts = 0, claims = 0, run_at = $2 \
         WHERE queue_key = $1 AND state = 'dead'";
    let revived = sqlx::query(revive)
        .bind(key.queue_key())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    if revived.rows_affected() > 0 || waiting(tx, key).await? {
        return Ok(());
    }
    let payload =
        serde_json::to_string(key).map_err(|error| unreadable("status key", &error.to_string()))?;
    let job = NewJob {
        kind: JobKind::Publish,
        key: key.queue_key(),
        payload,
        delivery: None,
    };
    jobs::insert(tx, &job, now).await?;
    Ok(())
}

async fn waiting(tx: &mut Tx, key: &StatusKey) -> Result<bool, StoreError> {
    let select = "SELECT COUNT(*) FROM jobs WHERE queue_key = $1 AND state = 'ready'";
    let count: i64 = sqlx::query_scalar(select)
        .bind(key.queue_key())
        .fetch_one(&mut **tx)
        .await?;
    Ok(count > 0)
}

async fn live(tx: &mut Tx, key: &StatusKey) -> Result<bool, StoreError> {
    let select = "SELECT COUNT(*) FROM jobs WHERE queue_key = $1 AND state <> 'dead'";
    let count: i64 = sqlx::query_scalar(select)
        .bind(key.queue_key())
        .fetch_one(&mut **tx)
        .await?;
    Ok(count > 0)
}

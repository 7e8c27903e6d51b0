//! What an operator sees of the queue, and puts back into it.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::rows::count;
use super::{Store, StoreError, Tx};

/// A job as the operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobLine {
    /// Its number.
    pub id: i64,
    /// The kind's word.
    pub kind: String,
    /// `ready`, `running` or `dead`.
    pub state: String,
    /// Its key.
    pub key: String,
    /// The delivery's id, if it belongs to one.
    pub delivery: Option<String>,
    /// How often it failed.
    pub attempts: u32,
    /// The last error.
    pub error: String,
}

/// What was put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replayed {
    /// So many jobs.
    Jobs(u64),
    /// A whole delivery that was processed before.
    Delivery,
    /// Nothing has this id.
    Unknown,
}

impl Store {
    /// The jobs in a state (all if empty), oldest first, at most a thousand.
    pub async fn jobs(&self, state: &str) -> Result<Vec<JobLine>, StoreError> {
        let select = "SELECT id, kind, state, queue_key, delivery_id, attempts, last_error \
             FROM jobs WHERE ($1 = '' OR state = $1) ORDER BY id LIMIT 1000";
        let rows = sqlx::query(select)
            .bind(state.to_owned())
            .fetch_all(&self.reads)
            .await?;
        let read = |row: &AnyRow| {
            Ok(JobLine {
                id: row.try_get("id")?,
                kind: row.try_get("kind")?,
                state: row.try_get("state")?,
                key: row.try_get("queue_key")?,
                delivery: row.try_get("delivery_id")?,
                attempts: count(row, "attempts")?,
                error: row.try_get("last_error")?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Puts all dead jobs back.
    pub async fn replay_dead(&self) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let revived = revive(&mut tx, self.now()).await?;
        tx.commit().await?;
        Ok(revived)
    }

    /// Puts back the dead job with this number, or everything of the delivery
    /// with this id; a processed delivery is worked on again as a whole.
    pub async fn replay(&self, id: &str) -> Result<Replayed, StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let replayed = match id.parse::<i64>() {
            Ok(number) => replay_job(&mut tx, number, now).await?,
            Err(_) => Replayed::Unknown,
        };
        let replayed = match replayed {
            Replayed::Unknown => replay_delivery(&mut tx, id, now).await?,
            done => done,
        };
        tx.commit().await?;
        Ok(replayed)
    }
}

async fn replay_job(tx: &mut Tx, number: i64, now: i64) -> Result<Replayed, StoreError> {
    let update = "UPDATE jobs SET state = 'ready', attempts = 0, claims = 0, run_at = $2 \
         WHERE id = $1 AND state = 'dead'";
    let updated = sqlx::query(update)
        .bind(number)
        .bind(now)
        .execute(&mut **tx)
        .await?
        .rows_affected();
    unbury_deliveries(tx).await?;
    Ok(match updated {
        0 => Replayed::Unknown,
        count => Replayed::Jobs(count),
    })
}

async fn replay_delivery(tx: &mut Tx, id: &str, now: i64) -> Result<Replayed, StoreError> {
    let known = "UPDATE deliveries SET note = note WHERE delivery_id = $1";
    let known = sqlx::query(known)
        .bind(id.to_owned())
        .execute(&mut **tx)
        .await?;
    if known.rows_affected() == 0 {
        return Ok(Replayed::Unknown);
    }
    let revive = "UPDATE jobs SET state = 'ready', attempts = 0, claims = 0, run_at = $2 \
         WHERE delivery_id = $1 AND state = 'dead'";
    let revived = sqlx::query(revive)
        .bind(id.to_owned())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    unbury_deliveries(tx).await?;
    if revived.rows_affected() > 0 {
        return Ok(Replayed::Jobs(revived.rows_affected()));
    }
    let insert = "INSERT INTO jobs (kind, queue_key, payload, instance, delivery_id, state, \
         run_at, created_at) \
         SELECT 'delivery', 'delivery/' || d.instance || '/' || d.delivery_id, '', d.instance, \
         d.delivery_id, 'ready', $2, $3 FROM deliveries d WHERE d.delivery_id = $1 \
         AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.instance = d.instance \
         AND j.delivery_id = d.delivery_id)";
    sqlx::query(insert)
        .bind(id.to_owned())
        .bind(now)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    let update = "UPDATE deliveries SET state = 'received' WHERE delivery_id = $1";
    sqlx::query(update)
        .bind(id.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(Replayed::Delivery)
}

async fn revive(tx: &mut Tx, now: i64) -> Result<u64, StoreError> {
    let update = "UPDATE jobs SET state = 'ready', attempts = 0, claims = 0, run_at = $1 \
         WHERE state = 'dead'";
    let updated = sqlx::query(update).bind(now).execute(&mut **tx).await?;
    unbury_deliveries(tx).await?;
    Ok(updated.rows_affected())
}

/// A dead delivery whose jobs live again is being worked on.
async fn unbury_deliveries(tx: &mut Tx) -> Result<(), StoreError> {
    let update = "UPDATE deliveries SET state = 'judging' WHERE state = 'dead' \
         AND EXISTS (SELECT 1 FROM jobs j WHERE j.instance = deliveries.instance \
         AND j.delivery_id = deliveries.delivery_id AND j.state <> 'dead')";
    sqlx::query(update).execute(&mut **tx).await?;
    Ok(())
}

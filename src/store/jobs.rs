//! The queue: claim with a lease, extend, end, put back.
//!
//! Two jobs of one key never run at once (a unique index sees to it). Every
//! claim has its own owner token, so a worker that lost its lease cannot end
//! the job of another. A finished job is deleted; a given-up one stays, dead.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::rows::{count, unreadable};
use super::{Dialect, Store, StoreError, Tx};

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Reads a delivery and queues what it asks for.
    Delivery,
    /// Judges one request.
    Evaluate,
    /// Puts one status on the forge.
    Publish,
}

/// A job that is ours for the time of its lease.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its number; later jobs have higher ones.
    pub id: i64,
    /// What it does.
    pub kind: JobKind,
    /// Jobs with the same key do not run at once.
    pub key: String,
    /// What it needs, as the worker wrote it.
    pub payload: String,
    /// The delivery it belongs to: instance and id.
    pub delivery: Option<(String, String)>,
    /// How often it failed.
    pub attempts: u32,
    /// How often it was claimed.
    pub claims: u32,
    /// The token of this claim.
    pub owner: String,
}

/// How a job is put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delay {
    /// It failed: this counts.
    Failed(Timestamp),
    /// Somebody asked us to wait: this does not count.
    AskedToWait(Timestamp),
    /// We stop: at once, as if it had never been claimed.
    Released,
}

/// How many jobs of one kind are in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// The kind's word.
    pub kind: String,
    /// `ready`, `running` or `dead`.
    pub state: String,
    /// How many.
    pub count: u64,
    /// When the oldest of them was made, in milliseconds.
    pub oldest: i64,
}

pub(super) struct NewJob {
    pub(super) kind: JobKind,
    pub(super) key: String,
    pub(super) payload: String,
    pub(super) delivery: Option<(String, String)>,
}

const CLAIM: &str = "UPDATE jobs SET state = 'running', lease_owner = $1, lease_until = $2, \
     claims = claims + 1 \
     WHERE id = (SELECT j.id FROM jobs j WHERE j.state = 'ready' AND j.run_at <= $3 \
         AND NOT EXISTS (SELECT 1 FROM jobs r WHERE r.queue_key = j.queue_key AND r.state = 'running') \
         ORDER BY j.run_at, j.id LIMIT 1) \
     RETURNING id, kind, queue_key, payload, instance, delivery_id, attempts, claims";

const CLAIM_POSTGRES: &str = "UPDATE jobs SET state = 'running', lease_owner = $1, \
     lease_until = $2, claims = claims + 1 \
     WHERE id = (SELECT j.id FROM jobs j WHERE j.state = 'ready' AND j.run_at <= $3 \
         AND NOT EXISTS (SELECT 1 FROM jobs r WHERE r.queue_key = j.queue_key AND r.state = 'running') \
         ORDER BY j.run_at, j.id LIMIT 1 FOR UPDATE SKIP LOCKED) \
     RETURNING id, kind, queue_key, payload, instance, delivery_id, attempts, claims";

impl JobKind {
    /// Its word in the table and in metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Delivery => "delivery",
            Self::Evaluate => "evaluate",
            Self::Publish => "publish",
        }
    }

    fn from_word(word: &str) -> Result<Self, StoreError> {
        [Self::Delivery, Self::Evaluate, Self::Publish]
            .into_iter()
            .find(|kind| kind.word() == word)
            .ok_or_else(|| unreadable("job kind", word))
    }
}

impl Store {
    /// Takes the oldest job that is due, if there is one.
    pub async fn claim(&self, lease: Duration) -> Result<Option<Job>, StoreError> {
        let owner = uuid::Uuid::new_v4().to_string();
        let now = self.now();
        let claim = match self.dialect {
            Dialect::Sqlite => CLAIM,
            Dialect::Postgres => CLAIM_POSTGRES,
        };
        let row = sqlx::query(claim)
            .bind(owner.clone())
            .bind(now + milliseconds(lease))
            .bind(now)
            .fetch_optional(&self.writes)
            .await;
        match row {
            Ok(row) => row.map(|row| read(&row, owner)).transpose(),
            // Another replica took a job of the same key in this instant.
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps the job for another lease; false if it is no longer ours.
    pub async fn extend(&self, job: &Job, lease: Duration) -> Result<bool, StoreError> {
        let update = "UPDATE jobs SET lease_until = $3 WHERE id = $1 AND lease_owner = $2";
        let updated = sqlx::query(update)
            .bind(job.id)
            .bind(job.owner.clone())
            .bind(self.now() + milliseconds(lease))
            .execute(&self.writes)
            .await?;
        Ok(updated.rows_affected() == 1)
    }

    /// The job is done and leaves nothing but its effects.
    pub async fn finish(&self, job: &Job) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        remove(&mut tx, job).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Puts the job back.
    pub async fn put_back(&self, job: &Job, delay: Delay, error: &str) -> Result<(), StoreError> {
        let now = self.now();
        let (run_at, failed, unclaimed) = match delay {
            Delay::Failed(at) => (at.as_millisecond(), 1, 0),
            Delay::AskedToWait(at) => (at.as_millisecond(), 0, 0),
            Delay::Released => (now, 0, 1),
        };
        let update = "UPDATE jobs SET state = 'ready', lease_owner = NULL, lease_until = NULL, \
             run_at = $3, attempts = attempts + $4, claims = claims - $5, last_error = $6 \
             WHERE id = $1 AND lease_owner = $2";
        let updated = sqlx::query(update)
            .bind(job.id)
            .bind(job.owner.clone())
            .bind(run_at)
            .bind(i64::from(failed))
            .bind(i64::from(unclaimed))
            .bind(error.to_owned())
            .execute(&self.writes)
            .await?;
        owned(job, updated.rows_affected())
    }

    /// Puts back the jobs whose worker is gone: all running ones if `everyone`
    /// is known to be gone, else those whose lease is over. How many.
    pub async fn put_back_abandoned(&self, everyone: Everyone) -> Result<u64, StoreError> {
        let horizon = match everyone {
            Everyone::IsGone => i64::MAX,
            Everyone::MayLive => self.now(),
        };
        let update = "UPDATE jobs SET state = 'ready', lease_owner = NULL, lease_until = NULL, \
             last_error = 'the worker went away' \
             WHERE state = 'running' AND lease_until < $1";
        let updated = sqlx::query(update)
            .bind(horizon)
            .execute(&self.writes)
            .await?;
        Ok(updated.rows_affected())
    }

    /// How many jobs there are, by kind and state.
    pub async fn queued(&self) -> Result<Vec<Queued>, StoreError> {
        let select = "SELECT kind, state, COUNT(*) AS count, MIN(created_at) AS oldest \
             FROM jobs GROUP BY kind, state ORDER BY kind, state";
        let rows = sqlx::query(select).fetch_all(&self.reads).await?;
        let read = |row: &AnyRow| {
            Ok(Queued {
                kind: row.try_get("kind")?,
                state: row.try_get("state")?,
                count: super::rows::unsigned(row, "count")?,
                oldest: row.try_get("oldest")?,
            })
        };
        rows.iter().map(read).collect()
    }
}

/// Whether other workers may be alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Everyone {
    /// This process alone uses the database and has just started.
    IsGone,
    /// Only a lease that is over proves it.
    MayLive,
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 2)
}

fn owned(job: &Job, rows: u64) -> Result<(), StoreError> {
    if rows == 1 {
        Ok(())
    } else {
        Err(StoreError::LeaseLost(job.id))
    }
}

fn read(row: &AnyRow, owner: String) -> Result<Job, StoreError> {
    let kind: String = row.try_get("kind")?;
    let instance: Option<String> = row.try_get("instance")?;
    let delivery: Option<String> = row.try_get("delivery_id")?;
    Ok(Job {
        id: row.try_get("id")?,
        kind: JobKind::from_word(&kind)?,
        key: row.try_get("queue_key")?,
        payload: row.try_get("payload")?,
        delivery: instance.zip(delivery),
        attempts: count(row, "attempts")?,
        claims: count(row, "claims")?,
        owner,
    })
}

/// Adds a job that is due now, and gives its number.
pub(super) async fn insert(tx: &mut Tx, job: &NewJob, now: i64) -> Result<i64, StoreError> {
    let insert = "INSERT INTO jobs (kind, queue_key, payload, instance, delivery_id, state, \
         run_at, created_at) VALUES ($1, $2, $3, $4, $5, 'ready', $6, $7) RETURNING id";
    let (instance, delivery) = job.delivery.clone().unzip();
    let id = sqlx::query_scalar(insert)
        .bind(job.kind.word().to_owned())
        .bind(job.key.clone())
        .bind(job.payload.clone())
        .bind(instance)
        .bind(delivery)
        .bind(now)
        .bind(now)
        .fetch_one(&mut **tx)
        .await?;
    Ok(id)
}

/// Ends a job: deletes it and settles its delivery.
pub(super) async fn remove(tx: &mut Tx, job: &Job) -> Result<(), StoreError> {
    lock_delivery(tx, job).await?;
    let delete = "DELETE FROM jobs WHERE id = $1 AND lease_owner = $2";
    let deleted = sqlx::query(delete)
        .bind(job.id)
        .bind(job.owner.clone())
        .execute(&mut **tx)
        .await?;
    owned(job, deleted.rows_affected())?;
    super::deliveries::settle(tx, job.delivery.as_ref()).await
}

/// Ends a job: keeps it as dead and settles its delivery.
pub(super) async fn bury(tx: &mut Tx, job: &Job, error: &str) -> Result<(), StoreError> {
    lock_delivery(tx, job).await?;
    let update = "UPDATE jobs SET state = 'dead', lease_owner = NULL, lease_until = NULL, \
         last_error = $3 WHERE id = $1 AND lease_owner = $2";
    let updated = sqlx::query(update)
        .bind(job.id)
        .bind(job.owner.clone())
        .bind(error.to_owned())
        .execute(&mut **tx)
        .await?;
    owned(job, updated.rows_affected())?;
    super::deliveries::settle(tx, job.delivery.as_ref()).await
}

/// Two jobs of one delivery must not end at once without seeing each other.
async fn lock_delivery(tx: &mut Tx, job: &Job) -> Result<(), StoreError> {
    if let Some((instance, id)) = &job.delivery {
        let lock = "UPDATE deliveries SET note = note WHERE instance = $1 AND delivery_id = $2";
        sqlx::query(lock)
            .bind(instance.clone())
            .bind(id.clone())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// How many jobs of a delivery are not dead.
pub(super) async fn live_of_delivery(
    tx: &mut Tx,
    instance: &str,
    id: &str,
) -> Result<i64, StoreError> {
    let select = "SELECT COUNT(*) FROM jobs \
         WHERE instance = $1 AND delivery_id = $2 AND state <> 'dead'";
    Ok(sqlx::query_scalar(select)
        .bind(instance.to_owned())
        .bind(id.to_owned())
        .fetch_one(&mut **tx)
        .await?)
}

/// Removes the dead jobs of a delivery that is queued again as a whole.
pub(super) async fn forget_dead_of_delivery(
    tx: &mut Tx,
    instance: &str,
    id: &str,
) -> Result<(), StoreError> {
    let delete = "DELETE FROM jobs WHERE instance = $1 AND delivery_id = $2 AND state = 'dead'";
    sqlx::query(delete)
        .bind(instance.to_owned())
        .bind(id.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

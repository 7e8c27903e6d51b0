//! Deliveries: stored with their job in one transaction before the forge gets
//! its answer, and known by id until the end.

use sqlx::Row;

use super::jobs::{self, JobKind, NewJob};
use super::rows::timestamp;
use super::{Job, Store, StoreError, Tx};
use crate::model::delivery::VerifiedDelivery;

/// What became of a delivery that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It is new, and queued.
    New,
    /// It is known, and being worked on.
    UnderWay,
    /// It is known, was given up, and is queued again.
    Revived,
    /// It is known, and done: nothing happens.
    Processed,
}

/// A delivery that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadDelivery {
    /// The instance.
    pub instance: String,
    /// The forge's id.
    pub id: String,
    /// The forge's name of the event.
    pub event: String,
    /// Why.
    pub note: String,
}

impl Store {
    /// Keeps a delivery and queues it. When this returns, both are on disk.
    pub async fn accept(&self, delivery: &VerifiedDelivery) -> Result<Accepted, StoreError> {
        let mut tx = self.begin().await?;
        let accepted = accept_in(&mut tx, delivery, self.now()).await?;
        tx.commit().await?;
        Ok(accepted)
    }

    /// The delivery of a job.
    pub async fn delivery(&self, job: &Job) -> Result<VerifiedDelivery, StoreError> {
        let (instance, id) = job.delivery.clone().unwrap_or_default();
        let select = "SELECT event, body, received_at FROM deliveries \
             WHERE instance = $1 AND delivery_id = $2";
        let row = sqlx::query(select)
            .bind(instance.clone())
            .bind(id.clone())
            .fetch_one(&self.reads)
            .await?;
        // The row exists only because an `Intake` attested these bytes.
        Ok(VerifiedDelivery::attest(
            instance,
            id,
            row.try_get("event")?,
            row.try_get("body")?,
            timestamp(row.try_get("received_at")?)?,
        ))
    }

    /// The state of a delivery and the note beside it: `received`, `judging`,
    /// `processed` or `dead`.
    pub async fn delivery_state(
        &self,
        instance: &str,
        id: &str,
    ) -> Result<Option<(String, String)>, StoreError> {
        let select = "SELECT state, note FROM deliveries WHERE instance = $1 AND delivery_id = $2";
        let row = sqlx::query(select)
            .bind(instance.to_owned())
            .bind(id.to_owned())
            .fetch_optional(&self.reads)
            .await?;
        row.map(|row| Ok((row.try_get("state")?, row.try_get("note")?)))
            .transpose()
    }

    /// The deliveries that were given up, oldest first.
    pub async fn dead_deliveries(&self) -> Result<Vec<DeadDelivery>, StoreError> {
        let select = "SELECT instance, delivery_id, event, note FROM deliveries \
             WHERE state = 'dead' ORDER BY received_at LIMIT 1000";
        let rows = sqlx::query(select).fetch_all(&self.reads).await?;
        let read = |row: &sqlx::any::AnyRow| {
            Ok(DeadDelivery {
                instance: row.try_get("instance")?,
                id: row.try_get("delivery_id")?,
                event: row.try_get("event")?,
                note: row.try_get("note")?,
            })
        };
        rows.iter().map(read).collect()
    }
}

async fn accept_in(
    tx: &mut Tx,
    delivery: &VerifiedDelivery,
    now: i64,
) -> Result<Accepted, StoreError> {
    let insert = "INSERT INTO deliveries (instance, delivery_id, event, body, received_at, state) \
         VALUES ($1, $2, $3, $4, $5, 'received') ON CONFLICT DO NOTHING";
    let inserted = sqlx::query(insert)
        .bind(delivery.instance().to_owned())
        .bind(delivery.id().to_owned())
        .bind(delivery.event().to_owned())
        .bind(delivery.body().to_vec())
        .bind(delivery.received_at().as_millisecond())
        .execute(&mut **tx)
        .await?
        .rows_affected();
    if inserted == 1 {
        enqueue(tx, delivery, now).await?;
        return Ok(Accepted::New);
    }
    // The update takes the row's lock before its state is read.
    let lock = "UPDATE deliveries SET note = note WHERE instance = $1 AND delivery_id = $2 \
         RETURNING state";
    let state: String = sqlx::query_scalar(lock)
        .bind(delivery.instance().to_owned())
        .bind(delivery.id().to_owned())
        .fetch_one(&mut **tx)
        .await?;
    if state == "processed" {
        return Ok(Accepted::Processed);
    }
    if jobs::live_of_delivery(tx, delivery.instance(), delivery.id()).await? > 0 {
        return Ok(Accepted::UnderWay);
    }
    jobs::forget_dead_of_delivery(tx, delivery.instance(), delivery.id()).await?;
    set_state(tx, delivery.instance(), delivery.id(), ("received", "")).await?;
    enqueue(tx, delivery, now).await?;
    Ok(Accepted::Revived)
}

async fn enqueue(tx: &mut Tx, delivery: &VerifiedDelivery, now: i64) -> Result<(), StoreError> {
    let job = NewJob {
        kind: JobKind::Delivery,
        key: format!("delivery/{}/{}", delivery.instance(), delivery.id()),
        payload: String::new(),
        delivery: Some((delivery.instance().to_owned(), delivery.id().to_owned())),
    };
    jobs::insert(tx, &job, now).await?;
    Ok(())
}

/// Sets the state of a delivery and the note beside it.
pub(super) async fn set_state(
    tx: &mut Tx,
    instance: &str,
    id: &str,
    (state, note): (&str, &str),
) -> Result<(), StoreError> {
    let update =
        "UPDATE deliveries SET state = $3, note = $4 WHERE instance = $1 AND delivery_id = $2";
    sqlx::query(update)
        .bind(instance.to_owned())
        .bind(id.to_owned())
        .bind(state.to_owned())
        .bind(note.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Called when a job of a delivery has ended: the delivery is processed when
/// no job of it is left, and dead when one was given up.
pub(super) async fn settle(
    tx: &mut Tx,
    delivery: Option<&(String, String)>,
) -> Result<(), StoreError> {
    let Some((instance, id)) = delivery else {
        return Ok(());
    };
    let update = "UPDATE deliveries SET state = CASE \
         WHEN EXISTS (SELECT 1 FROM jobs j WHERE j.instance = $1 AND j.delivery_id = $2 AND j.state = 'dead') THEN 'dead' \
         ELSE 'processed' END \
         WHERE instance = $1 AND delivery_id = $2 AND NOT EXISTS (SELECT 1 FROM jobs j \
         WHERE j.instance = $1 AND j.delivery_id = $2 AND j.state <> 'dead')";
    sqlx::query(update)
        .bind(instance.clone())
        .bind(id.clone())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

//! When a head was first received: a ledger that is written once per head.

use jiff::Timestamp;

use super::rows::{number, timestamp};
use super::{Store, StoreError};
use crate::model::oid::ObjectId;

impl Store {
    /// When this head was first received: `at`, unless it is known already.
    pub async fn first_seen(
        &self,
        instance: &str,
        repository_id: u64,
        object: ObjectId,
        at: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let insert = "INSERT INTO first_seen (instance, repository_id, object_id, seen_at) \
             VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        let select = "SELECT seen_at FROM first_seen \
             WHERE instance = $1 AND repository_id = $2 AND object_id = $3";
        sqlx::query(insert)
            .bind(instance.to_owned())
            .bind(number(repository_id)?)
            .bind(object.to_string())
            .bind(at.as_millisecond())
            .execute(&self.writes)
            .await?;
        let seen: i64 = sqlx::query_scalar(select)
            .bind(instance.to_owned())
            .bind(number(repository_id)?)
            .bind(object.to_string())
            .fetch_one(&self.reads)
            .await?;
        timestamp(seen)
    }
}

//! Who sweeps an instance now, and until when its failed deliveries were read.

use std::time::Duration;

use jiff::Timestamp;

use super::rows::timestamp;
use super::{Store, StoreError};

impl Store {
    /// Takes or keeps the sweep of an instance for the time of a lease; false
    /// if it is another's.
    pub async fn hold_sweep(
        &self,
        instance: &str,
        owner: &str,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        let insert = "INSERT INTO sweeps (instance) VALUES ($1) ON CONFLICT DO NOTHING";
        sqlx::query(insert)
            .bind(instance.to_owned())
            .execute(&self.writes)
            .await?;
        let update = "UPDATE sweeps SET lease_owner = $2, lease_until = $3 \
             WHERE instance = $1 AND (lease_owner = $2 OR lease_until < $4)";
        let now = self.now();
        let until = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
        let updated = sqlx::query(update)
            .bind(instance.to_owned())
            .bind(owner.to_owned())
            .bind(now.saturating_add(until))
            .bind(now)
            .execute(&self.writes)
            .await?;
        Ok(updated.rows_affected() == 1)
    }

    /// Lets the sweep of an instance go, if it is ours.
    pub async fn release_sweep(&self, instance: &str, owner: &str) -> Result<(), StoreError> {
        let update = "UPDATE sweeps SET lease_until = 0 WHERE instance = $1 AND lease_owner = $2";
        sqlx::query(update)
            .bind(instance.to_owned())
            .bind(owner.to_owned())
            .execute(&self.writes)
            .await?;
        Ok(())
    }

    /// Lets every sweep go: for a start at which all other workers are known to be gone.
    pub async fn release_all_sweeps(&self) -> Result<(), StoreError> {
        sqlx::query("UPDATE sweeps SET lease_until = 0")
            .execute(&self.writes)
            .await?;
        Ok(())
    }

    /// Until when the failed deliveries of an instance were read.
    pub async fn heard_until(&self, instance: &str) -> Result<Option<Timestamp>, StoreError> {
        let select = "SELECT heard_until FROM sweeps WHERE instance = $1";
        let found: Option<Option<i64>> = sqlx::query_scalar(select)
            .bind(instance.to_owned())
            .fetch_optional(&self.reads)
            .await?;
        found.flatten().map(timestamp).transpose()
    }

    /// The failed deliveries of an instance were read until then.
    pub async fn heard(&self, instance: &str, until: Timestamp) -> Result<(), StoreError> {
        let update = "UPDATE sweeps SET heard_until = $2 WHERE instance = $1";
        sqlx::query(update)
            .bind(instance.to_owned())
            .bind(until.as_millisecond())
            .execute(&self.writes)
            .await?;
        Ok(())
    }
}

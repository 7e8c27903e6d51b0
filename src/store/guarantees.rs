//! What the settings of installations rule out, as they were read last.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::rows::{timestamp, unreadable};
use super::{Store, StoreError};
use crate::model::authentication::Method;

/// What one setting says of every push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuaranteeRow {
    /// The setting's name.
    pub id: String,
    /// The organisation or group for which it holds; empty for all.
    pub scope: String,
    /// The methods that remain possible; nothing if it rules none out.
    pub leaves: Option<BTreeSet<Method>>,
    /// What was read.
    pub says: String,
    /// When.
    pub read_at: Timestamp,
}

impl Store {
    /// Replaces all that was read of an instance's settings.
    pub async fn replace_guarantees(
        &self,
        instance: &str,
        rows: &[GuaranteeRow],
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM guarantees WHERE instance = $1")
            .bind(instance.to_owned())
            .execute(&mut *tx)
            .await?;
        let insert = "INSERT INTO guarantees (instance, id, scope, leaves, says, read_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
        for row in rows {
            let leaves =
                serde_json::to_string(&row.leaves).map_err(|_| unreadable("guarantee", &row.id))?;
            sqlx::query(insert)
                .bind(instance.to_owned())
                .bind(row.id.clone())
                .bind(row.scope.clone())
                .bind(leaves)
                .bind(row.says.clone())
                .bind(row.read_at.as_millisecond())
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// What was read of an instance's settings.
    pub async fn guarantees(&self, instance: &str) -> Result<Vec<GuaranteeRow>, StoreError> {
        let select = "SELECT * FROM guarantees WHERE instance = $1 ORDER BY id, scope";
        let rows = sqlx::query(select)
            .bind(instance.to_owned())
            .fetch_all(&self.reads)
            .await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &AnyRow) -> Result<GuaranteeRow, StoreError> {
    let leaves: String = row.try_get("leaves")?;
    Ok(GuaranteeRow {
        id: row.try_get("id")?,
        scope: row.try_get("scope")?,
        leaves: serde_json::from_str(&leaves).map_err(|_| unreadable("guarantee", &leaves))?,
        says: row.try_get("says")?,
        read_at: timestamp(row.try_get("read_at")?)?,
    })
}

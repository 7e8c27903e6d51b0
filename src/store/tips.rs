//! Where each branch stood after the last move that was judged. Every change
//! names the tip that it starts from, so that a late or repeated one does nothing.

use jiff::Timestamp;
use sqlx::Row;

use super::rows::{number, object_id, timestamp};
use super::{Store, StoreError};
use crate::model::oid::ObjectId;

/// Which branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TipKey {
    /// The instance.
    pub instance: String,
    /// The forge's number of the repository.
    pub repository_id: u64,
    /// The branch's full name.
    pub branch: String,
}

/// The known tip of a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tip {
    /// Where it stood.
    pub tip: ObjectId,
    /// Since when the forge states another one.
    pub astray_since: Option<Timestamp>,
}

impl Store {
    /// The known tip, if there is one.
    pub async fn tip(&self, key: &TipKey) -> Result<Option<Tip>, StoreError> {
        let select = "SELECT tip, astray_since FROM tips \
             WHERE instance = $1 AND repository_id = $2 AND branch = $3";
        let row = sqlx::query(select)
            .bind(key.instance.clone())
            .bind(number(key.repository_id)?)
            .bind(key.branch.clone())
            .fetch_optional(&self.reads)
            .await?;
        row.map(|row| {
            let since: Option<i64> = row.try_get("astray_since")?;
            Ok(Tip {
                tip: object_id(&row, "tip")?,
                astray_since: since.map(timestamp).transpose()?,
            })
        })
        .transpose()
    }

    /// Keeps the first tip that is known of a branch; false if one is known.
    pub async fn note_tip(&self, key: &TipKey, tip: ObjectId) -> Result<bool, StoreError> {
        let insert = "INSERT INTO tips (instance, repository_id, branch, tip, seen_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
        let inserted = sqlx::query(insert)
            .bind(key.instance.clone())
            .bind(number(key.repository_id)?)
            .bind(key.branch.clone())
            .bind(tip.to_string())
            .bind(self.now())
            .execute(&self.writes)
            .await?;
        Ok(inserted.rows_affected() == 1)
    }

    /// The branch went from `from` to `to`; nothing happens if it is not known at `from`.
    pub async fn move_tip(
        &self,
        key: &TipKey,
        from: ObjectId,
        to: ObjectId,
    ) -> Result<(), StoreError> {
        let update = "UPDATE tips SET tip = $5, seen_at = $6, astray_since = NULL \
             WHERE instance = $1 AND repository_id = $2 AND branch = $3 AND tip = $4";
        sqlx::query(update)
            .bind(key.instance.clone())
            .bind(number(key.repository_id)?)
            .bind(key.branch.clone())
            .bind(from.to_string())
            .bind(to.to_string())
            .bind(self.now())
            .execute(&self.writes)
            .await?;
        Ok(())
    }

    /// The branch was deleted at `from`; nothing happens if it is not known at `from`.
    pub async fn forget_tip(&self, key: &TipKey, from: ObjectId) -> Result<(), StoreError> {
        let delete = "DELETE FROM tips \
             WHERE instance = $1 AND repository_id = $2 AND branch = $3 AND tip = $4";
        sqlx::query(delete)
            .bind(key.instance.clone())
            .bind(number(key.repository_id)?)
            .bind(key.branch.clone())
            .bind(from.to_string())
            .execute(&self.writes)
            .await?;
        Ok(())
    }

    /// From now on the forge states another tip than `known`.
    pub async fn tip_is_astray(&self, key: &TipKey, known: ObjectId) -> Result<(), StoreError> {
        let update = "UPDATE tips SET astray_since = $5 WHERE instance = $1 \
             AND repository_id = $2 AND branch = $3 AND tip = $4 AND astray_since IS NULL";
        sqlx::query(update)
            .bind(key.instance.clone())
            .bind(number(key.repository_id)?)
            .bind(key.branch.clone())
            .bind(known.to_string())
            .bind(self.now())
            .execute(&self.writes)
            .await?;
        Ok(())
    }
}

//! Verdicts, byte for byte. Append-only: a trigger refuses every change.

use jiff::Timestamp;
use sqlx::Row;

use super::rows::{number, timestamp};
use super::{Store, StoreError, Tx};

/// A verdict to be kept.
#[derive(Debug, Clone)]
pub struct NewVerdict {
    /// Its public id, not guessable.
    pub id: String,
    /// The instance.
    pub instance: String,
    /// The forge's number of the repository.
    pub repository_id: u64,
    /// The repository's name at the time.
    pub repository: String,
    /// What was judged, in words.
    pub subject: String,
    /// The target branch, or the refs of a push.
    pub target: String,
    /// The base ids, joined by spaces.
    pub base: String,
    /// The head ids, joined by spaces.
    pub head: String,
    /// The policy's digest.
    pub policy_digest: String,
    /// The trust roots' digest.
    pub trust_digest: String,
    /// The conclusion's word.
    pub conclusion: String,
    /// The versioned JSON.
    pub json: Vec<u8>,
}

/// A verdict as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredVerdict {
    /// The versioned JSON.
    pub json: Vec<u8>,
    /// When it was reached.
    pub created_at: Timestamp,
}

impl Store {
    /// The verdict with this public id.
    pub async fn verdict(&self, id: &str) -> Result<Option<StoredVerdict>, StoreError> {
        let row = sqlx::query("SELECT json, created_at FROM verdicts WHERE id = $1")
            .bind(id.to_owned())
            .fetch_optional(&self.reads)
            .await?;
        row.map(|row| {
            Ok(StoredVerdict {
                json: row.try_get("json")?,
                created_at: timestamp(row.try_get("created_at")?)?,
            })
        })
        .transpose()
    }
}

/// Adds a verdict.
pub(super) async fn insert(tx: &mut Tx, verdict: &NewVerdict, now: i64) -> Result<(), StoreError> {
    let insert = "INSERT INTO verdicts (id, instance, repository_id, repository, subject, target, \
         base, head, policy_digest, trust_digest, conclusion, created_at, json) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    sqlx::query(insert)
        .bind(verdict.id.clone())
        .bind(verdict.instance.clone())
        .bind(number(verdict.repository_id)?)
        .bind(verdict.repository.clone())
        .bind(verdict.subject.clone())
        .bind(verdict.target.clone())
        .bind(verdict.base.clone())
        .bind(verdict.head.clone())
        .bind(verdict.policy_digest.clone())
        .bind(verdict.trust_digest.clone())
        .bind(verdict.conclusion.clone())
        .bind(now)
        .bind(verdict.json.clone())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

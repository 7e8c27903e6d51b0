//! What was said of how pushes were authenticated: a ledger that only grows.
//! The same record, told again, is one.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::pushes::{actor_of, actor_text, id_of, id_text};
use super::rows::{number, timestamp, unreadable};
use super::{Store, StoreError};
use crate::model::authentication::Evidence;
use crate::model::oid::ObjectId;
use crate::model::principal::Actor;

/// The repository that a record names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordedIn {
    /// By the forge's number.
    Number(u64),
    /// By its name then.
    Name(String),
}

/// Something that was said of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceRow {
    /// The record's own id, one in its instance.
    pub record_id: String,
    /// The repository.
    pub repository: RecordedIn,
    /// The ref, if the record names the update: a hook's does.
    pub reference: String,
    /// Its old value.
    pub old: Option<ObjectId>,
    /// Its new value.
    pub new: Option<ObjectId>,
    /// Who pushed.
    pub actor: Option<Actor>,
    /// When, as the source states it.
    pub noted_at: Timestamp,
    /// What it says.
    pub evidence: Evidence,
}

impl Store {
    /// Keeps records; gives those that were not known.
    pub async fn note_evidence(
        &self,
        instance: &str,
        rows: &[EvidenceRow],
    ) -> Result<Vec<EvidenceRow>, StoreError> {
        let insert = "INSERT INTO evidence (instance, record_id, repository_id, repository, \
             reference, old_id, new_id, actor, noted_at, heard_at, json) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING";
        let now = self.now();
        let mut new = Vec::new();
        let mut tx = self.begin().await?;
        for row in rows {
            let (repository_id, repository) = match &row.repository {
                RecordedIn::Number(id) => (Some(number(*id)?), String::new()),
                RecordedIn::Name(name) => (None, name.to_lowercase()),
            };
            let json = serde_json::to_string(&row.evidence)
                .map_err(|_| unreadable("evidence", &row.record_id))?;
            let inserted = sqlx::query(insert)
                .bind(instance.to_owned())
                .bind(row.record_id.clone())
                .bind(repository_id)
                .bind(repository)
                .bind(row.reference.clone())
                .bind(id_text(row.old))
                .bind(id_text(row.new))
                .bind(actor_text(row.actor.as_ref())?)
                .bind(row.noted_at.as_millisecond())
                .bind(now)
                .bind(json)
                .execute(&mut *tx)
                .await?;
            if inserted.rows_affected() > 0 {
                new.push(row.clone());
            }
        }
        tx.commit().await?;
        Ok(new)
    }

    /// What was said of pushes to a repository between two instants, both
    /// included, by whichever name of the repository.
    pub async fn evidence_between(
        &self,
        instance: &str,
        (repository_id, name): (u64, &str),
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Vec<EvidenceRow>, StoreError> {
        let select = "SELECT * FROM evidence WHERE instance = $1 \
             AND (repository_id = $2 OR (repository_id IS NULL AND repository = $3)) \
             AND noted_at >= $4 AND noted_at <= $5 ORDER BY noted_at, record_id";
        let rows = sqlx::query(select)
            .bind(instance.to_owned())
            .bind(number(repository_id)?)
            .bind(name.to_lowercase())
            .bind(from.as_millisecond())
            .bind(to.as_millisecond())
            .fetch_all(&self.reads)
            .await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &AnyRow) -> Result<EvidenceRow, StoreError> {
    let repository_id: Option<i64> = row.try_get("repository_id")?;
    let name: String = row.try_get("repository")?;
    let json: String = row.try_get("json")?;
    let repository = match repository_id {
        Some(id) => RecordedIn::Number(
            u64::try_from(id).map_err(|_| unreadable("number", &id.to_string()))?,
        ),
        None => RecordedIn::Name(name),
    };
    Ok(EvidenceRow {
        record_id: row.try_get("record_id")?,
        repository,
        reference: row.try_get("reference")?,
        old: id_of(row, "old_id")?,
        new: id_of(row, "new_id")?,
        actor: actor_of(row)?,
        noted_at: timestamp(row.try_get("noted_at")?)?,
        evidence: serde_json::from_str(&json).map_err(|_| unreadable("evidence", &json))?,
    })
}

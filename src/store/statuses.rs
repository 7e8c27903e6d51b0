//! Statuses: what each should say (the worst of its subjects) and what the
//! forge was told last.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::rows::{conclusion, number, object_id, unsigned};
use super::{Store, StoreError, Tx};
use crate::model::oid::ObjectId;
use crate::model::verdict::Conclusion;

/// Which status.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct StatusKey {
    /// The instance.
    pub instance: String,
    /// The forge's number of the repository.
    pub repository_id: u64,
    /// The revision.
    pub head: ObjectId,
    /// The status context.
    pub context: String,
}

/// A status as it stands in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusRow {
    /// Repository and subject, as the worker wrote them.
    pub place: String,
    /// What it should say.
    pub conclusion: Conclusion,
    /// Title, summary and annotations, as the worker wrote them.
    pub rendered: String,
    /// The verdict behind it.
    pub verdict_id: Option<String>,
    /// Counts the changes of what it should say.
    pub desired_version: u64,
    /// The change that the forge was told last; 0 for none.
    pub published_version: u64,
    /// What the forge called it.
    pub published_as: Option<String>,
}

impl StatusKey {
    /// The key of the publish jobs of this status.
    pub(super) fn queue_key(&self) -> String {
        format!(
            "publish/{}/{}/{}/{}",
            self.instance, self.repository_id, self.head, self.context
        )
    }
}

impl Store {
    /// A status, if there is one.
    pub async fn status(&self, key: &StatusKey) -> Result<Option<StatusRow>, StoreError> {
        let select = "SELECT place, conclusion, rendered, verdict_id, desired_version, \
             published_version, published_as FROM statuses \
             WHERE instance = $1 AND repository_id = $2 AND head = $3 AND context = $4";
        let row = sqlx::query(select)
            .bind(key.instance.clone())
            .bind(number(key.repository_id)?)
            .bind(key.head.to_string())
            .bind(key.context.clone())
            .fetch_optional(&self.reads)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Notes that the forge was told `version` and calls the status `name`.
    pub async fn published(
        &self,
        key: &StatusKey,
        version: u64,
        name: &str,
    ) -> Result<(), StoreError> {
        let update = "UPDATE statuses SET published_as = $6, published_version = \
             CASE WHEN published_version < $5 THEN $5 ELSE published_version END \
             WHERE instance = $1 AND repository_id = $2 AND head = $3 AND context = $4";
        sqlx::query(update)
            .bind(key.instance.clone())
            .bind(number(key.repository_id)?)
            .bind(key.head.to_string())
            .bind(key.context.clone())
            .bind(number(version)?)
            .bind(name.to_owned())
            .execute(&self.writes)
            .await?;
        Ok(())
    }

    /// The statuses of a head in a repository, by context.
    pub async fn statuses_of(
        &self,
        instance: &str,
        repository_id: u64,
        head: ObjectId,
    ) -> Result<Vec<(StatusKey, StatusRow)>, StoreError> {
        let select = "SELECT * FROM statuses \
             WHERE instance = $1 AND repository_id = $2 AND head = $3 ORDER BY context";
        let rows = sqlx::query(select)
            .bind(instance.to_owned())
            .bind(number(repository_id)?)
            .bind(head.to_string())
            .fetch_all(&self.reads)
            .await?;
        rows.iter()
            .map(|row| Ok((read_key(row)?, read(row)?)))
            .collect()
    }

    /// How many statuses are pending, and how many the forge was not told yet.
    pub async fn status_debt(&self) -> Result<(i64, i64), StoreError> {
        let pending = "SELECT COUNT(*) FROM statuses WHERE conclusion = 'pending'";
        let unpublished =
            "SELECT COUNT(*) FROM statuses WHERE desired_version <> published_version";
        Ok((
            sqlx::query_scalar(pending).fetch_one(&self.reads).await?,
            sqlx::query_scalar(unpublished)
                .fetch_one(&self.reads)
                .await?,
        ))
    }
}

fn read(row: &AnyRow) -> Result<StatusRow, StoreError> {
    let word: String = row.try_get("conclusion")?;
    Ok(StatusRow {
        place: row.try_get("place")?,
        conclusion: conclusion(&word)?,
        rendered: row.try_get("rendered")?,
        verdict_id: row.try_get("verdict_id")?,
        desired_version: unsigned(row, "desired_version")?,
        published_version: unsigned(row, "published_version")?,
        published_as: row.try_get("published_as")?,
    })
}

pub(super) fn read_key(row: &AnyRow) -> Result<StatusKey, StoreError> {
    Ok(StatusKey {
        instance: row.try_get("instance")?,
        repository_id: unsigned(row, "repository_id")?,
        head: object_id(row, "head")?,
        context: row.try_get("context")?,
    })
}

/// What a status should say now.
pub(super) struct Desired {
    pub(super) conclusion: Conclusion,
    pub(super) rendered: String,
    pub(super) verdict_id: Option<String>,
}

/// Makes the status if it is missing, and takes its lock until the end of the
/// transaction. Returns what it should say so far.
pub(super) async fn lock(
    tx: &mut Tx,
    key: &StatusKey,
    place: &str,
    now: i64,
) -> Result<Desired, StoreError> {
    let insert = "INSERT INTO statuses (instance, repository_id, head, context, place, \
         conclusion, rendered, desired_version, changed_at) \
         VALUES ($1, $2, $3, $4, $5, 'pending', '', 0, $6) ON CONFLICT DO NOTHING";
    sqlx::query(insert)
        .bind(key.instance.clone())
        .bind(number(key.repository_id)?)
        .bind(key.head.to_string())
        .bind(key.context.clone())
        .bind(place.to_owned())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    let lock = "UPDATE statuses SET place = CASE WHEN $5 = '' THEN place ELSE $5 END \
         WHERE instance = $1 AND repository_id = $2 AND head = $3 AND context = $4 \
         RETURNING conclusion, rendered, verdict_id";
    let row = sqlx::query(lock)
        .bind(key.instance.clone())
        .bind(number(key.repository_id)?)
        .bind(key.head.to_string())
        .bind(key.context.clone())
        .bind(place.to_owned())
        .fetch_one(&mut **tx)
        .await?;
    let word: String = row.try_get("conclusion")?;
    Ok(Desired {
        conclusion: conclusion(&word)?,
        rendered: row.try_get("rendered")?,
        verdict_id: row.try_get("verdict_id")?,
    })
}

/// Changes what a locked status should say, and queues its publication.
pub(super) async fn demand(
    tx: &mut Tx,
    key: &StatusKey,
    desired: &Desired,
    now: i64,
) -> Result<(), StoreError> {
    let update = "UPDATE statuses SET conclusion = $5, rendered = $6, verdict_id = $7, \
         desired_version = desired_version + 1, changed_at = $8 \
         WHERE instance = $1 AND repository_id = $2 AND head = $3 AND context = $4";
    sqlx::query(update)
        .bind(key.instance.clone())
        .bind(number(key.repository_id)?)
        .bind(key.head.to_string())
        .bind(key.context.clone())
        .bind(desired.conclusion.to_string())
        .bind(desired.rendered.clone())
        .bind(desired.verdict_id.clone())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    super::publish_queue::ensure(tx, key, now).await
}

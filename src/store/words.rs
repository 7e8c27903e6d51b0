//! What subjects say at a status, and the worst of it.

use sqlx::Row;

use super::rows::{conclusion, number};
use super::statuses::{Desired, StatusKey, demand, lock, read_key};
use super::subjects::{Mark, Said};
use super::{StoreError, Tx};
use crate::model::verdict::Conclusion;

/// Writes what a subject says, unless a later evaluation has spoken.
pub(super) async fn say(
    tx: &mut Tx,
    (mark, sequence): (&Mark, i64),
    said: &Said,
    task: &str,
) -> Result<(), StoreError> {
    let upsert = "INSERT INTO status_subjects (instance, repository_id, head, context, subject, \
         sequence, conclusion, rendered, verdict_id, task) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (instance, repository_id, head, context, subject) DO UPDATE SET \
         sequence = excluded.sequence, conclusion = excluded.conclusion, \
         rendered = excluded.rendered, verdict_id = excluded.verdict_id, task = excluded.task \
         WHERE status_subjects.sequence <= excluded.sequence";
    sqlx::query(upsert)
        .bind(mark.key.instance.clone())
        .bind(number(mark.key.repository_id)?)
        .bind(mark.key.head.to_string())
        .bind(mark.key.context.clone())
        .bind(mark.subject.clone())
        .bind(sequence)
        .bind(said.conclusion.to_string())
        .bind(said.rendered.clone())
        .bind(said.verdict_id.clone())
        .bind(task.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(super) async fn withdraw(tx: &mut Tx, mark: &Mark, sequence: i64) -> Result<(), StoreError> {
    let delete = "DELETE FROM status_subjects WHERE instance = $1 AND repository_id = $2 \
         AND head = $3 AND context = $4 AND subject = $5 AND sequence <= $6";
    sqlx::query(delete)
        .bind(mark.key.instance.clone())
        .bind(number(mark.key.repository_id)?)
        .bind(mark.key.head.to_string())
        .bind(mark.key.context.clone())
        .bind(mark.subject.clone())
        .bind(sequence)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Lets every mark whose last word is awaited from this evaluation say `said`.
pub(super) async fn speak_for(
    tx: &mut Tx,
    sequence: i64,
    said: &Said,
    now: i64,
) -> Result<(), StoreError> {
    let select = "SELECT DISTINCT instance, repository_id, head, context FROM status_subjects \
         WHERE sequence = $1 ORDER BY instance, repository_id, head, context";
    let rows = sqlx::query(select)
        .bind(sequence)
        .fetch_all(&mut **tx)
        .await?;
    for row in &rows {
        let key = read_key(row)?;
        let before = lock(tx, &key, "", now).await?;
        let update = "UPDATE status_subjects SET conclusion = $6, rendered = $7, verdict_id = $8 \
             WHERE instance = $1 AND repository_id = $2 AND head = $3 AND context = $4 \
             AND sequence = $5";
        sqlx::query(update)
            .bind(key.instance.clone())
            .bind(number(key.repository_id)?)
            .bind(key.head.to_string())
            .bind(key.context.clone())
            .bind(sequence)
            .bind(said.conclusion.to_string())
            .bind(said.rendered.clone())
            .bind(said.verdict_id.clone())
            .execute(&mut **tx)
            .await?;
        settle(tx, &key, before, (None, now)).await?;
    }
    Ok(())
}

/// Makes a locked status say the worst that its subjects say.
pub(super) async fn settle(
    tx: &mut Tx,
    key: &StatusKey,
    before: Desired,
    (alone, now): (Option<&Said>, i64),
) -> Result<(), StoreError> {
    let select = "SELECT conclusion, rendered, verdict_id FROM status_subjects \
         WHERE instance = $1 AND repository_id = $2 AND head = $3 AND context = $4 \
         ORDER BY subject";
    let rows = sqlx::query(select)
        .bind(key.instance.clone())
        .bind(number(key.repository_id)?)
        .bind(key.head.to_string())
        .bind(key.context.clone())
        .fetch_all(&mut **tx)
        .await?;
    let mut worst: Option<Desired> = None;
    for row in &rows {
        let word: String = row.try_get("conclusion")?;
        let one = Desired {
            conclusion: conclusion(&word)?,
            rendered: row.try_get("rendered")?,
            verdict_id: row.try_get("verdict_id")?,
        };
        if worst
            .as_ref()
            .is_none_or(|worst| one.conclusion > worst.conclusion)
        {
            worst = Some(one);
        }
    }
    let desired = match (worst, alone) {
        (Some(worst), _) => worst,
        (None, Some(said)) if before.conclusion == Conclusion::Pending => Desired {
            conclusion: said.conclusion,
            rendered: said.rendered.clone(),
            verdict_id: said.verdict_id.clone(),
        },
        (None, _) => return Ok(()),
    };
    let same = desired.conclusion == before.conclusion
        && desired.rendered == before.rendered
        && desired.verdict_id == before.verdict_id;
    if same {
        return Ok(());
    }
    demand(tx, key, &desired, now).await
}

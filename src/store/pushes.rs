//! Pushes, ref by ref, as deliveries told them, and who looked at them.

use jiff::Timestamp;
use sqlx::AssertSqlSafe;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::rows::{number, timestamp, unreadable};
use super::subjects::read_line;
use super::{Mark, Store, StoreError, SubjectLine};
use crate::model::oid::ObjectId;
use crate::model::principal::Actor;

/// Most things that one query asks about; databases bound their parameters.
const PER_QUERY: usize = 500;

/// A ref that a push moved, to be kept.
#[derive(Debug, Clone)]
pub struct NewPush<'a> {
    /// The instance.
    pub instance: &'a str,
    /// The forge's number of the repository.
    pub repository_id: u64,
    /// Its name.
    pub repository: &'a str,
    /// The delivery that told it; empty if none did.
    pub delivery: &'a str,
    /// The ref; empty if only the new value is known.
    pub reference: &'a str,
    /// Its old value, if it had one.
    pub old: Option<ObjectId>,
    /// Its new value, if it has one.
    pub new: Option<ObjectId>,
    /// Who pushed, if it is known.
    pub actor: Option<&'a Actor>,
    /// When.
    pub pushed_at: Timestamp,
    /// When we heard of it.
    pub heard_at: Timestamp,
}

/// A ref that a push moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushRow {
    /// Its number here.
    pub id: i64,
    /// The repository's name then.
    pub repository: String,
    /// The delivery that told it; empty if none did.
    pub delivery: String,
    /// The ref; empty if only the new value is known.
    pub reference: String,
    /// Its old value.
    pub old: Option<ObjectId>,
    /// Its new value.
    pub new: Option<ObjectId>,
    /// Who pushed.
    pub actor: Option<Actor>,
    /// When.
    pub pushed_at: Timestamp,
    /// When we heard of it.
    pub heard_at: Timestamp,
}

impl Store {
    /// Keeps refs that a push moved. Those that are known already stay as they are.
    pub async fn note_pushes(&self, pushes: &[NewPush<'_>]) -> Result<(), StoreError> {
        let insert = "INSERT INTO pushes (instance, repository_id, repository, delivery, \
             reference, old_id, new_id, actor, pushed_at, heard_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING";
        let mut tx = self.begin().await?;
        for push in pushes {
            sqlx::query(insert)
                .bind(push.instance.to_owned())
                .bind(number(push.repository_id)?)
                .bind(push.repository.to_owned())
                .bind(push.delivery.to_owned())
                .bind(push.reference.to_owned())
                .bind(id_text(push.old))
                .bind(id_text(push.new))
                .bind(actor_text(push.actor)?)
                .bind(push.pushed_at.as_millisecond())
                .bind(push.heard_at.as_millisecond())
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// The pushes after which a ref named one of these commits, oldest first.
    pub async fn pushes_of(
        &self,
        (instance, repository_id): (&str, u64),
        commits: &[ObjectId],
    ) -> Result<Vec<PushRow>, StoreError> {
        let mut found = Vec::new();
        for commits in commits.chunks(PER_QUERY) {
            let select = format!(
                "SELECT * FROM pushes WHERE instance = $1 AND repository_id = $2 \
                 AND new_id IN ({}) ORDER BY id",
                places(commits.len(), 3)
            );
            // Nothing but numbers of parameters was put into the text.
            let mut query = sqlx::query(AssertSqlSafe(select))
                .bind(instance.to_owned())
                .bind(number(repository_id)?);
            for commit in commits {
                query = query.bind(commit.to_string());
            }
            for row in &query.fetch_all(&self.reads).await? {
                found.push(read(row)?);
            }
        }
        found.sort_by_key(|row| row.id);
        Ok(found)
    }

    /// The pushes after which a ref of any repository named this commit, by the
    /// number of the repository.
    pub async fn pushes_anywhere_of(
        &self,
        instance: &str,
        commit: ObjectId,
    ) -> Result<Vec<(u64, Vec<PushRow>)>, StoreError> {
        let select = "SELECT * FROM pushes WHERE instance = $1 AND new_id = $2 \
             ORDER BY repository_id, id";
        let rows = sqlx::query(select)
            .bind(instance.to_owned())
            .bind(commit.to_string())
            .fetch_all(&self.reads)
            .await?;
        let mut found: Vec<(u64, Vec<PushRow>)> = Vec::new();
        for row in &rows {
            let id = super::rows::unsigned(row, "repository_id")?;
            match found.last_mut().filter(|(last, _)| *last == id) {
                Some((_, rows)) => rows.push(read(row)?),
                None => found.push((id, vec![read(row)?])),
            }
        }
        Ok(found)
    }

    /// The pushes of a ref, newest first, at most so many.
    pub async fn pushes_to(
        &self,
        (instance, repository_id): (&str, u64),
        reference: &str,
        limit: u32,
    ) -> Result<Vec<PushRow>, StoreError> {
        let select = "SELECT * FROM pushes WHERE instance = $1 AND repository_id = $2 \
             AND reference = $3 ORDER BY id DESC LIMIT $4";
        let rows = sqlx::query(select)
            .bind(instance.to_owned())
            .bind(number(repository_id)?)
            .bind(reference.to_owned())
            .bind(i64::from(limit))
            .fetch_all(&self.reads)
            .await?;
        rows.iter().map(read).collect()
    }

    /// The pushes to a repository between two instants, both included.
    pub async fn pushes_between(
        &self,
        (instance, repository_id): (&str, u64),
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Vec<PushRow>, StoreError> {
        let select = "SELECT * FROM pushes WHERE instance = $1 AND repository_id = $2 \
             AND pushed_at >= $3 AND pushed_at <= $4 ORDER BY id";
        let rows = sqlx::query(select)
            .bind(instance.to_owned())
            .bind(number(repository_id)?)
            .bind(from.as_millisecond())
            .bind(to.as_millisecond())
            .fetch_all(&self.reads)
            .await?;
        rows.iter().map(read).collect()
    }

    /// The numbers that repositories of this name had.
    pub async fn repositories_named(
        &self,
        instance: &str,
        name: &str,
    ) -> Result<Vec<u64>, StoreError> {
        let select = "SELECT DISTINCT repository_id FROM pushes \
             WHERE instance = $1 AND LOWER(repository) = LOWER($2) ORDER BY repository_id";
        let rows = sqlx::query(select)
            .bind(instance.to_owned())
            .bind(name.to_owned())
            .fetch_all(&self.reads)
            .await?;
        rows.iter()
            .map(|row| super::rows::unsigned(row, "repository_id"))
            .collect()
    }

    /// Notes that what is said at a mark depends on these pushes. Committed
    /// before their evidence is read, so that whatever comes later finds it.
    pub async fn consider(&self, mark: &Mark, pushes: &[i64]) -> Result<(), StoreError> {
        let insert = "INSERT INTO considered (push_id, instance, repository_id, head, context, subject) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
        let mut tx = self.begin().await?;
        for push in pushes {
            sqlx::query(insert)
                .bind(*push)
                .bind(mark.key.instance.clone())
                .bind(number(mark.key.repository_id)?)
                .bind(mark.key.head.to_string())
                .bind(mark.key.context.clone())
                .bind(mark.subject.clone())
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// What is said now and depends on one of these pushes.
    pub async fn lines_considering(&self, pushes: &[i64]) -> Result<Vec<SubjectLine>, StoreError> {
        let mut found: Vec<SubjectLine> = Vec::new();
        for pushes in pushes.chunks(PER_QUERY) {
            let select = format!(
                "SELECT DISTINCT s.instance, s.repository_id, s.head, s.context, s.subject, \
                 s.conclusion, s.sequence, s.task FROM status_subjects s \
                 JOIN considered c ON c.instance = s.instance AND c.repository_id = s.repository_id \
                 AND c.head = s.head AND c.context = s.context AND c.subject = s.subject \
                 WHERE c.push_id IN ({})",
                places(pushes.len(), 1)
            );
            // Nothing but numbers of parameters was put into the text.
            let mut query = sqlx::query(AssertSqlSafe(select));
            for push in pushes {
                query = query.bind(*push);
            }
            for row in &query.fetch_all(&self.reads).await? {
                let line = read_line(row)?;
                if !found.contains(&line) {
                    found.push(line);
                }
            }
        }
        Ok(found)
    }
}

/// `$3, $4, $5` for three parameters from the third on.
fn places(count: usize, first: usize) -> String {
    let places: Vec<_> = (first..first + count).map(|at| format!("${at}")).collect();
    places.join(", ")
}

pub(super) fn id_text(id: Option<ObjectId>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

pub(super) fn id_of(row: &AnyRow, column: &str) -> Result<Option<ObjectId>, StoreError> {
    let text: String = row.try_get(column)?;
    if text.is_empty() {
        return Ok(None);
    }
    let id = ObjectId::parse(&text).map_err(|_| unreadable("object id", &text))?;
    Ok(Some(id))
}

pub(super) fn actor_text(actor: Option<&Actor>) -> Result<String, StoreError> {
    let Some(actor) = actor else {
        return Ok(String::new());
    };
    serde_json::to_string(actor).map_err(|_| unreadable("actor", &actor.login))
}

pub(super) fn actor_of(row: &AnyRow) -> Result<Option<Actor>, StoreError> {
    let text: String = row.try_get("actor")?;
    if text.is_empty() {
        return Ok(None);
    }
    let actor = serde_json::from_str(&text).map_err(|_| unreadable("actor", &text))?;
    Ok(Some(actor))
}

fn read(row: &AnyRow) -> Result<PushRow, StoreError> {
    Ok(PushRow {
        id: row.try_get("id")?,
        repository: row.try_get("repository")?,
        delivery: row.try_get("delivery")?,
        reference: row.try_get("reference")?,
        old: id_of(row, "old_id")?,
        new: id_of(row, "new_id")?,
        actor: actor_of(row)?,
        pushed_at: timestamp(row.try_get("pushed_at")?)?,
        heard_at: timestamp(row.try_get("heard_at")?)?,
    })
}

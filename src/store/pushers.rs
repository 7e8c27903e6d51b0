//! Who pushed which commit, as deliveries told it: a ledger that only grows.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::rows::{number, unreadable};
use super::{Store, StoreError};
use crate::model::oid::ObjectId;
use crate::model::principal::Actor;

/// Most commits that one query asks about; databases bound their parameters.
const COMMITS_PER_QUERY: usize = 500;

impl Store {
    /// Notes that an account pushed these commits; gives those of which it was
    /// not known.
    pub async fn note_pusher(
        &self,
        (instance, repository_id): (&str, u64),
        commits: &[ObjectId],
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Vec<ObjectId>, StoreError> {
        let insert = "INSERT INTO pushers (instance, repository_id, object_id, actor, pushed_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
        let actor = serde_json::to_string(actor).map_err(|_| unreadable("actor", &actor.login))?;
        let mut new = Vec::new();
        let mut tx = self.begin().await?;
        for commit in commits {
            let done = sqlx::query(insert)
                .bind(instance.to_owned())
                .bind(number(repository_id)?)
                .bind(commit.to_string())
                .bind(actor.clone())
                .bind(at.as_millisecond())
                .execute(&mut *tx)
                .await?;
            if done.rows_affected() > 0 {
                new.push(*commit);
            }
        }
        tx.commit().await?;
        Ok(new)
    }

    /// Everybody who pushed one of these commits, each account once.
    pub async fn pushers_of(
        &self,
        instance: &str,
        repository_id: u64,
        commits: &[ObjectId],
    ) -> Result<Vec<Actor>, StoreError> {
        let mut found = BTreeSet::new();
        for commits in commits.chunks(COMMITS_PER_QUERY) {
            let places: Vec<_> = (0..commits.len())
                .map(|at| format!("${}", at + 3))
                .collect();
            let select = format!(
                "SELECT DISTINCT actor FROM pushers \
                 WHERE instance = $1 AND repository_id = $2 AND object_id IN ({})",
                places.join(", ")
            );
            // Nothing but numbers of parameters was put into the text.
            let mut query = sqlx::query_scalar(AssertSqlSafe(select))
                .bind(instance.to_owned())
                .bind(number(repository_id)?);
            for commit in commits {
                query = query.bind(commit.to_string());
            }
            let actors: Vec<String> = query.fetch_all(&self.reads).await?;
            found.extend(actors);
        }
        let actor =
            |text: &String| serde_json::from_str(text).map_err(|_| unreadable("actor", text));
        found.iter().map(actor).collect()
    }
}

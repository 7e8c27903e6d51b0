//! What each subject says of a status, and in which order.
//!
//! The number of the evaluation job is the sequence: a later evaluation has a
//! higher one, and what an earlier one says after it is not heard.

use sqlx::Row;

use super::jobs::{self, Job, JobKind, NewJob};
use super::rows::{conclusion, number};
use super::statuses::{StatusKey, lock, read_key};
use super::words::{say, settle, speak_for, withdraw};
use super::{NewVerdict, Store, StoreError, Tx, deliveries, verdicts};
use crate::model::oid::ObjectId;
use crate::model::verdict::Conclusion;

/// A place where an evaluation will speak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The status.
    pub key: StatusKey,
    /// The subject: `pull-request/7`, `push`, `merge-group`.
    pub subject: String,
    /// Repository and subject, as the worker writes them; empty to leave them as they are.
    pub place: String,
}

/// An evaluation to be queued.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// Evaluations with one key do not run at once.
    pub key: String,
    /// What to do, as the worker writes it.
    pub task: String,
    /// The statuses that become pending at once.
    pub marks: Vec<Mark>,
    /// What they show meanwhile.
    pub rendered: String,
}

/// What an evaluation says at a mark.
#[derive(Debug, Clone)]
pub struct Said {
    /// The conclusion.
    pub conclusion: Conclusion,
    /// Title, summary and annotations, as the worker writes them.
    pub rendered: String,
    /// The verdict behind it.
    pub verdict_id: Option<String>,
}

/// The result of an evaluation at one mark.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It says this.
    Says(Mark, Said),
    /// The subject has nothing to do with this status any more. If no other
    /// subject speaks and the status is pending, it says this instead.
    Withdrawn(Mark, Said),
}

/// How an evaluation job ends.
#[derive(Debug, Clone)]
pub enum Ending {
    /// It is done.
    Done,
    /// It is given up, because of this.
    Dead(String),
}

/// What one subject says of a status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectLine {
    /// The status.
    pub key: StatusKey,
    /// The subject.
    pub subject: String,
    /// What it says.
    pub conclusion: Conclusion,
    /// The evaluation that says it.
    pub sequence: i64,
    /// What was evaluated, as the worker wrote it.
    pub task: String,
}

impl Store {
    /// Queues evaluations and sets their statuses to pending, all or nothing.
    /// `parent` is the delivery job that asked for them; it ends with this.
    pub async fn begin_evaluations(
        &self,
        parent: Option<&Job>,
        evaluations: &[Evaluation],
        note: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let delivery = parent.and_then(|job| job.delivery.clone());
        if let Some((instance, id)) = &delivery {
            deliveries::set_state(&mut tx, instance, id, ("judging", note)).await?;
        }
        for evaluation in evaluations {
            begin(&mut tx, evaluation, delivery.clone(), self.now()).await?;
        }
        if let Some(job) = parent {
            jobs::remove(&mut tx, job).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Queues an evaluation unless something was or is being said at one of its
    /// marks; a delivery that was planned in the meantime goes first. Whether it did.
    pub async fn begin_unless_said(&self, evaluation: &Evaluation) -> Result<bool, StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let mut marks: Vec<&Mark> = evaluation.marks.iter().collect();
        marks.sort_by(|one, other| one.key.cmp(&other.key));
        for mark in marks {
            lock(&mut tx, &mark.key, &mark.place, now).await?;
            if said_in(&mut tx, mark).await? {
                return Ok(false);
            }
        }
        begin(&mut tx, evaluation, None, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Whether anything still waits for what this evaluation says.
    pub async fn is_awaited(&self, job: &Job) -> Result<bool, StoreError> {
        let select = "SELECT COUNT(*) FROM status_subjects WHERE sequence = $1";
        let count: i64 = sqlx::query_scalar(select)
            .bind(job.id)
            .fetch_one(&self.reads)
            .await?;
        Ok(count > 0)
    }

    /// Keeps the verdict, changes the statuses, and ends the job: all or nothing.
    pub async fn conclude(
        &self,
        job: &Job,
        verdict: Option<&NewVerdict>,
        outcomes: &[Outcome],
    ) -> Result<(), StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        if let Some(verdict) = verdict {
            verdicts::insert(&mut tx, verdict, now).await?;
        }
        let mut sorted: Vec<&Outcome> = outcomes.iter().collect();
        sorted.sort_by(|one, other| one.mark().key.cmp(&other.mark().key));
        for outcome in sorted {
            apply(&mut tx, job, outcome, now).await?;
        }
        jobs::remove(&mut tx, job).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Gives a job up. What still waits for it says `said` from now on.
    pub async fn give_up(&self, job: &Job, error: &str, said: &Said) -> Result<(), StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        if job.kind == JobKind::Evaluate {
            speak_for(&mut tx, job.id, said, now).await?;
        }
        jobs::bury(&mut tx, job, error).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Finds statuses that are pending although no job works on them, and lets
    /// them say `said`. How many.
    pub async fn settle_orphans(&self, said: &Said) -> Result<u64, StoreError> {
        let select = "SELECT DISTINCT sequence FROM status_subjects s \
             WHERE s.conclusion = 'pending' AND NOT EXISTS \
             (SELECT 1 FROM jobs j WHERE j.id = s.sequence AND j.state <> 'dead')";
        let rows = sqlx::query(select).fetch_all(&self.reads).await?;
        for row in &rows {
            let sequence: i64 = row.try_get("sequence")?;
            let mut tx = self.begin().await?;
            speak_for(&mut tx, sequence, said, self.now()).await?;
            tx.commit().await?;
        }
        Ok(rows.len() as u64)
    }

    /// What all subjects say of the statuses of a head.
    pub async fn subjects_of(
        &self,
        instance: &str,
        repository_id: u64,
        head: ObjectId,
    ) -> Result<Vec<SubjectLine>, StoreError> {
        let select = "SELECT * FROM status_subjects \
             WHERE instance = $1 AND repository_id = $2 AND head = $3 ORDER BY context, subject";
        let rows = sqlx::query(select)
            .bind(instance.to_owned())
            .bind(number(repository_id)?)
            .bind(head.to_string())
            .fetch_all(&self.reads)
            .await?;
        rows.iter().map(read_line).collect()
    }

    /// Where a subject speaks, over all heads of its repository.
    pub async fn lines_of(
        &self,
        instance: &str,
        repository_id: u64,
        subject: &str,
    ) -> Result<Vec<SubjectLine>, StoreError> {
        let select = "SELECT * FROM status_subjects \
             WHERE instance = $1 AND repository_id = $2 AND subject = $3 ORDER BY head, context";
        let rows = sqlx::query(select)
            .bind(instance.to_owned())
            .bind(number(repository_id)?)
            .bind(subject.to_owned())
            .fetch_all(&self.reads)
            .await?;
        rows.iter().map(read_line).collect()
    }
}

impl Outcome {
    fn mark(&self) -> &Mark {
        match self {
            Self::Says(mark, _) | Self::Withdrawn(mark, _) => mark,
        }
    }
}

pub(super) fn read_line(row: &sqlx::any::AnyRow) -> Result<SubjectLine, StoreError> {
    let word: String = row.try_get("conclusion")?;
    Ok(SubjectLine {
        key: read_key(row)?,
        subject: row.try_get("subject")?,
        conclusion: conclusion(&word)?,
        sequence: row.try_get("sequence")?,
        task: row.try_get("task")?,
    })
}

async fn said_in(tx: &mut Tx, mark: &Mark) -> Result<bool, StoreError> {
    let select = "SELECT COUNT(*) FROM status_subjects WHERE instance = $1 \
         AND repository_id = $2 AND head = $3 AND context = $4 AND subject = $5";
    let count: i64 = sqlx::query_scalar(select)
        .bind(mark.key.instance.clone())
        .bind(number(mark.key.repository_id)?)
        .bind(mark.key.head.to_string())
        .bind(mark.key.context.clone())
        .bind(mark.subject.clone())
        .fetch_one(&mut **tx)
        .await?;
    Ok(count > 0)
}

async fn begin(
    tx: &mut Tx,
    evaluation: &Evaluation,
    delivery: Option<(String, String)>,
    now: i64,
) -> Result<(), StoreError> {
    let job = NewJob {
        kind: JobKind::Evaluate,
        key: evaluation.key.clone(),
        payload: evaluation.task.clone(),
        delivery,
    };
    let sequence = jobs::insert(tx, &job, now).await?;
    let pending = Said {
        conclusion: Conclusion::Pending,
        rendered: evaluation.rendered.clone(),
        verdict_id: None,
    };
    let mut marks: Vec<&Mark> = evaluation.marks.iter().collect();
    marks.sort_by(|one, other| one.key.cmp(&other.key));
    for mark in marks {
        let before = lock(tx, &mark.key, &mark.place, now).await?;
        say(tx, (mark, sequence), &pending, &evaluation.task).await?;
        settle(tx, &mark.key, before, (None, now)).await?;
    }
    Ok(())
}

async fn apply(tx: &mut Tx, job: &Job, outcome: &Outcome, now: i64) -> Result<(), StoreError> {
    let mark = outcome.mark();
    let before = lock(tx, &mark.key, &mark.place, now).await?;
    match outcome {
        Outcome::Says(mark, said) => {
            say(tx, (mark, job.id), said, &job.payload).await?;
            settle(tx, &mark.key, before, (None, now)).await
        }
        Outcome::Withdrawn(mark, said) => {
            withdraw(tx, mark, job.id).await?;
            settle(tx, &mark.key, before, (Some(said), now)).await
        }
    }
}

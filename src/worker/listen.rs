//! Hears what is said of pushes: audit logs that are polled, streams and hooks
//! that tell us, and the settings of the forges. What is new is kept, and what
//! was concluded without it is judged again.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use super::error::{JobError, Verdict};
use super::planning::to_evaluation;
use super::task::Task;
use super::{Context, backoff};
use crate::forge::{AuditRecord, Guarantee, Instance, RecordedRepository};
use crate::model::request::Concern;
use crate::model::testimony::Testimony;
use crate::store::{EvidenceRow, GuaranteeRow, RecordedIn, StoreError};

/// How long a look at an audit log is ours without a sign of life.
const LEASE: Duration = Duration::from_mins(5);
/// How far back a log is read at the first look: GitHub keeps git events for
/// seven days, and nothing that old is waited for.
const LONGEST_MEMORY: SignedDuration = SignedDuration::from_hours(24);

/// Keeps what is said of pushes and has those judged again that it may be
/// about. Hearing the same twice does nothing more. How much was new.
///
/// # Errors
/// The database did not do it; then nothing is to be acknowledged.
pub async fn hear(
    context: &Context,
    instance: &str,
    records: Vec<AuditRecord>,
) -> Result<usize, StoreError> {
    let rows: Vec<_> = records.into_iter().map(of_record).collect();
    keep(context, instance, &rows).await
}

/// [`hear`], of what a hook of ours saw of one push.
///
/// # Errors
/// The database did not do it.
pub async fn hear_hook(
    context: &Context,
    instance: &str,
    testimony: &Testimony,
) -> Result<usize, StoreError> {
    let mut rows = Vec::new();
    for (at, update) in testimony.updates.iter().enumerate() {
        let all = testimony.evidence.iter().enumerate();
        rows.extend(all.map(|(number, evidence)| EvidenceRow {
            record_id: format!("hook/{}/{at}/{number}", testimony.id),
            repository: RecordedIn::Name(testimony.repository.as_str().to_owned()),
            reference: update.name.to_string(),
            old: update.old,
            new: update.new,
            actor: testimony.actor.clone(),
            noted_at: testimony.at,
            evidence: evidence.clone(),
        }));
    }
    keep(context, instance, &rows).await
}

fn of_record(record: AuditRecord) -> EvidenceRow {
    EvidenceRow {
        record_id: format!("audit/{}", record.id),
        repository: match record.repository {
            RecordedRepository::Number(id) => RecordedIn::Number(id),
            RecordedRepository::Name(name) => RecordedIn::Name(name),
        },
        reference: String::new(),
        old: None,
        new: None,
        actor: record.actor,
        noted_at: record.at,
        evidence: record.evidence,
    }
}

async fn keep(
    context: &Context,
    instance: &str,
    rows: &[EvidenceRow],
) -> Result<usize, StoreError> {
    let new = context.store.note_evidence(instance, rows).await?;
    if new.is_empty() {
        return Ok(0);
    }
    metrics::counter!("forgewarden_evidence_total", "instance" => instance.to_owned())
        .increment(new.len() as u64);
    judge_again(context, instance, &new).await?;
    Ok(new.len())
}

/// Queues what depends on pushes that new evidence may be about.
async fn judge_again(
    context: &Context,
    instance: &str,
    new: &[EvidenceRow],
) -> Result<(), StoreError> {
    let store = &context.store;
    let mut pushes = Vec::new();
    for row in new {
        let repositories = match &row.repository {
            RecordedIn::Number(id) => vec![*id],
            RecordedIn::Name(name) => store.repositories_named(instance, name).await?,
        };
        let span = SignedDuration::try_from(context.authentication.window);
        let span = span.unwrap_or(SignedDuration::ZERO);
        // A push may be heard of later than it was made.
        let near = (row.noted_at - span - span, row.noted_at + span + span);
        for id in repositories {
            let found = store.pushes_between((instance, id), near).await?;
            pushes.extend(found.into_iter().map(|push| push.id));
        }
    }
    pushes.sort_unstable();
    pushes.dedup();
    let mut evaluations = Vec::new();
    for line in store.lines_considering(&pushes).await? {
        let task = Task::from_payload(&line.task);
        let task = task
            .ok()
            .filter(|task| task.concern == Concern::Authentication);
        let Some(Ok(evaluation)) = task.map(|task| to_evaluation(&task)) else {
            continue;
        };
        evaluations.push(evaluation);
    }
    if !evaluations.is_empty() {
        store.begin_evaluations(None, &evaluations, "").await?;
        context.wake.notify_waiters();
    }
    Ok(())
}

/// Polls the audit log of one instance until `stop`.
pub(super) async fn keep_listening(context: Arc<Context>, key: String, stop: CancellationToken) {
    let (name, owner) = (format!("{key}/audit"), uuid::Uuid::new_v4().to_string());
    loop {
        let listened = tokio::select! {
            () = stop.cancelled() => break,
            listened = listen(&context, &key, (&name, &owner)) => listened,
        };
        let wait = match listened {
            Ok(()) => context.authentication.poll,
            Err(error) => {
                tracing::warn!(instance = key, %error, "the audit log was not read");
                metrics::counter!("forgewarden_audit_failures_total", "instance" => key.clone())
                    .increment(1);
                pause(&context, &error)
            }
        };
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(wait) => {}
        }
    }
    if let Err(error) = context.store.release_sweep(&name, &owner).await {
        tracing::warn!(%error, "cannot release the audit log; its lease will run out");
    }
}

fn pause(context: &Context, error: &JobError) -> Duration {
    let now = context.clock.now();
    match error.verdict() {
        Verdict::Wait(until) => {
            let until = backoff::as_asked(now, until);
            until
                .duration_since(now)
                .try_into()
                .unwrap_or(Duration::ZERO)
        }
        _ => context.authentication.poll,
    }
}

async fn listen(context: &Context, key: &str, (name, owner): (&str, &str)) -> Result<(), JobError> {
    let instance = context.instance(key)?;
    if !instance.audit.expects_records() || !context.store.hold_sweep(name, owner, LEASE).await? {
        return Ok(());
    }
    let now = context.clock.now();
    let heard = context.store.heard_until(name).await?;
    let settings = &context.authentication;
    // What comes late carries an earlier time.
    let overlap = SignedDuration::try_from(settings.wait + settings.window);
    let overlap = overlap.unwrap_or(LONGEST_MEMORY);
    let oldest = now - LONGEST_MEMORY;
    let since = heard.map_or(oldest, |heard| oldest.max(heard - overlap));
    let records = instance.audit.records(since).await?;
    hear(context, key, records).await?;
    Ok(context.store.heard(name, now).await?)
}

/// Reads the settings of one instance on a timer until `stop`.
pub(super) async fn keep_reading(context: Arc<Context>, key: String, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            read = read_settings(&context, &key) => if let Err(error) = read {
                tracing::warn!(instance = key, %error, "the settings were not read");
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(context.authentication.settings) => {}
        }
    }
}

async fn read_settings(context: &Context, key: &str) -> Result<(), JobError> {
    let instance: &Instance = context.instance(key)?;
    let read = instance.audit.guarantees().await?;
    let rows: Vec<_> = read.into_iter().map(of_guarantee).collect();
    Ok(context.store.replace_guarantees(key, &rows).await?)
}

fn of_guarantee(read: Guarantee) -> GuaranteeRow {
    GuaranteeRow {
        id: read.id.to_owned(),
        scope: read.scope.unwrap_or_default(),
        leaves: read.leaves,
        says: read.says,
        read_at: read.read_at,
    }
}

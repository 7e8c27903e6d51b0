//! Claims jobs and sees each one to an end: done, put back, or given up.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::error::{JobError, Verdict};
use super::rendered::could_not_judge;
use super::task::Task;
use super::{Context, backoff, delivery, evaluate, listen, publish, reconcile, sweep};
use crate::forge::ForgeError;
use crate::store::{Delay, Everyone, Job, JobKind, StatusKey, StoreError};

/// How long a job is ours before another worker may take it. Extended three
/// times within that time while we work.
pub const LEASE: Duration = Duration::from_secs(30);
/// Claims after which a job is given up even though it never reported a
/// failure: it takes its worker down each time.
pub const MAX_CLAIMS: u32 = 200;
/// How long an idle worker waits before it looks again.
const POLL: Duration = Duration::from_millis(500);
/// How often the store is looked through for what was left lying.
const RECONCILE: Duration = Duration::from_secs(30);

/// Works until `stop`, then lets running jobs end or puts them back.
pub async fn run(context: Arc<Context>, stop: CancellationToken) {
    let abandon = CancellationToken::new();
    let mut workers = JoinSet::new();
    for _ in 0..context.settings.concurrency {
        let (context, stop) = (context.clone(), stop.clone());
        workers.spawn(work(context, stop, abandon.clone()));
    }
    workers.spawn(look_after(context.clone(), stop.clone()));
    for key in context.instances.keys() {
        let (context, key, stop) = (context.clone(), key.clone(), stop.clone());
        workers.spawn(listen::keep_listening(
            context.clone(),
            key.clone(),
            stop.clone(),
        ));
        workers.spawn(listen::keep_reading(context, key, stop));
    }
    if context.sweep.enabled {
        for key in context.instances.keys() {
            workers.spawn(sweep::keep_sweeping(
                context.clone(),
                key.clone(),
                stop.clone(),
            ));
        }
    }
    stop.cancelled().await;
    let deadline = tokio::time::sleep(context.settings.stop_timeout);
    tokio::pin!(deadline);
    loop {
        tokio::select! {
            ended = workers.join_next() => if ended.is_none() { return },
            () = &mut deadline, if !abandon.is_cancelled() => abandon.cancel(),
        }
    }
}

async fn look_after(context: Arc<Context>, stop: CancellationToken) {
    loop {
        if let Err(error) = reconcile(&context.store, Everyone::MayLive).await {
            tracing::error!(%error, "cannot reconcile");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(RECONCILE) => {}
        }
    }
}

async fn work(context: Arc<Context>, stop: CancellationToken, abandon: CancellationToken) {
    while !stop.is_cancelled() {
        let woken = context.wake.notified();
        match context.store.claim(LEASE).await {
            Ok(Some(job)) => {
                let span = span(&job);
                see_through(&context, job, &abandon).instrument(span).await;
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "cannot claim a job"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = woken => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

fn span(job: &Job) -> tracing::Span {
    let delivery = job.delivery.as_ref().map(|(_, id)| id.as_str());
    tracing::info_span!("job", id = job.id, kind = job.kind.word(), delivery)
}

/// Runs one job in a task of its own, so that a panic ends the job alone.
async fn see_through(context: &Arc<Context>, job: Job, abandon: &CancellationToken) {
    if job.claims > MAX_CLAIMS {
        let error = JobError::Never(format!("it was begun {MAX_CLAIMS} times and never ended"));
        end_badly(context, &job, &error).await;
        return;
    }
    let (shared, own) = (context.clone(), job.clone());
    let started = tokio::time::Instant::now();
    let perform = async move { perform(&shared, &own).await };
    let mut task = tokio::spawn(perform.in_current_span());
    let result = loop {
        tokio::select! {
            result = &mut task => break flatten(result),
            () = tokio::time::sleep(LEASE / 3) => {
                if matches!(context.store.extend(&job, LEASE).await, Ok(false)) {
                    task.abort();
                    tracing::warn!("the lease was lost");
                    return;
                }
            }
            () = abandon.cancelled() => {
                task.abort();
                release(context, &job).await;
                return;
            }
        }
    };
    let kind = job.kind.word();
    metrics::histogram!("forgewarden_job_seconds", "kind" => kind)
        .record(started.elapsed().as_secs_f64());
    match result {
        Ok(()) => {
            metrics::counter!("forgewarden_jobs_total", "kind" => kind, "result" => "done")
                .increment(1);
        }
        Err(error) => end_badly(context, &job, &error).await,
    }
}

/// The instance that a job will ask.
fn instance_of(job: &Job) -> Option<String> {
    match job.kind {
        JobKind::Delivery => job.delivery.as_ref().map(|(instance, _)| instance.clone()),
        JobKind::Evaluate => Task::from_payload(&job.payload)
            .ok()
            .map(|task| task.instance),
        JobKind::Publish => serde_json::from_str::<StatusKey>(&job.payload)
            .ok()
            .map(|key| key.instance),
    }
}

async fn perform(context: &Context, job: &Job) -> Result<(), JobError> {
    // One job that met the rate limit speaks for all of the instance.
    if let Some(instance) = instance_of(job)
        && let Some(until) = context.pauses.until(&instance, context.clock.now())
    {
        let forge = context.instance(&instance)?.kind;
        return Err(ForgeError::RateLimited { forge, until }.into());
    }
    match job.kind {
        JobKind::Delivery => delivery::perform(context, job).await,
        JobKind::Evaluate => evaluate::perform(context, job).await,
        JobKind::Publish => publish::perform(context, job).await,
    }
}

fn flatten(result: Result<Result<(), JobError>, JoinError>) -> Result<(), JobError> {
    match result {
        Ok(result) => result,
        Err(_) => {
            metrics::counter!("forgewarden_job_panics_total").increment(1);
            Err(JobError::Panicked)
        }
    }
}

async fn release(context: &Context, job: &Job) {
    let result = context.store.put_back(job, Delay::Released, "").await;
    if let Err(error) = result {
        tracing::warn!(%error, "cannot release the job; its lease will run out");
    }
}

/// Puts a failed job back, or gives it up.
async fn end_badly(context: &Context, job: &Job, error: &JobError) {
    let text = error.to_string();
    let now = context.clock.now();
    let failures = job.attempts + 1;
    let delay = match error.verdict() {
        Verdict::NotOurs => {
            tracing::warn!(error = %text, "the job is another's now");
            return;
        }
        Verdict::Wait(until) => {
            let until = backoff::as_asked(now, until);
            if let Some(instance) = instance_of(job) {
                context.pauses.pause(&instance, until);
            }
            Some(Delay::AskedToWait(until))
        }
        Verdict::Retry if failures < context.settings.attempts => {
            let base = context.settings.retry_base;
            let at = backoff::after_failure(now, base, job.attempts);
            Some(Delay::Failed(at))
        }
        Verdict::Retry | Verdict::GiveUp => None,
    };
    let (word, ended): (_, Result<(), StoreError>) = match delay {
        Some(delay) => {
            tracing::warn!(error = %text, failures, "the job will be tried again");
            ("retried", context.store.put_back(job, delay, &text).await)
        }
        None => {
            tracing::error!(error = %text, failures, "the job is given up");
            let said = could_not_judge(&text);
            ("dead", context.store.give_up(job, &text, &said).await)
        }
    };
    metrics::counter!("forgewarden_jobs_total", "kind" => job.kind.word(), "result" => word)
        .increment(1);
    if let Err(error) = ended {
        tracing::error!(%error, "cannot end the job; its lease will run out");
    }
}

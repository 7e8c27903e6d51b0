//! No forge delivers twice by itself: on start and on a timer, what each forge
//! has is compared with what was judged and said.
//!
//! One worker sweeps an instance at a time. What it finds goes the same way as
//! a delivery; it never judges or publishes anything itself.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::error::{JobError, Verdict};
use super::{Context, backoff, sweep_branches, sweep_pulls, sweep_statuses};
use crate::forge::Instance;
use crate::model::event::EventRepository;
use crate::store::{Accepted, StatusKey};

/// How long a sweep is ours without a sign of life. Renewed at each repository.
const LEASE: Duration = Duration::from_mins(5);
/// How far back failed deliveries are read: GitHub keeps them for three days.
const LONGEST_MEMORY: SignedDuration = SignedDuration::from_hours(72);
/// How much of the time before the last sweep is read again: a delivery may
/// have been on its way.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);

/// What a look at one repository found.
#[derive(Debug, Default)]
pub struct Looked {
    /// Pull requests that were queued to be judged.
    pub pull_requests: usize,
    /// Branches whose unheard move was queued to be judged.
    pub branches: usize,
    /// Whether a branch has moved and its delivery may still come: look again
    /// after `sweep.grace_seconds`.
    pub astray: bool,
    /// The statuses of its open pull requests.
    pub(super) statuses: Vec<StatusKey>,
}

/// Compares the open pull requests and the guarded branches of one repository
/// with what was judged, and queues what was not. Doing it twice does nothing more.
///
/// # Errors
/// The first thing that the forge or the database did not do.
pub async fn sweep_repository(
    context: &Context,
    instance: &Instance,
    repository: &EventRepository,
) -> Result<Looked, JobError> {
    let mut looked = Looked::default();
    sweep_pulls::look(context, instance, (repository, &mut looked)).await?;
    sweep_branches::look(context, instance, (repository, &mut looked)).await?;
    if looked.pull_requests + looked.branches > 0 {
        context.wake.notify_waiters();
    }
    Ok(looked)
}

/// Sweeps one instance until `stop`.
pub(super) async fn keep_sweeping(
    context: Arc<Context>,
    instance: String,
    stop: CancellationToken,
) {
    let mut next = Instant::now() + context.sweep.first;
    let mut memory = Memory {
        owner: uuid::Uuid::new_v4().to_string(),
        ..Memory::default()
    };
    loop {
        let (settings, now) = (context.sweep, Instant::now());
        let at = match memory.astray.is_empty() {
            true => next,
            false => next.min(now + settings.grace),
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep_until(at) => {}
        }
        let whole = Instant::now() >= next;
        let (shared, key, owner) = (context.clone(), instance.clone(), memory.owner.clone());
        let mut task = tokio::spawn(async move {
            let until = round(&shared, &key, (&mut memory, whole)).await;
            (memory, until)
        });
        let ended = tokio::select! {
            () = stop.cancelled() => { task.abort(); None }
            ended = &mut task => Some(ended),
        };
        if let Err(error) = context.store.release_sweep(&instance, &owner).await {
            tracing::warn!(%error, "cannot release the sweep; its lease will run out");
        }
        let Some(ended) = ended else { return };
        if whole {
            next = Instant::now() + settings.interval;
        }
        memory = match ended {
            Ok((memory, until)) => {
                next = until.map_or(next, |wait| Instant::now() + wait);
                memory
            }
            Err(_) => {
                metrics::counter!("forgewarden_job_panics_total").increment(1);
                tracing::error!(
                    instance,
                    "a mistake in Forgewarden itself: the sweep panicked"
                );
                Memory {
                    owner,
                    ..Memory::default()
                }
            }
        };
    }
}

/// What one round leaves for the next.
#[derive(Default)]
struct Memory {
    /// The token of our lease.
    owner: String,
    /// Repositories with a branch that waits for its delivery.
    astray: Vec<EventRepository>,
    /// The status that was compared last.
    last: Option<StatusKey>,
}

/// How a round ended.
#[derive(Debug, Default)]
pub(super) struct Found {
    repositories: usize,
    deliveries: usize,
    pull_requests: usize,
    branches: usize,
    pub(super) compared: usize,
    pub(super) republished: usize,
    pub(super) failed: usize,
}

/// One round, of everything or only of what waits. Gives how long to wait if
/// the next must come at another time than usual.
async fn round(
    context: &Context,
    key: &str,
    (memory, whole): (&mut Memory, bool),
) -> Option<Duration> {
    let now = context.clock.now();
    if let Some(until) = context.pauses.until(key, now) {
        return Some(between(now, until));
    }
    let mut sweep = match context.instance(key) {
        Ok(instance) => Sweep {
            context,
            instance,
            memory,
            found: Found::default(),
        },
        Err(_) => return None,
    };
    let result = match whole {
        true => sweep.everything().await,
        false => sweep.what_waits().await,
    };
    sweep.tell(result.as_ref());
    match result.map_err(|error| error.verdict()) {
        Ok(true) => None,
        // Another worker sweeps; it may also be gone.
        Ok(false) => Some(context.sweep.interval.min(LEASE)),
        Err(Verdict::Wait(until)) => {
            let until = backoff::as_asked(now, until);
            context.pauses.pause(key, until);
            Some(between(now, until))
        }
        Err(_) => None,
    }
}

fn between(now: Timestamp, until: Timestamp) -> Duration {
    until
        .duration_since(now)
        .try_into()
        .unwrap_or(Duration::ZERO)
}

struct Sweep<'a> {
    context: &'a Context,
    instance: &'a Instance,
    memory: &'a mut Memory,
    found: Found,
}

impl Sweep<'_> {
    async fn hold(&self) -> Result<bool, JobError> {
        let store = &self.context.store;
        let held = store.hold_sweep(&self.instance.key, &self.memory.owner, LEASE);
        Ok(held.await?)
    }

    /// Whether the sweep was ours to make.
    async fn everything(&mut self) -> Result<bool, JobError> {
        if !self.hold().await? {
            return Ok(false);
        }
        let heard = self.missed().await;
        self.goes_on(heard)?;
        let repositories = self.instance.inventory.repositories().await?;
        self.memory.astray.clear();
        let mut statuses = Vec::new();
        for repository in repositories {
            if !self.hold().await? {
                return Ok(false);
            }
            statuses.extend(self.look(repository).await?);
        }
        let (context, instance) = (self.context, self.instance);
        let last = &mut self.memory.last;
        sweep_statuses::compare(context, instance, (statuses, last), &mut self.found).await?;
        Ok(true)
    }

    /// The branches that waited for their deliveries.
    async fn what_waits(&mut self) -> Result<bool, JobError> {
        if !self.hold().await? {
            return Ok(false);
        }
        for repository in std::mem::take(&mut self.memory.astray) {
            self.look(repository).await?;
        }
        Ok(true)
    }

    /// One repository; what goes wrong with it does not stop the others.
    async fn look(&mut self, repository: EventRepository) -> Result<Vec<StatusKey>, JobError> {
        let looked = sweep_repository(self.context, self.instance, &repository).await;
        let Some(looked) = self.goes_on(looked)? else {
            return Ok(Vec::new());
        };
        self.found.repositories += 1;
        self.found.pull_requests += looked.pull_requests;
        self.found.branches += looked.branches;
        if looked.astray {
            self.memory.astray.push(repository);
        }
        Ok(looked.statuses)
    }

    /// Deliveries that did not reach us go through the same door as others.
    async fn missed(&mut self) -> Result<(), JobError> {
        let (store, key) = (&self.context.store, &self.instance.key);
        let now = self.context.clock.now();
        let oldest = now - LONGEST_MEMORY;
        let heard = store.heard_until(key).await?;
        let since = heard.map_or(oldest, |heard| oldest.max(heard - OVERLAP));
        for delivery in self.instance.inventory.missed(since).await? {
            let accepted = store.accept(&delivery).await?;
            if matches!(accepted, Accepted::New | Accepted::Revived) {
                self.found.deliveries += 1;
            }
        }
        self.context.wake.notify_waiters();
        Ok(store.heard(key, now).await?)
    }

    /// The value, or nothing if the sweep can go on without it.
    fn goes_on<T>(&mut self, result: Result<T, JobError>) -> Result<Option<T>, JobError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if matches!(error.verdict(), Verdict::Wait(_)) => Err(error),
            Err(error) => {
                self.found.failed += 1;
                tracing::warn!(instance = self.instance.key, %error, "a part of the sweep failed");
                Ok(None)
            }
        }
    }

    fn tell(&self, result: Result<&bool, &JobError>) {
        let (found, instance) = (&self.found, self.instance.key.clone());
        let word = match result {
            Ok(false) => "elsewhere",
            Ok(true) if found.failed == 0 => "done",
            Ok(true) => "partial",
            Err(_) => "stopped",
        };
        let error = result.err().map(ToString::to_string);
        tracing::info!(instance, error, result = word, ?found, "swept");
        metrics::counter!("forgewarden_sweeps_total", "instance" => instance.clone(), "result" => word)
            .increment(1);
        for (what, count) in [
            ("delivery", found.deliveries),
            ("pull-request", found.pull_requests),
            ("branch", found.branches),
            ("status", found.republished),
        ] {
            metrics::counter!("forgewarden_sweep_found_total", "instance" => instance.clone(), "what" => what)
                .increment(count as u64);
        }
    }
}

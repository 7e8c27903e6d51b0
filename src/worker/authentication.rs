//! The pushes behind a subject, each with all that was said of how it was
//! authenticated: by our own hooks, by the forge's records, by what kind of
//! account it is, and by what the settings rule out.
//!
//! A push of which no delivery told is one of which nothing is known.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Context;
use super::circumstances::{commits, merged_heads};
use super::error::JobError;
use super::mirror::Mirror;
use super::task::Task;
use crate::auth::{Trace, correlate, is_same_account, resolve};
use crate::forge::Instance;
use crate::model::authentication::{Authentication, Evidence, Push, Pushes, Source, Strength};
use crate::model::oid::ObjectId;
use crate::model::refs::RefName;
use crate::model::request::Subject;
use crate::store::{EvidenceRow, GuaranteeRow, Mark, PushRow, Store, StoreError};

/// How old what was read of settings may be; after that it says nothing.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);

/// Everything that is known of the pushes behind a subject. What is said at the
/// marks depends on them from now on.
pub(super) async fn pushes(
    context: &Context,
    (instance, task): (&Instance, &Task),
    (subject, mirror): (&Subject, &Mirror),
    marks: &[Mark],
) -> Result<Pushes, JobError> {
    let place = (task.instance.as_str(), task.repository.id);
    let rows = match subject {
        Subject::Push { .. } => of_updates(context, place, subject).await?,
        Subject::PullRequest { base, head, .. } | Subject::MergeGroup { base, head, .. } => {
            match commits(mirror, *base, *head).await? {
                Ok(commits) => context.store.pushes_of(place, &commits).await?,
                Err(why) => {
                    return Err(JobError::Never(format!(
                        "its commits cannot be listed: {why}"
                    )));
                }
            }
        }
    };
    let groups = grouped(rows, context.authentication.window);
    let ids: Vec<_> = groups.iter().flatten().map(|row| row.id).collect();
    for mark in marks {
        context.store.consider(mark, &ids).await?;
    }
    let repository = &task.repository;
    let named = (repository.id, repository.name.as_str());
    let window = context.authentication.window;
    let chains = Chains::of(
        (&context.store, window),
        &task.instance,
        named,
        context.clock.now(),
    );
    let chains = chains.await?;
    let mut pushes = Vec::new();
    for group in &groups {
        let Some(first) = group.first() else { continue };
        let (mut push, complete) = chains.push(group).await?;
        if let Some(actor) = &first.actor {
            let account = instance.audit.account(actor, first.pushed_at);
            push.evidence.extend(account.await?);
        }
        push.awaited_until = awaited_until(
            context,
            instance,
            first.heard_at,
            (&push.evidence, complete),
        );
        pushes.push(push);
    }
    for head in heads(subject, mirror).await? {
        if !pushes.iter().any(|push| push.heads.contains(&head)) {
            pushes.push(unheard(head, task.received_at));
        }
    }
    Ok(Pushes::Known(pushes))
}

/// The rows of exactly these moves.
async fn of_updates(
    context: &Context,
    place: (&str, u64),
    subject: &Subject,
) -> Result<Vec<PushRow>, JobError> {
    /// Most earlier pushes of a ref that are looked through.
    const MAX_EARLIER: u32 = 1000;
    let mut found: Vec<PushRow> = Vec::new();
    for update in subject.updates() {
        let name = update.name.to_string();
        let rows = context.store.pushes_to(place, &name, MAX_EARLIER).await?;
        let same = |row: &PushRow| row.old == update.old && row.new == update.new;
        found.extend(rows.into_iter().filter(same));
    }
    found.sort_by_key(|row| row.id);
    Ok(found)
}

/// The heads that somebody must have pushed: of a push every one that it names.
async fn heads(subject: &Subject, mirror: &Mirror) -> Result<Vec<ObjectId>, JobError> {
    Ok(match subject {
        Subject::Push { updates } => updates.iter().filter_map(|update| update.new).collect(),
        Subject::PullRequest { head, .. } => vec![*head],
        Subject::MergeGroup { base, head, .. } => merged_heads(mirror, *base, *head).await?,
    })
}

/// Whether two rows name the same account, or none.
fn by_same(one: &PushRow, other: &PushRow) -> bool {
    match (&one.actor, &other.actor) {
        (Some(one), Some(other)) => is_same_account(one, other),
        (None, None) => true,
        _ => false,
    }
}

/// The rows of each push. What two deliveries tell of one move, at about the
/// same time, is one; the same move, made again later, is another.
pub fn grouped(rows: Vec<PushRow>, window: Duration) -> Vec<Vec<PushRow>> {
    let mut groups: Vec<Vec<PushRow>> = Vec::new();
    let (named, unnamed): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| !row.reference.is_empty());
    let span = SignedDuration::try_from(window).unwrap_or(SignedDuration::ZERO);
    for row in named.into_iter().chain(unnamed) {
        let told = |other: &PushRow| {
            let apart = other.pushed_at.duration_since(row.pushed_at).abs();
            apart <= span && is_same_move(&row, other)
        };
        if groups.iter().flatten().any(told) {
            continue;
        }
        let together = |group: &&mut Vec<PushRow>| {
            !row.delivery.is_empty() && group.iter().any(|other| other.delivery == row.delivery)
        };
        match groups.iter_mut().find(together) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}

/// Whether another delivery tells of the same move.
fn is_same_move(row: &PushRow, other: &PushRow) -> bool {
    let same_ref =
        other.reference == row.reference && other.old == row.old && other.delivery != row.delivery;
    other.new == row.new && by_same(other, row) && (row.reference.is_empty() || same_ref)
}

/// What is kept of the pushes to one repository.
pub struct Chains<'a> {
    store: &'a Store,
    window: Duration,
    instance: &'a str,
    repository: (u64, &'a str),
    now: Timestamp,
    guarantees: Vec<GuaranteeRow>,
}

impl<'a> Chains<'a> {
    /// Looks up what the settings of the instance rule out. `window` is how far a
    /// record's time may be from its push, `repository` its number and name.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn of(
        (store, window): (&'a Store, Duration),
        instance: &'a str,
        repository: (u64, &'a str),
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            store,
            window,
            instance,
            repository,
            now,
            guarantees: store.guarantees(instance).await?,
        })
    }

    /// A push with all that was said of it, and whether no further record is to
    /// be expected. `rows` are the refs that it moved, at least one.
    ///
    /// # Errors
    /// The database did not do it, or a ref that it holds is none.
    pub async fn push(&self, rows: &[PushRow]) -> Result<(Push, bool), JobError> {
        let Some(first) = rows.first() else {
            return Err(JobError::Never("a push without a row".to_owned()));
        };
        let (mut evidence, complete) = self.records(first, rows).await?;
        evidence.extend(self.guaranteed());
        let names = rows.iter().filter(|row| !row.reference.is_empty());
        let references: Result<Vec<_>, _> = names.map(|row| RefName::new(&row.reference)).collect();
        let push = Push {
            references: references.map_err(|error| JobError::Never(error.to_string()))?,
            heads: rows.iter().filter_map(|row| row.new).collect(),
            actor: first.actor.clone(),
            at: first.pushed_at,
            evidence,
            awaited_until: None,
        };
        Ok((push, complete))
    }

    /// What hooks say of this very move, and the records that fit it.
    async fn records(
        &self,
        first: &PushRow,
        rows: &[PushRow],
    ) -> Result<(Vec<Evidence>, bool), JobError> {
        let span = SignedDuration::try_from(self.window).unwrap_or(SignedDuration::ZERO);
        // A hook runs before anybody hears of the push.
        let earliest = first.pushed_at - span - span;
        let latest = first.pushed_at.max(first.heard_at) + span;
        let known = self
            .store
            .evidence_between(self.instance, self.repository, (earliest, latest));
        let (exact, fitting): (Vec<_>, Vec<_>) = known
            .await?
            .into_iter()
            .partition(|row| !row.reference.is_empty());
        let mut evidence: Vec<_> = exact
            .into_iter()
            .filter(|row| rows.iter().any(|push| is_of(row, push)))
            .map(|row| row.evidence)
            .collect();
        let near = (first.pushed_at - span, first.pushed_at + span);
        let place = (self.instance, self.repository.0);
        let pushes = self.store.pushes_between(place, near).await?;
        let pushes = grouped(pushes, self.window);
        let traces: Vec<_> = pushes
            .iter()
            .filter_map(|group| group.first())
            .map(of_push)
            .collect();
        let records: Vec<_> = fitting.iter().map(of_record).collect();
        let found = correlate(of_push(first), &traces, &records, self.window);
        let all = found.records.iter().filter_map(|at| fitting.get(*at));
        evidence.extend(all.map(|row| row.evidence.clone()));
        Ok((evidence, found.complete))
    }

    /// What the settings rule out, as evidence.
    fn guaranteed(&self) -> Vec<Evidence> {
        let name = self.repository.1.to_lowercase();
        let within = |scope: &str| {
            let rest = name.strip_prefix(&scope.to_lowercase());
            scope.is_empty() || rest.is_some_and(|rest| rest.starts_with('/'))
        };
        let fresh = |row: &GuaranteeRow| self.now.duration_since(row.read_at) < MAX_AGE;
        let holding = self
            .guarantees
            .iter()
            .filter(|row| within(&row.scope) && fresh(row));
        holding
            .filter_map(|row| {
                let leaves = row.leaves.as_ref()?;
                Some(Evidence {
                    could_be: leaves.iter().copied().map(Authentication::by).collect(),
                    source: Source::PlatformGuarantee,
                    strength: Strength::Platform,
                    observed_at: row.read_at,
                    says: row.says.clone(),
                })
            })
            .collect()
    }
}

/// A push that nobody told us of.
fn unheard(head: ObjectId, at: Timestamp) -> Push {
    Push {
        references: Vec::new(),
        heads: vec![head],
        actor: None,
        at,
        evidence: vec![Evidence {
            could_be: BTreeSet::new(),
            source: Source::Forge,
            strength: Strength::None,
            observed_at: at,
            says: "no delivery told of the push that brought it".to_owned(),
        }],
        awaited_until: None,
    }
}

/// Until when more is waited for; nothing if it is known already, if nobody
/// will say more, or if the time is over.
fn awaited_until(
    context: &Context,
    instance: &Instance,
    heard_at: Timestamp,
    (evidence, complete): (&[Evidence], bool),
) -> Option<Timestamp> {
    let settings = &context.authentication;
    let direct = evidence
        .iter()
        .filter(|one| one.strength == Strength::Direct);
    let direct: Vec<_> = direct.cloned().collect();
    let known = resolve(&direct).could_be.len() == 1;
    let expected = instance.audit.expects_records() || !settings.hook_secrets.is_empty();
    let wait = SignedDuration::try_from(settings.wait).unwrap_or(SignedDuration::MAX);
    let until = heard_at.saturating_add(wait).ok()?;
    let open = expected && !known && !complete && context.clock.now() < until;
    open.then_some(until)
}

fn of_push(row: &PushRow) -> Trace<'_> {
    Trace {
        actor: row.actor.as_ref(),
        at: row.pushed_at,
    }
}

fn of_record(row: &EvidenceRow) -> Trace<'_> {
    Trace {
        actor: row.actor.as_ref(),
        at: row.noted_at,
    }
}

/// Whether a hook speaks of this move.
fn is_of(row: &EvidenceRow, push: &PushRow) -> bool {
    let same_ref = push.reference.is_empty() || push.reference == row.reference;
    let same_old = push.reference.is_empty() || push.old == row.old;
    same_ref && same_old && push.new.is_some() == row.new.is_some() && push.new == row.new
}

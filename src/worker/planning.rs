//! From events to evaluations: which subjects have to be judged now.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Context;
use super::error::JobError;
use super::rendered;
use super::sweep::sweep_repository;
use super::task::{Task, is_about_authentication, merge_context, pull_request_subject};
use crate::forge::{Evidence, ForgeError, Instance, PullRequestState};
use crate::model::event::{Event, EventRepository};
use crate::model::oid::ObjectId;
use crate::model::principal::Actor;
use crate::model::refs::RefUpdate;
use crate::model::request::{Concern, Subject};
use crate::store::{Evaluation, NewPush};

/// Collects the tasks of one delivery, each once.
pub(super) struct Planner<'a> {
    context: &'a Context,
    instance: &'a Instance,
    /// The delivery; empty if none told it.
    delivery: String,
    received_at: Timestamp,
    tasks: Vec<Task>,
    /// Pull requests that are in already: repository and number.
    seen: BTreeSet<(u64, u64)>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(
        context: &'a Context,
        instance: &'a Instance,
        (delivery, received_at): (&str, Timestamp),
    ) -> Self {
        Self {
            context,
            instance,
            delivery: delivery.to_owned(),
            received_at,
            tasks: Vec::new(),
            seen: BTreeSet::new(),
        }
    }

    /// Adds what an event asks for. The payload is a hint: a pull request is
    /// read from the forge as it is now.
    pub(super) async fn add(&mut self, event: Event) -> Result<(), JobError> {
        match event {
            Event::Push {
                repository,
                updates,
                actor,
                at,
            } => {
                self.note(&repository, &updates, (actor.as_ref(), at))
                    .await?;
                let heads: Vec<_> = updates.iter().filter_map(|update| update.new).collect();
                self.pushed(&repository, &heads, actor.as_ref()).await?;
                self.task(repository, Subject::Push { updates }, actor);
                Ok(())
            }
            Event::HeadPushed {
                repository,
                head,
                actor,
                at,
            } => {
                self.note_head(&repository, head, (&actor, at)).await?;
                self.pushed(&repository, &[head], Some(&actor)).await
            }
            Event::MergeGroup {
                repository,
                target,
                base,
                head,
            } => {
                let subject = Subject::MergeGroup { target, base, head };
                self.task(repository, subject, None);
                Ok(())
            }
            Event::PullRequest {
                repository,
                number,
                target,
                base,
                head,
                actor,
                open,
            } => {
                let told = PullRequestState {
                    number,
                    open,
                    target,
                    // It counts only if the pull request is gone, and then for nothing.
                    base: base.unwrap_or(head),
                    head,
                    actor,
                };
                self.pull_request(&repository, told).await
            }
            Event::Recheck { repository, head } => self.recheck(&repository, head).await,
            // In a box: a sweep plans too.
            Event::Poke { repository } => Box::pin(self.poke(&repository)).await,
            Event::AccessChanged { what } => {
                tracing::info!(what = %crate::model::text::excerpt(&what, 200), "access changed");
                Ok(())
            }
            Event::Ping => Ok(()),
        }
    }

    /// Adds an open pull request that a list of the forge states as it is now.
    pub(super) fn listed(&mut self, repository: &EventRepository, state: PullRequestState) {
        self.state(repository, state);
    }

    /// The moves of refs among the tasks, each with its repository's number.
    pub(super) fn moves(&self) -> Vec<(u64, RefUpdate)> {
        let mut moves = Vec::new();
        for task in &self.tasks {
            if let Subject::Push { updates } = &task.subject {
                let of = |update: &RefUpdate| (task.repository.id, update.clone());
                moves.extend(updates.iter().map(of));
            }
        }
        moves
    }

    /// The evaluations, ready for the store.
    pub(super) fn finish(self) -> Result<Vec<Evaluation>, JobError> {
        let judge = &self.context.judge;
        let mut evaluations = Vec::new();
        for task in &self.tasks {
            evaluations.push(to_evaluation(task)?);
            if judge.asks(Concern::Authentication) {
                evaluations.push(to_evaluation(&task.about(Concern::Authentication))?);
            }
        }
        Ok(evaluations)
    }

    /// Keeps what a push moved, so that what is said of it can be matched.
    async fn note(
        &self,
        repository: &EventRepository,
        updates: &[RefUpdate],
        (actor, at): (Option<&Actor>, Option<Timestamp>),
    ) -> Result<(), JobError> {
        let names: Vec<_> = updates
            .iter()
            .map(|update| update.name.to_string())
            .collect();
        let pushes: Vec<_> = names
            .iter()
            .zip(updates)
            .map(|(reference, update)| NewPush {
                reference,
                old: update.old,
                new: update.new,
                ..self.new_push(repository, (actor, at))
            })
            .collect();
        Ok(self.context.store.note_pushes(&pushes).await?)
    }

    /// Keeps that a head was pushed somewhere that sends us no pushes.
    async fn note_head(
        &self,
        repository: &EventRepository,
        head: ObjectId,
        (actor, at): (&Actor, Option<Timestamp>),
    ) -> Result<(), JobError> {
        let push = NewPush {
            new: Some(head),
            ..self.new_push(repository, (Some(actor), at))
        };
        Ok(self.context.store.note_pushes(&[push]).await?)
    }

    fn new_push<'b>(
        &'b self,
        repository: &'b EventRepository,
        (actor, at): (Option<&'b Actor>, Option<Timestamp>),
    ) -> NewPush<'b> {
        NewPush {
            instance: &self.instance.key,
            repository_id: repository.id,
            repository: repository.name.as_str(),
            delivery: &self.delivery,
            reference: "",
            old: None,
            new: None,
            actor,
            pushed_at: at.unwrap_or(self.received_at),
            heard_at: self.received_at,
        }
    }

    async fn pull_request(
        &mut self,
        repository: &EventRepository,
        told: PullRequestState,
    ) -> Result<(), JobError> {
        let evidence = &self.instance.evidence;
        let number = told.number;
        let state = as_it_is_now(evidence.as_ref(), repository, told).await?;
        let head = state.head;
        self.state(repository, state);
        // Others with this head that no delivery told us of.
        for other in evidence.pull_requests_of(repository, head).await? {
            if other.number != number && !self.is_known(repository, &other).await? {
                self.state(repository, other);
            }
        }
        Ok(())
    }

    /// Notes who pushed. Pull requests of such a head that were judged before
    /// it was known are judged again.
    async fn pushed(
        &mut self,
        repository: &EventRepository,
        heads: &[ObjectId],
        actor: Option<&Actor>,
    ) -> Result<(), JobError> {
        let Some(actor) = actor else { return Ok(()) };
        let store = &self.context.store;
        let place = (self.instance.key.as_str(), repository.id);
        let new = store
            .note_pusher(place, heads, actor, self.received_at)
            .await?;
        for head in new {
            let lines = store.subjects_of(place.0, place.1, head).await?;
            for line in lines {
                if let Subject::PullRequest { number, .. } = Task::from_payload(&line.task)?.subject
                {
                    let evidence = &self.instance.evidence;
                    let state = evidence.pull_request(repository, number).await?;
                    self.state(repository, state);
                }
            }
        }
        Ok(())
    }

    async fn is_known(
        &self,
        repository: &EventRepository,
        state: &PullRequestState,
    ) -> Result<bool, JobError> {
        let store = &self.context.store;
        let lines = store
            .subjects_of(&self.instance.key, repository.id, state.head)
            .await?;
        let subject = pull_request_subject(state.number);
        let context = merge_context(&state.target);
        Ok(lines
            .iter()
            .any(|line| line.subject == subject && line.key.context == context))
    }

    /// Everything that speaks for a head is judged again.
    async fn recheck(
        &mut self,
        repository: &EventRepository,
        head: ObjectId,
    ) -> Result<(), JobError> {
        let evidence = &self.instance.evidence;
        for state in evidence.pull_requests_of(repository, head).await? {
            self.state(repository, state);
        }
        let store = &self.context.store;
        let lines = store
            .subjects_of(&self.instance.key, repository.id, head)
            .await?;
        for line in lines {
            let task = Task::from_payload(&line.task)?;
            if let Subject::PullRequest { number, .. } = task.subject {
                let state = evidence.pull_request(repository, number).await?;
                self.state(repository, state);
            } else if task.concern == Concern::Change
                && !self.tasks.iter().any(|known| known.subject == task.subject)
            {
                self.task(repository.clone(), task.subject, task.actor);
            }
        }
        Ok(())
    }

    /// The repository with this name is compared with what was judged, as in a
    /// sweep: its pull requests and its branches.
    async fn poke(&self, hint: &EventRepository) -> Result<(), JobError> {
        let repository = self.instance.inventory.repository(&hint.name).await?;
        sweep_repository(self.context, self.instance, &repository).await?;
        Ok(())
    }

    fn state(&mut self, repository: &EventRepository, state: PullRequestState) {
        if self.seen.insert((repository.id, state.number)) {
            let actor = state.actor.clone();
            self.task(repository.clone(), subject_of(&state), actor);
            if let Some(task) = self.tasks.last_mut() {
                task.closing = !state.open;
            }
        }
    }

    fn task(&mut self, repository: EventRepository, subject: Subject, actor: Option<Actor>) {
        self.tasks.push(Task {
            instance: self.instance.key.clone(),
            repository,
            subject,
            actor,
            received_at: self.received_at,
            closing: false,
            concern: Concern::Change,
        });
    }
}

/// The pull request as the forge states it now. A forge may forget one that is
/// gone, as Stash does if it is deleted: then it is closed as we were told.
pub(super) async fn as_it_is_now(
    evidence: &dyn Evidence,
    repository: &EventRepository,
    told: PullRequestState,
) -> Result<PullRequestState, ForgeError> {
    match evidence.pull_request(repository, told.number).await {
        Err(ForgeError::Refused { .. }) if !told.open => Ok(told),
        asked => asked,
    }
}

/// A pull request, as the forge states it, as the subject of a request.
pub(super) fn subject_of(state: &PullRequestState) -> Subject {
    Subject::PullRequest {
        number: state.number,
        target: state.target.clone(),
        base: state.base,
        head: state.head,
    }
}

/// A task as the store takes it.
pub(super) fn to_evaluation(task: &Task) -> Result<Evaluation, JobError> {
    Ok(Evaluation {
        key: task.queue_key(),
        task: task.to_payload()?,
        marks: task.marks()?,
        rendered: rendered::pending(),
    })
}

/// Whether it judges how something was pushed, and not what.
pub(super) fn is_of_authentication(evaluation: &Evaluation) -> bool {
    let mut contexts = evaluation.marks.iter().map(|mark| &mark.key.context);
    contexts.any(|context| is_about_authentication(context))
}

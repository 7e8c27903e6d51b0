//! Open pull requests that were never judged, or not with their target as it is now.

use super::Context;
use super::error::JobError;
use super::planning::{Planner, is_of_authentication};
use super::sweep::Looked;
use super::task::{Task, merge_authentication_context, merge_context, pull_request_subject};
use crate::forge::{Instance, PullRequestState};
use crate::model::event::EventRepository;
use crate::model::request::Subject;
use crate::model::verdict::Conclusion;
use crate::store::{StatusKey, SubjectLine};

/// What is to be done about a pull request.
enum Due {
    Nothing,
    /// Nothing was ever said of it.
    First,
    /// Its target has moved.
    Again,
}

/// Queues the open pull requests of a repository that have to be judged.
pub(super) async fn look(
    context: &Context,
    instance: &Instance,
    (repository, looked): (&EventRepository, &mut Looked),
) -> Result<(), JobError> {
    let now = context.clock.now();
    let mut first = Planner::new(context, instance, ("", now));
    let mut again = Planner::new(context, instance, ("", now));
    for state in instance.inventory.open_pull_requests(repository).await? {
        let key = StatusKey {
            instance: instance.key.clone(),
            repository_id: repository.id,
            head: state.head,
            context: merge_context(&state.target),
        };
        let due = due(context, &key, &state).await?;
        looked.statuses.push(StatusKey {
            context: merge_authentication_context(&state.target),
            ..key.clone()
        });
        looked.statuses.push(key);
        match due {
            Due::Nothing => {}
            Due::First => first.listed(repository, state),
            Due::Again => again.listed(repository, state),
        }
    }
    let store = &context.store;
    for evaluation in first.finish()? {
        let begun = store.begin_unless_said(&evaluation).await?;
        looked.pull_requests += usize::from(begun && !is_of_authentication(&evaluation));
    }
    let again = again.finish()?;
    store.begin_evaluations(None, &again, "").await?;
    let changes = again.iter().filter(|one| !is_of_authentication(one));
    looked.pull_requests += changes.count();
    Ok(())
}

async fn due(
    context: &Context,
    key: &StatusKey,
    state: &PullRequestState,
) -> Result<Due, JobError> {
    let store = &context.store;
    let lines = store
        .subjects_of(&key.instance, key.repository_id, key.head)
        .await?;
    let subject = pull_request_subject(state.number);
    let line = lines
        .iter()
        .find(|line| line.key == *key && line.subject == subject);
    Ok(match line {
        None => Due::First,
        // It reads the target's tip when it runs.
        Some(line) if line.conclusion == Conclusion::Pending => Due::Nothing,
        Some(line) if is_on(line, state) => Due::Nothing,
        Some(_) => Due::Again,
    })
}

/// Whether the line is about the target's tip as it is now. What cannot be read is not.
fn is_on(line: &SubjectLine, state: &PullRequestState) -> bool {
    let task = Task::from_payload(&line.task).map(|task| task.subject);
    matches!(task, Ok(Subject::PullRequest { base, .. }) if base == state.base)
}

//! What only the forge and its deliveries know about a pull request: who
//! approved it, in which groups they are, and who pushed it.
//!
//! What cannot be found out is said, and never counts as an approval.

use super::Context;
use super::error::JobError;
use super::mirror::Mirror;
use super::task::Task;
use crate::forge::{ForgeError, Instance, PullRequestState};
use crate::git::Repository;
use crate::model::approval::{Approval, Approvals, Circumstances, Membership};
use crate::model::directory::Group;
use crate::model::oid::ObjectId;
use crate::model::request::Subject;

/// Most questions about memberships in one evaluation.
const MAX_QUESTIONS: usize = 200;
/// Most commits whose pushers are looked up; as many as a policy can let one
/// pull request bring.
const MAX_COMMITS: usize = 1_000_000;

/// Asks the forge for approvals and memberships.
pub(super) async fn ask(
    context: &Context,
    instance: &Instance,
    task: &Task,
    state: &PullRequestState,
) -> Result<Circumstances, JobError> {
    let evidence = &instance.evidence;
    let given = evidence.approvals(&task.repository, state.number).await;
    let approvals = match given {
        Ok(list) => list,
        Err(ForgeError::Refused { reason, .. }) => {
            return Ok(Circumstances {
                approvals: Approvals::Unknown(reason),
                ..Circumstances::default()
            });
        }
        Err(error) => return Err(error.into()),
    };
    let mut memberships: Vec<Membership> = Vec::new();
    for approval in approvals.iter().filter(|it| it.head == state.head) {
        for group in context.judge.groups_for(&approval.actor) {
            let asked = memberships.len();
            memberships.push(membership(instance, task, (approval, group), asked).await?);
        }
    }
    Ok(Circumstances {
        approvals: Approvals::Known(approvals),
        pushers: Vec::new(),
        memberships,
    })
}

/// It is asked anew in every evaluation: whoever left a group approves nothing more.
async fn membership(
    instance: &Instance,
    task: &Task,
    (approval, group): (&Approval, Group),
    asked: usize,
) -> Result<Membership, JobError> {
    let actor = approval.actor.clone();
    let member = if asked >= MAX_QUESTIONS {
        Err(format!(
            "it would take more than {MAX_QUESTIONS} questions: let the policy's teams name fewer groups"
        ))
    } else {
        let evidence = &instance.evidence;
        let answer = evidence.is_member(&task.repository, &group.name, &actor);
        match answer.await {
            Ok(member) => Ok(member),
            Err(ForgeError::Refused { reason, .. }) => Err(reason),
            Err(error) => return Err(error.into()),
        }
    };
    Ok(Membership {
        actor,
        group,
        member,
    })
}

/// Adds who pushed any of the commits of a pull request, as far as deliveries
/// told us. If they cannot be listed, no approval counts.
pub(super) async fn add_pushers(
    context: &Context,
    task: &Task,
    (subject, mirror): (&Subject, &Mirror),
    circumstances: &mut Circumstances,
) -> Result<(), JobError> {
    let Subject::PullRequest { base, head, .. } = subject else {
        return Ok(());
    };
    match commits(mirror, *base, *head).await? {
        Ok(commits) => {
            let store = &context.store;
            let known = store.pushers_of(&task.instance, task.repository.id, &commits);
            circumstances.pushers = known.await?;
        }
        Err(why) => {
            circumstances.approvals =
                Approvals::Unknown(format!("its commits cannot be listed: {why}"));
        }
    }
    Ok(())
}

/// The commits that a pull request would bring, and its head in any case.
async fn commits(
    mirror: &Mirror,
    base: ObjectId,
    head: ObjectId,
) -> Result<Result<Vec<ObjectId>, String>, JobError> {
    let path = mirror.path().to_owned();
    let list = move || {
        let repository = Repository::open(&path)?;
        let mut commits = repository.new_revisions(head, &[base], MAX_COMMITS)?;
        if !commits.contains(&head) {
            commits.push(head);
        }
        Ok(commits)
    };
    let listed = tokio::task::spawn_blocking(list).await;
    let listed = listed.map_err(|_| JobError::Panicked)?;
    Ok(listed.map_err(|error: crate::git::GitError| error.to_string()))
}

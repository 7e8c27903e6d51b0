//! What only the forge and its deliveries know about a pull request, or those of
//! a merge group: who approved it, in which groups they are, and who pushed it.
//!
//! What cannot be found out is said, and never counts as an approval.

use super::Context;
use super::error::JobError;
use super::mirror::Mirror;
use super::task::Task;
use crate::forge::{ForgeError, Instance, PullRequestState};
use crate::git::Repository;
use crate::model::approval::{Approval, Approvals, Circumstances, Constituent, Membership};
use crate::model::directory::Group;
use crate::model::oid::ObjectId;
use crate::model::request::Subject;

/// Most questions about memberships in one evaluation.
const MAX_QUESTIONS: usize = 200;
/// Most pull requests of a merge group that are looked for; GitHub's largest
/// group has a hundred.
const MAX_CONSTITUENTS: usize = 100;
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
    let mut memberships = Vec::new();
    let standing = approvals.iter().filter(|it| it.head == state.head);
    ask_memberships(context, (instance, task), standing, &mut memberships).await?;
    Ok(Circumstances {
        approvals: Approvals::Known(approvals),
        memberships,
        ..Circumstances::default()
    })
}

async fn ask_memberships(
    context: &Context,
    (instance, task): (&Instance, &Task),
    approvals: impl Iterator<Item = &Approval>,
    known: &mut Vec<Membership>,
) -> Result<(), JobError> {
    for approval in approvals {
        for group in context.judge.groups_for(&approval.actor) {
            let same = |it: &Membership| it.actor == approval.actor && it.group == group;
            if !known.iter().any(same) {
                let asked = known.len();
                known.push(membership(instance, task, (approval, group), asked).await?);
            }
        }
    }
    Ok(())
}

/// Finds the pull requests that a merge group merges: those that are open, for
/// its branch, and whose head is a parent of one of the group's merges. Commits
/// that the forge made anew belong to none.
pub(super) async fn of_group(
    context: &Context,
    (instance, task): (&Instance, &Task),
    (subject, mirror): (&Subject, &Mirror),
) -> Result<Circumstances, JobError> {
    let mut found = Circumstances::default();
    let Subject::MergeGroup { target, base, head } = subject else {
        return Ok(found);
    };
    let (evidence, store) = (&instance.evidence, &context.store);
    for merged in merged_heads(mirror, *base, *head).await? {
        let all = evidence.pull_requests_of(&task.repository, merged).await?;
        let own = |it: &PullRequestState| it.open && it.head == merged && it.target == *target;
        for state in all.into_iter().filter(own) {
            let given = evidence.approvals(&task.repository, state.number).await;
            let approvals = match given {
                Ok(list) => list,
                Err(ForgeError::Refused { reason, .. }) => {
                    found.approvals = Approvals::Unknown(reason);
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let Ok(commits) = commits(mirror, *base, merged).await? else {
                continue;
            };
            let standing = approvals.iter().filter(|it| it.head == merged);
            let known = &mut found.memberships;
            ask_memberships(context, (instance, task), standing, known).await?;
            let repository = task.repository.id;
            found.constituents.push(Constituent {
                head: merged,
                actor: state.actor,
                approvals,
                pushers: store
                    .pushers_of(&task.instance, repository, &commits)
                    .await?,
            });
        }
    }
    Ok(found)
}

/// What the merges of a group brought in, from its head back to its base. What
/// cannot be read has no pull request, and so no approval.
pub(super) async fn merged_heads(
    mirror: &Mirror,
    base: ObjectId,
    head: ObjectId,
) -> Result<Vec<ObjectId>, JobError> {
    let path = mirror.path().to_owned();
    let walk = move || {
        let mut merged = Vec::new();
        let Ok(repository) = Repository::open(&path) else {
            return merged;
        };
        let mut at = head;
        for _ in 0..MAX_CONSTITUENTS {
            if at == base {
                break;
            }
            let Ok((commit, _)) = repository.commit(at) else {
                break;
            };
            let mut parents = commit.parents.into_iter();
            let Some(first) = parents.next() else { break };
            merged.extend(parents);
            at = first;
        }
        merged.truncate(MAX_CONSTITUENTS);
        merged
    };
    let walked = tokio::task::spawn_blocking(walk).await;
    walked.map_err(|_| JobError::Panicked)
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
pub(super) async fn commits(
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

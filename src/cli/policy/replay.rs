//! `forgewarden policy replay`: what a policy would have said of a branch's
//! recent history, one first-parent commit at a time, each as the push that
//! brought it. For trying a policy before it is enforced.

mod tally;

use std::process::ExitCode;

use super::{PolicyCommandError, ReplayArgs, ReplayFormat, Streams};
use crate::clock::Clock;
use crate::engine;
use crate::gather::gather;
use crate::git::{GitError, Repository};
use crate::model::approval::Circumstances;
use crate::model::object::Commit;
use crate::model::oid::ObjectId;
use crate::model::refs::{RefName, RefUpdate};
use crate::model::repo::RepositoryName;
use crate::model::request::{Concern, EvaluationRequest, Subject};
use crate::policy::Policy;

use tally::Tally;

/// Judges the history and prints how often each check would have spoken.
pub(super) fn run(
    args: &ReplayArgs,
    clock: &dyn Clock,
    streams: &mut Streams<'_>,
) -> Result<ExitCode, PolicyCommandError> {
    let refused = |error: GitError| PolicyCommandError::Refused(error.to_string());
    let policy = Policy::read(&args.policy).map_err(|problems| {
        PolicyCommandError::Refused(format!("the policy cannot be used:\n{problems}"))
    })?;
    let repository = Repository::discover(&args.repo).map_err(refused)?;
    let branch = repository
        .default_branch()
        .map_err(refused)?
        .ok_or_else(|| PolicyCommandError::Refused("HEAD names no branch".to_owned()))?;
    let tip = repository.resolve(&args.revision).map_err(refused)?;
    let mut tally = Tally::default();
    let mut next = Some(tip);
    while let Some(id) = next.filter(|_| tally.pushes < args.commits) {
        let (commit, _) = repository.commit(id).map_err(refused)?;
        next = commit.parents.first().copied();
        let request = push(&repository, &branch, (next, id), clock);
        let facts = gather(&policy, &request, &repository, Circumstances::default());
        let verdict = engine::evaluate(&policy, &facts);
        tally.note(&commit, &facts, &verdict);
    }
    match args.format {
        ReplayFormat::Text => write!(streams.out, "{tally}")?,
        ReplayFormat::Json => writeln!(streams.out, "{:#}", tally.json())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn push(
    repository: &Repository,
    branch: &RefName,
    (old, new): (Option<ObjectId>, ObjectId),
    clock: &dyn Clock,
) -> EvaluationRequest {
    let update = RefUpdate {
        name: branch.clone(),
        old,
        new: Some(new),
    };
    EvaluationRequest {
        repository: RepositoryName::new(repository.folder_name()),
        subject: Subject::Push {
            updates: vec![update],
        },
        actor: None,
        seen_at: clock.now(),
        concern: Concern::Change,
    }
}

/// A commit's id and subject, short, for people.
fn shown(commit: &Commit) -> String {
    let id = commit.id.to_string();
    let subject = crate::model::text::excerpt(&commit.subject, 60);
    format!("{} {subject}", &id[..id.len().min(10)])
}

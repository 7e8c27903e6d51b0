//! The policy file that a change would put on a target branch: could the next
//! change still be judged by it?

use std::path::Path;

use bstr::{BStr, ByteSlice};

use super::{Operator, REPOSITORY_POLICY};
use crate::git::{Entry, GitError, ObjectKind, Repository};
use crate::model::facts::PolicyProblem;
use crate::model::oid::ObjectId;
use crate::model::refs::RefUpdate;
use crate::policy::{MAX_POLICY_BYTES, Policy, Problem, Problems};

/// What is wrong with the policy file that an update brings; nothing if it
/// leaves the file as it was.
pub(super) fn problems(
    operator: Operator<'_>,
    repository: &Repository,
    update: &RefUpdate,
) -> Vec<PolicyProblem> {
    match examine(operator, repository, update) {
        Ok(problems) => problems,
        Err(error) => vec![unplaced(format!("it cannot be read: {error}"))],
    }
}

fn examine(
    operator: Operator<'_>,
    repository: &Repository,
    update: &RefUpdate,
) -> Result<Vec<PolicyProblem>, GitError> {
    let old = entry(repository, update.old)?;
    let new = entry(repository, update.new)?;
    if old == new || update.new.is_none() {
        return Ok(Vec::new());
    }
    let Some(new) = new else {
        return Ok(match operator {
            Operator::Policy(_) => Vec::new(),
            Operator::TargetBranch => {
                vec![unplaced(
                    "it is removed, and it is the only policy".to_owned(),
                )]
            }
        });
    };
    let text = repository.blob(new.id, MAX_POLICY_BYTES as u64)?;
    let read = match operator {
        Operator::Policy(policy) => policy.tightened_by(REPOSITORY_POLICY, &text),
        Operator::TargetBranch => match text.to_str() {
            Ok(text) => Policy::parse(REPOSITORY_POLICY, text, Path::new("")),
            Err(_) => return Ok(vec![unplaced("it is not UTF-8".to_owned())]),
        },
    };
    Ok(match read {
        Ok(_) => Vec::new(),
        Err(Problems(problems)) => problems
            .iter()
            .filter(|one| one.is_error())
            .map(placed)
            .collect(),
    })
}

fn entry(repository: &Repository, tip: Option<ObjectId>) -> Result<Option<Entry>, GitError> {
    match tip {
        Some(tip) if repository.kind(tip)? == ObjectKind::Commit => {
            repository.entry_at(tip, BStr::new(REPOSITORY_POLICY))
        }
        _ => Ok(None),
    }
}

fn unplaced(message: String) -> PolicyProblem {
    PolicyProblem {
        line: None,
        column: None,
        message,
    }
}

fn placed(problem: &Problem) -> PolicyProblem {
    let message = match &problem.help {
        Some(help) => format!("{}; {help}", problem.message),
        None => problem.message.clone(),
    };
    PolicyProblem {
        line: u32::try_from(problem.line).ok(),
        column: u32::try_from(problem.column).ok(),
        message,
    }
}

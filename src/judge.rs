//! A request, a repository and the operator's policy in; a verdict out. The
//! one piece that the service, the hook and the command line share whole.
//!
//! The policy that judges comes from the operator and from the target side of
//! the change, never from what the change brings along.

mod proposal;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bstr::{BStr, ByteSlice};

use crate::ci::ExtraPath;
use crate::engine;
use crate::gather::gather;
use crate::git::{GitError, Repository};
use crate::model::approval::Circumstances;
use crate::model::facts::Gap;
use crate::model::oid::ObjectId;
use crate::model::refs::RefUpdate;
use crate::model::request::{EvaluationRequest, Subject};
use crate::model::text::escape;
use crate::model::verdict::{Conclusion, Digest, VERDICT_SCHEMA, Verdict};
use crate::policy::Policy;

/// The repository's own policy layer, at the root of the target branch.
pub const REPOSITORY_POLICY: &str = ".forgewarden.toml";

/// The operator's policy when the repository's configuration names none.
pub const SYSTEM_POLICY: &str = "/etc/forgewarden/policy.toml";

/// The operator's policy file: `forgewarden.policy` in the repository's own
/// configuration, else [`SYSTEM_POLICY`] if it exists. Never from the
/// environment, which some servers let the client set (sshd's `AcceptEnv`).
///
/// # Errors
/// A sentence, if the configuration cannot be read or its path is relative.
pub fn operator_policy(repository: &Repository) -> Result<Option<PathBuf>, String> {
    let configured = repository
        .setting("forgewarden.policy")
        .map_err(|error| error.to_string())?;
    match configured {
        Some(file) if Path::new(&file).is_absolute() => Ok(Some(PathBuf::from(file))),
        Some(file) => Err(format!(
            "forgewarden.policy is not an absolute path: {}",
            escape(file)
        )),
        None => Ok(Some(PathBuf::from(SYSTEM_POLICY)).filter(|file| file.exists())),
    }
}

/// Where the operator's policy comes from.
#[derive(Debug, Clone, Copy)]
pub enum Operator<'a> {
    /// A policy that the operator gave; the repository's layer can only tighten it.
    Policy(&'a Policy),
    /// None was given: the file on the target branch is the whole policy.
    TargetBranch,
}

/// Judges. Total: whatever goes wrong is a gap and an error verdict.
pub fn judge(
    operator: Operator<'_>,
    request: &EvaluationRequest,
    repository: &Repository,
    circumstances: Circumstances,
) -> Verdict {
    match effective_policy(operator, request, repository) {
        Ok(mut policy) => {
            policy
                .ci_paths
                .extend(circumstances.configured.iter().filter_map(ExtraPath::of));
            let mut facts = gather(&policy, request, repository, circumstances);
            for update in &mut facts.updates {
                if update.protected || request.subject.target().is_some() {
                    update.policy_problems =
                        proposal::problems(operator, repository, &update.update);
                }
            }
            engine::evaluate(&policy, &facts)
        }
        Err(gap) => could_not_judge(request, gap.0),
    }
}

/// The error verdict for a request that no policy was applied to.
pub fn could_not_judge(request: &EvaluationRequest, why: String) -> Verdict {
    Verdict {
        schema: VERDICT_SCHEMA,
        conclusion: Conclusion::Error,
        repository: request.repository.clone(),
        subject: request.subject.clone(),
        policy_digest: Digest(String::new()),
        trust_digest: Digest(String::new()),
        gaps: vec![Gap(why)],
        findings: Vec::new(),
        capabilities: Vec::new(),
        more_capabilities: 0,
        authentication: Vec::new(),
        commits: Vec::new(),
    }
}

/// The operator's policy, tightened by the layers of all target sides.
pub fn effective_policy(
    operator: Operator<'_>,
    request: &EvaluationRequest,
    repository: &Repository,
) -> Result<Policy, Gap> {
    let layers = repository_layers(operator, request, repository)?;
    match operator {
        Operator::Policy(policy) => layers.iter().try_fold(policy.clone(), |policy, layer| {
            policy
                .tightened_by(&layer.source, &layer.text)
                .map_err(|problems| unusable(layer, &problems))
        }),
        Operator::TargetBranch => match layers.as_slice() {
            [only] => {
                let text = only
                    .text
                    .to_str()
                    .map_err(|_| unusable(only, &"it is not UTF-8"))?;
                Policy::parse(&only.source, text, Path::new(""))
                    .map_err(|problems| unusable(only, &problems))
            }
            [] => Err(Gap(format!(
                "there is no policy: neither the operator nor {REPOSITORY_POLICY} on the target branch gives one; \
                 write one with `forgewarden policy init`, and name it with `git config forgewarden.policy FILE` or put it at {SYSTEM_POLICY}"
            ))),
            _ => Err(Gap(format!(
                "the updated refs have different policies in {REPOSITORY_POLICY} and the operator gives none: \
                 push them one by one"
            ))),
        },
    }
}

fn unusable(layer: &Layer, why: &dyn std::fmt::Display) -> Gap {
    Gap(format!("the policy {} cannot be used: {why}", layer.source))
}

/// One version of the repository's policy file.
struct Layer {
    source: String,
    text: Vec<u8>,
}

/// The distinct versions of the policy file on the target sides, in a stable order.
fn repository_layers(
    operator: Operator<'_>,
    request: &EvaluationRequest,
    repository: &Repository,
) -> Result<Vec<Layer>, Gap> {
    let unreadable = |error: GitError| {
        Gap(format!(
            "{REPOSITORY_POLICY} of the target branch cannot be read: {error}"
        ))
    };
    let mut layers = BTreeMap::new();
    for update in request.subject.updates() {
        let Some(side) = target_side(operator, request, repository, &update).map_err(unreadable)?
        else {
            continue;
        };
        let Some(entry) = repository
            .entry_at(side, BStr::new(REPOSITORY_POLICY))
            .map_err(unreadable)?
        else {
            continue;
        };
        let text = repository
            .blob(entry.id, crate::policy::MAX_POLICY_BYTES as u64)
            .map_err(unreadable)?;
        let source = format!("{}:{REPOSITORY_POLICY}", side.short());
        layers.entry(entry.id).or_insert(Layer { source, text });
    }
    Ok(layers.into_values().collect())
}

/// The commit whose policy file judges an update: the base of a proposal, the
/// old tip of a protected branch, otherwise the tip of the default branch.
fn target_side(
    operator: Operator<'_>,
    request: &EvaluationRequest,
    repository: &Repository,
    update: &RefUpdate,
) -> Result<Option<ObjectId>, GitError> {
    if let Subject::PullRequest { base, .. } | Subject::MergeGroup { base, .. } = &request.subject {
        return Ok(Some(*base));
    }
    let default = repository.default_branch()?;
    let protected = match operator {
        Operator::Policy(policy) => policy.protected.matches(&update.name),
        Operator::TargetBranch => false,
    };
    let own_side = update.name.is_branch() && (protected || default.as_ref() == Some(&update.name));
    match (own_side, update.old, default) {
        (true, Some(old), _) => Ok(Some(old)),
        (_, _, Some(default)) => repository.reference(&default),
        _ => Ok(None),
    }
}

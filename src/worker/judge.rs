//! Who judges: the operator's policy over a mirror.

use std::path::Path;
use std::sync::Arc;

use crate::checks::{self, Mode};
use crate::git::Repository;
use crate::judge::Operator;
use crate::model::approval::Circumstances;
use crate::model::directory::Group;
use crate::model::facts::Gap;
use crate::model::principal::Actor;
use crate::model::request::{Concern, EvaluationRequest};
use crate::model::verdict::{Conclusion, VERDICT_SCHEMA, Verdict};
use crate::policy::Policy;

/// Judges requests. Blocking: it reads objects and verifies signatures.
pub trait Judge: Send + Sync {
    /// The answer to a request over the objects of a mirror.
    fn judge(
        &self,
        request: &EvaluationRequest,
        mirror: &Path,
        circumstances: Circumstances,
    ) -> Verdict;

    /// The groups of the account's forge whose membership could matter for
    /// what it approves.
    fn groups_for(&self, actor: &Actor) -> Vec<Group>;

    /// Whether the policy asks about this at all.
    fn asks(&self, concern: Concern) -> bool;

    /// The answer if there could not be one. `why` is a sentence.
    fn could_not_judge(&self, request: &EvaluationRequest, why: String) -> Verdict;
}

/// Judges by a policy.
pub struct PolicyJudge {
    policy: Arc<Policy>,
}

impl PolicyJudge {
    /// Judges by this policy.
    pub fn new(policy: Arc<Policy>) -> Self {
        Self { policy }
    }
}

impl Judge for PolicyJudge {
    fn judge(
        &self,
        request: &EvaluationRequest,
        mirror: &Path,
        circumstances: Circumstances,
    ) -> Verdict {
        match Repository::open(mirror) {
            Ok(repository) => crate::judge::judge(
                Operator::Policy(&self.policy),
                request,
                &repository,
                circumstances,
            ),
            Err(error) => {
                self.could_not_judge(request, format!("The mirror cannot be read: {error}."))
            }
        }
    }

    /// The repository's layer only tightens: the operator's groups are all
    /// that can matter.
    fn groups_for(&self, actor: &Actor) -> Vec<Group> {
        let groups = self.policy.directory.groups_for(actor);
        groups.into_iter().cloned().collect()
    }

    fn asks(&self, concern: Concern) -> bool {
        let of_concern = checks::ALL
            .iter()
            .filter(|check| check.meta.concern == concern);
        let mut modes = of_concern.map(|check| (check.mode)(&self.policy.checks));
        modes.any(|mode| mode != Mode::Off)
    }

    fn could_not_judge(&self, request: &EvaluationRequest, why: String) -> Verdict {
        Verdict {
            schema: VERDICT_SCHEMA,
            conclusion: Conclusion::Error,
            repository: request.repository.clone(),
            subject: request.subject.clone(),
            policy_digest: self.policy.digest.clone(),
            trust_digest: self.policy.roots.digest(),
            gaps: vec![Gap(why)],
            findings: Vec::new(),
            capabilities: Vec::new(),
            more_capabilities: 0,
            authentication: Vec::new(),
            commits: Vec::new(),
        }
    }
}

//! Facts from a request, a repository and a policy.
//!
//! Everything that cannot be found out becomes a [`Gap`] and so an error
//! verdict; nothing is skipped. This module knows no forge and no check.

mod build;
mod ci_changes;
mod files;
mod pins;
mod pushes;
#[cfg(feature = "server")]
mod whole;

pub use pushes::weigh;
#[cfg(feature = "server")]
pub use whole::{NotTold, entry_files, standing};

use build::Builds;
use files::Blobs;

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::git::{GitError, ObjectKind, Repository};
use crate::model::approval::Circumstances;
use crate::model::facts::{Facts, Gap, Revision, TagFacts, UpdateFacts};
use crate::model::oid::ObjectId;
use crate::model::refs::{RefName, RefUpdate};
use crate::model::request::{EvaluationRequest, Subject};
use crate::policy::Policy;
use crate::sign;

/// How many annotated tags may stand one on another.
const MAX_TAG_CHAIN: usize = 8;

/// Collects what the checks need. Total: what fails is a gap in the result.
pub fn gather(
    policy: &Policy,
    request: &EvaluationRequest,
    repository: &Repository,
    circumstances: Circumstances,
) -> Facts {
    let mut gatherer = Gatherer::new(policy, request, repository);
    let updates = gatherer.updates();
    facts_of(policy, request, (updates, gatherer.gaps), circumstances)
}

fn facts_of(
    policy: &Policy,
    request: &EvaluationRequest,
    (updates, gaps): (Vec<UpdateFacts>, Vec<Gap>),
    circumstances: Circumstances,
) -> Facts {
    let pins = pins::look_up(&policy.sources, &updates);
    let pushes = pushes::collect(policy, request, &circumstances);
    Facts {
        repository: request.repository.clone(),
        subject: request.subject.clone(),
        actor: request.actor.clone(),
        seen_at: request.seen_at,
        concern: request.concern,
        updates,
        pushes,
        circumstances,
        directory: policy.directory.clone(),
        pins,
        sources: policy.sources.clone(),
        zones: policy.zones.clone(),
        gaps,
    }
}

/// Why an update could not be looked at in full.
#[derive(Debug, thiserror::Error)]
enum Failed {
    /// The repository could not be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// Not all files of the build environment could be told.
    #[error("the build environment cannot be compared: {0}")]
    Reading(String),
}

/// The default branch with its present tip.
#[derive(Clone)]
struct DefaultBranch {
    name: RefName,
    tip: Option<ObjectId>,
}

struct Gatherer<'a> {
    policy: &'a Policy,
    request: &'a EvaluationRequest,
    repository: &'a Repository,
    default: Option<DefaultBranch>,
    /// Each commit is read and verified once, however many refs bring it.
    revisions: HashMap<ObjectId, Rc<Revision>>,
    files: ci_changes::FileCache,
    gaps: Vec<Gap>,
}

/// A ref update of which nothing is known yet.
fn blank(update: RefUpdate) -> UpdateFacts {
    UpdateFacts {
        protected: false,
        rewind: false,
        revisions: Vec::new(),
        tags: Vec::new(),
        ci_changes: Vec::new(),
        build: Vec::new(),
        changed_paths: BTreeSet::new(),
        policy_problems: Vec::new(),
        update,
    }
}

impl<'a> Gatherer<'a> {
    fn new(policy: &'a Policy, request: &'a EvaluationRequest, repository: &'a Repository) -> Self {
        Self {
            policy,
            request,
            repository,
            default: None,
            revisions: HashMap::new(),
            files: ci_changes::FileCache::default(),
            gaps: Vec::new(),
        }
    }

    fn updates(&mut self) -> Vec<UpdateFacts> {
        let updates = self.request.subject.updates();
        if updates.len() > self.policy.limits.refs {
            self.gap(format!(
                "the push updates {} refs, over the bound of {} (limits.refs): push fewer at once",
                updates.len(),
                self.policy.limits.refs
            ));
            return Vec::new();
        }
        match self.default_branch() {
            Ok(default) => self.default = default,
            Err(error) => {
                self.gap(format!("the default branch cannot be read: {error}"));
                return Vec::new();
            }
        }
        updates
            .into_iter()
            .map(|update| self.update(update))
            .collect()
    }

    fn default_branch(&self) -> Result<Option<DefaultBranch>, GitError> {
        let Some(name) = self.repository.default_branch()? else {
            return Ok(None);
        };
        let tip = self.repository.reference(&name)?;
        Ok(Some(DefaultBranch { name, tip }))
    }

    fn update(&mut self, update: RefUpdate) -> UpdateFacts {
        let mut facts = UpdateFacts {
            protected: is_protected(self.policy, self.default.as_ref(), &update.name),
            ..blank(update)
        };
        if let Err(error) = self.fill(&mut facts) {
            self.gap(format!("{}: {error}", facts.update.name));
        }
        facts
    }

    fn fill(&mut self, facts: &mut UpdateFacts) -> Result<(), Failed> {
        let Some(new) = facts.update.new else {
            return Ok(());
        };
        let Some(tip) = self.peel(new, &mut facts.tags)? else {
            self.vouched_for(facts);
            return Ok(());
        };
        let old = match facts.update.old {
            Some(old) => self.peel(old, &mut Vec::new())?,
            None => None,
        };
        if let Some(old) = old {
            facts.rewind = !self.repository.is_ancestor(old, tip)?;
        }
        let ids = self.repository.new_revisions(
            tip,
            &self.hidden(&facts.update.name, old),
            self.policy.limits.commits,
        )?;
        for id in ids {
            facts.revisions.push(Revision::clone(&*self.revision(id)?));
        }
        let bases = self.bases(&facts.update.name, old, tip)?;
        let blobs = Blobs::new(self.repository, self.policy.limits.blob_bytes)?;
        let concern = self.request.concern;
        let mut builds = Builds::new(self.policy, &blobs, (&bases, tip), concern);
        facts.ci_changes = ci_changes::collect(self, facts, (&bases, tip), &mut builds)?;
        facts.build = builds.finish();
        Ok(())
    }

    /// A tree or a blob brings no commit that could be judged: only a valid
    /// signature of a tag that names it says whose it is.
    fn vouched_for(&mut self, facts: &UpdateFacts) {
        let mut signatures = facts.tags.iter().map(|tag| &tag.signature.state);
        if !signatures.any(|state| state.signer().is_some()) {
            self.gap(format!(
                "{} would name a tree or a blob, which nobody signed: push a commit, or a signed tag",
                facts.update.name
            ));
        }
    }

    /// Follows annotated tags to what they name, verifying each. `None` if it
    /// is a tree or a blob, which brings no revisions.
    fn peel(&self, id: ObjectId, tags: &mut Vec<TagFacts>) -> Result<Option<ObjectId>, GitError> {
        let mut current = id;
        for _ in 0..=MAX_TAG_CHAIN {
            match self.repository.kind(current)? {
                ObjectKind::Commit => return Ok(Some(current)),
                ObjectKind::Tree | ObjectKind::Blob => return Ok(None),
                ObjectKind::Tag => {
                    let (tag, block) = self.repository.tag(current)?;
                    current = tag.target;
                    let signature =
                        sign::verify(block.as_ref(), &self.policy.roots, self.request.seen_at);
                    tags.push(TagFacts { tag, signature });
                }
            }
        }
        Err(GitError::OverBound {
            what: "tags that name tags",
            limit: MAX_TAG_CHAIN as u64,
        })
    }

    /// What was judged before this update. Well-founded: an update never hides
    /// what only another update could have brought, except what stands on the
    /// default branch, which itself hides nothing of the others.
    fn hidden(&self, name: &RefName, old: Option<ObjectId>) -> Vec<ObjectId> {
        let mut hidden: Vec<ObjectId> = old.into_iter().collect();
        if let (Subject::Push { .. }, Some(default)) = (&self.request.subject, &self.default)
            && default.name != *name
        {
            hidden.extend(default.tip);
        }
        // A baseline that this repository does not have is another repository's.
        hidden.extend(
            self.policy
                .baseline
                .iter()
                .filter(|id| self.repository.kind(**id).is_ok())
                .copied(),
        );
        hidden
    }

    /// The commits that the net difference starts from: where the new value
    /// left the old one and, in a push to another branch, the default one. What
    /// a branch takes over from the default branch was judged there.
    fn bases(
        &self,
        name: &RefName,
        old: Option<ObjectId>,
        tip: ObjectId,
    ) -> Result<Vec<Option<ObjectId>>, GitError> {
        let default = self.default.as_ref().filter(|default| {
            default.name != *name && matches!(self.request.subject, Subject::Push { .. })
        });
        let others = old
            .into_iter()
            .chain(default.and_then(|default| default.tip));
        let bases = others
            .map(|other| self.repository.merge_base(other, tip))
            .collect::<Result<Vec<_>, _>>()?;
        // Without a history to compare with, everything is new.
        Ok(if bases.is_empty() { vec![None] } else { bases })
    }

    fn revision(&mut self, id: ObjectId) -> Result<Rc<Revision>, GitError> {
        if let Some(known) = self.revisions.get(&id) {
            return Ok(known.clone());
        }
        let (commit, block) = self.repository.commit(id)?;
        let signature = sign::verify(block.as_ref(), &self.policy.roots, self.request.seen_at);
        let revision = Rc::new(Revision { commit, signature });
        self.revisions.insert(id, revision.clone());
        Ok(revision)
    }

    fn gap(&mut self, what: String) {
        self.gaps.push(Gap(what));
    }
}

/// Whether the policy protects a ref; the default branch always is.
fn is_protected(policy: &Policy, default: Option<&DefaultBranch>, name: &RefName) -> bool {
    policy.protected.matches(name) || default.is_some_and(|default| default.name == *name)
}

//! The whole build environment of commits, whoever changed it and when: for
//! the commands that look at what already stands.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::files::{Blobs, TreeFiles};
use super::{Failed, Gatherer, blank, ci_changes, facts_of};
use crate::ci::{ExtraPath, Files, Readings};
use crate::git::Repository;
use crate::model::approval::Circumstances;
use crate::model::build::{Blueprint, BuildChange};
use crate::model::facts::{Facts, UpdateFacts};
use crate::model::oid::ObjectId;
use crate::model::refs::RefUpdate;
use crate::model::request::EvaluationRequest;
use crate::policy::Policy;

/// Most files of one commit that are looked at.
const MAX_FILES: usize = 1_000_000;

/// Why the build environment of a commit cannot be told.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotTold(String);

/// Every entry file of a commit, sorted by path.
///
/// # Errors
/// A bound, or what git cannot read.
pub fn entry_files(
    repository: &Repository,
    (extra, blob_bytes): (&[ExtraPath], u64),
    commit: ObjectId,
) -> Result<Vec<Arc<Blueprint>>, NotTold> {
    let told = || -> Result<_, Failed> {
        let blobs = Blobs::new(repository, blob_bytes)?;
        let mut readings = Readings::new(extra);
        let change = standing_build(&blobs, &mut readings, commit)?;
        Ok(change.map_or_else(Vec::new, |change| change.after))
    };
    told().map_err(|error| NotTold(error.to_string()))
}

/// Facts of the same shape as those of a push, in which everything that stands
/// in the build environment at the new value of each ref update is new. Nothing
/// is said of commits and pushes.
pub fn standing(policy: &Policy, request: &EvaluationRequest, repository: &Repository) -> Facts {
    let mut gatherer = Gatherer::new(policy, request, repository);
    let mut updates = Vec::new();
    match Blobs::new(repository, policy.limits.blob_bytes) {
        Ok(blobs) => {
            let mut readings = Readings::new(&policy.ci_paths);
            let mut known = HashMap::new();
            for update in request.subject.updates() {
                let mut facts = blank(update.clone());
                let filled = fill(
                    &mut gatherer,
                    (&blobs, &mut readings),
                    &mut known,
                    &mut facts,
                );
                if let Err(error) = filled {
                    gatherer.gap(format!("{}: {error}", update.name));
                }
                updates.push(facts);
            }
        }
        Err(error) => gatherer.gap(error.to_string()),
    }
    let circumstances = Circumstances::default();
    facts_of(policy, request, (updates, gatherer.gaps), circumstances)
}

type Known = HashMap<ObjectId, (Vec<crate::model::ci::CiChange>, Option<BuildChange>)>;

/// Branches that name the same commit are looked at once.
fn fill(
    gatherer: &mut Gatherer<'_>,
    (blobs, readings): (&std::cell::RefCell<Blobs<'_>>, &mut Readings<'_>),
    known: &mut Known,
    facts: &mut UpdateFacts,
) -> Result<(), Failed> {
    let RefUpdate { new: Some(tip), .. } = facts.update else {
        return Ok(());
    };
    let (ci_changes, build) = match known.entry(tip) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(place) => {
            let leaves = blobs.borrow_mut().leaves(tip, MAX_FILES)?;
            let ci_changes = ci_changes::of_leaves(gatherer, leaves)?;
            place.insert((ci_changes, standing_build(blobs, readings, tip)?))
        }
    };
    facts.ci_changes.clone_from(ci_changes);
    facts.build = build.iter().cloned().collect();
    Ok(())
}

fn standing_build(
    blobs: &std::cell::RefCell<Blobs<'_>>,
    readings: &mut Readings<'_>,
    commit: ObjectId,
) -> Result<Option<BuildChange>, Failed> {
    let leaves = blobs.borrow_mut().leaves(commit, MAX_FILES)?;
    let paths: BTreeSet<_> = leaves.into_iter().map(|(path, _)| path).collect();
    let mut nothing = TreeFiles::of(blobs, None)?;
    let mut after = TreeFiles::of(blobs, Some(commit))?;
    let mut before: [&mut dyn Files; 1] = [&mut nothing];
    let found = readings.touched(&paths, &mut before, &mut after);
    if let Some(error) = blobs.borrow_mut().take_error() {
        return Err(error.into());
    }
    // Without a version to compare with, it is nobody's change.
    let found = found.map_err(Failed::Reading)?;
    Ok(found.map(|change| BuildChange {
        before: Vec::new(),
        ..change
    }))
}

//! Whose change a changed file is, by the signatures of the commits that bring it.

use std::collections::{BTreeSet, HashMap};

use crate::model::ci::CiChange;
use crate::model::facts::{Revision, UpdateFacts};
use crate::model::oid::ObjectId;
use crate::model::principal::PrincipalId;
use crate::model::signature::SignatureState;

/// Some principals of the policy.
pub(crate) type Principals<'a> = BTreeSet<&'a PrincipalId>;

/// Whose change something is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin<'a> {
    /// Everyone whose key stands on a commit that brings it.
    pub(crate) authors: Principals<'a>,
    /// Whether every such commit is validly signed, and there is one.
    pub(crate) all_signed: bool,
}

/// The origins of the changes of one ref update.
pub(crate) struct Origins<'a> {
    by_id: HashMap<ObjectId, &'a Revision>,
    whole: Origin<'a>,
}

impl<'a> Origins<'a> {
    /// Reads the revisions of an update once.
    pub(crate) fn of(update: &'a UpdateFacts) -> Self {
        let by_id = update.revisions.iter().map(|one| (one.commit.id, one));
        Self {
            by_id: by_id.collect(),
            whole: Origin::of(update.revisions.iter()),
        }
    }

    /// The origin of several changes together.
    pub(crate) fn of_changes(&self, changes: &[&CiChange]) -> Origin<'a> {
        let mut all = changes.iter().map(|change| self.of_change(change));
        let first = all.next().unwrap_or_else(|| self.whole.clone());
        all.fold(first, |mut sum, one| {
            sum.authors.extend(one.authors);
            sum.all_signed &= one.all_signed;
            sum
        })
    }

    /// The origin of one change. One that only the net difference shows is laid
    /// to every revision of the update: any of them may have chosen it.
    pub(crate) fn of_change(&self, change: &CiChange) -> Origin<'a> {
        if change.revisions.is_empty() {
            return self.whole.clone();
        }
        let found = change
            .revisions
            .iter()
            .map(|id| self.by_id.get(id).copied());
        match found.collect::<Option<Vec<_>>>() {
            Some(revisions) => Origin::of(revisions),
            None => Origin {
                all_signed: false,
                ..self.whole.clone()
            },
        }
    }
}

impl<'a> Origin<'a> {
    /// Whether every commit that brings it is validly signed by one of these.
    pub(crate) fn is_signed_by(&self, signers: &Principals<'a>) -> bool {
        self.all_signed && self.authors.is_subset(signers)
    }

    fn of(revisions: impl IntoIterator<Item = &'a Revision>) -> Self {
        let (mut authors, mut count, mut signed) = (Principals::new(), 0_usize, 0_usize);
        for revision in revisions {
            authors.extend(key_owner(&revision.signature.state));
            count += 1;
            signed += usize::from(revision.signature.state.signer().is_some());
        }
        Self {
            authors,
            all_signed: count > 0 && signed == count,
        }
    }
}

/// Whose key made a signature: an expired key still says whose change it is.
fn key_owner(state: &SignatureState) -> Option<&PrincipalId> {
    match state {
        SignatureState::Valid { principal, .. }
        | SignatureState::Expired { principal, .. }
        | SignatureState::Revoked { principal, .. } => Some(principal),
        SignatureState::Unsigned
        | SignatureState::UnknownKey { .. }
        | SignatureState::Untrusted { .. }
        | SignatureState::Bad { .. }
        | SignatureState::Malformed { .. }
        | SignatureState::Unverifiable { .. } => None,
    }
}

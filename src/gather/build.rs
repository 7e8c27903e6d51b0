//! What an update does to the build environment: the net difference, and each
//! revision against each of its parents, since each could run by itself.

use std::cell::RefCell;
use std::collections::BTreeSet;

use bstr::BString;

use super::Failed;
use super::files::{Blobs, TreeFiles};
use crate::ci::{Files, Readings};
use crate::model::build::BuildChange;
use crate::model::object::Commit;
use crate::model::oid::ObjectId;
use crate::model::request::Concern;
use crate::policy::Policy;

/// Most entry files, each version of each revision counted, that one update may touch.
pub(super) const MAX_TOUCHED: usize = 100_000;

/// The changes of one update, as they are found.
pub(super) struct Builds<'b, 'a> {
    blobs: &'b RefCell<Blobs<'a>>,
    readings: Readings<'b>,
    bases: &'b [Option<ObjectId>],
    tip: ObjectId,
    state: State,
}

enum State {
    /// Nobody asks.
    Off,
    /// What has been found: the revisions, the net difference, and how much
    /// they hold.
    On {
        revisions: Vec<BuildChange>,
        net: Option<BuildChange>,
        touched: usize,
    },
}

impl<'b, 'a> Builds<'b, 'a> {
    /// Of an update from `bases` (`None`: the empty tree) to `tip`.
    pub(super) fn new(
        policy: &'b Policy,
        blobs: &'b RefCell<Blobs<'a>>,
        (bases, tip): (&'b [Option<ObjectId>], ObjectId),
        concern: Concern,
    ) -> Self {
        Self {
            blobs,
            readings: Readings::new(&policy.ci_paths),
            bases,
            tip,
            state: match concern.asks(Concern::Change) {
                true => State::On {
                    revisions: Vec::new(),
                    net: None,
                    touched: 0,
                },
                false => State::Off,
            },
        }
    }

    /// One revision against each of its parents, by the paths that it changes itself.
    pub(super) fn revision(
        &mut self,
        commit: &Commit,
        paths: &BTreeSet<BString>,
    ) -> Result<(), Failed> {
        let mut before: Vec<_> = commit.parents.iter().copied().map(Some).collect();
        if before.is_empty() {
            before.push(None);
        }
        // Where the revision is the whole update, the net difference says it all.
        if commit.id == self.tip && before == self.bases {
            return Ok(());
        }
        let found = self.compare(paths, (&before, commit.id))?;
        if let State::On { revisions, .. } = &mut self.state {
            revisions.extend(found.map(|found| BuildChange {
                revision: Some(commit.id),
                ..found
            }));
        }
        Ok(())
    }

    /// The net difference, by the paths that differ from every base.
    pub(super) fn net(&mut self, paths: &BTreeSet<BString>) -> Result<(), Failed> {
        let found = self.compare(paths, (self.bases, self.tip))?;
        if let State::On { net, .. } = &mut self.state {
            *net = found;
        }
        Ok(())
    }

    /// The net difference first, then the revisions as they came.
    pub(super) fn finish(self) -> Vec<BuildChange> {
        match self.state {
            State::Off => Vec::new(),
            State::On { revisions, net, .. } => net.into_iter().chain(revisions).collect(),
        }
    }

    fn compare(
        &mut self,
        paths: &BTreeSet<BString>,
        (bases, tip): (&[Option<ObjectId>], ObjectId),
    ) -> Result<Option<BuildChange>, Failed> {
        let State::On { touched, .. } = &mut self.state else {
            return Ok(None);
        };
        if paths.is_empty() {
            return Ok(None);
        }
        let mut before = Vec::with_capacity(bases.len());
        for base in bases {
            before.push(TreeFiles::of(self.blobs, *base)?);
        }
        let mut after = TreeFiles::of(self.blobs, Some(tip))?;
        let mut sides: Vec<_> = before.iter_mut().map(|it| it as &mut dyn Files).collect();
        let found = self.readings.touched(paths, &mut sides, &mut after);
        // What could not be read comes before what follows from it.
        if let Some(error) = self.blobs.borrow_mut().take_error() {
            return Err(error.into());
        }
        let found = found.map_err(Failed::Reading)?;
        let models = |change: &BuildChange| {
            change.after.len() + change.before.iter().map(Vec::len).sum::<usize>()
        };
        *touched += found.as_ref().map_or(0, models);
        if *touched > MAX_TOUCHED {
            return Err(Failed::Reading(format!(
                "it touches more than {MAX_TOUCHED} versions of its files: push fewer commits at once"
            )));
        }
        Ok(found)
    }
}

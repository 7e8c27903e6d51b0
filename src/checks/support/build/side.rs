//! One version of the build environment, as a rule looks at it.

use std::sync::Arc;

use crate::model::build::{Blueprint, Item, Job, What};
use crate::model::facts::Facts;
use crate::model::sources::TrustedSources;
use crate::model::zones::Zones;

/// One version of the files that a change touches.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    /// The entry files, sorted by path.
    pub(crate) blueprints: &'a [Arc<Blueprint>],
    /// What else is known.
    pub(crate) facts: &'a Facts,
}

/// One item with what it stands in.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    /// Its entry file.
    pub(crate) blueprint: &'a Blueprint,
    /// Its job, if it is not the file's own.
    pub(crate) job: Option<&'a Job>,
    /// The item.
    pub(crate) item: &'a Item,
}

impl<'a> Side<'a> {
    /// Every item of every file.
    pub(crate) fn items(self) -> impl Iterator<Item = Seen<'a>> {
        self.blueprints.iter().flat_map(|blueprint| {
            blueprint.all_items().map(move |(job, item)| Seen {
                blueprint,
                job,
                item,
            })
        })
    }

    /// Every item that is what `pick` picks, with what it picked.
    pub(crate) fn all<T: 'a>(
        self,
        pick: impl Fn(&'a What) -> Option<T> + 'a,
    ) -> impl Iterator<Item = (Seen<'a>, T)> {
        self.items()
            .filter_map(move |seen| Some((seen, pick(&seen.item.what)?)))
    }

    /// Every job of every file.
    pub(crate) fn jobs(self) -> impl Iterator<Item = (&'a Blueprint, &'a Job)> {
        let of = |blueprint: &'a Arc<Blueprint>| {
            let blueprint: &'a Blueprint = blueprint;
            blueprint.jobs.iter().map(move |job| (blueprint, job))
        };
        self.blueprints.iter().flat_map(of)
    }

    /// What the policy trusts.
    pub(crate) fn sources(self) -> &'a TrustedSources {
        &self.facts.sources
    }

    /// Development, test, production.
    pub(crate) fn zones(self) -> &'a Zones {
        &self.facts.zones
    }
}

impl Seen<'_> {
    /// Where it is, in a stable name: the job's and its own slot.
    pub(crate) fn slot(&self) -> String {
        match self.job {
            Some(job) => format!("{}/{}", job.slot, self.item.slot),
            None => self.item.slot.clone(),
        }
    }

    /// For people: `job deploy`, or the file's system.
    pub(crate) fn whose(&self) -> String {
        match self.job {
            Some(job) => job.title.clone(),
            None => "the file".to_owned(),
        }
    }
}

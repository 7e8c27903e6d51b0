//! What a rule has seen at one place.

use super::{Exposure, Seen, Side};
use crate::model::build::{Job, Spot};
use crate::model::finding::Severity;

/// What a rule has seen at one place of one version.
#[derive(Debug, Clone)]
pub(crate) struct Detection {
    /// The entry file's path, the job's and the item's slot: where a reader would look for it again.
    pub(crate) slot: String,
    /// What a reader would call the same problem: an image without its tag, an
    /// action without its version, an expression. Never a line.
    pub(crate) feature: String,
    /// Where it stands.
    pub(crate) spot: Spot,
    /// How bad it is here.
    pub(crate) severity: Severity,
    /// How much hangs on it.
    pub(crate) exposure: Exposure,
    /// What is wrong, as one sentence.
    pub(crate) message: String,
    /// What mends it.
    pub(crate) remedy: String,
}

impl Detection {
    /// Something at an item. `feature` is what makes it the same problem elsewhere.
    pub(crate) fn at(side: Side<'_>, seen: Seen<'_>, feature: impl Into<String>) -> Self {
        Self {
            slot: format!("{}\n{}", seen.blueprint.path, seen.slot()),
            feature: feature.into(),
            spot: seen.item.spot.clone(),
            severity: Severity::Medium,
            exposure: Exposure::of(side, seen.job),
            message: String::new(),
            remedy: String::new(),
        }
    }

    /// Something about a whole job of an entry file.
    pub(crate) fn of_job(
        side: Side<'_>,
        (path, job): (&bstr::BString, &Job),
        feature: impl Into<String>,
    ) -> Self {
        Self {
            slot: format!("{path}\n{}", job.slot),
            feature: feature.into(),
            spot: job.spot.clone(),
            severity: Severity::Medium,
            exposure: Exposure::of(side, Some(job)),
            message: String::new(),
            remedy: String::new(),
        }
    }

    /// At another place than the item's or job's beginning.
    pub(crate) fn standing_at(mut self, spot: &Spot) -> Self {
        self.spot = spot.clone();
        self
    }

    /// How bad it is; [`Severity::Medium`] if nothing is said.
    pub(crate) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// What is wrong, as one sentence without a full stop. Text from outside
    /// must have gone through [`crate::model::text::excerpt`].
    pub(crate) fn says(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// What mends it: a change of the file, whom to ask, a command.
    pub(crate) fn mend(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }
}

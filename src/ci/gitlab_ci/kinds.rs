//! Kinds of pipelines, and who can start them.
//! <https://docs.gitlab.com/ci/pipelines/pipeline_types/>.

use crate::model::build::StartedBy;

/// A set of kinds of pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds(u8);

/// For any branch that is pushed.
pub(super) const BRANCH: Kinds = Kinds(1);
/// For a protected branch, or one that is named.
pub(super) const PROTECTED: Kinds = Kinds(2);
/// For a tag.
pub(super) const TAG: Kinds = Kinds(4);
/// For a merge request.
pub(super) const MERGE_REQUEST: Kinds = Kinds(8);
/// By a schedule.
pub(super) const SCHEDULE: Kinds = Kinds(16);
/// By hand, by the API, or by another pipeline.
pub(super) const WEB: Kinds = Kinds(32);
/// Any.
pub(super) const ALL: Kinds = Kinds(63);
/// None.
pub(super) const NONE: Kinds = Kinds(0);

/// Each by itself.
pub(super) const EACH: [Kinds; 6] = [BRANCH, PROTECTED, TAG, MERGE_REQUEST, SCHEDULE, WEB];
/// What only maintainers start.
pub(super) const MAINTAINED: Kinds = Kinds(2 + 4 + 16 + 32);

const EVENTS: &[(Kinds, &str, StartedBy)] = &[
    (BRANCH, "branch", StartedBy::Writers),
    (PROTECTED, "protected_branch", StartedBy::Maintainers),
    (TAG, "tag", StartedBy::Maintainers),
    (MERGE_REQUEST, "merge_request_event", StartedBy::Writers),
    (SCHEDULE, "schedule", StartedBy::Maintainers),
    (WEB, "web", StartedBy::Maintainers),
];

impl Kinds {
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The events, and who makes them happen.
    pub(super) fn events(self) -> impl Iterator<Item = (&'static str, StartedBy)> {
        let own = EVENTS.iter().filter(move |(kind, _, _)| self.has(*kind));
        own.map(|(_, event, by)| (*event, *by))
    }
}

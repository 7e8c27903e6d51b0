//! How much hangs on a job: who starts it, what it holds, where it runs.

use super::Side;
use crate::model::build::{Job, Level, RunnerKind, SecretName, StartedBy, What};
use crate::model::zones::ZoneLevel;

/// How much hangs on what is found. The same problem with more hanging on it
/// is a new one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Exposure {
    /// The least trusted who can start it.
    pub(crate) started_by: Option<StartedBy>,
    /// Its lasting secrets.
    pub(crate) secrets: Secrets,
    /// Whether its own token may write.
    pub(crate) writes: bool,
    /// Whether it runs on machines that are not made for it.
    pub(crate) own_machines: bool,
    /// The highest zone that it reaches.
    pub(crate) zone: Option<ZoneLevel>,
}

/// How many secrets a job reaches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Secrets {
    /// None but the run's own token.
    #[default]
    None,
    /// Some, by name.
    Named,
    /// All that there are.
    All,
}

impl Exposure {
    /// Of a job; without one, nothing hangs on it.
    pub(crate) fn of(side: Side<'_>, job: Option<&Job>) -> Self {
        let Some(job) = job else {
            return Self::default();
        };
        let all = |name: &SecretName| matches!(name, SecretName::All | SecretName::Inherited);
        let secrets = job.secrets().map(|secret| match all(&secret.name) {
            true => Secrets::All,
            false => Secrets::Named,
        });
        let runner = job.runner.as_ref();
        let own = |kind| {
            matches!(
                kind,
                RunnerKind::SelfHosted | RunnerKind::Controller | RunnerKind::Any
            )
        };
        Self {
            started_by: job.started_by(),
            secrets: secrets.max().unwrap_or_default(),
            writes: job.items.iter().any(|item| match &item.what {
                What::Permission(it) => it.level == Level::Write,
                _ => false,
            }),
            own_machines: runner.is_some_and(|runner| own(runner.kind)),
            zone: zone(side, job),
        }
    }

    /// Whether somebody without write access can start it with the repository's rights.
    pub(crate) fn open_to_outsiders(&self) -> bool {
        self.started_by == Some(StartedBy::Outsiders)
    }

    /// Whether it reaches production.
    pub(crate) fn production(&self) -> bool {
        self.zone == Some(ZoneLevel::Production)
    }

    /// Whether more hangs on it in any respect.
    pub(crate) fn is_worse_than(&self, other: &Self) -> bool {
        self.started_by > other.started_by
            || self.secrets > other.secrets
            || (self.writes && !other.writes)
            || (self.own_machines && !other.own_machines)
            || self.zone > other.zone
    }
}

fn zone(side: Side<'_>, job: &Job) -> Option<ZoneLevel> {
    let zones = side.zones();
    let of_items = job.items.iter().filter_map(|item| match &item.what {
        What::Target(target) => zones.of_target(target),
        What::Secret(secret) => match &secret.name {
            SecretName::Named(name) => zones.of_secret(name),
            _ => None,
        },
        _ => None,
    });
    let of_runner = job
        .runner
        .as_ref()
        .and_then(|runner| zones.of_runner(runner));
    of_items.chain(of_runner).map(|zone| zone.level).max()
}

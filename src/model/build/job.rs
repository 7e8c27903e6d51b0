//! What runs, builds or is deployed as one.

use super::Spot;
use super::item::{Item, What};
use super::secret::SecretUse;

/// A CI job, a stage of an image build, a service or a workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its stable name in its file, never a position: `jobs/deploy`, `stage/Build/Push`,
    /// `services/web`, `Deployment/pay/web/app`.
    pub slot: String,
    /// For people: `job deploy`, `stage Build`, `service web`.
    pub title: String,
    /// What it is.
    pub kind: JobKind,
    /// Where it begins.
    pub spot: Spot,
    /// Who can start it, after its own conditions; none for what CI does not start.
    pub triggers: Vec<Trigger>,
    /// Where it runs, if the file says so.
    pub runner: Option<Runner>,
    /// What it has and does, in the order in which it happens.
    pub items: Vec<Item>,
}

impl Job {
    /// The most that anybody may be who can start it.
    pub fn started_by(&self) -> Option<StartedBy> {
        self.triggers.iter().map(|trigger| trigger.by).max()
    }

    /// The secret that a variable of this name holds.
    pub fn secret_in(&self, variable: &str) -> Option<&SecretUse> {
        self.items.iter().find_map(|item| match &item.what {
            What::Secret(secret) if secret.variable.as_deref() == Some(variable) => Some(secret),
            _ => None,
        })
    }

    /// The secrets that it reaches, the run's own token excluded.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretUse> {
        self.items.iter().filter_map(|item| match &item.what {
            What::Secret(secret) if secret.lifetime == super::Lifetime::Lasting => Some(secret),
            _ => None,
        })
    }
}

/// What a [`Job`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobKind {
    /// A CI system runs it.
    Pipeline,
    /// It builds an image.
    ImageBuild,
    /// A container engine or cluster runs it.
    Workload,
}

/// Something that starts a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// In the system's own word: `pull_request_target`, `merge_request_event`, `branch`.
    pub event: String,
    /// Who can make it happen.
    pub by: StartedBy,
    /// Where it stands, or where the job does if nothing is written.
    pub spot: Spot,
}

/// Who can start something, the least trusted last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StartedBy {
    /// Those who may push to protected branches and tags, start by hand or set a schedule.
    Maintainers,
    /// Whoever may push any branch of the repository.
    Writers,
    /// Whoever proposes from a fork; the run has no secrets and a token that only reads.
    Forks,
    /// Whoever has an account; the run has the repository's secrets and token.
    Outsiders,
}

/// Where a job runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runner {
    /// What it is.
    pub kind: RunnerKind,
    /// Labels, tags, pool or queue, sorted; as written where they are dynamic.
    pub labels: Vec<String>,
    /// Where it is written.
    pub spot: Spot,
}

/// What a [`Runner`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunnerKind {
    /// A fresh machine of the forge.
    Hosted,
    /// A container or pod that is made for the job.
    Container,
    /// Any agent whatever: `agent any`, no tags.
    Any,
    /// Machines of one's own, chosen by labels.
    SelfHosted,
    /// The machine of the CI server itself.
    Controller,
    /// Only the run itself knows.
    Dynamic,
}

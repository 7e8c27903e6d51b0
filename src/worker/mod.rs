//! The work behind the webhook: read deliveries, fetch objects, judge, publish,
//! and look after what was left lying.
//!
//! It knows forges only through their traits, and the database only through the
//! store. Everything it does can be done twice.

mod authentication;
mod backoff;
mod circumstances;
mod delivery;
mod error;
mod evaluate;
mod git;
mod judge;
mod kept;
mod links;
mod listen;
mod mirror;
mod pauses;
mod planning;
mod publish;
mod reconcile;
mod rendered;
mod run;
mod sweep;
mod sweep_branches;
mod sweep_pulls;
mod sweep_statuses;
mod task;

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Notify;

use crate::clock::SharedClock;
use crate::config::{AuthenticationConfig, SweepConfig, WorkerConfig};
use crate::forge::Instance;
use crate::report::Templates;
use crate::store::Store;

pub use authentication::{Chains, grouped};
pub use error::{FetchError, JobError};
pub use git::git_version;
pub use judge::{Judge, PolicyJudge};
pub use links::Links;
pub use listen::{hear, hear_hook};
pub use mirror::{FetchPlan, Mirror, Mirrors};
pub use pauses::Pauses;
pub use reconcile::reconcile;
pub use run::{LEASE, MAX_CLAIMS, run};
pub use sweep::{Looked, sweep_repository};
pub use task::{
    Task, merge_authentication_context, merge_context, push_authentication_context, push_context,
};

/// What the worker works with.
pub struct Context {
    /// The database.
    pub store: Store,
    /// The forges, by the key of their instance.
    pub instances: HashMap<String, Instance>,
    /// Where objects are kept.
    pub mirrors: Mirrors,
    /// Who judges.
    pub judge: Arc<dyn Judge>,
    /// Links to details pages.
    pub links: Links,
    /// What people read.
    pub templates: Templates,
    /// The time.
    pub clock: SharedClock,
    /// How work is done.
    pub settings: WorkerConfig,
    /// How the forges are compared with our verdicts.
    pub sweep: SweepConfig,
    /// How evidence of authentication is waited for.
    pub authentication: AuthenticationConfig,
    /// The instances that asked us to wait.
    pub pauses: Pauses,
    /// Wakes a worker that waits for a job.
    pub wake: Arc<Notify>,
}

impl Context {
    fn instance(&self, key: &str) -> Result<&Instance, JobError> {
        self.instances
            .get(key)
            .ok_or_else(|| JobError::Never(format!("no instance `{key}` is configured any more")))
    }
}

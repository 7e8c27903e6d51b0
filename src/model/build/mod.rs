//! What a build, container or deployment file does, in words that fit every
//! system: the normalised capability model.
//!
//! A [`Blueprint`] is one version of one entry file together with what it pulls
//! in from the same tree. It is made by `ci` from bytes, is compared by
//! `checks`, and says nothing of whether anything is allowed. Values are
//! *effective*: what a job inherits from its file, a template or a default
//! stands at the job, with the place where it is written.

mod access;
mod change;
mod code;
mod command;
mod delta;
mod image;
mod item;
mod job;
mod likeness;
mod pairs;
mod secret;

pub use access::{AccessGrant, Level, Permission, Privilege, Target, TargetKind};
pub use change::{BuildChange, TextDifference};
pub use code::{
    Checkout, CheckoutSource, CodeKind, CodeSource, CodeUse, Pin, PinStanding, Template,
    TemplateSource,
};
pub use command::{Command, Redirect, Word};
pub use delta::{CapabilityChange, CapabilityClass, Direction};
pub use image::{ImageName, ImageReference, ImageRole, ImageUse};
pub use item::{
    Agent, Gate, GateKind, Guard, GuardKind, Item, Registry, RegistryKind, Setting, Transfer,
    TransferKind, Unresolved, UnresolvedKind, Weakening, WeakeningKind, What,
};
pub use job::{Job, JobKind, Runner, RunnerKind, StartedBy, Trigger};
pub use likeness::moved_pins;
pub use pairs::{Pair, pairs};
pub use secret::{CloudKey, Held, Identity, Lifetime, Literal, Login, SecretName, SecretUse};

use std::sync::Arc;

use bstr::BString;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    /// The file, which need not be the entry: an included file, a called script.
    pub path: Arc<BString>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// One version of one entry file, as far as it is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blueprint {
    /// The entry file.
    pub path: Arc<BString>,
    /// The key of its system: `github-actions`, `docker`, …
    pub system: &'static str,
    /// What runs, builds or is deployed: sorted by slot, which is unique.
    pub jobs: Vec<Job>,
    /// What the file says beside its jobs.
    pub items: Vec<Item>,
    /// What the file reads, includes or executes, in the order of the text.
    pub edges: Vec<Edge>,
}

impl Blueprint {
    /// A file that says nothing yet.
    pub fn new(path: &Arc<BString>, system: &'static str) -> Self {
        Self {
            path: path.clone(),
            system,
            jobs: Vec::new(),
            items: Vec::new(),
            edges: Vec::new(),
        }
    }

    /// Every item, with the job that it belongs to.
    pub fn all_items(&self) -> impl Iterator<Item = (Option<&Job>, &Item)> {
        let own = self.items.iter().map(|item| (None, item));
        let of_jobs = self
            .jobs
            .iter()
            .flat_map(|job| job.items.iter().map(move |item| (Some(job), item)));
        own.chain(of_jobs)
    }
}

/// One step of the closure: a file names something that it reads or executes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Where it is named; its path is the file that names.
    pub spot: Spot,
    /// As people say it: `local action`, `include`, `script`, `build context`.
    pub how: &'static str,
    /// What is named.
    pub to: Destination,
}

/// Where an [`Edge`] leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A file of the same tree, which was read.
    File(Arc<BString>),
    /// A path of the same tree where no file stands that can be read.
    Missing(BString),
    /// Something of another repository or server.
    Elsewhere(String),
    /// Something that only the run itself knows, as it is written.
    Dynamic(String),
}

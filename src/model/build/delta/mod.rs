//! What a change adds to or takes from what the build environment may do, job
//! by job, in plain words. Says nothing of whether that is allowed.

mod compare;
mod point;
mod words;

use std::fmt;
use std::sync::Arc;

use bstr::BString;
use serde::{Deserialize, Serialize};

use super::{BuildChange, Spot};
use compare::compare;

/// What kind of capability changes.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum CapabilityClass {
    /// Who can start it.
    Trigger,
    /// A stored secret.
    Secret,
    /// A login, a long-lived key, an identity, a credential in clear.
    Credential,
    /// What a token or somebody may do.
    Permission,
    /// Where it deploys to, or what it reaches for.
    Target,
    /// Access to the machine below.
    Privilege,
    /// Where it runs.
    Runner,
    /// What must happen before it runs.
    Gate,
    /// A scan, test, signature or verification.
    Guard,
    /// Code from elsewhere.
    Code,
    /// A container image.
    Image,
    /// What it runs itself.
    Command,
    /// Another switch, or what cannot be told.
    Setting,
}

impl CapabilityClass {
    /// Its name in JSON and policies.
    pub fn word(self) -> &'static str {
        match self {
            Self::Trigger => "trigger",
            Self::Secret => "secret",
            Self::Credential => "credential",
            Self::Permission => "permission",
            Self::Target => "target",
            Self::Privilege => "privilege",
            Self::Runner => "runner",
            Self::Gate => "gate",
            Self::Guard => "guard",
            Self::Code => "code",
            Self::Image => "image",
            Self::Command => "command",
            Self::Setting => "setting",
        }
    }
}

impl fmt::Display for CapabilityClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Whether there is more of it, or less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// There is more.
    Gained,
    /// There is another in its place.
    Changed,
    /// There is less.
    Lost,
}

impl Direction {
    /// A sign for tables: `+`, `~`, `-`.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Gained => "+",
            Self::Changed => "~",
            Self::Lost => "-",
        }
    }
}

/// One capability that a change alters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CapabilityChange {
    /// The file in which it stands, or stood.
    pub path: Arc<BString>,
    /// Line of the newer version, from 1; of a job for what it lost.
    pub line: Option<u32>,
    /// Column, from 1.
    pub column: Option<u32>,
    /// What kind.
    pub class: CapabilityClass,
    /// More or less of it.
    pub direction: Direction,
    /// A sentence without a full stop: `job deploy gains secret PROD_KEY`.
    pub what: String,
    /// The job's title; `None` if it is the whole file's.
    pub job: Option<String>,
    /// Which capability, without the words around it: `PROD_KEY`, `environment production`.
    pub name: String,
}

impl CapabilityChange {
    fn at(self, spot: &Spot) -> Self {
        Self {
            path: spot.path.clone(),
            line: Some(spot.line),
            column: Some(spot.column),
            ..self
        }
    }
}

impl BuildChange {
    /// What it does, by place. Of a merge, what it does to every parent.
    pub fn capabilities(&self) -> Vec<CapabilityChange> {
        let mut bases = self.before.iter();
        let mut all = match bases.next() {
            Some(base) => compare(base, &self.after),
            None => compare(&[], &self.after),
        };
        for base in bases {
            let also = compare(base, &self.after);
            let same = |one: &CapabilityChange, other: &CapabilityChange| {
                (one.class, one.direction, &one.job, &one.name, &one.path)
                    == (
                        other.class,
                        other.direction,
                        &other.job,
                        &other.name,
                        &other.path,
                    )
            };
            all.retain(|one| also.iter().any(|other| same(one, other)));
        }
        all.sort_unstable();
        // A job that two files pull in says the same twice.
        all.dedup();
        all
    }
}

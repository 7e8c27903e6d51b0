//! The answer, and its place in the world.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::authentication::{Authentication, Source, Strength};
use super::build::{CapabilityChange, CapabilityClass, Direction};
use super::facts::Gap;
use super::finding::{Effect, Finding};
use super::oid::ObjectId;
use super::principal::{Actor, PrincipalId};
use super::refs::RefName;
use super::repo::RepositoryName;
use super::request::Subject;
use super::signature::Signature;
use super::text::escape;

/// The version of the verdict's JSON, its top-level `schema`.
pub const VERDICT_SCHEMA: &str = "forgewarden/verdict/v1";

/// The answer. Only `Pass` lets anything through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Conclusion {
    /// Judged, and nothing blocks.
    Pass,
    /// Not judged yet.
    Pending,
    /// Could not judge. Blocks like a failure.
    Error,
    /// Judged, and something blocks.
    Fail,
}

impl fmt::Display for Conclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "pass",
            Self::Pending => "pending",
            Self::Error => "error",
            Self::Fail => "fail",
        })
    }
}

/// A hexadecimal SHA-256, for policies and trust roots.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub String);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The answer to a request. Its JSON is the versioned schema, byte-identical
/// for the same request, policy, trust roots and objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// [`VERDICT_SCHEMA`].
    pub schema: &'static str,
    /// The answer.
    pub conclusion: Conclusion,
    /// The repository.
    pub repository: RepositoryName,
    /// What was judged: refs or pull request, target, base and head.
    pub subject: Subject,
    /// The policy that judged.
    pub policy_digest: Digest,
    /// The trust roots that judged.
    pub trust_digest: Digest,
    /// What could not be judged.
    pub gaps: Vec<Gap>,
    /// What is objected to: blocking first, then by place.
    pub findings: Vec<Finding>,
    /// What the update as a whole adds to or takes from what the build
    /// environment may do, at most [`MAX_CAPABILITIES`].
    pub capabilities: Vec<Capability>,
    /// How many more there are.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_capabilities: usize,
    /// How each push behind it was authenticated; none if nothing was pushed, or
    /// if that was not asked.
    pub authentication: Vec<JudgedPush>,
    /// Every commit and tag that was judged.
    pub commits: Vec<JudgedObject>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks with a reference"
)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Most capabilities that a verdict lists.
pub const MAX_CAPABILITIES: usize = 500;

/// One capability that a ref update alters. It blocks nothing by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Capability {
    /// The ref whose update alters it.
    pub subject: RefName,
    /// What kind.
    pub class: CapabilityClass,
    /// Whether there is more or less of it.
    pub direction: Direction,
    /// A sentence without a full stop: `job deploy gains secret PROD_KEY`.
    pub what: String,
    /// The titles of the jobs of which it is true; none if it is the file's.
    pub jobs: Vec<String>,
    /// The file, escaped.
    pub path: String,
    /// Line, from 1; none for what is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

impl Capability {
    /// What a ref update alters. What is true of several jobs because of one
    /// place is said once.
    pub fn all(subject: &RefName, changes: Vec<CapabilityChange>) -> Vec<Self> {
        let mut all: Vec<(String, Self)> = Vec::new();
        let mut known = HashMap::new();
        for change in changes {
            let job = change.job.as_deref().unwrap_or_default();
            let rest = change.what.strip_prefix(job).unwrap_or(&change.what);
            let rest = rest.to_owned();
            let place = (change.path.clone(), change.line, change.column);
            let is_job = change.job.is_some();
            let key = (change.class, change.direction, place, rest.clone(), is_job);
            let at = *known.entry(key).or_insert(all.len());
            match all.get_mut(at) {
                Some((_, same)) => same.jobs.extend(change.job),
                None => all.push((rest, Self::of(subject, change))),
            }
        }
        let told = all.into_iter().map(|(rest, one)| match one.jobs.len() {
            0 | 1 => one,
            many => Self {
                what: format!("{} (and {} more){rest}", one.jobs[0], many - 1),
                ..one
            },
        });
        told.collect()
    }

    fn of(subject: &RefName, change: CapabilityChange) -> Self {
        Self {
            subject: subject.clone(),
            class: change.class,
            direction: change.direction,
            what: change.what,
            jobs: change.job.into_iter().collect(),
            path: escape(change.path.as_slice()),
            line: change.line,
            column: change.column,
        }
    }
}

/// One push: how it was authenticated, who says so and how sure that is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JudgedPush {
    /// The refs that it moved; none if they are not known.
    pub references: Vec<RefName>,
    /// What they named after it.
    pub heads: Vec<ObjectId>,
    /// The account that pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// The principal whose account or key it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<PrincipalId>,
    /// When.
    pub at: Timestamp,
    /// How well it is known.
    pub state: Knowledge,
    /// One entry: it was that. Several: one of these. None: unknown.
    pub could_be: BTreeSet<Authentication>,
    /// How sure that is.
    pub strength: Strength,
    /// Whose word it rests on.
    pub sources: BTreeSet<Source>,
    /// Why it is not known, or what contradicts it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Until when evidence is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub awaited_until: Option<Timestamp>,
}

/// How well it is known how a push was authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Knowledge {
    /// It was that.
    Known,
    /// One of several.
    Ambiguous,
    /// Nobody says anything that is understood.
    Unknown,
    /// Evidence may still come.
    Awaited,
}

/// One commit or tag with the state of its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JudgedObject {
    /// Its id.
    pub id: ObjectId,
    /// Its signature.
    pub signature: Signature,
}

impl Verdict {
    /// The findings that block.
    pub fn blocking(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.effect == Effect::Block)
    }
}

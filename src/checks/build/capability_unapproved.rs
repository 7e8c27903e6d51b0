//! # capability-unapproved
//!
//! A change gains a capability that somebody in particular has to agree to.
//!
//! ## Why it matters
//!
//! A comment in a workflow asks nobody new; a job that takes up a production
//! secret asks whoever guards production. This check asks for approval in
//! proportion to what a change gains: each rule of the policy names kinds of
//! capabilities and the people who must have approved the head that gains them.
//!
//! Approvals count as in `ci-change-unapproved`: per principal, for the present
//! head, never one's own, never a robot's. Of a push, every commit that brings
//! the change must be validly signed by one of the rule's `signed_by`. What a
//! commit gains and a later one gives back counts too: in between it could run.
//!
//! | `gains` | a change gains it when |
//! |---|---|
//! | `trigger` | more people can start a job |
//! | `secret` | a job reaches a stored secret that it did not reach |
//! | `credential` | a login, a key of a cloud, an identity or a credential in clear is new |
//! | `production` | a job reaches something of a production zone of `[zones]` that it did not reach |
//! | `target` | a job deploys to, or reaches for, something else |
//! | `permission` | a token, a person or an account may do more |
//! | `privilege` | a job or workload has more access to its host |
//! | `runner` | a job runs on other machines |
//! | `gate` | an approval, a condition, a scan, a test or a verification is gone or weaker |
//! | `code`, `image` | code or an image from elsewhere is new or another |
//! | `command` | a job runs something else |
//! | `setting` | another switch is set, or something cannot be told any more |
//!
//! ## Example
//!
//! Objected to:
//!
//! ```text
//! [checks.capability-unapproved]
//! rules = [{ gains = ["secret", "production"], approvers = ["team:security"] }]
//! ```
//!
//! a pull request that adds `${{ secrets.SIGNING_KEY }}` to a job and that nobody
//! of the team has approved as it stands.
//!
//! Accepted: the same after one of the team has approved its head; a pull request
//! that changes a command of the same job.
//!
//! ## What mends it
//!
//! Ask one of the people that the message names to approve the present head.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.capability-unapproved]
//! mode = "enforce"     # off, audit or enforce
//! rules = []           # { gains = ["secret"], approvers = ["team:security"], approvals = 1, signed_by = [] }
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-1: insufficient flow control mechanisms
//! - OWASP CICD-SEC-5: insufficient pipeline-based access controls
//! - CIS Software Supply Chain Security 2.3.4: pipeline changes are tracked and reviewed

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;

use bstr::BString;
use serde::{Deserialize, Serialize};

use crate::checks::support::build::{Side, pairs, reached};
use crate::checks::support::{Demand, Desk, Needing, Origins};
use crate::checks::{CheckMeta, Objections, PrincipalSelector};
use crate::model::build::{Blueprint, BuildChange, CapabilityChange, CapabilityClass, Direction};
use crate::model::facts::{Facts, UpdateFacts};
use crate::model::finding::{Place, Severity};
use crate::model::oid::ObjectId;
use crate::model::request::Concern;
use crate::model::text::excerpt;
use crate::model::zones::ZoneLevel;

/// Most gains of one update that are told, for each rule.
const MAX_GAINS: usize = 50;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "capability-unapproved",
    title: "A change gains a capability that somebody in particular has to agree to",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[],
};

config! {
    mode = Enforce,
    /// Who must agree to what. The repository can add rules.
    #[schemars(extend("x-layer" = "add"))]
    rules: Vec<CapabilityRule> = Vec::new(),
}

/// Who must agree to some kinds of capabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct CapabilityRule {
    /// The kinds of capabilities.
    pub gains: BTreeSet<Gain>,
    /// Who may approve.
    pub approvers: BTreeSet<PrincipalSelector>,
    /// How many of them must.
    #[serde(default = "one")]
    pub approvals: NonZeroU32,
    /// Whose signature on every commit that brings the change stands for an
    /// approval; empty stands for nobody's.
    #[serde(default)]
    pub signed_by: BTreeSet<PrincipalSelector>,
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

/// A kind of capability that a change can gain.
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
#[serde(rename_all = "kebab-case")]
pub enum Gain {
    /// Who can start it.
    Trigger,
    /// A stored secret.
    Secret,
    /// A login, a key, an identity, a credential in clear.
    Credential,
    /// Something of a production zone.
    Production,
    /// What is deployed to or reached for.
    Target,
    /// What a token or somebody may do.
    Permission,
    /// Access to the host.
    Privilege,
    /// Where it runs.
    Runner,
    /// A gate or guard less.
    Gate,
    /// Code from elsewhere.
    Code,
    /// A container image.
    Image,
    /// What it runs.
    Command,
    /// Another switch.
    Setting,
}

/// Objects to every gain that a rule is for and that lacks its approvals.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    if config.rules.is_empty() {
        return;
    }
    for update in &facts.updates {
        let gains = gains(facts, update);
        let origins = Origins::of(update);
        for rule in &config.rules {
            let desk = Desk::new(demand(rule), facts, update);
            let fitting = gains.iter().filter(|gain| rule.gains.contains(&gain.kind));
            let fitting: Vec<_> = fitting.collect();
            for gain in fitting.iter().take(MAX_GAINS) {
                desk.judge(needing(update, &origins, gain, None), objections);
            }
            if let Some(more) = fitting
                .len()
                .checked_sub(MAX_GAINS)
                .filter(|more| *more > 0)
                && let Some(gain) = fitting.last()
            {
                desk.judge(needing(update, &origins, gain, Some(more)), objections);
            }
        }
    }
}

fn demand(rule: &CapabilityRule) -> Demand<'_> {
    Demand {
        approvals: rule.approvals,
        approvers: &rule.approvers,
        signed_by: &rule.signed_by,
        key: "[checks.capability-unapproved] rules",
    }
}

/// One capability that a change gains.
#[derive(Debug, Clone)]
struct Gained {
    kind: Gain,
    what: String,
    path: Arc<BString>,
    at: (Option<u32>, Option<u32>),
    /// The revision that gains it, if it is not there in the end.
    passing: Option<ObjectId>,
}

/// What an update gains in the end, and what a revision gains on the way, each once.
fn gains(facts: &Facts, update: &UpdateFacts) -> Vec<Gained> {
    let mut all: BTreeMap<(Arc<BString>, Gain, String), Gained> = BTreeMap::new();
    for change in &update.build {
        let told = change.capabilities();
        let told = told.iter().filter_map(|one| Some((kind(one)?, one)));
        let told = told.map(|(kind, one)| Gained {
            kind,
            what: one.what.clone(),
            path: one.path.clone(),
            at: (one.line, one.column),
            passing: change.revision,
        });
        for gain in told.chain(production(facts, change)) {
            let key = (gain.path.clone(), gain.kind, gain.what.clone());
            all.entry(key).or_insert(gain);
        }
    }
    all.into_values().collect()
}

/// What kind of gain a change of a capability is, if it is one.
fn kind(change: &CapabilityChange) -> Option<Gain> {
    let less = change.direction == Direction::Lost;
    let kind = match change.class {
        CapabilityClass::Gate | CapabilityClass::Guard => {
            return (change.direction != Direction::Gained).then_some(Gain::Gate);
        }
        CapabilityClass::Trigger => Gain::Trigger,
        CapabilityClass::Secret => Gain::Secret,
        CapabilityClass::Credential => Gain::Credential,
        CapabilityClass::Permission => Gain::Permission,
        CapabilityClass::Target => Gain::Target,
        CapabilityClass::Privilege => Gain::Privilege,
        CapabilityClass::Runner => Gain::Runner,
        CapabilityClass::Code => Gain::Code,
        CapabilityClass::Image => Gain::Image,
        CapabilityClass::Command => Gain::Command,
        CapabilityClass::Setting => Gain::Setting,
    };
    (!less).then_some(kind)
}

/// What a change reaches of production that no base reached.
fn production(facts: &Facts, change: &BuildChange) -> Vec<Gained> {
    let mut bases = change.before.iter();
    let first = bases.next().map_or(&[][..], Vec::as_slice);
    let mut all = reaching(facts, change, first);
    for base in bases {
        let also = reaching(facts, change, base);
        all.retain(|one| {
            also.iter()
                .any(|it| (&it.path, &it.what) == (&one.path, &one.what))
        });
    }
    all
}

fn reaching(facts: &Facts, change: &BuildChange, base: &[Arc<Blueprint>]) -> Vec<Gained> {
    let side = |blueprints| Side { blueprints, facts };
    let (before, after) = (side(base), side(&change.after));
    let mut all = Vec::new();
    for pair in pairs(before, after) {
        let Some((_, job)) = pair.after else { continue };
        let had: BTreeSet<_> = pair
            .before
            .into_iter()
            .flat_map(|(_, old)| reached(before, old))
            .map(|thing| thing.feature())
            .collect();
        let production = reached(after, job).into_iter();
        let production = production.filter(|thing| thing.zone.level == ZoneLevel::Production);
        all.extend(
            production
                .filter(|thing| !had.contains(&thing.feature()))
                .map(|thing| Gained {
                    kind: Gain::Production,
                    what: format!("{} reaches {thing}", excerpt(&job.title, 80)),
                    path: thing.spot.path.clone(),
                    at: (Some(thing.spot.line), Some(thing.spot.column)),
                    passing: change.revision,
                }),
        );
    }
    all
}

fn needing<'a>(
    update: &'a UpdateFacts,
    origins: &Origins<'a>,
    gain: &Gained,
    more: Option<usize>,
) -> Needing<'a> {
    let own = |path: &BString| *path == *gain.path;
    // What an unchanged file gains, it gains by what it reads: any of these may do it.
    let mut files: Vec<_> = update
        .ci_changes
        .iter()
        .filter(|it| own(&it.path))
        .collect();
    if files.is_empty() {
        files = update.ci_changes.iter().collect();
    }
    let mut revisions: Vec<_> = files
        .iter()
        .flat_map(|it| it.revisions.iter().copied())
        .collect();
    revisions.sort_unstable();
    revisions.dedup();
    let newest = files.first().and_then(|it| it.revisions.first()).copied();
    let (line, column) = gain.at;
    let action = match (more, gain.passing) {
        (Some(more), _) => format!("the change gains {more} more capabilities of these kinds"),
        (None, None) => gain.what.clone(),
        (None, Some(_)) => format!(
            "{} (only in this commit, which CI could run by itself)",
            gain.what
        ),
    };
    Needing {
        place: Place::of_path(
            &update.update.name,
            gain.passing.or(newest),
            gain.path.as_ref().clone(),
        )
        .at(line, column),
        subject: format!("that {}", gain.what),
        action,
        revisions,
        origin: origins.of_changes(&files),
    }
}

//! # token-permission-widened
//!
//! A job's own token may do more than before.
//!
//! ## Why it matters
//!
//! The token of a run is a member of the repository. With `contents: write` it
//! pushes, with `packages: write` it publishes, with `actions: write` it starts
//! other workflows, with `id-token: write` it asks clouds for roles. Whatever
//! runs in the job has it: each action, each tool, each dependency's install
//! script.
//!
//! A `permissions` block that goes away leaves the token to the repository's
//! settings, which the file does not say.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! permissions:
//!   contents: write   # was: read
//! ```
//!
//! Accepted: the permission at the one job that needs it, where the file gave it
//! to all jobs before.
//!
//! ## What mends it
//!
//! Give each job only what its steps need, `permissions: {}` at the top of the
//! file, and put what writes into a job of its own.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.token-permission-widened]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-5: insufficient pipeline-based access controls
//! - CWE-250: execution with unnecessary privileges
//! - CIS Software Supply Chain Security 2.3: pipeline instructions have minimal rights
//! - NIST SP 800-204D 5.1.1: least privilege of CI workflows

use std::collections::BTreeMap;

use crate::checks::support::build::{Detection, Exposure, Pair, Side, compared, pairs};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Blueprint, Item, Job, Level, StartedBy, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "token-permission-widened",
    title: "A job's token may do more than before",
    severity: Severity::Medium,
    concern: Concern::Change,
    systems: &["github-actions"],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to scopes of a token that grew.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, compare);
}

fn compare(before: Side<'_>, after: Side<'_>) -> Vec<Detection> {
    pairs(before, after)
        .iter()
        .filter_map(|pair| of_pair(after, pair))
        .collect()
}

/// Scopes that change what others get.
const GRAVE: &[&str] = &[
    "*",
    "contents",
    "packages",
    "actions",
    "id-token",
    "deployments",
    "workflows",
];

/// What a token may do, by scope.
struct Token<'a>(BTreeMap<&'a str, (Level, &'a Item)>);

impl<'a> Token<'a> {
    fn of(job: &'a Job) -> Self {
        let told = job.items.iter().filter_map(|item| match &item.what {
            What::Permission(one) => Some((one.scope.as_str(), (one.level, item))),
            _ => None,
        });
        Self(told.collect())
    }

    fn level(&self, scope: &str) -> Level {
        let own = self
            .0
            .get(scope)
            .or_else(|| self.0.get("*"))
            .map(|(level, _)| *level);
        match own {
            // What the settings give is never the right to ask for an identity.
            Some(Level::Unstated) if scope == "id-token" => Level::None,
            Some(level) => level,
            None => Level::None,
        }
    }

    /// Whether a scope is more than it was. What is not stated may be all.
    fn grew(&self, scope: &str, old: &Self) -> bool {
        let (new, old) = (self.level(scope), old.level(scope));
        new > old && old != Level::Unstated
    }
}

fn of_pair(side: Side<'_>, pair: &Pair<'_>) -> Option<Detection> {
    let (file, job) = pair.after?;
    if file.system != "github-actions" {
        return None;
    }
    let token = Token::of(job);
    let old = pair.before.map(|(_, old)| Token::of(old));
    let grown: Vec<_> = token
        .0
        .iter()
        .filter(|(scope, (level, _))| match &old {
            Some(old) => token.grew(scope, old),
            None => *level == Level::Write && (**scope == "*" || is_open(job)),
        })
        .collect();
    let (_, (_, first)) = grown.first()?;
    let told: Vec<_> = grown
        .iter()
        .map(|(scope, (level, _))| word(scope, *level))
        .collect();
    let told = told.join(", ");
    let grave = grown
        .iter()
        .any(|(scope, (level, _))| *level == Level::Write && GRAVE.contains(*scope));
    let production = Exposure::of(side, Some(job)).production();
    let only_read = grown
        .iter()
        .all(|(scope, (level, _))| *level == Level::Read && **scope != "*");
    let severity = match (grave && is_open(job)) || production {
        _ if only_read => Severity::Low,
        true => Severity::High,
        false => Severity::Medium,
    };
    Some(
        detection(side, (file, job), &told)
            .severity(severity)
            .standing_at(&first.spot),
    )
}

/// Whether anybody starts it with this token; the token of a fork's own run only reads.
fn is_open(job: &Job) -> bool {
    job.started_by() == Some(StartedBy::Outsiders)
}

fn detection(side: Side<'_>, (file, job): (&Blueprint, &Job), told: &str) -> Detection {
    Detection::of_job(side, (&file.path, job), told)
        .says(format!("the token of {} may do more than before: {}", job.title, excerpt(told, 160)))
        .mend("give the scope only to the job whose steps need it, under that job's own `permissions`, or take it back")
}

fn word(scope: &str, level: Level) -> String {
    let level = match level {
        Level::None => "nothing",
        Level::Read => "read",
        Level::Write => "write",
        Level::Unstated => return "whatever the repository's settings say".to_owned(),
    };
    match scope {
        "*" => format!("{level} all"),
        _ => format!("{scope}: {level}"),
    }
}

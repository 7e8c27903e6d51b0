//! # network-segregation-removed
//!
//! A job or workload loses what kept its network apart.
//!
//! ## Why it matters
//!
//! A build that can reach only what it needs cannot send its secrets elsewhere,
//! and a workload behind a network policy cannot be reached from everywhere. A
//! change that takes the guard away opens the way for the next one.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```diff
//!    steps:
//! -    - uses: step-security/harden-runner@91182cccc01eb5e619899d80e4e971d6181294a7
//! -      with: { egress-policy: block }
//!      - run: make release
//! ```
//!
//! Accepted: a change of the list of endpoints that still blocks all others.
//!
//! ## What mends it
//!
//! Keep the guard, and add the endpoint, network or port that is missing to it.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.network-segregation-removed]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-5: insufficient pipeline-based access controls
//! - CIS Software Supply Chain Security 2.1.6: build workers have no unneeded network connectivity
//! - CIS Docker 5.9: the network namespace of the host is not shared
//! - CIS Kubernetes 5.3: network policies

use crate::checks::support::build::{Detection, Seen, Side, compared_or_alone, pairs};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Blueprint, GuardKind, Item, Job, Privilege, Target, TargetKind, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "network-segregation-removed",
    title: "A job or workload loses what kept its network apart",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["github-actions", "compose", "kubernetes"],
};

build_config! { mode = Audit, at_least = Low }

/// The setting of a guard that says what becomes of other connections.
const EGRESS: &str = "egress-policy";

/// Objects to every guard of a network that is gone or does not hold any more.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared_or_alone(&config.terms(), facts, objections, compare);
}

type At<'a> = (&'a Blueprint, &'a Job);

fn compare<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Detection> {
    let mut all = Vec::new();
    for pair in pairs(before, after) {
        if let (Some((_, old)), Some(now)) = (pair.before, pair.after) {
            all.extend(guard_gone(after, old, now));
            all.extend(egress_opened(after, old, now));
            all.extend(host_network(after, old, now));
        }
    }
    all.extend(policies(before, after));
    all
}

fn guard_gone(after: Side<'_>, old: &Job, (blueprint, now): At<'_>) -> Option<Detection> {
    let guard = hardens(old)?;
    if hardens(now).is_some() {
        return None;
    }
    let tool = excerpt(guard, 80);
    Some(
        Detection::of_job(after, (&blueprint.path, now), format!("guard {guard}"))
            .severity(Severity::High)
            .says(format!(
                "{} runs without {tool}, which guarded its network before",
                now.title
            ))
            .mend("put the step back; if it blocks too much, add the endpoint to its list"),
    )
}

fn hardens(job: &Job) -> Option<&str> {
    job.items.iter().find_map(|item| match &item.what {
        What::Guard(guard) if guard.kind == GuardKind::Harden => Some(guard.tool.as_str()),
        _ => None,
    })
}

fn egress_opened(after: Side<'_>, old: &Job, (blueprint, now): At<'_>) -> Option<Detection> {
    let (_, was) = egress(old)?;
    let (item, value) = egress(now)?;
    if was != "block" || value == "block" {
        return None;
    }
    let seen = Seen {
        blueprint,
        job: Some(now),
        item,
    };
    Some(
        Detection::at(after, seen, "egress")
            .severity(Severity::High)
            .says(format!(
                "{} blocked connections to unlisted endpoints and only watches them now ({EGRESS}: {})",
                now.title,
                excerpt(value, 40)
            ))
            .mend(format!("write `{EGRESS}: block` again and add the endpoint that is missing")),
    )
}

fn egress(job: &Job) -> Option<(&Item, &str)> {
    job.items.iter().find_map(|item| match &item.what {
        What::Setting(setting) if setting.name.ends_with(EGRESS) => {
            Some((item, setting.value.as_str()))
        }
        _ => None,
    })
}

/// A service that leaves its own network for the host's.
fn host_network(after: Side<'_>, old: &Job, (blueprint, now): At<'_>) -> Option<Detection> {
    let is_host = |item: &&Item| {
        matches!(
            item.what,
            What::Privilege(Privilege::HostNamespace("network"))
        )
    };
    let item = now.items.iter().find(is_host)?;
    if old.items.iter().any(|item| is_host(&item)) {
        return None;
    }
    let network = old.items.iter().find_map(|item| match &item.what {
        What::Target(Target {
            kind: TargetKind::Network,
            name,
        }) => Some(name),
        _ => None,
    });
    let left = network.map_or("its own network".to_owned(), |name| {
        format!("the network {}", excerpt(name, 60))
    });
    let seen = Seen {
        blueprint,
        job: Some(now),
        item,
    };
    Some(
        Detection::at(after, seen, "host network")
            .severity(Severity::High)
            .says(format!("{} leaves {left} for the host's", now.title))
            .mend("take it back to a network of its own, and publish the ports that it needs"),
    )
}

/// How a network policy of Kubernetes is told, for each of its directions.
const POLICY: &str = "kubernetes.network-policy.";

/// Network policies that are gone, or let everything through now. One that only
/// has another name is neither.
fn policies<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Detection> {
    let (old, new) = (directions(before), directions(after));
    let mut fresh: Vec<_> = new
        .iter()
        .filter(|now| now.closed && !old.iter().any(|was| was.slot() == now.slot()))
        .collect();
    let mut all = Vec::new();
    for was in old.iter().filter(|was| was.closed) {
        let same = new.iter().find(|now| now.slot() == was.slot());
        let renamed = |now: &&&Direction<'_>| (now.name, now.value) == (was.name, was.value);
        let (side, seen, how) = match same {
            Some(now) if now.closed => continue,
            Some(now) => (after, now.seen, "lets everything through now"),
            None => match fresh.iter().position(|now| renamed(&now)) {
                Some(at) => {
                    fresh.remove(at);
                    continue;
                }
                None => (before, was.seen, "is gone"),
            },
        };
        let (slot, which) = (excerpt(was.slot(), 120), excerpt(was.name, 40));
        all.push(
            Detection::at(side, seen, format!("policy {}", was.slot()))
                .severity(Severity::High)
                .says(format!(
                    "the network policy {slot}, which kept {which} closed, {how}"
                ))
                .mend("keep the policy, and add the peer or port that is missing to it"),
        );
    }
    all
}

/// One direction of one network policy.
struct Direction<'a> {
    seen: Seen<'a>,
    name: &'a str,
    value: &'a str,
    closed: bool,
}

impl<'a> Direction<'a> {
    fn slot(&self) -> &'a str {
        &self.seen.item.slot
    }
}

fn directions(side: Side<'_>) -> Vec<Direction<'_>> {
    let all = side.all(|what| match what {
        What::Setting(setting) => {
            Some((setting.name.strip_prefix(POLICY)?, setting.value.as_str()))
        }
        _ => None,
    });
    let told = all.map(|(seen, (name, value))| Direction {
        seen,
        name,
        value,
        closed: matches!(value, "none" | "some"),
    });
    told.collect()
}

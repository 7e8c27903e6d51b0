//! # kubernetes-rbac-widened
//!
//! A change gives somebody more rights in a cluster.
//!
//! ## Why it matters
//!
//! A role with more verbs, a binding to another subject, a role for the whole
//! cluster instead of one namespace: who gains rights can take secrets, run
//! commands in other people's pods, or give themselves more. Reading secrets,
//! `pods/exec`, `impersonate`, `bind` and `escalate` are as good as the rights
//! of whoever is there; `*` and `cluster-admin` are everything.
//!
//! ## Example
//!
//! Objected to, where `verbs: [get]` stood:
//!
//! ```yaml
//! kind: Role
//! metadata: {name: deployer, namespace: pay}
//! rules:
//!   - apiGroups: [""]
//!     resources: [secrets]
//!     verbs: ["*"]
//! ```
//!
//! Accepted: fewer verbs, a role that is renamed, rules in another order.
//!
//! ## What mends it
//!
//! Grant single verbs on single resources, in one namespace, to one service
//! account.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.kubernetes-rbac-widened]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-269: improper privilege management
//! - CIS Kubernetes 5.1: RBAC and service accounts
//! - OWASP CICD-SEC-2: inadequate identity and access management

use crate::checks::support::build::{Detection, Seen, Side, compared_or_alone};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{AccessGrant, Setting, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "kubernetes-rbac-widened",
    title: "Somebody may do more in a cluster",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["kubernetes"],
};

build_config! { mode = Audit, at_least = Low }

/// Resources whose use is as good as the rights of others.
const POWERFUL: &[&str] = &[
    "secrets",
    "pods/exec",
    "pods/attach",
    "pods/portforward",
    "pods/ephemeralcontainers",
    "nodes/proxy",
    "serviceaccounts/token",
    "certificatesigningrequests",
    "validatingwebhookconfigurations",
    "mutatingwebhookconfigurations",
];
/// Verbs that take the rights of others.
const TAKING: &[&str] = &["impersonate", "bind", "escalate", "approve", "sign"];
/// Verbs that only look.
const LOOKING: &[&str] = &["get", "list", "watch"];
/// Subjects that stand for everybody.
const EVERYBODY: &[&str] = &[
    "group system:authenticated",
    "group system:unauthenticated",
    "user system:anonymous",
    "group system:serviceaccounts",
];

/// Objects to rights that no version before gave.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared_or_alone(&config.terms(), facts, objections, compare);
}

fn compare<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Detection> {
    let (old, new) = (grants(before), grants(after));
    let mut all = Vec::new();
    for (seen, grant) in &new {
        let added = added(grant, &old);
        if !added.is_empty() && !is_renamed(grant, &old, &new) {
            all.push(widened(after, *seen, grant, &added));
        }
    }
    all.extend(tokens(before, after));
    all
}

fn grants(side: Side<'_>) -> Vec<(Seen<'_>, &AccessGrant)> {
    let all = side.all(|what| match what {
        What::Access(grant) => Some(grant),
        _ => None,
    });
    all.filter(|(seen, _)| seen.blueprint.system == "kubernetes")
        .collect()
}

/// The pairs of verb and resource that the same subject did not have in the same place.
fn added<'g>(grant: &'g AccessGrant, old: &[(Seen<'_>, &AccessGrant)]) -> Vec<(&'g str, &'g str)> {
    let own = |one: &AccessGrant| {
        one.subject == grant.subject && (one.within == grant.within || one.within == "cluster")
    };
    let known: Vec<_> = old
        .iter()
        .map(|(_, one)| *one)
        .filter(|one| own(one))
        .collect();
    let had = |verb: &str, resource: &str| {
        known
            .iter()
            .any(|one| has(&one.verbs, verb) && covers(&one.resources, resource))
    };
    let pairs = grant.verbs.iter().flat_map(|verb| {
        grant
            .resources
            .iter()
            .map(move |resource| (verb.as_str(), resource.as_str()))
    });
    pairs
        .filter(|(verb, resource)| !had(verb, resource))
        .collect()
}

fn has(all: &std::collections::BTreeSet<String>, one: &str) -> bool {
    all.contains(one) || all.contains("*")
}

/// A resource without a name stands for all that have one.
fn covers(all: &std::collections::BTreeSet<String>, one: &str) -> bool {
    let plain = one.split(' ').next().unwrap_or(one);
    has(all, one)
        || !one.starts_with(|letter: char| letter.is_ascii_uppercase()) && all.contains(plain)
}

/// Whether a role or subject that is gone had just these rights: it has another name now.
fn is_renamed(
    grant: &AccessGrant,
    old: &[(Seen<'_>, &AccessGrant)],
    new: &[(Seen<'_>, &AccessGrant)],
) -> bool {
    let is_role = |one: &AccessGrant| {
        one.subject.starts_with("Role ") || one.subject.starts_with("ClusterRole ")
    };
    let same = |one: &AccessGrant| {
        one.verbs == grant.verbs && one.resources == grant.resources && one.within == grant.within
    };
    let gone = |one: &AccessGrant| !new.iter().any(|(_, it)| it.subject == one.subject);
    is_role(grant)
        && old
            .iter()
            .any(|(_, one)| is_role(one) && same(one) && gone(one))
}

fn widened(
    side: Side<'_>,
    seen: Seen<'_>,
    grant: &AccessGrant,
    added: &[(&str, &str)],
) -> Detection {
    let severity = added
        .iter()
        .map(|pair| weight(grant, *pair))
        .max()
        .unwrap_or(Severity::Medium);
    let shown: Vec<_> = added
        .iter()
        .take(4)
        .map(|(verb, resource)| match *verb {
            "holds" => format!("the {resource}"),
            verb => format!("{verb} {resource}"),
        })
        .collect();
    let more = if added.len() > shown.len() {
        ", …"
    } else {
        ""
    };
    let rights = excerpt(shown.join(", "), 160);
    let (who, place) = (excerpt(&grant.subject, 80), excerpt(&grant.within, 60));
    Detection::at(side, seen, format!("{} {}", grant.subject, grant.within))
        .severity(severity)
        .says(format!("{who} gains {rights}{more} in {place}"))
        .mend("grant single verbs on single resources, in one namespace, to one service account")
}

fn weight(grant: &AccessGrant, (verb, resource): (&str, &str)) -> Severity {
    let admin = ["ClusterRole cluster-admin", "ClusterRole admin"].contains(&resource);
    let plain = resource.split(' ').next().unwrap_or(resource);
    if verb == "*" || resource == "*" || admin || EVERYBODY.contains(&grant.subject.as_str()) {
        Severity::Critical
    } else if TAKING.contains(&verb) || POWERFUL.contains(&plain) || plain.contains('*') {
        Severity::High
    } else if LOOKING.contains(&verb) {
        Severity::Low
    } else if verb == "holds" && grant.within == "cluster" {
        Severity::High
    } else {
        Severity::Medium
    }
}

/// Service accounts' tokens that pods get and did not get.
fn tokens<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Detection> {
    fn mounted(side: Side<'_>) -> Vec<(Seen<'_>, &Setting)> {
        let all = side.all(|what| match what {
            What::Setting(it) if it.name == "kubernetes.automount-token" => Some(it),
            _ => None,
        });
        all.collect()
    }
    let old = mounted(before).len();
    let new = mounted(after);
    let surplus = new.len().saturating_sub(old);
    let had: Vec<_> = mounted(before)
        .iter()
        .map(|(seen, _)| seen.slot())
        .collect();
    let fresh = new
        .into_iter()
        .filter(|(seen, _)| !had.contains(&seen.slot()));
    let all = fresh.take(surplus).map(|(seen, _)| {
        Detection::at(after, seen, "automountServiceAccountToken")
            .severity(Severity::Low)
            .says("pods get the token of their service account, which they did not")
            .mend("leave `automountServiceAccountToken: false`, and mount a token only where it is used")
    });
    all.collect()
}

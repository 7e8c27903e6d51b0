//! # kubernetes-admission-weakened
//!
//! A cluster refuses less than before.
//!
//! ## Why it matters
//!
//! Pod security labels, admission webhooks and policies of Kyverno, Gatekeeper
//! or Sigstore are what stops a privileged pod or an unsigned image when review
//! did not. A label that is lowered, `failurePolicy: Ignore`, `Audit` instead
//! of `Enforce`, a new exception, a deleted policy: afterwards the cluster
//! takes what it refused.
//!
//! ## Example
//!
//! Objected to, where `restricted` stood:
//!
//! ```yaml
//! kind: Namespace
//! metadata:
//!   name: pay
//!   labels:
//!     pod-security.kubernetes.io/enforce: privileged
//! ```
//!
//! Accepted: `baseline` raised to `restricted`; a policy in another file; a
//! namespace that is deleted with its label.
//!
//! ## What mends it
//!
//! Set it back. For a case that needs an exception, leave out the single
//! object, for a limited time.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.kubernetes-admission-weakened]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-693: protection mechanism failure
//! - CIS Kubernetes 5.2: pod security standards
//! - OWASP CICD-SEC-1: insufficient flow control mechanisms
//! - NIST SP 800-204D 5.1: admission control in the deployment

use crate::checks::support::build::{Detection, Seen, Side, compared_or_alone};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Setting, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "kubernetes-admission-weakened",
    title: "A cluster refuses less than before",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["kubernetes"],
};

build_config! { mode = Enforce, at_least = Low }

/// Words of a setting, the weakest first.
const STRENGTHS: &[(&str, &[&str])] = &[
    (
        "kubernetes.pod-security",
        &["none", "privileged", "baseline", "restricted"],
    ),
    (
        "kubernetes.admission.action",
        &["ignore", "audit", "enforce"],
    ),
    (
        "kubernetes.admission.verify-images",
        &["ignore", "audit", "enforce"],
    ),
];
const EXCLUDE: &str = "kubernetes.admission.exclude";

/// Objects to what lets more through.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared_or_alone(&config.terms(), facts, objections, compare);
}

type Found<'a> = Vec<(Seen<'a>, &'a Setting)>;

fn compare<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Detection> {
    let (old, new) = (settings(before), settings(after));
    let mut all = Vec::new();
    for (seen, setting) in &old {
        all.extend(weaker(after, *seen, setting, &new));
    }
    for (seen, setting) in new.iter().filter(|(_, it)| it.name == EXCLUDE) {
        all.extend(excluded(after, *seen, setting, &old));
    }
    // What a whole policy loses is not told of each of its rules again.
    let whole: Vec<_> = all.iter().map(|found| found.slot.clone()).collect();
    all.retain(|found| {
        let policy = found.slot.split("/rules/").next().unwrap_or_default();
        policy == found.slot
            || found.feature.starts_with(EXCLUDE)
            || !whole.iter().any(|slot| slot == policy)
    });
    all
}

fn settings(side: Side<'_>) -> Found<'_> {
    let all = side.all(|what| match what {
        What::Setting(it)
            if it.name == EXCLUDE || STRENGTHS.iter().any(|(name, _)| *name == it.name) =>
        {
            Some(it)
        }
        _ => None,
    });
    all.collect()
}

fn strength(setting: &Setting) -> Option<usize> {
    let (_, words) = STRENGTHS.iter().find(|(name, _)| *name == setting.name)?;
    words.iter().position(|word| *word == setting.value)
}

/// A setting that is lower now, or gone with the policy that it belonged to.
fn weaker(after: Side<'_>, seen: Seen<'_>, old: &Setting, new: &Found<'_>) -> Option<Detection> {
    let had = strength(old)?;
    let same = new
        .iter()
        .filter(|(it, one)| one.name == old.name && it.item.slot == seen.item.slot);
    let (here, elsewhere): (Vec<_>, Vec<_>) =
        same.partition(|(it, _)| it.blueprint.path == seen.blueprint.path);
    let same = if here.is_empty() { elsewhere } else { here };
    let shown = shown(&seen.item.slot);
    let Some((now, setting)) = same.into_iter().min_by_key(|(_, one)| strength(one)) else {
        // The namespace went with its label; a policy that goes refuses nothing.
        let goes = old.name != "kubernetes.pod-security"
            && old.value == "enforce"
            && !is_renamed(seen, old, new);
        let spot = crate::model::build::Spot {
            line: 1,
            column: 1,
            ..seen.item.spot.clone()
        };
        return goes.then(|| {
            Detection::at(after, seen, format!("{} {}", old.name, seen.item.slot))
                .standing_at(&spot)
                .severity(Severity::High)
                .says(format!("{shown}, which was enforced, is gone"))
                .mend("bring the policy back, or have whoever answers for the cluster approve its end")
        });
    };
    let value = strength(setting).unwrap_or(0);
    (value < had).then(|| {
        let (from, to) = (excerpt(&old.value, 40), excerpt(&setting.value, 40));
        Detection::at(after, now, format!("{} {}", old.name, seen.item.slot))
            .severity(Severity::High)
            .says(format!("{shown} refuses less: {to} instead of {from}"))
            .mend(format!("set it to {from} again"))
    })
}

/// A slot for people: `ClusterPolicy signed`, `Namespace pay`.
fn shown(slot: &str) -> String {
    let mut parts = slot.splitn(4, '/');
    let mut part = || parts.next().unwrap_or_default();
    let (kind, namespace, name, rest) = (part(), part(), part(), part());
    let object = match namespace {
        "" => format!("{kind} {name}"),
        _ => format!("{kind} {namespace}/{name}"),
    };
    let rest = rest.strip_prefix("rules/").unwrap_or(rest);
    match rest {
        "" | "pod-security" => excerpt(object, 100),
        _ => excerpt(format!("{object} ({rest})"), 120),
    }
}

/// Whether the same kind of object enforces the same under another name that is new.
fn is_renamed(seen: Seen<'_>, old: &Setting, new: &Found<'_>) -> bool {
    let shape = |slot: &str| {
        let mut parts = slot.split('/');
        let (kind, last) = (
            parts.next().unwrap_or_default().to_owned(),
            parts.skip(2).collect::<Vec<_>>().join("/"),
        );
        (kind, last)
    };
    let own = shape(&seen.item.slot);
    new.iter()
        .any(|(it, one)| *one == old && shape(&it.item.slot) == own)
}

/// An exception of a policy that was there without it.
fn excluded(after: Side<'_>, seen: Seen<'_>, new: &Setting, old: &Found<'_>) -> Option<Detection> {
    let known = old.iter().any(|(_, one)| *one == new);
    let slot = seen.item.slot.trim_end_matches("/exclude");
    let object = slot.split('/').take(3).collect::<Vec<_>>().join("/");
    let of_known = slot.starts_with("PolicyException/")
        || old.iter().any(|(it, _)| it.item.slot.starts_with(&object));
    (!known && of_known).then(|| {
        let (shown, what) = (shown(slot), excerpt(&new.value, 120));
        Detection::at(after, seen, format!("{EXCLUDE} {} {}", object, new.value))
            .severity(Severity::High)
            .says(format!("{shown} leaves out more than before: {what}"))
            .mend("leave out single objects for a limited time, approved by whoever answers for the cluster")
    })
}

//! # gitops-source-changed
//!
//! What is deployed by itself comes from another place or is less firmly fixed.
//!
//! ## Why it matters
//!
//! Argo CD, Flux, Kustomize and Helm take manifests and charts from the
//! repository that a few words name, and deploy what they find there, often
//! without asking anybody. Whoever changes those words decides what runs in the
//! cluster; whoever turns a commit into a branch leaves that decision to the
//! branch's writers. A newer version of the same source is not reported.
//!
//! ## Example
//!
//! Objected to, where `repoURL: https://git.example/platform/gitops` stood:
//!
//! ```yaml
//! kind: Application
//! spec:
//!   source:
//!     repoURL: https://github.com/someone/gitops
//!     targetRevision: HEAD
//! ```
//!
//! Accepted: the same `repoURL` with `targetRevision: v1.5.0` instead of
//! `v1.4.0`.
//!
//! ## What mends it
//!
//! Go back to the source that was used before and name a commit or full
//! version, or add the new source to the policy's `[sources] code` first.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.gitops-source-changed]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-3: dependency chain abuse
//! - CWE-829: inclusion of functionality from an untrusted control sphere
//! - NIST SP 800-204D 5.1: what is deployed comes from trusted sources

use crate::checks::support::build::{Detection, Seen, Side, compared, slot_changes};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{CodeKind, CodeSource, CodeUse, Pin, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::sources::Trust;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "gitops-source-changed",
    title: "What is deployed by itself comes from elsewhere",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["kubernetes"],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to sources of manifests and charts that are others than before.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, compare);
}

fn compare<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Detection> {
    let sources = |what: &'a What| match what {
        What::Code(code) if matches!(code.kind, CodeKind::Manifests | CodeKind::Chart) => {
            Some(code)
        }
        _ => None,
    };
    let mut all = Vec::new();
    for change in slot_changes(before, after, sources) {
        for (seen, new) in change
            .new
            .iter()
            .filter(|(seen, _)| seen.blueprint.system == "kubernetes")
        {
            let same = change.gone.iter().find(|(_, old)| old.source == new.source);
            if let Some((_, old)) = same.or(change.gone.first()) {
                all.extend(changed(after, *seen, old, new));
            }
        }
    }
    all
}

fn changed(side: Side<'_>, seen: Seen<'_>, old: &CodeUse, new: &CodeUse) -> Option<Detection> {
    let (from, to) = (
        excerpt(old.source.to_string(), 120),
        excerpt(new.source.to_string(), 120),
    );
    let whose = match seen.job {
        Some(job) => job.title.clone(),
        None => excerpt(&seen.item.slot, 80),
    };
    let detection = Detection::at(side, seen, new.source.to_string());
    if old.source == new.source {
        let loose = new.pin < old.pin && new.pin <= Pin::Branch;
        let (was, is) = (excerpt(&old.version, 60), shown(&new.version));
        return loose.then(|| {
            detection
                .severity(Severity::High)
                .says(format!(
                    "{whose} follows {to} at {is}, which moves, instead of {was}"
                ))
                .mend("name a commit or a full version")
        });
    }
    let severity = match (side.sources().code(new), owner(old) == owner(new)) {
        (Trust::Listed, _) => Severity::Low,
        (_, false) => Severity::High,
        (_, true) => Severity::Medium,
    };
    Some(
        detection
            .severity(severity)
            .says(format!("{whose} deploys what {to} holds instead of {from}"))
            .mend("go back to the source that was used before, or have whoever answers for the cluster approve the new one"),
    )
}

fn shown(version: &str) -> String {
    match version {
        "" => "no version".to_owned(),
        _ => excerpt(version, 60),
    }
}

/// Host and first part of the name: who can change it.
fn owner(code: &CodeUse) -> Option<(&str, &str)> {
    match &code.source {
        CodeSource::Elsewhere { host, name, .. } => {
            Some((host.as_str(), name.split('/').next().unwrap_or_default()))
        }
        _ => None,
    }
}

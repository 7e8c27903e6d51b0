//! # dependency-registry-redirected
//!
//! Packages come from another registry than before.
//!
//! ## Why it matters
//!
//! A package manager runs what it installs. A second index, a mirror, an address
//! without TLS or a source that nobody verifies lets somebody else choose what the
//! build runs, most easily under the name of a private package (dependency
//! confusion). The settings of every package manager are read, and the commands
//! that name a registry.
//!
//! What the policy's `[sources] hosts` lists is trusted. Where a private registry
//! goes away, the public one takes its place, and that counts too.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```text
//! registry=https://registry.npmjs.example/
//! ```
//!
//! Accepted: no such line, or one that names a host of `[sources] hosts`.
//!
//! ## What mends it
//!
//! Take the line back, or ask the policy's owner to add the host to `[sources]
//! hosts`. Give private packages a scope or source of their own instead of a
//! second index for all, and use `https`.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.dependency-registry-redirected]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-3: dependency chain abuse
//! - CWE-427: uncontrolled search path element
//! - CIS Software Supply Chain Security 3.1.1: third-party artifacts are verified
//! - SLSA: dependencies, threat "use a compromised package"

use crate::checks::support::build::{Detection, Seen, Side, compared_or_alone, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Registry, RegistryKind, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::sources::Trust;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "dependency-registry-redirected",
    title: "Packages come from another registry than before",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[
        "registries",
        "build-tools",
        "wrappers",
        "docker",
        "github-actions",
        "gitlab-ci",
        "jenkins",
        "bamboo",
    ],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to every new source of packages, and to every private one that goes.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
    compared_or_alone(&config.terms(), facts, objections, compare);
}

fn registries(side: Side<'_>) -> impl Iterator<Item = (Seen<'_>, &Registry)> {
    side.all(|what| match what {
        What::Registry(it) => Some(it),
        _ => None,
    })
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let all = registries(side).filter_map(|(seen, it)| {
        let trust = side.sources().host(host(&it.url));
        if trust == Trust::Listed && it.kind != RegistryKind::Unverified {
            return None;
        }
        let (url, whose) = (excerpt(&it.url, 120), seen.whose());
        let what = format!("{} packages", it.ecosystem);
        let (severity, message) = match it.kind {
            RegistryKind::Unverified => (
                Severity::High,
                format!("{whose} takes {what} without verification: {url}"),
            ),
            RegistryKind::Besides => (
                Severity::High,
                format!("{whose} takes {what} from {url} besides, where a name can be taken over"),
            ),
            RegistryKind::Instead if trust == Trust::Unlisted => (
                Severity::High,
                format!("{whose} takes {what} from {url}, which is not trusted"),
            ),
            RegistryKind::Instead => (
                Severity::Medium,
                format!("{whose} takes {what} from {url} instead of the usual place"),
            ),
        };
        let feature = format!("{} {:?} {}", it.ecosystem, it.kind, it.url);
        Some(
            Detection::at(side, seen, feature)
                .severity(severity)
                .says(message)
                .mend("take it back, or ask the policy's owner to add the host to [sources] hosts"),
        )
    });
    all.collect()
}

/// Without its own registry, an ecosystem takes the public one.
fn compare(before: Side<'_>, after: Side<'_>) -> Vec<Detection> {
    let main = |side| registries(side).filter(|(_, it)| it.kind == RegistryKind::Instead);
    let still = |ecosystem: &str| main(after).any(|(_, it)| it.ecosystem == ecosystem);
    let gone = main(before).filter(|(_, it)| !still(it.ecosystem));
    let all = gone.map(|(seen, it)| {
        let url = excerpt(&it.url, 120);
        Detection::at(after, seen, format!("{} gone {}", it.ecosystem, it.url))
            .severity(Severity::Medium)
            .says(format!(
                "{} packages no longer come from {url}: the public registry takes its place",
                it.ecosystem
            ))
            .mend(
                "name the registry again, or make sure that no private name is asked for any more",
            )
    });
    all.collect()
}

fn host(address: &str) -> &str {
    crate::ci::steering::url::host(address)
}

//! # ci-path-submodule
//!
//! A submodule stands at or above a path of the build environment.
//!
//! ## Why it matters
//!
//! A submodule is one line in the diff and a whole repository on the runner.
//! What it brings is not among the objects of this repository, so neither this
//! check nor a reviewer sees it here.
//!
//! ## Example
//!
//! Objected to: `.github` as a submodule; a submodule `ci/` that a workflow
//! calls, moved to another commit.
//!
//! Accepted: the files themselves.
//!
//! ## What mends it
//!
//! Commit the files instead of the submodule, or ask the policy's owner for a
//! waiver on that path after the submodule's own change was reviewed.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.ci-path-submodule]
//! mode = "enforce"                                   # off, audit or enforce
//! tiers = ["control-plane", "executed", "reached"]   # also: steering
//! ```
//!
//! ## References
//!
//! - CWE-829: inclusion of functionality from untrusted control sphere
//! - OWASP CICD-SEC-3: dependency chain abuse

use std::collections::BTreeSet;

use super::support::oddities;
use super::{CheckMeta, Objections};
use crate::model::ci::{Oddity, Tier};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "ci-path-submodule",
    title: "A submodule stands where the build environment expects files",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[],
};

config! {
    mode = Enforce,
    /// The kinds of files that must not come from a submodule.
    #[schemars(extend("x-layer" = "add"))]
    tiers: BTreeSet<Tier> = BTreeSet::from([Tier::ControlPlane, Tier::Executed, Tier::Reached]),
}

/// Objects to submodules at paths of the tiers that the policy names.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    for (file, oddity) in oddities(facts) {
        if *oddity == Oddity::Gitlink && config.tiers.contains(&file.change.tier) {
            objections.object(
                file.place(),
                format!("{file} comes from a submodule, whose content is not judged here"),
                "commit the files themselves, or ask the policy's owner for a waiver on this path",
            );
        }
    }
}

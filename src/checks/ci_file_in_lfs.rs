//! # ci-file-in-lfs
//!
//! A file of the build environment is a Git LFS pointer.
//!
//! ## Why it matters
//!
//! The repository holds three lines of text; the runner downloads and runs
//! something else. Neither this check nor a reviewer sees it here.
//!
//! ## Example
//!
//! Objected to: `build.sh` tracked by `*.sh filter=lfs`.
//!
//! Accepted: `build.sh` as a plain file.
//!
//! ## What mends it
//!
//! ```sh
//! git lfs untrack <pattern>
//! git add --renormalize <path> && git commit --amend -S
//! ```
//!
//! ## Configuration
//!
//! ```toml
//! [checks.ci-file-in-lfs]
//! mode = "enforce"                                   # off, audit or enforce
//! tiers = ["control-plane", "executed", "reached"]   # also: steering
//! ```
//!
//! ## References
//!
//! - CWE-829: inclusion of functionality from untrusted control sphere
//! - OWASP CICD-SEC-4: poisoned pipeline execution

use std::collections::BTreeSet;

use super::support::{oddities, quoted};
use super::{CheckMeta, Objections};
use crate::model::ci::{Oddity, Tier};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "ci-file-in-lfs",
    title: "A file of the build environment is a Git LFS pointer",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[],
};

config! {
    mode = Enforce,
    /// The kinds of files that must not be LFS pointers.
    #[schemars(extend("x-layer" = "add"))]
    tiers: BTreeSet<Tier> = BTreeSet::from([Tier::ControlPlane, Tier::Executed, Tier::Reached]),
}

/// Objects to LFS pointers at paths of the tiers that the policy names.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    for (file, oddity) in oddities(facts) {
        if *oddity == Oddity::LfsPointer && config.tiers.contains(&file.change.tier) {
            let path = quoted(&file.change.path);
            objections.object(
                file.place(),
                format!("{file} is a Git LFS pointer: what runs is not what stands here"),
                format!("git lfs untrack {path}\ngit add --renormalize {path}\ngit commit --amend -S"),
            );
        }
    }
}

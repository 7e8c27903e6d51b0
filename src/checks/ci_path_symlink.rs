//! # ci-path-symlink
//!
//! A symbolic link stands at a path that the build environment executes.
//!
//! ## Why it matters
//!
//! CI systems do not agree on links: GitHub reads the link's text as the
//! workflow, and with `.github` itself as a link runs no workflow at all; other
//! runners follow it, out of the repository if it points there. Replacing a
//! workflow by a link is a quiet way to switch its checks off.
//!
//! ## Example
//!
//! Objected to: `.github/workflows/ci.yml -> ../../ci.yml`.
//!
//! Accepted: the file itself at that path.
//!
//! ## What mends it
//!
//! Put the file in place of the link:
//!
//! ```sh
//! cp --remove-destination "$(readlink -f <path>)" <path>
//! git add <path> && git commit --amend -S
//! ```
//!
//! ## Configuration
//!
//! ```toml
//! [checks.ci-path-symlink]
//! mode = "enforce"                        # off, audit or enforce
//! tiers = ["control-plane", "executed"]   # also: reached, steering
//! ```
//!
//! ## References
//!
//! - CWE-59: improper link resolution before file access
//! - OWASP CICD-SEC-4: poisoned pipeline execution

use std::collections::BTreeSet;

use super::support::oddities;
use super::{CheckMeta, Objections};
use crate::model::ci::{Oddity, Tier};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "ci-path-symlink",
    title: "A symbolic link stands where the build environment expects a file",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[],
};

config! {
    mode = Enforce,
    /// The kinds of files that must not be links.
    #[schemars(extend("x-layer" = "add"))]
    tiers: BTreeSet<Tier> = BTreeSet::from([Tier::ControlPlane, Tier::Executed]),
}

/// Objects to symbolic links at paths of the tiers that the policy names.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    for (file, oddity) in oddities(facts) {
        if *oddity == Oddity::Symlink && config.tiers.contains(&file.change.tier) {
            objections.object(
                file.place(),
                format!("{file} is a symbolic link"),
                "put the file itself in its place: copy it over the link, `git add` it, then:\ngit commit --amend -S",
            );
        }
    }
}

//! # change-spans-zones
//!
//! One change touches files of two zones.
//!
//! ## Why it matters
//!
//! Development, test and production are kept apart so that each step is looked
//! at by itself. A change that alters two of them at once is approved as a whole:
//! who reads the part about development also lets the part about production in.
//!
//! Which files belong to a zone is what the policy's `[zones.<name>] paths` say.
//! Without them this check says nothing.
//!
//! ## Example
//!
//! Objected to: one pull request that edits `deploy/dev/values.yaml` and `deploy/prod/values.yaml`,
//! where each folder is a zone.
//!
//! Accepted: two pull requests, one for each; a change of two files of one zone.
//!
//! ## What mends it
//!
//! Make one change for each zone, the lower one first.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.change-spans-zones]
//! mode = "audit"     # off, audit or enforce
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-1: insufficient flow control mechanisms
//! - CIS Software Supply Chain Security 5.2: access to deployment environments is limited
//! - NIST SP 800-204D 5.2: deployment environments are separated

use std::collections::{BTreeMap, BTreeSet};

use bstr::BString;

use crate::checks::{CheckMeta, Objections};
use crate::model::facts::{Facts, UpdateFacts};
use crate::model::finding::{Place, Severity};
use crate::model::request::Concern;
use crate::model::text::excerpt;
use crate::model::zones::ZoneName;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "change-spans-zones",
    title: "One change touches files of two zones",
    severity: Severity::Medium,
    concern: Concern::Change,
    systems: &[],
};

config! { mode = Audit }

/// Objects to every update that changes files of more than one zone.
pub fn run(_: &Config, facts: &Facts, objections: &mut Objections) {
    for update in &facts.updates {
        let touched = zones(facts, update);
        let Some((high, path)) = touched.last_key_value().filter(|_| touched.len() > 1) else {
            continue;
        };
        let listed: Vec<_> = touched
            .iter()
            .map(|(zone, path)| format!("{} ({})", excerpt(zone.name, 40), excerpt(path, 80)))
            .collect();
        let mut changed = update.ci_changes.iter();
        let commit = changed.find(|it| it.path == **path);
        let commit = commit.and_then(|it| it.revisions.first()).copied();
        let remedy = format!(
            "make one change for each zone, the one of {} last",
            excerpt(high.name, 40)
        );
        objections.object(
            Place::of_path(&update.update.name, commit, (*path).clone()),
            format!("one change touches the zones {}", listed.join(" and ")),
            remedy,
        );
    }
}

/// The zones that an update touches, each with its first path.
fn zones<'a>(facts: &'a Facts, update: &'a UpdateFacts) -> BTreeMap<ZoneName<'a>, &'a BString> {
    let changed = update.ci_changes.iter().map(|change| &change.path);
    let paths: BTreeSet<_> = changed.chain(&update.changed_paths).collect();
    let mut touched = BTreeMap::new();
    for path in paths {
        if let Some(zone) = facts.zones.of_path(path) {
            touched.entry(zone).or_insert(path);
        }
    }
    touched
}

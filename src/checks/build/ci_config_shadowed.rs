//! # ci-config-shadowed
//!
//! A new file is read instead of one that was reviewed.
//!
//! ## Why it matters
//!
//! Where several names are possible, a system reads the first that it finds, and
//! says nothing of the others. A new `compose.yaml` replaces the reviewed
//! `docker-compose.yml`; a `bamboo.yml` replaces the specs in Java; a
//! `.github/CODEOWNERS` replaces the one at the root. Some files are merged over
//! another without being named, such as `compose.override.yaml`. The diff shows a
//! new file, not that the old one has no effect any more.
//!
//! ## Example
//!
//! Objected to: `bamboo-specs/bamboo.yml` is added where `bamboo-specs/pom.xml` stands.
//!
//! Accepted: the old file is renamed to the new name in the same change.
//!
//! ## What mends it
//!
//! Change the file that is read, or remove the one that is not, in the same change.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.ci-config-shadowed]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-4: poisoned pipeline execution
//! - CWE-427: uncontrolled search path element

use crate::checks::support::build::{Detection, Side, compared};
use crate::checks::{CheckMeta, Objections};
use crate::ci::steering::shadow::SHADOWS;
use crate::model::build::{Blueprint, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "ci-config-shadowed",
    title: "A new file is read instead of one that was reviewed",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[
        "compose",
        "docker",
        "bamboo",
        "github-actions",
        "ownership",
        "build-tools",
        "buildkite",
        "woodpecker",
    ],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to every new file that wins over one that was there, and to every
/// one that goes and leaves the field to another.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, compare);
}

fn compare(before: Side<'_>, after: Side<'_>) -> Vec<Detection> {
    let mut all = winners(before, after, |winner, loser| {
        let (winner, loser) = (excerpt(winner, 80), excerpt(loser, 80));
        match winner.contains(".override.") {
            true => format!("{winner} is new and is merged over {loser} without being named"),
            false => format!("{winner} is new and is read instead of {loser}"),
        }
    });
    all.extend(winners(after, before, |winner, loser| {
        let (winner, loser) = (excerpt(winner, 80), excerpt(loser, 80));
        format!("{winner} is gone, so that {loser} is read, which had no effect before")
    }));
    all
}

/// The files of `with` that are not in `without`, and win over one that is in both.
fn winners<'a>(
    without: Side<'a>,
    with: Side<'a>,
    says: impl Fn(&str, &str) -> String,
) -> Vec<Detection> {
    let has = |side: Side<'_>, path: &[u8]| {
        let mut all = side.blueprints.iter();
        all.any(|blueprint: &std::sync::Arc<Blueprint>| blueprint.path.as_slice() == path)
    };
    let beaten = with.all(|what| match what {
        What::Setting(it) if it.name == SHADOWS => Some(it.value.as_str()),
        _ => None,
    });
    let new = beaten.filter(|(seen, loser)| {
        // A loser that came or went in the same change was not reviewed before it.
        let stays = has(without, loser.as_bytes()) == has(with, loser.as_bytes());
        !has(without, &seen.blueprint.path) && stays
    });
    let all = new.map(|(seen, loser)| {
        let winner = seen.blueprint.path.to_string();
        Detection::at(with, seen, format!("{winner} {loser}"))
            .severity(Severity::High)
            .says(says(&winner, loser))
            .mend(format!(
                "keep one of the two: `git rm {}`, or change that file instead",
                excerpt(loser, 80)
            ))
    });
    all.collect()
}

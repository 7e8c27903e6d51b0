//! # git-attribute-hides-config
//!
//! A git attribute hides or changes a file of the build environment.
//!
//! ## Why it matters
//!
//! Attributes decide what is checked out, and what a review shows. A filter or an
//! encoding makes the file on the runner another than the one in git. `-diff`,
//! `binary` and `linguist-generated` make a review fold the file away. A merge
//! driver settles conflicts without anybody looking. For files of the build
//! environment all of that hides what runs.
//!
//! `export-ignore` and `export-subst` change only archives, and are `info`.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```text
//! Jenkinsfile            -diff
//! .github/workflows/**   linguist-generated
//! ```
//!
//! Accepted: `*.sh text eol=lf`, `*.png binary`, `Cargo.lock linguist-generated`.
//!
//! ## What mends it
//!
//! Take the line back, or give it a pattern that matches no file of the build environment.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.git-attribute-hides-config]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - gitattributes(5)
//! - CWE-451: user interface misrepresentation of critical information
//! - OWASP CICD-SEC-1: insufficient flow control mechanisms

use bstr::ByteSlice as _;

use crate::checks::support::build::{Detection, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::ci::steering::glob::is_attribute_match;
use crate::ci::steering::known::{WELL_KNOWN, is_main};
use crate::model::build::What;
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "git-attribute-hides-config",
    title: "A git attribute hides or changes a file of the build environment",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["git"],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to every new attribute of a file of the build environment that hides it.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let lines = side.all(|what| match what {
        What::Setting(it) if it.name == "git.attribute" => it.value.rsplit_once(' '),
        _ => None,
    });
    let all = lines.filter_map(|(seen, (pattern, attribute))| {
        let (severity, does) = hides(attribute)?;
        let folder = match seen.item.spot.path.rfind_byte(b'/') {
            Some(slash) => &seen.item.spot.path[..=slash],
            None => &[],
        };
        let of_tree = seen.item.slot.strip_prefix("git.attribute/");
        let of_tree = of_tree.map(str::to_owned);
        let path = hit(side, folder, pattern).or(of_tree)?;
        let (shown, path) = (excerpt(attribute, 60), excerpt(path, 80));
        Some(
            Detection::at(side, seen, format!("{pattern} {attribute}"))
                .severity(severity)
                .says(format!(
                    "`{shown}` {does} {path} and whatever else `{}` matches",
                    excerpt(pattern, 60)
                ))
                .mend(
                    "take the line back, or let its pattern match no file of the build environment",
                ),
        )
    });
    all.collect()
}

/// What an attribute does to a file, if it hides it.
fn hides(attribute: &str) -> Option<(Severity, &'static str)> {
    let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
    let set = !attribute.starts_with(['-', '!']) && !value.eq_ignore_ascii_case("false");
    Some(match name.trim_start_matches('-') {
        "filter" if set => (
            Severity::High,
            "lets a program change the checked-out form of",
        ),
        "working-tree-encoding" if set => {
            (Severity::High, "changes the bytes that are checked out of")
        }
        "ident" if set => (Severity::Low, "changes what is checked out of"),
        "diff" if attribute.starts_with('-') => {
            (Severity::High, "hides from reviews every change of")
        }
        "diff" if set && !value.is_empty() => {
            (Severity::Medium, "lets a program say what changed in")
        }
        "linguist-generated" | "gitlab-generated" if set => {
            (Severity::High, "folds away in reviews every change of")
        }
        "linguist-vendored" if set => (Severity::Low, "calls foreign"),
        "merge" if set && !value.is_empty() => (Severity::Medium, "settles by itself conflicts in"),
        "export-ignore" | "export-subst" if set => (Severity::Info, "changes in archives"),
        _ => return None,
    })
}

/// A path of the build environment that a pattern matches.
fn hit(side: Side<'_>, folder: &[u8], pattern: &str) -> Option<String> {
    let matches = |path: &[u8]| is_attribute_match(folder, pattern.as_bytes(), path);
    let own = [folder, pattern.trim_start_matches('/').as_bytes()].concat();
    if is_main(&own) && matches(&own) {
        return Some(pattern.to_owned());
    }
    let mut there = side.blueprints.iter().filter(|one| is_main(&one.path));
    if let Some(found) = there.find(|one| matches(&one.path)) {
        return Some(found.path.to_string());
    }
    let known = WELL_KNOWN.iter().find(|path| matches(path.as_bytes()));
    known.map(|path| (*path).to_owned())
}

//! # ci-path-lookalike
//!
//! A changed path is one of the build environment only after folding letter
//! case or Unicode.
//!
//! ## Why it matters
//!
//! `.github/workflows/cі.yml` with a Cyrillic letter, a zero-width letter in a
//! folder's name, `MAKEFILE` beside `Makefile`: a reviewer reads one path, and
//! depending on its file system the runner opens another.
//!
//! ## Example
//!
//! Objected to: `.GitHub/workflows/ci.yml`.
//!
//! Accepted: `.github/workflows/ci.yml`.
//!
//! ## What mends it
//!
//! ```sh
//! git mv <path> <plain path>
//! git commit --amend -S
//! ```
//!
//! ## Configuration
//!
//! ```toml
//! [checks.ci-path-lookalike]
//! mode = "enforce"   # off, audit or enforce
//! ```
//!
//! ## References
//!
//! - CWE-1007: insufficient visual distinction of homoglyphs
//! - CWE-178: improper handling of case sensitivity
//! - CVE-2014-9390 (git on case-folding file systems)

use super::support::{oddities, quoted};
use super::{CheckMeta, Objections};
use crate::model::ci::Oddity;
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::text::escape;
use crate::model::request::Concern;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "ci-path-lookalike",
    title: "A path imitates one of the build environment",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[],
};

config! { mode = Enforce }

/// Objects to every changed path that imitates another.
pub fn run(_: &Config, facts: &Facts, objections: &mut Objections) {
    for (file, oddity) in oddities(facts) {
        let Oddity::Lookalike { of } = oddity else {
            continue;
        };
        let wrong = format!("{file} imitates {}", escape(of));
        let remedy = format!(
            "give it the plain name or another one:\ngit mv {} {}\ngit commit --amend -S",
            quoted(&file.change.path),
            quoted(of)
        );
        objections.object(file.place(), wrong, remedy);
    }
}

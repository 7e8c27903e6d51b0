//! # action-pin-weakened
//!
//! Code from elsewhere is pinned less firmly than before: a commit became a tag, a tag became a branch.
//!
//! ## Why it matters
//!
//! A commit cannot change under its name. A tag can be moved, and has been:
//! whoever took over the account of an action moved all its tags to a commit
//! that printed the secrets of every pipeline that used them. A branch changes
//! with every push.
//!
//! ## Example
//!
//! Objected to: `uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd`
//! becomes `uses: actions/checkout@v6`.
//!
//! Accepted: another commit; a tag that became a commit. A policy that trusts a
//! source (`[sources] code`) and says how loose its pins may be (`least_pin`) is
//! followed.
//!
//! ## What mends it
//!
//! Pin the full commit again, with the version as a comment behind it:
//! `@<commit> # v6.0.2`.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.action-pin-weakened]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-3: dependency chain abuse
//! - CWE-829: inclusion of functionality from an untrusted control sphere
//! - CIS Software Supply Chain Security 3.1.7: dependencies are pinned
//! - OpenSSF Scorecard: Pinned-Dependencies

use crate::checks::support::build::{Detection, Earlier, Side, compared, foreign_code};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{CodeUse, Pin};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::sources::Trust;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "action-pin-weakened",
    title: "Code from elsewhere is pinned less firmly than before",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["github-actions", "gitlab-ci", "jenkins"],
};

build_config! { mode = Enforce, at_least = Low }

/// Objects to pins that are looser than all that the same code had.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, compare);
}

fn compare(before: Side<'_>, after: Side<'_>) -> Vec<Detection> {
    let earlier = Earlier::new(before);
    let weakened = foreign_code(after).filter_map(|(seen, code)| {
        let old = earlier.of(seen, code).iter().min_by_key(|old| old.pin)?;
        if code.pin >= old.pin || is_allowed(after, code) {
            return None;
        }
        let name = code.source.to_string();
        let severity = match old.pin {
            Pin::Exact => Severity::High,
            _ => Severity::Medium,
        };
        Some(
            Detection::at(after, seen, name.clone())
                .severity(severity)
                .says(format!(
                    "{} uses {} at {} now, where it was pinned to {}",
                    seen.whose(),
                    excerpt(&name, 80),
                    words(code),
                    words(old)
                ))
                .mend(format!(
                    "pin it again: {}@{}",
                    excerpt(&name, 80),
                    excerpt(&old.version, 70)
                )),
        )
    });
    weakened.collect()
}

/// Whether the policy trusts the source and allows the pin.
fn is_allowed(side: Side<'_>, code: &CodeUse) -> bool {
    let sources = side.sources();
    sources.code(code) == Trust::Listed && sources.least_pin.is_some_and(|least| code.pin >= least)
}

fn words(code: &CodeUse) -> String {
    let kind = match code.pin {
        Pin::None => return "no version at all".to_owned(),
        Pin::Branch => "the branch",
        Pin::MovingTag => "the moving tag",
        Pin::Tag => "the tag",
        Pin::Exact => "the commit",
    };
    format!("{kind} {}", excerpt(&code.version, 50))
}

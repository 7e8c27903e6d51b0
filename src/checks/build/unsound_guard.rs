//! # unsound-guard
//!
//! A condition holds where it looks as if it did not.
//!
//! ## Why it matters
//!
//! A condition with text (or a line break) beside `${{ … }}` is a text, and a
//! text that is not empty is true. `contains('main,prod', github.ref_name)`
//! also holds for `ma` and `n,p`. `a && '' || b` never gives the empty text.
//! Each reads like a guard and is none.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! if: |
//!   ${{ github.event_name == 'push' }}
//! if: contains('main,prod', github.ref_name)
//! ```
//!
//! Accepted:
//!
//! ```yaml
//! if: github.event_name == 'push'
//! if: contains(fromJSON('["main", "prod"]'), github.ref_name)
//! ```
//!
//! ## What mends it
//!
//! Write the condition without `${{ }}`, lists with `fromJSON`, and choices so
//! that the middle is never empty or false.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.unsound-guard]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-697: incorrect comparison
//! - CWE-571: expression is always true
//! - OWASP CICD-SEC-1: insufficient flow control mechanisms

use crate::checks::support::build::{Detection, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::What;
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "unsound-guard",
    title: "A condition does not ask what it seems to ask",
    severity: Severity::Medium,
    concern: Concern::Change,
    systems: &["github-actions"],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to conditions that are weaker than they look.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

/// Why a condition does not ask what it seems to, and what mends it.
struct Flaw {
    what: &'static str,
    mend: &'static str,
}

const TEXT: Flaw = Flaw {
    what: "always holds: text or a line break beside `${{ }}` makes it a text, which is true",
    mend: "write the condition without `${{ }}`, and without text around it",
};
const PART: Flaw = Flaw {
    what: "holds for every part of the text, not only for the words of the list",
    mend: "write the list as one: `contains(fromJSON('[\"main\", \"prod\"]'), github.ref_name)`",
};
const FALLS_THROUGH: Flaw = Flaw {
    what: "never gives the value in the middle, which counts as false",
    mend: "turn the choice round, so that the value in the middle is neither empty nor false",
};

fn detect(side: Side<'_>) -> Vec<Detection> {
    let conditions = side.all(|what| match what {
        What::Setting(setting) if setting.name == "github.condition-is-text" => {
            Some((setting.value.as_str(), TEXT))
        }
        What::Condition(text) => in_expression(text).map(|flaw| (text.as_str(), flaw)),
        _ => None,
    });
    let all = conditions.filter(|(seen, _)| seen.blueprint.system == "github-actions");
    let all = all.map(|(seen, (text, flaw))| {
        let shown = excerpt(text, 100);
        let detection = Detection::at(side, seen, text);
        let severity = if detection.exposure.open_to_outsiders() {
            Severity::High
        } else {
            Severity::Medium
        };
        detection
            .severity(severity)
            .says(format!(
                "the condition of {} {}: {shown}",
                seen.whose(),
                flaw.what
            ))
            .mend(flaw.mend)
    });
    all.collect()
}

fn in_expression(text: &str) -> Option<Flaw> {
    let folded: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if is_part(&folded) {
        return Some(PART);
    }
    let falls = ["&& '' ||", "&& false ||", "&& 0 ||", "&& null ||"];
    falls
        .iter()
        .any(|form| folded.contains(form))
        .then_some(FALLS_THROUGH)
}

/// `contains('a b', github.x)`: a list that is a text.
fn is_part(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.match_indices("contains(").any(|(at, call)| {
        let inner = text[at + call.len()..].trim_start();
        let Some(list) = inner.strip_prefix('\'') else {
            return false;
        };
        let Some((words, rest)) = list.split_once('\'') else {
            return false;
        };
        let several = words.contains([',', ' ', '|', ';']);
        let of_context = rest
            .trim_start_matches([',', ' '])
            .starts_with(|first: char| first.is_ascii_alphabetic());
        several && of_context
    })
}

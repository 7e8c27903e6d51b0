//! # action-not-pinned
//!
//! Code from elsewhere is newly used without a version that stays what it is.
//!
//! ## Why it matters
//!
//! An action, include or library runs with the rights of the job that uses it.
//! Without a firm version, whoever can push to its repository changes what
//! runs, without any change here that somebody could see.
//!
//! Actions and reusable workflows are pinned by a full commit; includes and
//! libraries by a full version. What the policy's `[sources] code` lists may be
//! as loose as its `least_pin` says; what it does not list must be exact.
//!
//! ## Example
//!
//! Objected to: `uses: someone/deploy@main`.
//!
//! Accepted: `uses: someone/deploy@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v2.1.0`.
//!
//! ## What mends it
//!
//! Pin the full commit, with the version as a comment behind it, and let a bot
//! move both.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.action-not-pinned]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-3: dependency chain abuse
//! - CIS Software Supply Chain Security 2.4.2: pipeline dependencies are pinned
//! - CWE-829: inclusion of functionality from an untrusted control sphere
//! - OpenSSF Scorecard: Pinned-Dependencies

use crate::checks::support::build::{Detection, Side, foreign_code, introduced, owner};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{CodeKind, CodeUse, Pin};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::sources::Trust;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "action-not-pinned",
    title: "Code from elsewhere is not pinned",
    severity: Severity::Medium,
    concern: Concern::Change,
    systems: &["github-actions", "gitlab-ci", "jenkins"],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to every new use of code whose version can move.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let loose = foreign_code(side).filter_map(|(seen, code)| {
        let least = least(side, code);
        if code.pin >= least {
            return None;
        }
        let name = code.source.to_string();
        let detection = Detection::at(side, seen, name.clone());
        let severity = severity(
            code,
            side.sources().code(code),
            seen.job.is_some_and(|job| job.secrets().next().is_some()) || detection.exposure.writes,
        );
        let (whose, shown) = (seen.whose(), excerpt(&name, 80));
        Some(
            detection
                .severity(severity)
                .says(format!("{whose} uses {shown} at {}", what(code)))
                .mend(mend(code, least, &shown)),
        )
    });
    loose.collect()
}

/// The loosest pin that code may have.
fn least(side: Side<'_>, code: &CodeUse) -> Pin {
    let usual = match code.kind {
        CodeKind::Action | CodeKind::Workflow => Pin::Exact,
        _ => Pin::Tag,
    };
    match side.sources().code(code) {
        Trust::Listed => side.sources().least_pin.unwrap_or(Pin::MovingTag),
        Trust::Unlisted => Pin::Exact,
        Trust::NoList => usual,
    }
}

fn severity(code: &CodeUse, trust: Trust, rights: bool) -> Severity {
    let forge = matches!(owner(code).as_str(), "actions" | "github");
    match trust {
        Trust::NoList if forge && code.pin >= Pin::MovingTag => Severity::Low,
        Trust::Unlisted => Severity::High,
        _ if rights && code.pin <= Pin::Branch => Severity::High,
        _ => Severity::Medium,
    }
}

fn what(code: &CodeUse) -> String {
    let version = excerpt(&code.version, 50);
    match code.pin {
        Pin::None => "no version: what runs is whatever stands there that day".to_owned(),
        Pin::Branch => format!("{version}, which moves with every push"),
        Pin::MovingTag => format!("{version}, a tag that is moved with every release"),
        Pin::Tag | Pin::Exact => format!("{version}, which its owner can move"),
    }
}

fn mend(code: &CodeUse, least: Pin, shown: &str) -> String {
    match (least, code.kind) {
        (Pin::Exact, CodeKind::Action | CodeKind::Workflow) => {
            format!("write the full commit: `uses: {shown}@<commit> # <version>`")
        }
        (Pin::Exact, _) => "write the full commit or digest as its version".to_owned(),
        _ => "write a full version, or better a commit".to_owned(),
    }
}

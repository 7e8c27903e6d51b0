//! # scanner-config-weakened
//!
//! A scanner is told to overlook more than before.
//!
//! ## Why it matters
//!
//! A scan that always succeeds, skips a folder or counts only the worst is still green.
//! Its settings lie in files that nobody owns, beside the code that they excuse.
//! Compared are the settings of scanners, their lists of exceptions, the hooks of
//! pre-commit, and what a bot may merge by itself.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! soft-fail: true
//! skip-check: [CKV_DOCKER_2]
//! ```
//!
//! Accepted: a scan of more folders, a shorter list of exceptions.
//!
//! ## What mends it
//!
//! Mend what the scanner says. If it is wrong, let somebody agree who owns the scans,
//! and give the exception an end.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.scanner-config-weakened]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-1: insufficient flow control mechanisms
//! - CIS Software Supply Chain Security 1.5: code is scanned for weaknesses
//! - CWE-693: protection mechanism failure

use crate::checks::support::build::{
    Detection, Side, Switch, Weaker, Words, compared, switches, weaker,
};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{CodeKind, Pin, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "scanner-config-weakened",
    title: "A scanner is told to overlook more than before",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["scanners", "git", "bots"],
};

build_config! { mode = Audit, at_least = Low }

const SCANS: Words = Words {
    demands: &[
        "=check",
        "=checks",
        "=framework",
        "enabled",
        "rules",
        "=queries",
        "qualitygate",
        "=plugins",
        "=hook",
        "scanners",
        "vuln-type",
        "exit-code",
        "=patterns",
        "strict",
        "fail_fast",
        "=stages",
    ],
    grants: &[
        "skip",
        "ignor",
        "exclu",
        "allow",
        "whitelist",
        "baseline",
        "suppress",
        "soft-fail",
        "soft_fail",
        "no-fail",
        "nofail",
        "disable",
        "exception",
        "unsound",
        "trusted",
        "except",
        "stopwords",
        "=quiet",
    ],
    levels: &[
        "severity",
        "threshold",
        "=level",
        "fail-on",
        "fail_on",
        "=failure",
        "min-level",
        "severity-threshold",
    ],
};

const BOTS: Words = Words {
    demands: &[
        "reviewers",
        "requiredstatuschecks",
        "=assignees",
        "minimumreleaseage",
        "stabilitydays",
        "cooldown",
    ],
    grants: &[
        "automerge",
        "auto-merge",
        "autoapprove",
        "ignoretests",
        "insecure-external-code-execution",
        "allowedpostupgradecommands",
        "allowscripts",
        "allowcustomcratesregistries",
        "allowplugins",
        "postupgradetasks",
    ],
    levels: &[],
};

/// Objects to every setting that lets a scan overlook more.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, compare);
}

fn compare(before: Side<'_>, after: Side<'_>) -> Vec<Detection> {
    let scans = switches(before, after, "scanner.");
    let bots = switches(before, after, "bots.");
    let mut all: Vec<_> = scans.iter().filter_map(|one| scan(after, one)).collect();
    all.extend(bots.iter().filter_map(|one| bot(after, one)));
    all.extend(loose_hooks(before, after));
    all
}

fn scan(after: Side<'_>, one: &Switch<'_>) -> Option<Detection> {
    let name = one.name.strip_prefix("scanner.").unwrap_or(one.name);
    let value = |value: Option<&str>| excerpt(value.unwrap_or_default(), 80);
    let (from, to) = (value(one.from()), value(one.to()));
    let (severity, message) = if name == "hook" {
        if one.after.is_some() {
            return None;
        }
        (
            Severity::Medium,
            format!("the hook {from} runs no longer before a commit"),
        )
    } else if lint_lowered(one.from(), one.to()) {
        (
            Severity::High,
            format!("{} is {to} instead of {from}", excerpt(name, 80)),
        )
    } else {
        let shown = excerpt(name, 80);
        match (weaker(&SCANS, one)?, one.from(), one.to()) {
            (Weaker::Granted, None, _) => (
                Severity::Medium,
                format!("{shown} lets the scan overlook `{to}`"),
            ),
            (Weaker::Granted, ..) => (Severity::High, format!("{shown} is {to} instead of {from}")),
            (Weaker::Raised, None, _) => (Severity::High, format!("{shown} lets only {to} count")),
            (Weaker::Raised, ..) => (
                Severity::High,
                format!("{shown} is {to} instead of {from}: only what is worse counts"),
            ),
            (Weaker::Dropped, _, None) => (
                Severity::Medium,
                format!("{shown} no longer holds `{from}`"),
            ),
            (Weaker::Dropped, ..) => (
                Severity::High,
                format!("{shown} is {to} instead of `{from}`"),
            ),
        }
    };
    let severity = match one.to() {
        // A scan that cannot fail is no scan.
        Some("true") if name.contains("fail") || name.contains("disable") => Severity::High,
        _ => severity,
    };
    let detection = one.detection(after, format!("{} {from} {to}", one.name))?;
    Some(
        detection
            .severity(severity)
            .says(message)
            .mend("mend what the scanner says, or let somebody agree who owns the scans"),
    )
}

/// cargo-deny and eslint name how strictly a rule counts.
fn lint_lowered(from: Option<&str>, to: Option<&str>) -> bool {
    let rank = |value: Option<&str>| {
        let words = ["allow", "warn", "deny"];
        words.iter().position(|word| value == Some(*word))
    };
    matches!((rank(from), rank(to)), (Some(from), Some(to)) if to < from)
}

fn bot(after: Side<'_>, one: &Switch<'_>) -> Option<Detection> {
    let how = weaker(&BOTS, one)?;
    let name = excerpt(one.name.strip_prefix("bots.").unwrap_or(one.name), 80);
    let value = |value: Option<&str>| excerpt(value.unwrap_or_default(), 80);
    let (from, to) = (value(one.from()), value(one.to()));
    let message = match how {
        Weaker::Granted => format!("{name} lets a bot do more by itself: `{to}`"),
        _ => format!("{name} no longer asks for `{from}` before a bot's change counts"),
    };
    let detection = one.detection(after, format!("{} {from} {to}", one.name))?;
    Some(
        detection
            .severity(Severity::Medium)
            .says(message)
            .mend("take it back, or let somebody agree who owns the build environment"),
    )
}

/// Hooks whose revision is no longer fixed.
fn loose_hooks(before: Side<'_>, after: Side<'_>) -> Vec<Detection> {
    let hooks = |side: Side<'_>| -> Vec<_> {
        let all = side.all(|what| match what {
            What::Code(code) if code.kind == CodeKind::Hook => Some(code),
            _ => None,
        });
        all.map(|(seen, code)| {
            (
                seen.item.spot.clone(),
                seen.blueprint.path.clone(),
                code.clone(),
            )
        })
        .collect()
    };
    let old = hooks(before);
    let all = hooks(after).into_iter().filter_map(|(spot, path, code)| {
        let was = old.iter().find(|(_, _, was)| was.source == code.source)?;
        let looser = code.pin < was.2.pin && code.pin < Pin::Tag;
        looser.then(|| Detection {
            slot: format!("{path}\nrepos"),
            feature: format!("hook {} {}", code.source, code.version),
            spot,
            severity: Severity::Medium,
            exposure: crate::checks::support::build::Exposure::default(),
            message: format!(
                "hooks of {} come from `{}` instead of `{}`, which others can move",
                excerpt(code.source.to_string(), 80),
                excerpt(&code.version, 40),
                excerpt(&was.2.version, 40)
            ),
            remedy: "name a full version or a commit in rev".to_owned(),
        })
    });
    all.collect()
}

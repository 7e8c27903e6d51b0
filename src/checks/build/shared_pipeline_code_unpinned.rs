//! # shared-pipeline-code-unpinned
//!
//! A pipeline takes shared code from elsewhere in a version that can change.
//!
//! ## Why it matters
//!
//! A reusable workflow, a GitLab include or component and a Jenkins library run
//! with all that the pipeline has. With a branch, a moving tag or no version at
//! all, whoever can push there changes what runs here, and nobody here sees a
//! change.
//!
//! Code on the policy's `[sources] code` list may have the pin that
//! `least_pin` states; without a list, or off it, it must be a commit or
//! digest. Templates that ship with the GitLab server have no version. Actions
//! are the matter of another check.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! include:
//!   - project: group/templates
//!     file: /deploy.yml
//! ```
//!
//! Accepted: the same with `ref:` and the 40 digits of a commit.
//!
//! ## What mends it
//!
//! Name a commit (`ref: 4f2c…`, `@4f2c…`), for a remote file its `integrity`; or
//! ask the policy's owner to list the source with the pin that it deserves.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.shared-pipeline-code-unpinned]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-3: dependency chain abuse
//! - OWASP CICD-SEC-8: ungoverned usage of third-party services
//! - CIS Software Supply Chain Security 2.4.2: dependencies of a pipeline are locked
//! - CWE-829: inclusion of functionality from an untrusted control sphere

use crate::checks::support::build::{Detection, Exposure, Secrets, Seen, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{CodeKind, CodeSource, CodeUse, Pin, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::sources::Trust;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "shared-pipeline-code-unpinned",
    title: "A pipeline takes shared code in a version that can change",
    severity: Severity::Medium,
    concern: Concern::Change,
    systems: &["github-actions", "gitlab-ci", "jenkins"],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to shared code whose version is looser than the policy allows.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let shared = side.all(|what| match what {
        What::Code(code) => Some(code),
        _ => None,
    });
    shared
        .filter_map(|(seen, code)| unpinned(side, seen, code))
        .collect()
}

fn unpinned(side: Side<'_>, seen: Seen<'_>, code: &CodeUse) -> Option<Detection> {
    let word = word(seen.blueprint.system, code.kind)?;
    let trust = side.sources().code(code);
    let wanted = match trust {
        Trust::Listed => side.sources().least_pin.unwrap_or(Pin::Exact),
        _ => Pin::Exact,
    };
    let host = match &code.source {
        CodeSource::Elsewhere { host, .. } => host.as_str(),
        CodeSource::Dynamic(_) => "",
        CodeSource::Workspace(_) | CodeSource::OwnTree(_) => return None,
    };
    let dynamic = matches!(code.source, CodeSource::Dynamic(_));
    if code.pin >= wanted && !dynamic {
        return None;
    }
    let name = excerpt(code.source.to_string(), 100);
    let remote =
        seen.blueprint.system == "gitlab-ci" && code.kind == CodeKind::Include && !host.is_empty();
    // `legacySCM(scm)` takes the library from whatever is being built.
    let own = matches!(&code.source, CodeSource::Dynamic(text) if text.contains("legacySCM"));
    let severity = if own || trust == Trust::Unlisted && (remote || dynamic) {
        Severity::Critical
    } else if dynamic || holds_secrets(side, seen) {
        Severity::High
    } else {
        Severity::Medium
    };
    let version = match (code.version.as_str(), dynamic) {
        (_, true) => "in what only the run knows".to_owned(),
        ("", _) => "without a version".to_owned(),
        (version, _) => format!("at {}", excerpt(version, 60)),
    };
    let remedy = match (remote, dynamic) {
        (_, true) => "name the source and a commit of it",
        (true, _) => "state its `integrity`, or include it from a project at a commit",
        _ => "name a commit instead of the version; put the version into a comment",
    };
    Some(
        Detection::at(side, seen, code.source.to_string())
            .severity(severity)
            .says(format!(
                "{} takes the {word} {name} {version}, which can change without a change here",
                seen.whose()
            ))
            .mend(remedy),
    )
}

/// What people call it; `None` for what other checks are about.
fn word(system: &str, kind: CodeKind) -> Option<&'static str> {
    match (system, kind) {
        ("github-actions", CodeKind::Workflow) => Some("reusable workflow"),
        ("gitlab-ci", CodeKind::Include) => Some("include"),
        ("gitlab-ci", CodeKind::Component) => Some("component"),
        ("jenkins", CodeKind::Library) => Some("library"),
        _ => None,
    }
}

/// Whether the job has secrets; for what the whole file takes, whether any job has.
fn holds_secrets(side: Side<'_>, seen: Seen<'_>) -> bool {
    let has = |job| Exposure::of(side, Some(job)).secrets > Secrets::None;
    match seen.job {
        Some(job) => has(job),
        None => seen.blueprint.jobs.iter().any(has),
    }
}

//! # bot-identity-trusted
//!
//! A condition lets something happen because of the name of whoever acted last, or wrote a commit.
//!
//! ## Why it matters
//!
//! `github.actor` is whoever made the latest event, not whoever wrote the
//! change: anybody can have a bot act last on their own pull request (a comment
//! that makes it rebase, a label), and the condition holds. Names of commit
//! authors are whatever somebody configured.
//!
//! ## Example
//!
//! Objected to: `if: github.actor == 'dependabot[bot]'` on
//! `pull_request_target`.
//!
//! Accepted: `if: github.event.pull_request.user.login == 'dependabot[bot]'`
//! together with a check that the branch is one of this repository.
//!
//! ## What mends it
//!
//! Ask for the author of the pull request, and that its head is a branch of
//! this repository; or let the forge's own rules merge.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.bot-identity-trusted]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-290: authentication bypass by spoofing
//! - OWASP CICD-SEC-1: insufficient flow control mechanisms
//! - OWASP CICD-SEC-2: inadequate identity and access management

use crate::checks::support::build::{Detection, Seen, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Command, StartedBy, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "bot-identity-trusted",
    title: "A name is taken for proof of who acts",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["github-actions", "gitlab-ci", "jenkins"],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to conditions on names that others decide.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

/// Names that whoever acts can choose, or make another's.
const NAMES: &[&str] = &[
    "github.actor",
    "github.triggering_actor",
    "github.event.sender.login",
    "github_actor",
    "github_triggering_actor",
    "github.event.head_commit.author",
    "github.event.commits",
    "gitlab_user_login",
    "gitlab_user_name",
    "gitlab_user_email",
    "ci_commit_author",
    "change_author",
    "ghprbactualcommitauthor",
    "ghprbpullauthorlogin",
    "gitlabusername",
    "git_author_name",
    "git_committer_name",
];

fn detect(side: Side<'_>) -> Vec<Detection> {
    let trusting = side.all(|what| match what {
        What::Condition(text) => trusted(text).map(|name| (name, text.clone())),
        What::Command(command) => tested(command).map(|name| (name, command.line())),
        _ => None,
    });
    let all = trusting.filter_map(|(seen, (name, text))| {
        let detection = Detection::at(side, seen, name);
        let severity = severity(seen, detection.exposure.writes)?;
        Some(
            detection
                .severity(severity)
                .says(format!("{} trusts a name that others can bring about: {}", seen.whose(), excerpt(&text, 120)))
                .mend("ask for the author of the proposal and that its branch is one of this repository: `github.event.pull_request.user.login == '…' && github.event.pull_request.head.repo.full_name == github.repository`"),
        )
    });
    all.collect()
}

fn severity(seen: Seen<'_>, writes: bool) -> Option<Severity> {
    let secrets = seen.job.is_some_and(|job| job.secrets().next().is_some());
    match seen.job.and_then(|job| job.started_by())? {
        StartedBy::Outsiders => Some(Severity::High),
        StartedBy::Forks | StartedBy::Writers if writes || secrets => Some(Severity::Medium),
        StartedBy::Forks | StartedBy::Writers => Some(Severity::Low),
        StartedBy::Maintainers => None,
    }
}

/// The name that a condition asks to be somebody's: `==`, `=~`, `contains`; not `!=`.
fn trusted(text: &str) -> Option<&'static str> {
    let folded: String = text.to_ascii_lowercase().split_whitespace().collect();
    NAMES.iter().copied().find(|name| {
        let mut places = folded.match_indices(name);
        places.any(|(at, _)| asks(&folded[..at], &folded[at + name.len()..]))
    })
}

/// Whether what stands around a name asks for it to be something.
fn asks(before: &str, after: &str) -> bool {
    let after = after.trim_start_matches(['}', '"', '\'']);
    let before = before
        .trim_end_matches(['{', '$', '"', '\''])
        .trim_end_matches("env.");
    let positive = after.starts_with("==")
        || after.starts_with("=~")
        || (after.starts_with('=') && !after.starts_with("=!"));
    let inside = |call: &str| {
        before
            .rfind(call)
            .is_some_and(|at| !before[at..].contains(')') && !before[..at].ends_with('!'))
    };
    positive
        || before.ends_with("==")
        || inside("contains(")
        || inside("startswith(")
        || inside("endswith(")
        || after.starts_with(".contains(")
        || after.starts_with(".equals(")
}

/// The name that a test in a script asks to be somebody's.
fn tested(command: &Command) -> Option<&'static str> {
    if !matches!(command.program(), "[" | "[[" | "test") {
        return None;
    }
    trusted(&command.line())
}

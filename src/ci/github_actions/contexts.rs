//! GitHub's contexts: who writes which.
//!
//! <https://docs.github.com/actions/reference/security/secure-use>: what people
//! without rights write into an issue, a pull request, a comment, a page or a
//! commit, and what they call a branch.

use super::expression::Path;
use super::flow::Origin;
use crate::model::build::{SecretName, TemplateSource};

/// What a context is, as far as values are followed.
pub(super) enum Context {
    /// `env.X`.
    Env(String),
    /// `inputs.x`, `github.event.inputs.x`.
    Input(String),
    /// `secrets.X`, `github.token`.
    Secret(SecretName),
    /// `matrix.x`.
    Matrix,
    /// `steps.x.outputs.y`, `needs.x.outputs.y`.
    Output,
    /// Something else, by whom if it is not the forge.
    Other(Option<Origin>),
}

/// What a path is.
pub(super) fn of(path: &Path, any_branch: bool) -> Context {
    let key = path.key();
    let name = |at: usize| path.name(at).unwrap_or("*").to_owned();
    let first = path.name(0).unwrap_or_default().to_ascii_lowercase();
    match (first.as_str(), path.names.len()) {
        ("env", 2..) => Context::Env(name(1)),
        ("inputs", 2..) => Context::Input(name(1)),
        ("matrix", 2..) => Context::Matrix,
        ("steps" | "needs" | "jobs", 3..) => Context::Output,
        ("secrets", 1) => Context::Secret(SecretName::All),
        ("secrets", _) => Context::Secret(secret(path)),
        ("env" | "inputs" | "matrix" | "steps" | "needs" | "jobs", _) => {
            Context::Other(Some(origin(path, TemplateSource::Step, false)))
        }
        _ if key == "github.token" => Context::Secret(SecretName::Named("GITHUB_TOKEN".to_owned())),
        _ if key.starts_with("github.event.inputs.") => Context::Input(name(3)),
        _ => Context::Other(of_github(path, &key, any_branch)),
    }
}

fn secret(path: &Path) -> SecretName {
    match path.name(1) {
        Some(name) if name != "*" => SecretName::Named(name.to_owned()),
        _ if path.indices.is_empty() => SecretName::All,
        _ => SecretName::Dynamic(path.names.join(".")),
    }
}

fn origin(path: &Path, by: TemplateSource, proposed: bool) -> Origin {
    Origin {
        expression: path.names.join("."),
        by,
        proposed,
    }
}

fn of_github(path: &Path, key: &str, any_branch: bool) -> Option<Origin> {
    let proposed = PROPOSED.iter().any(|pattern| is_it(pattern, key));
    let by = if ANYBODY.iter().any(|pattern| may_hold(pattern, key)) {
        TemplateSource::Anybody
    } else if CALLER.iter().any(|pattern| may_hold(pattern, key))
        || (any_branch && matches!(key, "github.ref" | "github.ref_name"))
    {
        TemplateSource::Caller
    } else {
        TemplateSource::Fixed
    };
    (proposed || by > TemplateSource::Fixed).then(|| origin(path, by, proposed))
}

/// Free text of people without rights, and names of branches.
const ANYBODY: &[&str] = &[
    "github.event.issue.title",
    "github.event.issue.body",
    "github.event.pull_request.title",
    "github.event.pull_request.body",
    "github.event.pull_request.head.ref",
    "github.event.pull_request.head.label",
    "github.event.pull_request.head.repo.default_branch",
    "github.event.pull_request.head.repo.description",
    "github.event.pull_request.head.repo.homepage",
    "github.event.comment.body",
    "github.event.review.body",
    "github.event.review_comment.body",
    "github.event.discussion.title",
    "github.event.discussion.body",
    "github.event.answer.body",
    "github.event.pages.*.page_name",
    "github.event.commits.*.message",
    "github.event.commits.*.author.email",
    "github.event.commits.*.author.name",
    "github.event.commits.*.committer.email",
    "github.event.commits.*.committer.name",
    "github.event.head_commit.message",
    "github.event.head_commit.author.email",
    "github.event.head_commit.author.name",
    "github.event.head_commit.committer.email",
    "github.event.head_commit.committer.name",
    "github.event.workflow_run.head_branch",
    "github.event.workflow_run.display_title",
    "github.event.workflow_run.head_commit.message",
    "github.event.workflow_run.head_commit.author.email",
    "github.event.workflow_run.head_commit.author.name",
    "github.event.workflow_run.head_repository.description",
    "github.event.workflow_run.pull_requests.*.head.ref",
    "github.event.check_suite.head_branch",
    "github.event.check_suite.pull_requests.*.head.ref",
    "github.event.check_run.check_suite.head_branch",
    "github.event.check_run.check_suite.pull_requests.*.head.ref",
    "github.head_ref",
];

/// What whoever may push, release or dispatch writes.
const CALLER: &[&str] = &[
    "github.event.client_payload.*",
    "github.event.client_payload.*.*",
    "github.event.client_payload.*.*.*",
    "github.event.release.name",
    "github.event.release.body",
    "github.event.release.tag_name",
    "github.event.release.target_commitish",
    "github.event.deployment.payload.*",
];

/// What names a revision or a repository that somebody proposes.
const PROPOSED: &[&str] = &[
    "github.event.pull_request.head.sha",
    "github.event.pull_request.head.ref",
    "github.event.pull_request.head.label",
    "github.event.pull_request.head.repo.full_name",
    "github.event.pull_request.head.repo.name",
    "github.event.pull_request.head.repo.owner.login",
    "github.event.pull_request.merge_commit_sha",
    "github.event.workflow_run.head_sha",
    "github.event.workflow_run.head_branch",
    "github.event.workflow_run.head_commit.id",
    "github.event.workflow_run.head_repository.full_name",
    "github.event.workflow_run.head_repository.name",
    "github.event.workflow_run.head_repository.owner.login",
    "github.event.workflow_run.pull_requests.*.head.sha",
    "github.event.workflow_run.pull_requests.*.head.ref",
    "github.event.check_suite.head_sha",
    "github.event.check_suite.head_branch",
    "github.event.check_run.head_sha",
    "github.head_ref",
];

/// Whether a key is what a pattern names, or holds it: `github.event`.
fn may_hold(pattern: &str, key: &str) -> bool {
    let mut names = pattern.split('.');
    let held = key.split('.').all(|part| {
        let name = names.next();
        name.is_some_and(|name| name == "*" || part == "*" || name == part)
    });
    held && key != "github.event.pull_request.head.repo"
}

fn is_it(pattern: &str, key: &str) -> bool {
    pattern.split('.').count() == key.split('.').count() && may_hold(pattern, key)
}

/// Whether a text names a proposal by its own words: `refs/pull/7/merge`.
pub(super) fn names_proposal(text: &str) -> bool {
    text.contains("refs/pull/") || text.trim_start().starts_with("pull/")
}

/// Whether an output's name says that it is a proposed revision: `head_sha`.
pub(super) fn is_name_of_proposal(name: &str) -> bool {
    let parts: Vec<_> = name.split(['_', '-']).collect();
    let has = |words: &[&str]| parts.iter().any(|part| words.contains(part));
    (has(&["head", "pr", "pull"]) && has(&["sha", "ref", "branch", "repo", "commit", "repository"]))
        || matches!(
            name,
            "headsha" | "headref" | "headrefname" | "headrefoid" | "merge_commit_sha"
        )
}

/// Whether a script asks for the head of a pull request, by any of the names that it has.
pub(super) fn asks_for_proposal(script: &str) -> bool {
    const WORDS: &[&str] = &[
        "head.sha",
        "head.ref",
        "head_sha",
        "head_ref",
        "headRefOid",
        "headRefName",
        "merge_commit_sha",
        "refs/pull/",
        "headRepository",
    ];
    WORDS.iter().any(|word| script.contains(word))
}

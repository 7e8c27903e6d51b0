//! # script-injection
//!
//! A value that others write is pasted into code before it runs.
//!
//! ## Why it matters
//!
//! `${{ github.event.issue.title }}` in a script is no variable: the text is
//! put there first, and then the shell reads the whole. A title of `$(curl …)`
//! runs. The same holds for Groovy strings in double quotes, for variables of
//! Bamboo, and for `eval` of a variable that holds a message or a branch name.
//!
//! What issues, pull requests, comments, commits and branch names hold is
//! written by anybody. Inputs and parameters are written by whoever starts the
//! run, outputs by an earlier step; these are reported as medium and low.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! on: issues
//! steps:
//!   - run: echo "${{ github.event.issue.title }}"
//! ```
//!
//! Accepted:
//!
//! ```yaml
//!   - run: echo "$TITLE"
//!     env:
//!       TITLE: ${{ github.event.issue.title }}
//! ```
//!
//! ## What mends it
//!
//! Bind the value to an environment variable and use that, in double quotes. In
//! Groovy use single quotes, so that the shell expands the variable.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.script-injection]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "high"    # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-78: improper neutralization of special elements used in an OS command
//! - CWE-94: improper control of generation of code
//! - OWASP CICD-SEC-4: poisoned pipeline execution

use crate::checks::support::build::{Detection, Seen, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Command, StartedBy, TemplateSource, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "script-injection",
    title: "A value that others write is pasted into a script",
    severity: Severity::Critical,
    concern: Concern::Change,
    systems: &["github-actions", "gitlab-ci", "jenkins", "bamboo"],
};

build_config! { mode = Enforce, at_least = High }

/// Objects to every new value of others in a piece of code.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let templates = side.all(|what| match what {
        What::Template(it) if it.written_by > TemplateSource::Fixed => {
            Some((it.expression.as_str(), it.into, it.written_by))
        }
        What::Command(command) => {
            evaluated(command).map(|name| (name, "eval", TemplateSource::Anybody))
        }
        _ => None,
    });
    let all = templates.map(|(seen, (expression, into, by))| {
        let detection = Detection::at(side, seen, expression);
        let severity = severity(seen, by, detection.exposure.open_to_outsiders());
        let writer = match by {
            TemplateSource::Anybody => "anybody writes",
            TemplateSource::Caller => "whoever starts the run writes",
            TemplateSource::Step | TemplateSource::Fixed => "an earlier step writes",
        };
        let (whose, shown) = (seen.whose(), excerpt(expression, 80));
        detection
            .severity(severity)
            .says(format!(
                "{whose} pastes {shown}, which {writer}, into {into}: the text runs as code"
            ))
            .mend(remedy(seen, &shown))
    });
    all.collect()
}

fn severity(seen: Seen<'_>, by: TemplateSource, open: bool) -> Severity {
    let started = seen.job.and_then(|job| job.started_by());
    let called = seen.job.is_some_and(|job| {
        job.triggers
            .iter()
            .any(|one| matches!(one.event.as_str(), "action" | "workflow_call"))
    });
    match by {
        TemplateSource::Anybody if open || called => Severity::Critical,
        TemplateSource::Anybody if started == Some(StartedBy::Maintainers) => Severity::Medium,
        TemplateSource::Anybody => Severity::High,
        TemplateSource::Caller => Severity::Medium,
        TemplateSource::Step | TemplateSource::Fixed => Severity::Low,
    }
}

fn remedy(seen: Seen<'_>, shown: &str) -> String {
    match seen.blueprint.system {
        "github-actions" => format!(
            "bind it to a variable, `env: {{ VALUE: ${{{{ {shown} }}}} }}`, and use \"$VALUE\" in the script"
        ),
        "jenkins" => {
            "use single quotes, so that the shell expands the variable and not Groovy".to_owned()
        }
        "bamboo" => "pass it as an environment variable of the task and use that in double quotes"
            .to_owned(),
        _ => "use the variable in double quotes, without eval or templates".to_owned(),
    }
}

/// Variables that hold what anybody writes, in GitLab CI and Jenkins.
const WRITTEN_BY_ANYBODY: &[&str] = &[
    "CI_COMMIT_MESSAGE",
    "CI_COMMIT_TITLE",
    "CI_COMMIT_DESCRIPTION",
    "CI_COMMIT_AUTHOR",
    "CI_COMMIT_BRANCH",
    "CI_COMMIT_REF_NAME",
    "CI_COMMIT_TAG_MESSAGE",
    "CI_MERGE_REQUEST_TITLE",
    "CI_MERGE_REQUEST_DESCRIPTION",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "CI_MERGE_REQUEST_LABELS",
    "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME",
    "GITHUB_HEAD_REF",
    "CHANGE_TITLE",
    "CHANGE_BRANCH",
    "CHANGE_AUTHOR_DISPLAY_NAME",
    "CHANGE_AUTHOR_EMAIL",
    "BRANCH_NAME",
    "GIT_BRANCH",
    "ghprbPullTitle",
    "ghprbPullLongDescription",
    "ghprbSourceBranch",
    "ghprbCommentBody",
    "gitlabMergeRequestTitle",
    "gitlabSourceBranch",
    "bamboo_planRepository_branchName",
];

/// The variable that a command runs as code.
fn evaluated(command: &Command) -> Option<&str> {
    let words = match command.program() {
        "eval" => command.arguments(),
        "bash" | "sh" | "zsh" | "dash" if command.has_flag("-c") => {
            let code = command
                .arguments()
                .iter()
                .position(|word| word.text.starts_with('-') && word.text.ends_with('c'))?;
            command
                .arguments()
                .get(code + 1..code + 2)
                .unwrap_or_default()
        }
        _ => return None,
    };
    let names = words.iter().flat_map(|word| &word.variables);
    names
        .map(String::as_str)
        .find(|name| WRITTEN_BY_ANYBODY.contains(name))
}

//! Who writes the variables of a run.

use super::value::MAX_NAMES;
use crate::model::build::TemplateSource;

/// Variables that Jenkins and its plugins set from what the proposer writes.
/// <https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables>
const ANYBODY: &[&str] = &[
    "CHANGE_TITLE",
    "CHANGE_BRANCH",
    "CHANGE_FORK",
    "CHANGE_AUTHOR_DISPLAY_NAME",
    "CHANGE_AUTHOR_EMAIL",
    "BRANCH_NAME",
    "GIT_BRANCH",
    "GIT_LOCAL_BRANCH",
    "TAG_NAME",
    "GIT_AUTHOR_NAME",
    "GIT_AUTHOR_EMAIL",
    "GIT_COMMITTER_NAME",
    "GIT_COMMITTER_EMAIL",
    "sourceBranch",
    "title",
    "description",
    "GIT_TAG_MESSAGE",
    "GIT_COMMIT_MSG",
];
const FIXED: &[&str] = &[
    "BUILD_ID",
    "BUILD_NUMBER",
    "BUILD_TAG",
    "BUILD_URL",
    "BUILD_DISPLAY_NAME",
    "JOB_NAME",
    "JOB_BASE_NAME",
    "JOB_URL",
    "JENKINS_HOME",
    "JENKINS_URL",
    "WORKSPACE",
    "WORKSPACE_TMP",
    "EXECUTOR_NUMBER",
    "NODE_NAME",
    "NODE_LABELS",
    "GIT_COMMIT",
    "GIT_PREVIOUS_COMMIT",
    "GIT_URL",
    "CHANGE_ID",
    "CHANGE_TARGET",
    "CHANGE_URL",
    "STAGE_NAME",
    "POD_LABEL",
    "HOME",
    "PWD",
    "USER",
    "PATH",
    "BUILD_USER",
    "RUN_DISPLAY_URL",
    "CI",
];

pub(super) fn of_run(name: &str) -> TemplateSource {
    let root = name.split('.').next().unwrap_or(name);
    let of_hook = ["ghprb", "gitlab", "bitbucket", "GITHUB_PR_"];
    let harmless = [
        "ghprbPullId",
        "gitlabMergeRequestId",
        "gitlabMergeRequestIid",
        "ghprbActualCommit",
        "gitlabMergeRequestLastCommit",
    ];
    if harmless.contains(&root) || FIXED.contains(&root) || root == "currentBuild" {
        return TemplateSource::Fixed;
    }
    if ANYBODY.contains(&root) || of_hook.iter().any(|start| root.starts_with(start)) {
        return TemplateSource::Anybody;
    }
    if matches!(root, "config" | "pipelineParams" | "args") {
        return TemplateSource::Caller;
    }
    TemplateSource::Step
}

/// `X` of `env.X`.
pub(super) fn bare(name: &str) -> &str {
    name.strip_prefix("env.").unwrap_or(name)
}

/// The names that an expression mentions, with their dots; strings in it are left out.
pub(super) fn names(expression: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        if let Some(inner) = rest.strip_prefix(['\'', '"']) {
            let end = inner.find(first).map_or(inner.len(), |end| end + 1);
            rest = &inner[end..];
        } else if first.is_alphabetic() || first == '_' {
            let end = rest.find(|it: char| !it.is_alphanumeric() && !matches!(it, '_' | '.'));
            let (name, behind) = rest.split_at(end.unwrap_or(rest.len()));
            if !matches!(
                name,
                "env" | "params" | "true" | "false" | "null" | "def" | "new"
            ) && all.len() < MAX_NAMES
            {
                all.push(name.trim_end_matches('.').to_owned());
            }
            rest = behind;
        } else {
            rest = &rest[first.len_utf8()..];
        }
    }
    all
}

//! Whether a job hands something to others: releases, packages, images,
//! deployments. By what it does, not by what it is called.

use crate::model::build::{Command, ImageRole, Job, TargetKind, What};

/// Programs, and the words behind them that publish or deploy.
const PUBLISHES: &[(&str, &[&str])] = &[
    ("npm", &["publish"]),
    ("yarn", &["publish"]),
    ("pnpm", &["publish"]),
    ("cargo", &["publish"]),
    ("twine", &["upload"]),
    ("poetry", &["publish"]),
    ("uv", &["publish"]),
    ("gem", &["push"]),
    ("gh", &["release"]),
    ("glab", &["release"]),
    ("goreleaser", &["release"]),
    ("mvn", &["deploy", "release:perform"]),
    ("gradle", &["publish"]),
    ("gradlew", &["publish"]),
    ("dotnet", &["push"]),
    ("nuget", &["push"]),
    ("helm", &["upgrade", "install", "push"]),
    (
        "kubectl",
        &["apply", "rollout", "set", "patch", "replace", "create"],
    ),
    ("terraform", &["apply"]),
    ("tofu", &["apply"]),
    ("pulumi", &["up"]),
    ("cdk", &["deploy"]),
    ("serverless", &["deploy"]),
    ("sls", &["deploy"]),
    ("firebase", &["deploy"]),
    ("flyctl", &["deploy"]),
    ("argocd", &["sync"]),
    ("ansible-playbook", &[""]),
];

/// Actions that publish, by their repository.
const ACTIONS: &[&str] = &[
    "pypa/gh-action-pypi-publish",
    "softprops/action-gh-release",
    "goreleaser/goreleaser-action",
    "actions/deploy-pages",
    "peaceiris/actions-gh-pages",
    "js-devtools/npm-publish",
    "azure/webapps-deploy",
    "aws-actions/amazon-ecs-deploy-task-definition",
];

/// Whether a job publishes or deploys.
pub(crate) fn publishes(job: &Job) -> bool {
    job.items.iter().any(|item| match &item.what {
        What::Image(it) => it.role == ImageRole::Pushed,
        What::Target(it) => it.kind == TargetKind::Environment,
        What::Setting(it) => matches!(it.name.as_str(), "gitlab.release" | "gitlab.pages"),
        What::Command(command) => is_publishing(command),
        What::Code(code) => {
            let name = code.source.to_string().to_ascii_lowercase();
            ACTIONS.iter().any(|action| name.ends_with(action))
        }
        _ => false,
    })
}

fn is_publishing(command: &Command) -> bool {
    let program = command.program();
    PUBLISHES.iter().any(|(name, words)| {
        let says = |word: &&str| {
            let mut said = command.arguments().iter();
            word.is_empty() || said.any(|it| it.text == **word)
        };
        *name == program && words.iter().any(says)
    })
}

//! Source code that a command fetches with git.

use super::{Context, positional};
use crate::ci::secret::without_login;
use crate::model::build::{Checkout, CheckoutSource, What};

/// Expressions and variables that name what somebody proposes.
const PROPOSED: &[&str] = &[
    "head_ref",
    "head.ref",
    "head.sha",
    "head_sha",
    "head_branch",
    "head_commit",
    "merge_commit_sha",
    "pull/",
    "merge-requests/",
    "pull-requests/",
    "HEAD_REF",
    "PR_HEAD",
    "CI_MERGE_REQUEST_SOURCE_BRANCH",
    "CI_MERGE_REQUEST_REF_PATH",
    "CHANGE_BRANCH",
    "ghprbActualCommit",
    "ghprbSourceBranch",
    "gitlabSourceBranch",
    "PULL_REQUEST_NUMBER",
    "PR_NUMBER",
    "pull_request.number",
    "head.repo",
    "head_repository",
    "CHANGE_FORK",
    "CI_MERGE_REQUEST_SOURCE_PROJECT",
];

pub(super) fn read(context: &mut Context<'_>) {
    let command = context.command;
    let words = positional(
        command.arguments(),
        &[
            "-C", "-c", "-b", "-B", "--branch", "--depth", "-R", "--repo",
        ],
    );
    let texts: Vec<&str> = words.iter().map(|it| it.text.as_str()).collect();
    let source = match (command.program(), texts.as_slice()) {
        ("gh", ["pr", "checkout", rest @ ..]) => {
            let number = rest.first().copied().unwrap_or("gh pr checkout");
            Some(CheckoutSource::Proposed(number.to_owned()))
        }
        ("git", ["clone", url, ..]) => Some(clone(context, url)),
        (
            "git",
            [
                "fetch" | "checkout" | "switch" | "merge" | "pull" | "reset" | "cherry-pick"
                | "worktree",
                rest @ ..,
            ],
        ) => {
            let named = rest.iter().find(|it| is_proposed(it));
            named.map(|it| CheckoutSource::Proposed((*it).to_owned()))
        }
        _ => None,
    };
    if let Some(source) = source {
        context.means.push(What::Checkout(Checkout {
            source,
            keeps_credentials: false,
        }));
    }
}

fn clone(context: &Context<'_>, url: &str) -> CheckoutSource {
    let branch = context.command.option(&["-b", "--branch"]);
    let proposed = branch
        .filter(|it| is_proposed(it))
        .or(Some(url).filter(|it| is_proposed(it)));
    match proposed {
        Some(text) => CheckoutSource::Proposed(text.to_owned()),
        None => {
            let url = without_login(&context.variables.fill(url));
            match url.contains('$') {
                true => CheckoutSource::Dynamic(url),
                false => CheckoutSource::Other(url),
            }
        }
    }
}

fn is_proposed(text: &str) -> bool {
    PROPOSED.iter().any(|word| text.contains(word)) && !text.contains("pull/release")
}

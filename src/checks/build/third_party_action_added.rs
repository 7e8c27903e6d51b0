//! # third-party-action-added
//!
//! A pipeline uses code of somebody whose code it did not use before.
//!
//! ## Why it matters
//!
//! Each owner of an action, include or library is one more who can change what
//! runs with the rights of the job. Whether to trust a new one is a decision of
//! people, to be made when the name appears and not when something has
//! happened.
//!
//! A name that is one or two letters away from a popular action is reported as
//! high: that is how look-alikes are found.
//!
//! ## Example
//!
//! Objected to: the first `uses: someone/deploy@…` in files that used only
//! `actions/*` before; `uses: action/checkout@v4`, a look-alike.
//!
//! Accepted: one more action of an owner whose actions are used already; what
//! `[sources] code` lists.
//!
//! ## What mends it
//!
//! Have it approved, use what the policy's `[sources] code` lists, or write the
//! step out as a script.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.third-party-action-added]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-8: ungoverned usage of third-party services
//! - OWASP CICD-SEC-3: dependency chain abuse
//! - CWE-1357: reliance on insufficiently trustworthy component

use std::collections::BTreeSet;

use crate::checks::support::build::{Detection, Side, compared, foreign_code, owner};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{CodeSource, CodeUse};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::sources::Trust;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "third-party-action-added",
    title: "Code of a new owner is used",
    severity: Severity::Medium,
    concern: Concern::Change,
    systems: &["github-actions", "gitlab-ci", "jenkins"],
};

build_config! { mode = Audit, at_least = Low }

/// Objects to owners that no touched file used before.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    compared(&config.terms(), facts, objections, compare);
}

fn compare(before: Side<'_>, after: Side<'_>) -> Vec<Detection> {
    let mut known: BTreeSet<String> = foreign_code(before).map(|(_, code)| owner(code)).collect();
    let mut all = Vec::new();
    for (seen, code) in foreign_code(after) {
        let owner = owner(code);
        let trust = after.sources().code(code);
        if trust == Trust::Listed || known.contains(&owner) || is_forges(&owner) {
            continue;
        }
        let name = excerpt(code.source.to_string(), 80);
        let like = look_alike(code);
        let severity = match (like, trust) {
            (Some(_), _) | (None, Trust::Unlisted) => Severity::High,
            _ => Severity::Medium,
        };
        let why = match (like, trust) {
            (Some(popular), _) => format!("whose name is almost that of {popular}"),
            (None, Trust::Unlisted) => "which the policy does not trust".to_owned(),
            _ => "the first code of this owner here".to_owned(),
        };
        all.push(
            Detection::at(after, seen, owner.clone())
                .severity(severity)
                .says(format!("{} uses {name}, {why}", seen.whose()))
                .mend(
                    "have it approved, add it to [sources] code, or write the step out as a script",
                ),
        );
        known.insert(owner);
    }
    all
}

/// Whether the forge itself is the owner.
fn is_forges(owner: &str) -> bool {
    matches!(
        owner,
        "actions" | "github" | "gitlab-org" | "gitlab.com/gitlab-org" | "gitlab.com/components"
    )
}

/// Popular actions, which look-alikes imitate.
const POPULAR: &[&str] = &[
    "actions/checkout",
    "actions/setup-node",
    "actions/setup-python",
    "actions/setup-go",
    "actions/setup-java",
    "actions/setup-dotnet",
    "actions/cache",
    "actions/upload-artifact",
    "actions/download-artifact",
    "actions/github-script",
    "actions/labeler",
    "actions/stale",
    "actions/deploy-pages",
    "actions/configure-pages",
    "actions/create-release",
    "docker/login-action",
    "docker/build-push-action",
    "docker/setup-buildx-action",
    "docker/setup-qemu-action",
    "docker/metadata-action",
    "github/codeql-action",
    "codecov/codecov-action",
    "aws-actions/configure-aws-credentials",
    "aws-actions/amazon-ecr-login",
    "google-github-actions/auth",
    "azure/login",
    "azure/webapps-deploy",
    "softprops/action-gh-release",
    "peter-evans/create-pull-request",
    "peaceiris/actions-gh-pages",
    "golangci/golangci-lint-action",
    "goreleaser/goreleaser-action",
    "dtolnay/rust-toolchain",
    "swatinem/rust-cache",
    "tj-actions/changed-files",
    "dorny/paths-filter",
    "pnpm/action-setup",
    "ruby/setup-ruby",
    "hashicorp/setup-terraform",
    "helm/kind-action",
    "sigstore/cosign-installer",
    "step-security/harden-runner",
    "aquasecurity/trivy-action",
    "ossf/scorecard-action",
    "pypa/gh-action-pypi-publish",
    "astral-sh/setup-uv",
    "reviewdog/action-setup",
    "gradle/actions",
    "shivammathur/setup-php",
    "slackapi/slack-github-action",
    "appleboy/ssh-action",
];

/// Most letters in which a look-alike differs.
const MAX_DISTANCE: usize = 2;

/// The popular action that a name imitates. Names of other owners that are
/// merely short differ by as little, so owner and name may each differ by one.
fn look_alike(code: &CodeUse) -> Option<&'static str> {
    let CodeSource::Elsewhere { host, name, .. } = &code.source else {
        return None;
    };
    if !matches!(host.as_str(), "" | "github.com") || name.len() > MAX_NAME {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let (owner, repository) = name.split_once('/')?;
    let near = |popular: &&&str| {
        let (known_owner, known_repository) = popular.split_once('/').unwrap_or((popular, ""));
        let (one, other) = (
            strsim::osa_distance(owner, known_owner),
            strsim::osa_distance(repository, known_repository),
        );
        owner != known_owner && one + other <= MAX_DISTANCE && one * 3 <= known_owner.len()
    };
    POPULAR.iter().find(near).copied()
}

/// Longest name that is compared with popular ones.
const MAX_NAME: usize = 120;

//! Paths at which the systems' main files usually stand: to ask who would own
//! them, or what an attribute would do to them, without a tree.

use bstr::BStr;

use crate::ci::recognise;
use crate::model::ci::Tier;

/// Paths that the control plane and the executed files usually have.
pub const WELL_KNOWN: &[&str] = &[
    ".github/workflows/ci.yml",
    ".github/workflows/release.yml",
    ".github/actions/setup/action.yml",
    ".gitlab-ci.yml",
    ".gitlab/ci/build.gitlab-ci.yml",
    ".gitea/workflows/ci.yml",
    ".forgejo/workflows/ci.yml",
    ".forgewarden.toml",
    "Jenkinsfile",
    "bamboo-specs/bamboo.yaml",
    "bitbucket-pipelines.yml",
    ".circleci/config.yml",
    "azure-pipelines.yml",
    ".drone.yml",
    ".travis.yml",
    "Dockerfile",
    "compose.yaml",
    "docker-compose.yml",
    "jenkins.yaml",
];

/// Whether a file at this path is executed by a system itself or governs one.
pub fn is_main(path: &[u8]) -> bool {
    recognise(BStr::new(path), &[]).is_some_and(|it| it.tier <= Tier::Executed)
}

//! GitLab CI/CD, the GitLab agent for Kubernetes, and GitLab's policies.
//!
//! The path of a project's pipeline is a setting on GitLab; a path that is not
//! the default one comes from the policy. <https://docs.gitlab.com/ci/yaml/>.

use bstr::{BStr, ByteSlice};

use super::{CiSystem, FileMap, yaml};
use crate::model::ci::Tier::{self, ControlPlane, Executed, Reached, Steering};

/// GitLab CI/CD.
pub struct System;

static MAPS: [FileMap; 1] = [FileMap::new(&[
    (".gitlab/agents/*/config.{yaml,yml}", ControlPlane),
    (".gitlab/security-policies/policy.{yml,yaml}", ControlPlane),
    (".gitlab/merge_request_approval*/**", ControlPlane),
    (".gitlab-ci.{yml,yaml}", Executed),
    ("**/.gitlab-ci.{yml,yaml}", Executed),
    ("**/*.gitlab-ci.{yml,yaml}", Executed),
    ("**/.gitlab-ci*.{yml,yaml}", Executed),
    (".gitlab/ci/**/*.{yml,yaml}", Executed),
    (".gitlab-ci/**/*.{yml,yaml}", Executed),
    ("**/step.yml", Executed),
    (".gitlab/agents/**", ControlPlane),
    (".gitlab/*.{yml,yaml}", Reached),
    (".gitlab/{ci,scripts}/**", Reached),
    (".gitlab-ci/**", Reached),
    (".gitlab/{sast,secret-detection}-ruleset.toml", Steering),
])];

impl CiSystem for System {
    fn key(&self) -> &'static str {
        "gitlab-ci"
    }

    fn title(&self) -> &'static str {
        "GitLab CI"
    }

    fn maps(&self) -> &'static [FileMap] {
        &MAPS
    }

    /// A component project: `templates/*.yml` or `templates/*/template.yml`
    /// whose first document is the header `spec:`.
    fn by_content(&self, path: &BStr, content: &[u8]) -> Option<Tier> {
        let parts: Vec<&[u8]> = path.split_str("/").collect();
        let in_place = match parts.as_slice() {
            [b"templates", _] => true,
            [b"templates", _, name] => name.starts_with(b"template.y"),
            _ => false,
        };
        let is_component = || match yaml::documents(content) {
            Ok(documents) => documents.len() > 1 && documents[0].has("spec"),
            Err(_) => content.lines().any(|line| line.starts_with(b"spec:")),
        };
        (in_place && is_component()).then_some(Executed)
    }
}

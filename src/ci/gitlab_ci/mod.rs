//! GitLab CI/CD, the GitLab agent for Kubernetes, and GitLab's policies.
//!
//! The path of a project's pipeline is a setting on GitLab; a path that is not
//! the default one comes from the policy. <https://docs.gitlab.com/ci/yaml/>.

mod agent;
mod condition;
mod deploy;
mod images;
mod include;
mod inputs;
mod job;
mod kinds;
mod meaning;
mod pipeline;
mod root;
mod rules;
mod scripts;
mod secrets;
mod sources;
mod transfers;
mod variables;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};

use super::closure::{Closure, Opened};
use super::{CiSystem, FileMap, Files, yaml};
use crate::model::build::{Blueprint, Item, Unresolved, UnresolvedKind, What};
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

    fn understand(
        &self,
        path: &Arc<BString>,
        content: &[u8],
        files: &mut dyn Files,
    ) -> Option<Blueprint> {
        let is_yaml = path.ends_with(b".yml") || path.ends_with(b".yaml");
        let settings = [
            &b".gitlab/security-policies/"[..],
            b".gitlab/merge_request_approval",
        ];
        let other = settings.iter().any(|start| path.starts_with(start))
            || path.rsplit_str("/").next() == Some(b"step.yml");
        if !is_yaml || other {
            return None;
        }
        if path.starts_with(b".gitlab/agents/") {
            return path
                .ends_with_str("/config.yaml")
                .then(|| agents(path, content));
        }
        if path.as_slice() != ENTRY && is_part_of_entry(path, files) {
            return None;
        }
        Some(pipelines(path, content, files))
    }

    fn entry_places(&self) -> &'static [&'static str] {
        &[".gitlab-ci.yml"]
    }
}

const ENTRY: &[u8] = b".gitlab-ci.yml";

/// Whether the usual entry pulls a file in, so that its model stands there.
fn is_part_of_entry(path: &BString, files: &mut dyn Files) -> bool {
    let entry: Arc<BString> = Arc::new(ENTRY.into());
    let super::Content::File(content) = files.read(entry.as_bstr()) else {
        return false;
    };
    let blueprint = pipelines(&entry, &content, files);
    let mut edges = blueprint.edges.iter();
    edges.any(|edge| match &edge.to {
        crate::model::build::Destination::File(to) => to.as_ref() == path,
        _ => false,
    })
}

fn agents(path: &Arc<BString>, content: &[u8]) -> Blueprint {
    let mut blueprint = Blueprint::new(path, System.key());
    let budget = super::values::Budget::new();
    for root in yaml::tree::parse(content).unwrap_or_default() {
        let root = super::values::Convert::new(path, &budget).value(&root, 0);
        let mut draft = super::draft::Draft::default();
        agent::read(&root, &mut draft);
        blueprint.items.extend(draft.items);
    }
    blueprint
}

fn pipelines(path: &Arc<BString>, content: &[u8], files: &mut dyn Files) -> Blueprint {
    let mut blueprint = Blueprint::new(path, System.key());
    let mut closure = Closure::new(files);
    let budget = super::values::Budget::new();
    let mut found = pipeline::Found::default();
    let mut loader = include::Loader::new(&mut closure, &budget, "include");
    let entry = Opened {
        path: path.clone(),
        content: content.into(),
    };
    let merged = loader.file(&entry, None);
    blueprint.items = loader.items;
    if let Some(merged) = merged {
        pipeline::read(&merged, &mut closure, &budget, &mut found);
    }
    blueprint.items.append(&mut found.items);
    // What switches off the scans of GitLab's own templates counts without a job, too.
    let of_file = found.file_weakenings.drain(..);
    blueprint.items.extend(of_file);
    if budget.is_spent() {
        let unresolved = Unresolved {
            kind: UnresolvedKind::Form,
            text: crate::model::text::escape(path.as_slice()),
            why: format!(
                "it stands for more than {} values",
                super::values::MAX_VALUES
            ),
        };
        blueprint.items.push(Item {
            slot: "file".to_owned(),
            order: 0,
            spot: include::top(path),
            what: What::Unresolved(unresolved),
        });
    }
    blueprint.jobs = found.jobs.into_values().collect();
    blueprint.edges = closure.into_edges();
    blueprint
}

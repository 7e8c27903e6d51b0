//! `${bamboo.x}`: what Bamboo pastes into text before it runs, and the secrets
//! among its variables. <https://confluence.atlassian.com/bamboo/bamboo-variables-289277087.html>.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::ci::draft::Draft;
use crate::ci::secret_words::{cloud, expanded, is_literal, is_secret};
use crate::ci::values::Val;
use crate::model::build::{
    CloudKey, Lifetime, Literal, SecretName, SecretUse, Spot, Target, TargetKind, Template,
    TemplateSource, What,
};

/// How Bamboo writes a value that it has encrypted.
const ENCRYPTED: &str = "BAMSCRT@";

/// The variables of a plan, environment or job.
#[derive(Debug, Clone, Default)]
pub(super) struct Variables(BTreeMap<String, (Spot, String)>);

impl Variables {
    /// These, and those of `map` over them.
    pub(super) fn with(&self, map: Option<&Rc<Val>>) -> Self {
        let mut all = self.clone();
        for (name, value) in map.map(|it| it.pairs()).unwrap_or_default() {
            let text = value.text().or(value.text_of("value")).unwrap_or_default();
            let variable = (value.spot.clone(), text.to_owned());
            all.0.insert(name.text.clone(), variable);
        }
        all
    }

    /// Credentials in clear among them.
    pub(super) fn literals(&self, draft: &mut Draft) {
        for (name, (spot, value)) in &self.0 {
            if is_secret(name) && is_literal(value) && !value.starts_with(ENCRYPTED) {
                let literal = Literal { name: name.clone() };
                draft.add(&format!("variables/{name}"), spot, What::Literal(literal));
            }
        }
    }

    /// What every job that has them reaches.
    pub(super) fn reach(&self, draft: &mut Draft) {
        for (name, (spot, value)) in &self.0 {
            let slot = format!("variables/{name}");
            if value.starts_with(ENCRYPTED) {
                secret(draft, &slot, spot, name);
            }
            if let Some(kind) = target(name).filter(|_| !value.is_empty()) {
                let name = value.clone();
                draft.add(&slot, spot, What::Target(Target { kind, name }));
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The text with what the file itself states put in.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for name in names(&text.clone()) {
            if let Some((_, value)) = self.0.get(name) {
                text = text.replace(&format!("${{bamboo.{name}}}"), value);
            }
        }
        text
    }
}

fn target(name: &str) -> Option<TargetKind> {
    match name.to_ascii_lowercase().replace(['.', '-'], "_").as_str() {
        "environment" | "deploy_env" | "target_env" => Some(TargetKind::Environment),
        "kube_context" | "cluster" => Some(TargetKind::Cluster),
        "namespace" | "kube_namespace" => Some(TargetKind::Namespace),
        "aws_profile" | "aws_account" | "aws_account_id" => Some(TargetKind::Account),
        "deploy_host" | "ssh_host" => Some(TargetKind::Host),
        _ => None,
    }
}

/// The names in `${bamboo.name}`.
fn names(text: &str) -> Vec<&str> {
    let starts = text.match_indices("${bamboo.");
    let found = starts.filter_map(|(at, prefix)| {
        let rest = &text[at + prefix.len()..];
        rest.find('}').map(|end| &rest[..end])
    });
    found.collect()
}

/// Notes what a script takes from Bamboo's variables.
pub(super) fn script(draft: &mut Draft, slot: &str, value: &Val, variables: &Variables) {
    let text = value.text().unwrap_or_default();
    let mut said = BTreeSet::new();
    for (at, line) in text.lines().enumerate() {
        let spot = Spot {
            line: value.line_of_text(at),
            ..value.spot.clone()
        };
        for name in names(line) {
            let template = Template {
                expression: format!("bamboo.{name}"),
                into: "scripts",
                written_by: written_by(name, variables),
            };
            draft.add(slot, &spot, What::Template(template));
            if is_secret(name) && said.insert(name.to_owned()) {
                secret(draft, slot, &spot, name);
            }
        }
        for name in expanded(line) {
            let Some(name) = name.strip_prefix("bamboo_") else {
                continue;
            };
            if is_secret(name) && said.insert(name.to_owned()) {
                secret(draft, slot, &spot, name);
            }
        }
    }
}

/// Who writes a variable's value. Whoever starts a build by hand may override
/// those of the plan.
fn written_by(name: &str, variables: &Variables) -> TemplateSource {
    let lower = name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let of_repository = lower.starts_with("planrepository") || lower.starts_with("repository");
    if variables.has(name) {
        TemplateSource::Caller
    } else if has(&[
        "branchname",
        "branchdisplayname",
        ".branch",
        "shortplanname",
        "pr.title",
        "pr.source",
        "repository.pr.",
    ]) || (of_repository && has(&["username", "message"]))
    {
        TemplateSource::Anybody
    } else if lower.starts_with("inject.") {
        TemplateSource::Step
    } else if of_repository
        || has(&[
            "buildnumber",
            "buildkey",
            "buildresult",
            "plankey",
            "jobkey",
            "working.directory",
            "deploy.",
            "agent",
            "capability.",
            "tmp.",
        ])
    {
        TemplateSource::Fixed
    } else {
        TemplateSource::Caller
    }
}

/// A variable that Bamboo keeps, and hands to every script as `bamboo_name`.
fn secret(draft: &mut Draft, slot: &str, spot: &Spot, name: &str) {
    let secret = SecretUse {
        name: SecretName::Named(name.to_owned()),
        lifetime: Lifetime::Lasting,
        variable: Some(format!("bamboo_{}", name.replace('.', "_"))),
    };
    draft.add(slot, spot, What::Secret(secret));
    if let Some(cloud) = cloud(name) {
        let name = name.to_owned();
        draft.add(slot, spot, What::CloudKey(CloudKey { cloud, name }));
    }
}

/// A key of a task that holds a credential: encrypted ones are secrets.
pub(super) fn credential(draft: &mut Draft, slot: &str, value: &Val, name: &str) {
    let text = value.text().unwrap_or_default();
    if text.starts_with(ENCRYPTED) || text.contains("${bamboo.") {
        secret(draft, slot, &value.spot, name);
    } else if is_literal(text) {
        let name = name.to_owned();
        draft.add(slot, &value.spot, What::Literal(Literal { name }));
    }
}

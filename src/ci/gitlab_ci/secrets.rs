//! Which secrets a job reaches through its variables.
//! <https://docs.gitlab.com/ci/variables/predefined_variables/>.

use std::collections::HashSet;

use super::variables::Variables;
use crate::ci::draft::Draft;
use crate::ci::secret_words::{cloud, expanded, is_secret};
use crate::model::build::{CloudKey, Lifetime, SecretName, SecretUse, Spot, What};

/// What GitLab itself gives to every job, and ends with it.
fn is_run_token(name: &str) -> bool {
    matches!(
        name,
        "CI_JOB_TOKEN"
            | "CI_REGISTRY_PASSWORD"
            | "CI_JOB_JWT"
            | "CI_JOB_JWT_V1"
            | "CI_JOB_JWT_V2"
            | "CI_DEPENDENCY_PROXY_PASSWORD"
            | "CI_BUILD_TOKEN"
    )
}

/// Notes which secrets texts reach, each once, in the order of the texts.
pub(super) struct Secrets<'v> {
    variables: &'v Variables,
    /// Variables that hold something else: identities, `secrets`, what a script sets.
    held: HashSet<String>,
    said: HashSet<String>,
}

impl<'v> Secrets<'v> {
    pub(super) fn new(variables: &'v Variables) -> Self {
        Self {
            variables,
            held: HashSet::new(),
            said: HashSet::new(),
        }
    }

    /// From here on, this variable is known to hold something else.
    pub(super) fn hold(&mut self, name: &str) {
        self.held.insert(name.to_owned());
    }

    /// The names that a text expands.
    pub(super) fn text(&mut self, draft: &mut Draft, slot: &str, spot: &Spot, text: &str) {
        for name in expanded(text) {
            self.name(draft, slot, spot, name);
        }
    }

    /// The names that a script expands, before it sets them itself.
    pub(super) fn script(&mut self, draft: &mut Draft, slot: &str, spot: &Spot, text: &str) {
        self.text(draft, slot, spot, text);
        for word in text.split(|it: char| it.is_whitespace() || it == ';' || it == '"') {
            let Some((name, _)) = word.split_once('=') else {
                continue;
            };
            let plain = |it: char| it.is_ascii_alphanumeric() || it == '_';
            if !name.is_empty() && name.chars().all(plain) && !self.said.contains(name) {
                self.hold(name);
            }
        }
    }

    /// One variable.
    pub(super) fn name(&mut self, draft: &mut Draft, slot: &str, spot: &Spot, name: &str) {
        if self.held.contains(name) || !self.said.insert(name.to_owned()) {
            return;
        }
        let Some(variable) = self.variables.0.get(name) else {
            return self.note(draft, slot, spot, (name, name));
        };
        for value in &variable.values {
            for other in expanded(value) {
                if other != name && !self.variables.0.contains_key(other) {
                    self.note(draft, slot, &variable.spot, (other, name));
                }
            }
        }
    }

    fn note(&self, draft: &mut Draft, slot: &str, spot: &Spot, (name, variable): (&str, &str)) {
        let lifetime = if is_run_token(name) {
            Lifetime::Run
        } else if is_secret(name) {
            Lifetime::Lasting
        } else {
            return;
        };
        let secret = SecretUse {
            name: SecretName::Named(name.to_owned()),
            lifetime,
            variable: Some(variable.to_owned()),
        };
        draft.add(slot, spot, What::Secret(secret));
        if let Some(cloud) = cloud(name).or_else(|| cloud(variable)) {
            let name = name.to_owned();
            draft.add(slot, spot, What::CloudKey(CloudKey { cloud, name }));
        }
    }
}

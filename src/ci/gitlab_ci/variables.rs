//! Variables: which a job has, what they mean by themselves, and which secrets
//! it reaches through them. <https://docs.gitlab.com/ci/variables/>.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

use super::root::Root;
use crate::ci::draft::Draft;
use crate::ci::secret_words::{cloud, expanded, is_literal, is_secret};
use crate::ci::values::Val;
use crate::model::build::{
    CloudKey, Lifetime, Literal, Privilege, SecretName, SecretUse, Setting, Spot, Target,
    TargetKind, Weakening, WeakeningKind, What,
};

/// A variable, with every value that it may have.
#[derive(Debug, Clone)]
pub(super) struct Variable {
    pub(super) spot: Spot,
    pub(super) values: Vec<String>,
}

/// The variables of a job.
#[derive(Debug, Default)]
pub(super) struct Variables(pub(super) BTreeMap<String, Variable>);

/// Most variables in variables that are followed.
const MAX_NESTED: usize = 5;

impl Variables {
    /// Those of the whole file.
    pub(super) fn of_file(root: &Root<'_>) -> Self {
        let mut all = Self::default();
        if let Some(globals) = root.get("variables") {
            all.take(root, &globals, &|_| true);
        }
        all
    }

    /// A job's own on top of the file's, as far as it inherits them; `rules` and
    /// `matrix` add values.
    pub(super) fn of(root: &Root<'_>, job: &Val) -> Self {
        let mut all = Self::default();
        let inherit = root
            .child(job, "inherit")
            .and_then(|inherit| root.child(&inherit, "variables"));
        if let Some(globals) = root.get("variables") {
            let named = inherit.as_ref().map(|list| {
                let names = root.flat(list);
                names
                    .iter()
                    .filter_map(|it| it.text().map(str::to_owned))
                    .collect::<HashSet<_>>()
            });
            let off = inherit.as_ref().is_some_and(|it| it.is_false());
            let on = inherit.as_ref().is_none_or(|it| it.is_true());
            all.take(root, &globals, &|name| {
                !off && (on || named.as_ref().is_some_and(|named| named.contains(name)))
            });
        }
        if let Some(own) = root.child(job, "variables") {
            all.take(root, &own, &|_| true);
        }
        for rule in root
            .child(job, "rules")
            .map(|it| root.flat(&it))
            .unwrap_or_default()
        {
            if let Some(own) = root.child(&rule, "variables") {
                all.also(root, &own);
            }
        }
        if let Some(matrix) = root
            .child(job, "parallel")
            .and_then(|parallel| root.child(&parallel, "matrix"))
        {
            for line in root.flat(&matrix) {
                all.also(root, &line);
            }
        }
        all
    }

    fn take(&mut self, root: &Root<'_>, map: &Rc<Val>, wanted: &dyn Fn(&str) -> bool) {
        if !root.budget.spend(map.pairs().len()) {
            return;
        }
        for (name, value) in map.pairs() {
            if wanted(&name.text) {
                let value = root.resolve(value);
                self.0.insert(name.text.clone(), variable(root, &value));
            }
        }
    }

    fn also(&mut self, root: &Root<'_>, map: &Rc<Val>) {
        for (name, value) in map.pairs() {
            let value = root.resolve(value);
            let more = variable(root, &value);
            match self.0.get_mut(&name.text) {
                Some(known) => {
                    for value in more.values {
                        if root.budget.spend(1) && !known.values.contains(&value) {
                            known.values.push(value);
                        }
                    }
                }
                None => drop(self.0.insert(name.text.clone(), more)),
            }
        }
    }

    /// Every text that a text may become with the variables that are known;
    /// `None` if there are more than `most`.
    pub(super) fn expand(&self, text: &str, most: usize) -> Option<Vec<String>> {
        let mut all = vec![text.to_owned()];
        for _ in 0..MAX_NESTED {
            let mut next = BTreeSet::new();
            for text in &all {
                let known = expanded(text)
                    .into_iter()
                    .find_map(|name| Some((name, self.0.get(name)?)));
                let Some((name, variable)) = known else {
                    next.insert(text.clone());
                    continue;
                };
                for value in &variable.values {
                    let itself = expanded(value).contains(&name);
                    let value = if itself { "" } else { value };
                    next.insert(put(text, name, value));
                }
                if next.len() > most {
                    return None;
                }
            }
            let next: Vec<_> = next.into_iter().collect();
            if next == all {
                break;
            }
            all = next;
        }
        Some(all)
    }
}

/// The text with `$name` and `${name}` replaced.
fn put(text: &str, name: &str, value: &str) -> String {
    let text = text.replace(&format!("${{{name}}}"), value);
    let mut filled = String::with_capacity(text.len());
    let mut rest = text.as_str();
    let plain = format!("${name}");
    while let Some(at) = rest.find(&plain) {
        let after = &rest[at + plain.len()..];
        let whole = !after.starts_with(|it: char| it.is_ascii_alphanumeric() || it == '_');
        filled.push_str(&rest[..at]);
        filled.push_str(if whole { value } else { &plain });
        rest = after;
    }
    filled.push_str(rest);
    filled
}

fn variable(root: &Root<'_>, value: &Rc<Val>) -> Variable {
    let scalar = match value.is_map() {
        true => root.child(value, "value"),
        false => Some(value.clone()),
    };
    let values = scalar.map(|it| root.flat(&it)).unwrap_or_default();
    let mut values: Vec<_> = values
        .iter()
        .filter_map(|it| it.text().map(str::to_owned))
        .collect();
    if values.is_empty() {
        values.push(String::new());
    }
    Variable {
        spot: value.spot.clone(),
        values,
    }
}

/// What variables mean by themselves.
pub(super) fn meaning(draft: &mut Draft, variables: &Variables) {
    for (name, variable) in &variables.0 {
        let slot = format!("variables/{name}");
        for value in &variable.values {
            for what in one(name, value) {
                draft.add(&slot, &variable.spot, what);
            }
        }
    }
}

const TARGETS: &[(&str, TargetKind)] = &[
    ("KUBE_CONTEXT", TargetKind::Cluster),
    ("KUBECONTEXT", TargetKind::Cluster),
    ("K8S_CLUSTER", TargetKind::Cluster),
    ("CLUSTER", TargetKind::Cluster),
    ("CLUSTER_NAME", TargetKind::Cluster),
    ("KUBE_NAMESPACE", TargetKind::Namespace),
    ("K8S_NAMESPACE", TargetKind::Namespace),
    ("NAMESPACE", TargetKind::Namespace),
    ("DEPLOY_ENV", TargetKind::Environment),
    ("DEPLOY_ENVIRONMENT", TargetKind::Environment),
    ("TARGET_ENV", TargetKind::Environment),
    ("ENVIRONMENT", TargetKind::Environment),
    ("AWS_PROFILE", TargetKind::Account),
    ("AWS_ACCOUNT_ID", TargetKind::Account),
    ("AWS_ACCOUNT", TargetKind::Account),
    ("GCP_PROJECT", TargetKind::Account),
    ("GCP_PROJECT_ID", TargetKind::Account),
    ("GOOGLE_CLOUD_PROJECT", TargetKind::Account),
    ("CLOUDSDK_CORE_PROJECT", TargetKind::Account),
    ("ARM_SUBSCRIPTION_ID", TargetKind::Account),
    ("AZURE_SUBSCRIPTION_ID", TargetKind::Account),
    ("DEPLOY_HOST", TargetKind::Host),
    ("SSH_HOST", TargetKind::Host),
];

/// Variables that switch off what protects, or say where it comes from.
const SWITCHES: &[&str] = &[
    "GIT_SSL_NO_VERIFY",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "PYTHONHTTPSVERIFY",
    "GOINSECURE",
    "GONOSUMDB",
    "GONOSUMCHECK",
    "GOFLAGS",
    "GOPROXY",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_TRUSTED_HOST",
    "NPM_CONFIG_REGISTRY",
    "NPM_CONFIG_STRICT_SSL",
    "DOCKER_TLS_VERIFY",
    "DOCKER_HOST",
    "SECURE_ANALYZERS_PREFIX",
    "FF_DISABLE_UMASK_FOR_DOCKER_EXECUTOR",
    "GIT_STRATEGY",
    "GIT_SUBMODULE_STRATEGY",
];

fn one(name: &str, value: &str) -> Vec<What> {
    let mut all = Vec::new();
    let on = matches!(
        value.to_ascii_lowercase().as_str(),
        "true" | "1" | "yes" | "on"
    );
    if is_secret(name) && is_literal(value) {
        all.push(What::Literal(Literal {
            name: name.to_owned(),
        }));
    }
    if matches!(name, "CI_DEBUG_TRACE" | "CI_DEBUG_SERVICES") && on {
        all.push(weak(WeakeningKind::Debug, name, value));
    }
    if name.ends_with("_DISABLED") && is_scan(name) && on {
        all.push(weak(WeakeningKind::Disabled, name, value));
    }
    if (name.contains("_EXCLUDED_") || name.ends_with("_EXCLUSIONS")) && is_scan(name) {
        all.push(weak(WeakeningKind::Narrowed, name, value));
    }
    let open = value.starts_with("tcp://") && value.contains(":2375");
    if name == "DOCKER_HOST" && open {
        all.push(What::Privilege(Privilege::OpenEngineApi(value.to_owned())));
    }
    if name == "DOCKER_TLS_CERTDIR" && value.trim().is_empty() {
        let text = "DOCKER_TLS_CERTDIR is empty".to_owned();
        all.push(What::Privilege(Privilege::OpenEngineApi(text)));
    }
    if let Some((_, kind)) = TARGETS.iter().find(|(own, _)| *own == name)
        && !value.is_empty()
    {
        all.push(What::Target(Target {
            kind: *kind,
            name: value.to_owned(),
        }));
    }
    if SWITCHES.contains(&name) {
        all.push(What::Setting(Setting {
            name: format!("env.{name}"),
            value: value.to_owned(),
        }));
    }
    all
}

fn weak(kind: WeakeningKind, name: &str, value: &str) -> What {
    What::Weakening(Weakening {
        kind,
        text: format!("{name}: {value}"),
    })
}

fn is_scan(name: &str) -> bool {
    let scans = [
        "SAST",
        "SECRET_DETECTION",
        "DEPENDENCY_SCANNING",
        "CONTAINER_SCANNING",
        "DAST",
        "DS_",
        "CS_",
        "LICENSE_",
        "CODE_QUALITY",
    ];
    scans.iter().any(|scan| name.starts_with(scan))
}

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

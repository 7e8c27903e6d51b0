//! What variables mean by themselves: credentials in clear, targets, switches.

use super::variables::Variables;
use crate::ci::draft::Draft;
use crate::ci::secret_words::{is_literal, is_secret};
use crate::model::build::{
    Literal, Privilege, Setting, Target, TargetKind, Weakening, WeakeningKind, What,
};

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

//! What well-known actions do. Facts of each vendor's own page; an action that
//! is not here is code from elsewhere and nothing more.

use crate::model::build::GuardKind;

/// Actions that check, sign or harden, by `owner/name` or `owner/name/path`.
const GUARDS: &[(&str, GuardKind)] = &[
    ("github/codeql-action/analyze", GuardKind::Scan),
    ("github/codeql-action/init", GuardKind::Scan),
    ("github/codeql-action/upload-sarif", GuardKind::Scan),
    ("actions/dependency-review-action", GuardKind::Scan),
    ("aquasecurity/trivy-action", GuardKind::Scan),
    ("aquasecurity/tfsec-action", GuardKind::Scan),
    ("ossf/scorecard-action", GuardKind::Scan),
    ("anchore/scan-action", GuardKind::Scan),
    ("anchore/sbom-action", GuardKind::Scan),
    ("snyk/actions", GuardKind::Scan),
    ("gitleaks/gitleaks-action", GuardKind::Scan),
    ("trufflesecurity/trufflehog", GuardKind::Scan),
    ("semgrep/semgrep-action", GuardKind::Scan),
    ("returntocorp/semgrep-action", GuardKind::Scan),
    ("bridgecrewio/checkov-action", GuardKind::Scan),
    ("checkmarx/kics-github-action", GuardKind::Scan),
    ("zizmorcore/zizmor-action", GuardKind::Scan),
    ("boostsecurityio/poutine-action", GuardKind::Scan),
    ("sonarsource/sonarqube-scan-action", GuardKind::Scan),
    ("sonarsource/sonarcloud-github-action", GuardKind::Scan),
    ("google/osv-scanner-action", GuardKind::Scan),
    ("hadolint/hadolint-action", GuardKind::Scan),
    ("securego/gosec", GuardKind::Scan),
    ("golang/govulncheck-action", GuardKind::Scan),
    ("embarkstudios/cargo-deny-action", GuardKind::Scan),
    ("rustsec/audit-check", GuardKind::Scan),
    ("actions-rs/audit-check", GuardKind::Scan),
    ("docker/scout-action", GuardKind::Scan),
    ("pypa/gh-action-pip-audit", GuardKind::Scan),
    ("fossas/fossa-action", GuardKind::Scan),
    ("raven-actions/actionlint", GuardKind::Scan),
    ("sigstore/cosign-installer", GuardKind::Sign),
    ("sigstore/gh-action-sigstore-python", GuardKind::Sign),
    ("actions/attest", GuardKind::Sign),
    ("actions/attest-build-provenance", GuardKind::Sign),
    ("actions/attest-sbom", GuardKind::Sign),
    ("slsa-framework/slsa-github-generator", GuardKind::Sign),
    ("crazy-max/ghaction-import-gpg", GuardKind::Sign),
    ("slsa-framework/slsa-verifier", GuardKind::Verify),
    ("gradle/wrapper-validation-action", GuardKind::Verify),
    ("gradle/actions/wrapper-validation", GuardKind::Verify),
    ("step-security/harden-runner", GuardKind::Harden),
];

/// What an action checks, signs or hardens. `name` is in lower case, with its path.
pub(super) fn guard(name: &str) -> Option<GuardKind> {
    let mut known = GUARDS.iter().filter(|(known, _)| is_below(name, known));
    known.next().map(|(_, kind)| *kind)
}

/// Whether a name is another, or stands in its repository.
fn is_below(name: &str, known: &str) -> bool {
    name.strip_prefix(known)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Inputs whose text is run as code: (action, input, what it is).
const SINKS: &[(&str, &str, &str)] = &[
    ("actions/github-script", "script", "github-script"),
    ("appleboy/ssh-action", "script", "the script of ssh-action"),
    ("azure/cli", "inlinescript", "the script of azure/cli"),
    (
        "azure/powershell",
        "inlinescript",
        "the script of azure/powershell",
    ),
    ("nick-fields/retry", "command", "the command of retry"),
    ("nick-invision/retry", "command", "the command of retry"),
    ("wandalen/wretry.action", "command", "the command of wretry"),
    (
        "addnab/docker-run-action",
        "run",
        "the script of docker-run-action",
    ),
    (
        "mathiasvr/command-output",
        "run",
        "the command of command-output",
    ),
    (
        "reactivecircus/android-emulator-runner",
        "script",
        "the script of android-emulator-runner",
    ),
    (
        "devcontainers/ci",
        "runcmd",
        "the command of devcontainers/ci",
    ),
    (
        "gautamkrishnar/keepalive-workflow",
        "commit_message",
        "the commit message of keepalive-workflow",
    ),
    ("mikefarah/yq", "cmd", "the command of yq"),
    (
        "cypress-io/github-action",
        "command",
        "the command of cypress",
    ),
    ("borales/actions-yarn", "cmd", "the command of actions-yarn"),
    (
        "ludeeus/action-shellcheck",
        "additional_files",
        "the arguments of action-shellcheck",
    ),
    (
        "amadevus/pwsh-script",
        "script",
        "the script of pwsh-script",
    ),
    (
        "8398a7/action-slack",
        "custom_payload",
        "the payload of action-slack",
    ),
];

/// What an action's input runs as; `None` if it is data.
pub(super) fn sink(action: &str, input: &str) -> Option<&'static str> {
    let mut known = SINKS
        .iter()
        .filter(|(name, own, _)| is_below(action, name) && input.eq_ignore_ascii_case(own));
    known.next().map(|(_, _, what)| *what)
}

/// The cloud whose lasting key a variable usually holds.
pub(super) fn cloud_of_variable(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_uppercase().as_str() {
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "aws",
        "GOOGLE_APPLICATION_CREDENTIALS"
        | "GOOGLE_CREDENTIALS"
        | "GCP_SA_KEY"
        | "GCLOUD_SERVICE_KEY"
        | "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE" => "gcp",
        "AZURE_CREDENTIALS" | "AZURE_CLIENT_SECRET" | "ARM_CLIENT_SECRET" => "azure",
        "KUBECONFIG" | "KUBE_CONFIG" | "KUBE_CONFIG_DATA" | "KUBECONFIG_DATA" => "kubernetes",
        "DIGITALOCEAN_ACCESS_TOKEN" => "digitalocean",
        _ => return None,
    })
}

/// Inputs that hold a cloud's or cluster's lasting key: (action, input, cloud).
const KEYS: &[(&str, &str, &str)] = &[
    (
        "aws-actions/configure-aws-credentials",
        "aws-secret-access-key",
        "aws",
    ),
    ("google-github-actions/auth", "credentials_json", "gcp"),
    (
        "google-github-actions/setup-gcloud",
        "service_account_key",
        "gcp",
    ),
    ("azure/login", "creds", "azure"),
    ("azure/k8s-set-context", "kubeconfig", "kubernetes"),
    ("azure/k8s-set-context", "k8s-secret", "kubernetes"),
    ("azure/aks-set-context", "creds", "azure"),
    ("azure/webapps-deploy", "publish-profile", "azure"),
    ("digitalocean/action-doctl", "token", "digitalocean"),
    ("steebchen/kubectl", "config", "kubernetes"),
    ("jakejarvis/s3-sync-action", "aws_secret_access_key", "aws"),
];

/// The clouds whose lasting keys an action takes, with the inputs.
pub(super) fn keys(action: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let known = KEYS.iter().filter(move |(name, ..)| is_below(action, name));
    known.map(|(_, input, cloud)| (*input, *cloud))
}

/// Inputs that name a role or account to be taken without a key: (action, input, cloud).
const ROLES: &[(&str, &str, &str)] = &[
    (
        "aws-actions/configure-aws-credentials",
        "role-to-assume",
        "aws",
    ),
    (
        "google-github-actions/auth",
        "workload_identity_provider",
        "gcp",
    ),
    ("azure/login", "client-id", "azure"),
    ("hashicorp/vault-action", "role", "vault"),
];

/// The roles that an action takes, with the inputs.
pub(super) fn roles(action: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let known = ROLES
        .iter()
        .filter(move |(name, ..)| is_below(action, name));
    known.map(|(_, input, cloud)| (*input, *cloud))
}

/// Coding agents.
const AGENTS: &[&str] = &[
    "anthropics/claude-code-action",
    "anthropics/claude-code-base-action",
    "google-github-actions/run-gemini-cli",
    "google-gemini/gemini-cli-action",
    "openai/codex-action",
    "github/gh-aw",
    "githubnext/gh-aw",
    "sst/opencode/github",
    "anomalyco/opencode/github",
    "qodo-ai/pr-agent",
    "codiumai/pr-agent",
    "coderabbitai/ai-pr-reviewer",
    "warpdotdev/agent-action",
    "all-hands-ai/openhands-resolver",
    "cursor/agent-action",
    "augmentcode/augment-agent",
];

/// Whether an action is a coding agent.
pub(super) fn is_agent(action: &str) -> bool {
    AGENTS.iter().any(|known| is_below(action, known))
}

//! # registry-static-credential
//!
//! A job logs in to an image registry with a password that stands in the file,
//! that lasts where a short-lived identity serves, or that is shown on a
//! command line.
//!
//! ## Why it matters
//!
//! Who holds a registry's password can replace every image that it may push,
//! from anywhere and for as long as nobody changes it. Registries of the clouds
//! and forges give a job a token of its own (IAM roles, OIDC, the job's token)
//! that ends with it. A password on a command line is seen by every process of
//! the machine and often by the log.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! - run: docker login -u AWS -p ${{ secrets.ECR_PASSWORD }} 1.dkr.ecr.eu-west-1.amazonaws.com
//! ```
//!
//! Accepted: `aws-actions/amazon-ecr-login` after `configure-aws-credentials`
//! with `role-to-assume`; `docker login -u "$CI_REGISTRY_USER" --password-stdin
//! "$CI_REGISTRY"` with the job's own token.
//!
//! ## What mends it
//!
//! Let the job assume a role (`id-token: write`, `id_tokens`), or use the run's
//! own token. Where only a password serves, keep it in the secret store and
//! pipe it: `echo "$PASSWORD" | docker login -u "$USER" --password-stdin HOST`.
//! `[sources] iam_registries` of the policy names more registries where roles serve.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.registry-static-credential]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP CICD-SEC-6: insufficient credential hygiene
//! - CWE-798: use of hard-coded credentials
//! - CWE-214: invocation of process using visible sensitive information
//! - CIS Software Supply Chain Security 4.2: access to artifact registries is limited

use crate::checks::support::build::{Detection, Seen, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Held, Lifetime, Login, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "registry-static-credential",
    title: "A registry is logged in to with a lasting or visible password",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[
        "github-actions",
        "gitlab-ci",
        "jenkins",
        "bamboo",
        "kubernetes",
    ],
};

build_config! { mode = Enforce, at_least = Low }

/// Objects to every new login with a static or visible password.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

/// Whether a credential in clear of this name is one of a registry.
pub(super) fn is_of_registry(name: &str) -> bool {
    let file = name.ends_with(".dockerconfigjson") || name.ends_with(".dockercfg");
    file || LITERALS.contains(&name)
}

const LITERALS: &[&str] = &["credentials.password", "DOCKER_AUTH_CONFIG"];
/// Registries of clouds and forges that take roles or tokens of a run.
const IAM_ENDS: &[&str] = &[".pkg.dev", ".gcr.io", ".azurecr.io"];
const IAM_HOSTS: &[&str] = &["gcr.io", "ghcr.io", "public.ecr.aws", "registry.gitlab.com"];

fn detect(side: Side<'_>) -> Vec<Detection> {
    let logins = side.all(|what| match what {
        What::Login(login) => Some(login),
        _ => None,
    });
    let literals = side.all(|what| match what {
        What::Literal(it) if is_of_registry(&it.name) => Some(it),
        _ => None,
    });
    let in_clear = literals.map(|(seen, it)| {
        Detection::at(side, seen, format!("in clear: {}", it.name))
            .severity(Severity::Critical)
            .says(format!(
                "{} holds a registry's password in clear ({})",
                seen.whose(),
                excerpt(&it.name, 40)
            ))
            .mend("change the password, and let the job log in with the run's own token or a role")
    });
    let of_logins = logins.filter_map(|(seen, login)| of_login(side, seen, login));
    of_logins.chain(in_clear).collect()
}

fn of_login(side: Side<'_>, seen: Seen<'_>, login: &Login) -> Option<Detection> {
    let registry = excerpt(&login.registry, 80);
    let whose = seen.whose();
    let stored = match &login.with {
        Held::Stored(name) => lasts(seen, name).then_some(name),
        _ => None,
    };
    let (feature, severity, says, mend) = if login.with == Held::InClear {
        (
            "in clear",
            Severity::Critical,
            format!("{whose} logs in to {registry} with a password in clear"),
            "change the password, keep the new one in the secret store, or let the job assume a role".to_owned(),
        )
    } else if let Some(name) = stored.filter(|_| takes_roles(side, &login.registry)) {
        (
            "stored",
            Severity::High,
            format!(
                "{whose} logs in to {registry} with the stored password {}, where a short-lived identity serves",
                excerpt(name, 60)
            ),
            short_lived(&login.registry).to_owned(),
        )
    } else if login.on_command_line && !matches!(login.with, Held::ShortLived(_)) {
        if matches!(&login.with, Held::Stored(name) if !lasts(seen, name)) {
            return None;
        }
        (
            "command line",
            Severity::Medium,
            format!(
                "{whose} logs in to {registry} with the password on the command line, where every process sees it"
            ),
            format!(
                "pipe it: `echo \"$PASSWORD\" | docker login -u \"$USER\" --password-stdin {registry}`"
            ),
        )
    } else {
        return None;
    };
    let detection = Detection::at(side, seen, format!("{feature}: {}", login.registry));
    Some(detection.severity(severity).says(says).mend(mend))
}

/// Whether the variable or secret of this name outlives the run.
fn lasts(seen: Seen<'_>, name: &str) -> bool {
    let bound = seen.job.and_then(|job| job.secret_in(name));
    bound.is_none_or(|secret| secret.lifetime == Lifetime::Lasting)
}

fn takes_roles(side: Side<'_>, registry: &str) -> bool {
    let host = registry.to_ascii_lowercase();
    let host = host.split(':').next().unwrap_or_default();
    is_ecr(host)
        || IAM_HOSTS.contains(&host)
        || IAM_ENDS.iter().any(|end| host.ends_with(end))
        || side.sources().iam_registries.has(registry.as_bytes())
}

fn is_ecr(host: &str) -> bool {
    host.contains(".dkr.ecr") && host.contains(".amazonaws.")
}

fn short_lived(registry: &str) -> &'static str {
    if is_ecr(registry) || registry == "public.ecr.aws" {
        "let the job assume a role by OIDC, then `aws ecr get-login-password | docker login -u AWS --password-stdin …`"
    } else if registry == "ghcr.io" {
        "use the run's own token: `permissions: packages: write` and `secrets.GITHUB_TOKEN`"
    } else if registry.ends_with(".azurecr.io") {
        "log in by OIDC (`azure/login`), then `az acr login`"
    } else if registry.ends_with("gcr.io") || registry.ends_with(".pkg.dev") {
        "use workload identity (`google-github-actions/auth`), then `gcloud auth print-access-token | docker login …`"
    } else {
        "let the job use its own short-lived token or a role instead of the stored password"
    }
}

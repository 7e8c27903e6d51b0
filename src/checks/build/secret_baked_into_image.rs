//! # secret-baked-into-image
//!
//! A secret gets into an image: by a build argument, a variable, or a file.
//!
//! ## Why it matters
//!
//! Build arguments and variables stand in the image's history, files in its
//! layers, also when a later layer deletes them. Whoever can pull the image has
//! the secret.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```dockerfile
//! ARG NPM_TOKEN
//! COPY .npmrc /root/.npmrc
//! ```
//!
//! Accepted: `RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci`.
//!
//! ## What mends it
//!
//! Give the secret to the one command that needs it: `RUN
//! --mount=type=secret,id=NAME …`, and build with `--secret id=NAME,env=NAME`.
//! If the image was pushed, change the secret.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.secret-baked-into-image]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-538: insertion of sensitive information into externally-accessible file
//! - CIS Docker 4.10: secrets are not stored in Dockerfiles
//! - OWASP CICD-SEC-6: insufficient credential hygiene

use crate::checks::support::build::{Detection, Seen, Side, introduced, scripts};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{JobKind, SecretName, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "secret-baked-into-image",
    title: "A secret gets into an image",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[
        "github-actions",
        "gitlab-ci",
        "jenkins",
        "bamboo",
        "docker",
        "compose",
    ],
};

build_config! { mode = Enforce, at_least = Low }

/// Objects to every new secret in an image.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

/// Whether an item is an argument or variable of an image.
pub(super) fn is_baked(seen: Seen<'_>) -> bool {
    let slot = seen.item.slot.as_str();
    let starts = |words: &[&str]| words.iter().any(|word| slot.starts_with(word));
    match seen.blueprint.system {
        "docker" => {
            let of_image = seen.job.is_none_or(|job| job.kind == JobKind::ImageBuild);
            of_image && starts(&["arg/", "env/"])
        }
        "compose" => starts(&["build/args/"]),
        _ => false,
    }
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let mut all: Vec<Detection> = side
        .items()
        .filter_map(|seen| of_item(side, seen))
        .collect();
    for shell in &scripts(side) {
        for line in &shell.lines {
            let builds = matches!(
                line.command.program(),
                "docker"
                    | "podman"
                    | "buildah"
                    | "nerdctl"
                    | "executor"
                    | "kaniko"
                    | "docker-compose"
            );
            if !builds {
                continue;
            }
            for name in arguments(*line) {
                let says = format!(
                    "gives the secret {} to an image's build as an argument, which stays in its history",
                    excerpt(&name, 60)
                );
                all.push(
                    said(side, line.seen, format!("argument {name}"), &says)
                        .severity(Severity::High),
                );
            }
        }
    }
    all
}

/// The secrets among the values of `--build-arg`.
fn arguments(line: crate::checks::support::build::Line<'_>) -> Vec<String> {
    let words = line.command.arguments();
    let mut names = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let value = match word.text.as_str() {
            "--build-arg" => words.get(at + 1),
            text if text.starts_with("--build-arg=") => Some(word),
            _ => None,
        };
        let Some(value) = value else { continue };
        names.extend(line.secrets_of(value));
        // `--build-arg NAME` takes the value of the variable.
        let bare = value.text.trim_start_matches("--build-arg=");
        let bound = line.seen.job.and_then(|job| job.secret_in(bare));
        if bound.is_some() {
            names.push(bare.to_owned());
        }
    }
    names.sort();
    names.dedup();
    names
}

fn of_item(side: Side<'_>, seen: Seen<'_>) -> Option<Detection> {
    match &seen.item.what {
        What::Literal(it) if is_baked(seen) => {
            let says = format!(
                "holds the secret {} in clear, which stays in the image",
                excerpt(&it.name, 60)
            );
            Some(said(side, seen, format!("value {}", it.name), &says).severity(Severity::Critical))
        }
        What::Setting(it) if it.name == "docker.secret-argument" => {
            let says = format!(
                "takes the secret {} as an argument or variable, which stays in the image's history",
                excerpt(&it.value, 60)
            );
            Some(said(side, seen, format!("argument {}", it.value), &says).severity(Severity::High))
        }
        What::Setting(it) if it.name == "docker.secret-file" => {
            let says = format!(
                "copies the file {}, which holds credentials, into the image",
                excerpt(&it.value, 80)
            );
            Some(said(side, seen, format!("file {}", it.value), &says).severity(Severity::High))
        }
        What::Secret(it) if seen.item.slot.ends_with("/build-args") => {
            let name = match &it.name {
                SecretName::Named(name) | SecretName::Dynamic(name) => name.clone(),
                SecretName::Inherited | SecretName::All => "of all names".to_owned(),
            };
            let says = format!(
                "gives the secret {} to an image's build as an argument, which stays in its history",
                excerpt(&name, 60)
            );
            Some(said(side, seen, format!("argument {name}"), &says).severity(Severity::High))
        }
        _ => None,
    }
}

fn said(side: Side<'_>, seen: Seen<'_>, feature: String, says: &str) -> Detection {
    Detection::at(side, seen, feature)
        .says(format!("{} {says}", seen.whose()))
        .mend("use a build secret: `RUN --mount=type=secret,id=NAME …`, built with `--secret id=NAME,env=NAME`; if the image was pushed, change the secret")
}

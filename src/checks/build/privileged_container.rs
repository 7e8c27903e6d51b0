//! # privileged-container
//!
//! A container runs with rights over its host.
//!
//! ## Why it matters
//!
//! A privileged container, one with capabilities such as `SYS_ADMIN`, or one
//! whose confinement is switched off can leave its sandbox: what is meant to be
//! a build step becomes root on the machine that runs all other builds. An
//! engine beside a job (`docker:dind`) needs the same right.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! services:
//!   agent:
//!     image: agent
//!     privileged: yes
//! ```
//!
//! Accepted: the same service with `cap_drop: [ALL]` and without `privileged`.
//!
//! ## What mends it
//!
//! Remove the right. For building images use a rootless builder; for one that
//! is really needed, ask the policy's owner for a waiver.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.privileged-container]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-250: execution with unnecessary privileges
//! - CIS Docker 5.4: privileged containers are not used
//! - CIS Kubernetes 5.2: pod security standards
//! - OWASP CICD-SEC-5: insufficient pipeline-based access controls

use crate::checks::support::build::{Detection, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Privilege, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "privileged-container",
    title: "A container runs with rights over its host",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[
        "github-actions",
        "gitlab-ci",
        "jenkins",
        "bamboo",
        "docker",
        "compose",
        "kubernetes",
    ],
};

build_config! { mode = Enforce, at_least = Low }

/// Capabilities that are no way to the host.
const MILD: &[&str] = &[
    "BLOCK_SUSPEND",
    "IPC_LOCK",
    "LEASE",
    "SYS_NICE",
    "WAKE_ALARM",
];

/// Objects to every new right over the host.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let rights = side.all(|what| match what {
        What::Privilege(privilege) => right(privilege),
        _ => None,
    });
    let all = rights.map(|(seen, right)| {
        let detection = Detection::at(side, seen, right.clone());
        let open = detection.exposure.production() || detection.exposure.own_machines;
        let severity = match &seen.item.what {
            What::Privilege(Privilege::Capability(name)) if MILD.contains(&name.as_str()) => {
                Severity::Info
            }
            // A pod that says nothing has it, too.
            What::Privilege(Privilege::Unconfined(what)) if what == "allowPrivilegeEscalation" => {
                Severity::Medium
            }
            _ if open => Severity::Critical,
            _ => Severity::High,
        };
        detection
            .severity(severity)
            .says(format!("{} runs {right}", seen.whose()))
            .mend("remove the right; build images with a rootless builder (BuildKit, kaniko)")
    });
    all.collect()
}

/// The right, as what follows "runs".
fn right(privilege: &Privilege) -> Option<String> {
    Some(match privilege {
        Privilege::Privileged => "privileged".to_owned(),
        Privilege::DockerInDocker => "a privileged engine beside it (docker in docker)".to_owned(),
        Privilege::Capability(name) => format!("with the capability {}", excerpt(name, 40)),
        Privilege::Unconfined(what) => format!("unconfined ({})", excerpt(what, 60)),
        Privilege::Device(path) => format!("with the host's device {}", excerpt(path, 60)),
        _ => return None,
    })
}

//! # docker-api-unauthenticated
//!
//! A container engine is open to whoever reaches its port.
//!
//! ## Why it matters
//!
//! The API of a container engine starts any container with any right: it is
//! root on its host. On a TCP port without client certificates, everything that
//! can open a connection has it: other jobs, other containers, a page in a
//! browser of the same network.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! build:
//!   services: [docker:27-dind]
//!   variables:
//!     DOCKER_HOST: tcp://docker:2375
//!     DOCKER_TLS_CERTDIR: ""
//! ```
//!
//! Accepted: `DOCKER_HOST: tcp://docker:2376` with `DOCKER_TLS_CERTDIR:
//! /certs`.
//!
//! ## What mends it
//!
//! Use port 2376 with certificates, `ssh://`, or a rootless builder that needs
//! no engine.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.docker-api-unauthenticated]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-306: missing authentication for critical function
//! - CIS Docker 2.7: TLS authentication for the Docker daemon is configured
//! - OWASP CICD-SEC-7: insecure system configuration

use crate::checks::support::build::{Detection, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Privilege, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "docker-api-unauthenticated",
    title: "A container engine's API asks nobody who they are",
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

/// Objects to every new use of an engine without TLS.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let open = side.all(|what| match what {
        What::Privilege(Privilege::OpenEngineApi(how)) => Some(how),
        _ => None,
    });
    let all = open.map(|(seen, how)| {
        let detection = Detection::at(side, seen, how.as_str());
        let severity = if is_local(how) {
            Severity::Medium
        } else if detection.exposure.production() {
            Severity::Critical
        } else {
            Severity::High
        };
        let (whose, shown) = (seen.whose(), excerpt(how, 80));
        detection
            .severity(severity)
            .says(format!("{whose} has a container engine without TLS ({shown}): whoever reaches it is root there"))
            .mend("use port 2376 with certificates (`DOCKER_TLS_CERTDIR=/certs`, `tlsverify`), SSH, or a rootless builder")
    });
    all.collect()
}

/// Whether only the same machine or pod reaches it.
fn is_local(how: &str) -> bool {
    let host = how.split("://").nth(1).unwrap_or_default();
    ["localhost", "127.", "[::1]"]
        .iter()
        .any(|name| host.starts_with(name))
}

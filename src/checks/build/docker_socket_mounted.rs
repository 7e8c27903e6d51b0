//! # docker-socket-mounted
//!
//! A container gets the socket of the container engine.
//!
//! ## Why it matters
//!
//! Whoever can talk to the engine's socket is root on its machine: a job can
//! start a container that mounts the whole host, and reads the secrets of
//! every other job there.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! services:
//!   ci:
//!     image: builder
//!     volumes: [/var/run/docker.sock:/var/run/docker.sock]
//! ```
//!
//! Accepted: the same service without that volume; a rootless builder such as
//! BuildKit or kaniko for building images.
//!
//! ## What mends it
//!
//! Remove the mount. Build images with a rootless builder, and start test
//! containers on an engine of the job's own.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.docker-socket-mounted]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-250: execution with unnecessary privileges
//! - CIS Docker 5.31: the Docker socket is not mounted inside any container
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
    id: "docker-socket-mounted",
    title: "A container gets the socket of the container engine",
    severity: Severity::Critical,
    concern: Concern::Change,
    systems: &[
        "github-actions",
        "gitlab-ci",
        "jenkins",
        "bamboo",
        "compose",
        "kubernetes",
    ],
};

build_config! { mode = Enforce, at_least = Low }

/// Objects to every new mount of an engine's socket.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let sockets = side.all(|what| match what {
        What::Privilege(Privilege::EngineSocket(path)) => Some(path),
        _ => None,
    });
    let all = sockets.map(|(seen, path)| {
        let (whose, shown) = (seen.whose(), excerpt(path, 80));
        Detection::at(side, seen, "socket")
            .severity(Severity::Critical)
            .says(format!(
                "{whose} gets the engine's socket {shown}: whoever runs in it is root on the host"
            ))
            .mend("remove the mount; build images with a rootless builder (BuildKit, kaniko)")
    });
    all.collect()
}

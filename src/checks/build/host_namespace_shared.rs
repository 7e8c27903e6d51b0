//! # host-namespace-shared
//!
//! A container shares a namespace with its host.
//!
//! ## Why it matters
//!
//! In the host's network a container reaches every service that listens on
//! localhost, the cloud's metadata service with the machine's credentials, and
//! other containers' traffic. In the host's process namespace it sees and
//! signals every process, and reads their environment. A build with the host's
//! network does the same.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! services:
//!   agent:
//!     image: agent
//!     network_mode: host
//! ```
//!
//! Accepted: the same service with `ports: ["127.0.0.1:8080:8080"]`.
//!
//! ## What mends it
//!
//! Remove the setting. Open single ports, and use a network of the engine for
//! what containers say to each other.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.host-namespace-shared]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-653: improper isolation or compartmentalization
//! - CIS Docker 5.9, 5.15, 5.16: host's namespaces are not shared
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
    id: "host-namespace-shared",
    title: "A container shares a namespace of its host",
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

/// Objects to every new share of a host's namespace.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let shared = side.all(|what| match what {
        What::Privilege(Privilege::HostNamespace(name)) => Some(*name),
        _ => None,
    });
    let all = shared.map(|(seen, name)| {
        let detection = Detection::at(side, seen, name);
        let open = detection.exposure.production() || detection.exposure.open_to_outsiders();
        let severity = if open {
            Severity::Critical
        } else {
            Severity::High
        };
        let (whose, name) = (seen.whose(), excerpt(name, 40));
        detection
            .severity(severity)
            .says(format!("{whose} shares the {name} namespace of its host"))
            .mend("remove the setting; open single ports instead of the host's network")
    });
    all.collect()
}

//! # host-path-mounted
//!
//! A container gets a sensitive folder of its host.
//!
//! ## Why it matters
//!
//! A folder such as `/etc`, `/root`, `/proc` or `~/.aws` holds the host's own
//! configuration and other people's credentials; whoever can write to it is the
//! host. What lies beside the file (`./data`) and volumes of the engine are
//! fine, and so are time zones and public certificates. The engine's socket is
//! a rule of its own, docker-socket-mounted.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! services:
//!   backup:
//!     image: backup
//!     volumes: ["/:/host"]
//! ```
//!
//! Accepted: `volumes: ["./data:/data:ro"]`.
//!
//! ## What mends it
//!
//! Mount only a folder of its own, or a named volume. Give the container
//! secrets by name instead of the folder that holds them.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.host-path-mounted]
//! mode = "audit"       # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - CWE-668: exposure of resource to wrong sphere
//! - CIS Docker 5.5: sensitive host system directories are not mounted
//! - CIS Kubernetes 5.2.12: hostPath volumes are minimised
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
    id: "host-path-mounted",
    title: "A container gets a sensitive path of its host",
    severity: Severity::High,
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

build_config! { mode = Audit, at_least = Low }

/// Folders of a host that hold its system, its secrets or other containers' files.
const FOLDERS: &[&str] = &[
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/lib64",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/sys",
    "/users",
    "/usr",
    "/var/lib/containerd",
    "/var/lib/docker",
    "/var/lib/kubelet",
    "/var/run",
    "/var/spool/cron",
];
/// Below them, what everybody may read.
const HARMLESS: &[&str] = &[
    "/dev/shm",
    "/etc/localtime",
    "/etc/ssl/certs",
    "/etc/timezone",
    "/usr/local/share/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/share/zoneinfo",
    "/etc/pki/ca-trust",
];

/// Objects to every new mount of such a folder.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let paths = side.all(|what| match what {
        What::Privilege(Privilege::HostPath(path)) => Some(path),
        _ => None,
    });
    let sensitive = paths.filter_map(|(seen, written)| {
        let path = normal(written);
        if !is_sensitive(&path) {
            return None;
        }
        let shown = excerpt(written, 80);
        let severity = if path == "/" {
            Severity::Critical
        } else {
            Severity::High
        };
        let found = Detection::at(side, seen, path).severity(severity);
        Some(
            found
                .says(format!(
                    "{} gets the host's {shown}, and with it what other programs keep there",
                    seen.whose()
                ))
                .mend("mount only a folder of its own, or a named volume; give it secrets by name"),
        )
    });
    sensitive.collect()
}

/// In lower case, with `/`, without `.`, `..` and what expands to the home folder.
fn normal(written: &str) -> String {
    let path = written.trim().replace('\\', "/").to_ascii_lowercase();
    let home = [
        "$home",
        "${home}",
        "%userprofile%",
        "${userprofile}",
        "$userprofile",
        "~",
    ];
    let path = home
        .iter()
        .find_map(|word| Some(format!("/home/~{}", path.strip_prefix(word)?)))
        .unwrap_or(path);
    let drive = path.get(1..2) == Some(":")
        && path.starts_with(|letter: char| letter.is_ascii_alphabetic());
    let path = if drive { &path[2..] } else { &path };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}

fn is_sensitive(path: &str) -> bool {
    let below = |folder: &&str| {
        let rest = path.strip_prefix(*folder);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    path == "/"
        || path == "/var"
        || path == "/var/lib"
        || FOLDERS.iter().any(below) && !HARMLESS.iter().any(below)
}

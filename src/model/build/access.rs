//! What may be done: tokens, hosts, environments, roles.

use std::collections::BTreeSet;

/// What the run's own token may do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission {
    /// `contents`, `packages`, `id-token`, …; `*` for all.
    pub scope: String,
    /// How much.
    pub level: Level,
}

/// How much a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing.
    None,
    /// Read.
    Read,
    /// Whatever the forge's default is, which the file does not say.
    Unstated,
    /// Write.
    Write,
}

/// Access to the machine below a container.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Privilege {
    /// `privileged`.
    Privileged,
    /// A privileged engine beside the job: `docker:dind`.
    DockerInDocker,
    /// A Linux capability beyond the default ones: `SYS_ADMIN`.
    Capability(String),
    /// Confinement is off: `seccomp=unconfined`, `allowPrivilegeEscalation`.
    Unconfined(String),
    /// A device of the host.
    Device(String),
    /// A namespace of the host: `network`, `pid`, `ipc`, `user`, `uts`.
    HostNamespace(&'static str),
    /// The socket of a container engine.
    EngineSocket(String),
    /// A path of the host.
    HostPath(String),
    /// A container engine's API without TLS: `tcp://…:2375`.
    OpenEngineApi(String),
    /// It runs as root, as it says.
    Root,
    /// It runs as another user, as it says.
    NotRoot,
}

/// Where something is deployed, or what it reaches for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// What the name names.
    pub kind: TargetKind,
    /// The name; as written where it is dynamic.
    pub name: String,
}

/// What a [`Target`] names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetKind {
    /// An environment of the forge or controller.
    Environment,
    /// A Kubernetes namespace.
    Namespace,
    /// A cluster, context or server.
    Cluster,
    /// A host that is logged in to.
    Host,
    /// An account, project, profile or subscription of a cloud.
    Account,
    /// A stored credential, by its id.
    Credential,
    /// A network.
    Network,
}

/// Who may do what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccessGrant {
    /// `user alice`, `group devs`, `role logged-in`, `ServiceAccount ci/runner`, `project a/b`.
    pub subject: String,
    /// What: `admin`, `get`, `*`.
    pub verbs: BTreeSet<String>,
    /// On what: `plan`, `secrets`, `*`, `environment prod`.
    pub resources: BTreeSet<String>,
    /// In what: a namespace, `cluster`, a plan.
    pub within: String,
}

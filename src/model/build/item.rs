//! One thing that a file or a job has or does.

use std::collections::BTreeSet;

use super::Spot;
use super::access::{AccessGrant, Permission, Privilege, Target};
use super::code::{Checkout, CodeUse, Template};
use super::command::Command;
use super::image::ImageUse;
use super::secret::{CloudKey, Identity, Literal, Login, SecretUse};

/// One thing that a file or a job has or does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its stable name in its job, never a position: `steps/checkout/with/ref`, `script`,
    /// `image`, `volumes`. Several items may share one.
    pub slot: String,
    /// The step or command that it belongs to, counted from 0 as the job runs;
    /// for rules about what comes after what, never for identity.
    pub order: u32,
    /// Where it is written.
    pub spot: Spot,
    /// What it is.
    pub what: What,
}

/// What an [`Item`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A container image.
    Image(ImageUse),
    /// Code that stands elsewhere, or in another file of the tree.
    Code(CodeUse),
    /// A secret.
    Secret(SecretUse),
    /// What the run's own token may do.
    Permission(Permission),
    /// A short-lived identity from an OIDC provider or an IAM role.
    Identity(Identity),
    /// A login to an image registry.
    Login(Login),
    /// A long-lived key of a cloud or cluster.
    CloudKey(CloudKey),
    /// A credential in clear.
    Literal(Literal),
    /// Access to the machine below the container.
    Privilege(Privilege),
    /// A simple shell command.
    Command(Command),
    /// A value that is pasted into code before it runs.
    Template(Template),
    /// Source code is checked out.
    Checkout(Checkout),
    /// Where something is deployed, or what it reaches for.
    Target(Target),
    /// What must happen before it runs.
    Gate(Gate),
    /// A way in which a failure does not count, or more is told than needed.
    Weakening(Weakening),
    /// A scan, test, signature or verification.
    Guard(Guard),
    /// A condition, as written.
    Condition(String),
    /// Artifacts, caches and files that carry values from one run to another.
    Transfer(Transfer),
    /// A coding agent that reads and acts.
    Agent(Agent),
    /// Who may do what: RBAC, plan permissions, access of a CI project to a cluster.
    Access(AccessGrant),
    /// Where packages come from.
    Registry(Registry),
    /// A switch of a controller, engine, wrapper, scanner, …
    Setting(Setting),
    /// What static reading cannot tell.
    Unresolved(Unresolved),
}

/// What must happen before a job runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gate {
    /// How strong it is.
    pub kind: GateKind,
    /// The job, environment, condition or question, as written.
    pub name: String,
}

/// Gates, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GateKind {
    /// Another job must have succeeded.
    Needs,
    /// A condition about branch, tag or event.
    Condition,
    /// Somebody starts it by hand.
    Manual,
    /// The forge's or controller's own approval: a protected environment, `input`.
    Approval,
}

/// A way in which a failure does not count, or more is told than needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weakening {
    /// Which.
    pub kind: WeakeningKind,
    /// As written.
    pub text: String,
}

/// Which [`Weakening`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WeakeningKind {
    /// The job or step may fail: `continue-on-error`, `allow_failure`, `catchError`.
    SoftFail,
    /// It never runs: `if: false`, `when: never`.
    Disabled,
    /// It runs whatever failed before: `always()`.
    Always,
    /// Debug output that shows secrets: `CI_DEBUG_TRACE`, `ACTIONS_STEP_DEBUG`.
    Debug,
    /// It runs for fewer changes: `paths-ignore`, `branches`.
    Narrowed,
    /// Old, unsafe behaviour is switched on: `ACTIONS_ALLOW_UNSECURE_COMMANDS`.
    Unsafe,
}

/// A scan, test, signature or verification.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guard {
    /// Which.
    pub kind: GuardKind,
    /// The tool or action: `cosign verify`, `github/codeql-action/analyze`.
    pub tool: String,
}

/// Which [`Guard`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GuardKind {
    /// Looks for weaknesses.
    Scan,
    /// Runs tests.
    Test,
    /// Signs or attests.
    Sign,
    /// Verifies a signature, attestation or checksum.
    Verify,
    /// Hardens the runner or the network.
    Harden,
}

/// Something that carries files or values from one run to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Which.
    pub kind: TransferKind,
    /// The artifact, cache key or path, as written.
    pub name: String,
    /// Whether it comes from a run that less trusted people can start.
    pub foreign: bool,
}

/// Which [`Transfer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransferKind {
    /// An artifact comes in.
    Download,
    /// An artifact goes out.
    Upload,
    /// A cache is restored (and perhaps saved).
    Cache,
    /// Values of a file become variables of later jobs: `dotenv`.
    Variables,
}

/// A coding agent in a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// The action or program.
    pub tool: String,
    /// The text of an event that outsiders write and it reads, if it does.
    pub reads: Option<String>,
    /// Whether people without write access may start it.
    pub open_to_all: bool,
    /// The tools that it may use, as written.
    pub may: BTreeSet<String>,
}

/// Where packages come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Registry {
    /// `npm`, `pip`, `cargo`, `maven`, `go`, `nuget`, `apt`, `docker`, …
    pub ecosystem: &'static str,
    /// How it is used.
    pub kind: RegistryKind,
    /// URL or host, credentials removed.
    pub url: String,
}

/// How a [`Registry`] is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegistryKind {
    /// Instead of the usual one.
    Instead,
    /// Besides the usual one, so that names can be taken over.
    Besides,
    /// Without verification of its identity or contents.
    Unverified,
}

/// A switch of a controller, engine, wrapper, scanner, …
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Setting {
    /// A dotted name of our own: `jenkins.authorization`, `wrapper.distribution`.
    pub name: String,
    /// Its value, as written.
    pub value: String,
}

/// What static reading cannot tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// What it is about.
    pub kind: UnresolvedKind,
    /// As written, or the path.
    pub text: String,
    /// Why, as a clause.
    pub why: String,
}

/// What an [`Unresolved`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnresolvedKind {
    /// An include, import, library or local action.
    Include,
    /// Configuration that a program writes during the run.
    Generated,
    /// A value that decides where or how something runs.
    Value,
    /// A form that this reader does not know.
    Form,
}

//! Code that a job takes from elsewhere, checks out, or pastes together.

use std::fmt;

/// Code that stands elsewhere, or in another file of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeUse {
    /// What it is.
    pub kind: CodeKind,
    /// Where it comes from.
    pub source: CodeSource,
    /// How firmly its version is fixed.
    pub pin: Pin,
    /// The version as written: a tag, branch or digest; empty if none.
    pub version: String,
    /// A comment beside it that names a version: `v4.1.7`.
    pub comment: Option<String>,
}

/// What code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeKind {
    /// An action of GitHub Actions.
    Action,
    /// A reusable workflow.
    Workflow,
    /// A GitLab include, an Azure or Travis template.
    Include,
    /// A GitLab CI component.
    Component,
    /// A Jenkins shared library.
    Library,
    /// A CircleCI orb, a Bamboo or Jenkins plugin.
    Plugin,
    /// A git submodule.
    Submodule,
    /// A Helm chart.
    Chart,
    /// Manifests: a kustomize base, an Argo CD or Flux source.
    Manifests,
    /// A hook or tool repository: pre-commit.
    Hook,
}

/// Where code comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeSource {
    /// A path of the tree that was checked out (whatever that was): `./x`.
    Workspace(String),
    /// A path of the commit that is built: `$/x`, GitLab's `include: local`.
    OwnTree(String),
    /// Another repository or server.
    Elsewhere {
        /// The host in lower case: `github.com`; empty if the forge's own.
        host: String,
        /// Owner and name, or what stands for it: `actions/checkout`.
        name: String,
        /// The path in it; may be empty.
        path: String,
    },
    /// Only the run itself knows; as written.
    Dynamic(String),
}

impl fmt::Display for CodeSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workspace(path) | Self::OwnTree(path) | Self::Dynamic(path) => f.write_str(path),
            Self::Elsewhere { host, name, path } => {
                for part in [host, name, path].into_iter().filter(|it| !it.is_empty()) {
                    let slash = if std::ptr::eq(part, host)
                        || (host.is_empty() && std::ptr::eq(part, name))
                    {
                        ""
                    } else {
                        "/"
                    };
                    write!(f, "{slash}{part}")?;
                }
                Ok(())
            }
        }
    }
}

/// How firmly a version is fixed, the loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pin {
    /// No version.
    None,
    /// A branch, `latest`, or what looks like one.
    Branch,
    /// A short tag that moves by custom: `v4`.
    MovingTag,
    /// A full version: `v4.1.7`.
    Tag,
    /// A commit or digest.
    Exact,
}

impl Pin {
    /// How firm a git revision is, by its look alone.
    pub fn of_git(version: &str) -> Self {
        let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if version.is_empty() {
            return Self::None;
        }
        if matches!(version.len(), 40 | 64) && hex(version) {
            return Self::Exact;
        }
        let number = version.trim_start_matches(['v', 'V']);
        let parts: Vec<_> = number.split(['.', '-', '+']).collect();
        let is_number =
            |part: &&&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        match parts.iter().take_while(is_number).count() {
            0 => Self::Branch,
            1 | 2 => Self::MovingTag,
            _ => Self::Tag,
        }
    }
}

/// Whether the commit that code is pinned to belongs to the repository that is
/// named: a forge serves the commits of forks under the original's name, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinStanding {
    /// The repository, as in [`CodeSource::Elsewhere`].
    pub repository: String,
    /// The commit.
    pub commit: String,
    /// Whether it is on a branch or tag there; or why that is not known, as a clause.
    pub on_a_ref: Result<bool, String>,
}

/// Source code is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// Whose.
    pub source: CheckoutSource,
    /// Whether the token stays in the work tree's configuration.
    pub keeps_credentials: bool,
}

/// Whose code is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckoutSource {
    /// The revision that started the run.
    Own,
    /// What somebody proposes, named by this expression, directly or through an
    /// output, in a run that has more rights than they do.
    Proposed(String),
    /// A fixed ref of this repository.
    Fixed(String),
    /// Another repository.
    Other(String),
    /// Only the run itself knows; as written.
    Dynamic(String),
}

/// A value that is pasted into code before it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The expression, blanks folded: `github.event.issue.title`.
    pub expression: String,
    /// What it is pasted into: `run`, `github-script`, `sh`, `scripts`.
    pub into: &'static str,
    /// Who writes the value.
    pub written_by: TemplateSource,
}

/// Who writes a pasted value, the least trusted last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TemplateSource {
    /// The forge, the file itself, or a closed list.
    Fixed,
    /// Whoever starts the run by hand or calls it: inputs and parameters.
    Caller,
    /// An earlier step.
    Step,
    /// Whoever opens an issue or a pull request, or names a branch.
    Anybody,
}

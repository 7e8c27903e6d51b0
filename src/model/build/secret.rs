//! Secrets, logins and identities. A value is never kept.

/// A secret that something reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretUse {
    /// Which.
    pub name: SecretName,
    /// How long it is good for.
    pub lifetime: Lifetime,
    /// The variable that holds it, if one does.
    pub variable: Option<String>,
}

/// Which secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretName {
    /// One, by its name or id.
    Named(String),
    /// One that only the run knows; as written.
    Dynamic(String),
    /// Every secret of the caller: `secrets: inherit`.
    Inherited,
    /// Every secret: `toJSON(secrets)`.
    All,
}

/// How long a credential is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lifetime {
    /// As long as the run: `GITHUB_TOKEN`, `CI_JOB_TOKEN`.
    Run,
    /// Until somebody changes it.
    Lasting,
}

/// What somebody logs in with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Held {
    /// It stands in the file.
    InClear,
    /// A stored secret of this name.
    Stored(String),
    /// A token that ends with the run, or one from an IAM role.
    ShortLived(String),
    /// Not known; as written.
    Unknown(String),
}

/// A login to an image registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The registry's host; `docker.io` if none is named.
    pub registry: String,
    /// With what.
    pub with: Held,
    /// Whether the password stands on a command line, where other processes see it.
    pub on_command_line: bool,
}

/// A long-lived key of a cloud or cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloudKey {
    /// `aws`, `gcp`, `azure`, `kubernetes`, …
    pub cloud: &'static str,
    /// The variable, input or secret.
    pub name: String,
}

/// A short-lived identity from an OIDC provider or an IAM role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// `aws`, `gcp`, `azure`, `vault`, …; `any` for the right to ask for one.
    pub cloud: &'static str,
    /// The role, account or audience, as written.
    pub role: String,
    /// Who may take it, if the file says so: the subject condition.
    pub subject: Option<String>,
}

/// A credential in clear.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Literal {
    /// The key, variable or option that holds it, never the value.
    pub name: String,
}

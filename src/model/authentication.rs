//! How somebody authenticated when they pushed: what is known, who says so and
//! how sure that is. Never a password and never a token, only their kind.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::oid::ObjectId;
use super::principal::Actor;
use super::refs::RefName;

/// One way to prove who one is. The words are those of the policy.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Method {
    /// A password, of whichever directory.
    Password,
    /// What sshd calls so: answers that were typed, as a rule a password.
    KeyboardInteractive,
    /// GitHub's personal access token (classic).
    ClassicToken,
    /// GitHub's fine-grained personal access token.
    FineGrainedToken,
    /// A personal access token of another forge, or of a kind that is not told.
    PersonalAccessToken,
    /// A token of a project, repository or group, not of a person.
    ProjectToken,
    /// A token of an app's installation, or of an app for a person.
    AppToken,
    /// An OAuth access token.
    OauthToken,
    /// The token of a CI job.
    JobToken,
    /// A deploy token.
    DeployToken,
    /// A token of a kind that is not told.
    Token,
    /// A deploy key or access key: an SSH key of a repository, not of a person.
    DeployKey,
    /// An SSH key.
    SshKey,
    /// An SSH certificate.
    SshCertificate,
    /// A TLS client certificate.
    ClientCertificate,
    /// A signed push, whose certificate we verified.
    PushCertificate,
    /// Kerberos.
    Kerberos,
    /// The key of a host that vouches for its users (sshd's `hostbased`).
    HostKey,
    /// The web pages or the API of a forge, by session or token.
    WebSession,
    /// A path on the server itself: the operating system's account.
    Local,
    /// Nothing: anybody may.
    Anonymous,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 21] = [
        Self::Password,
        Self::KeyboardInteractive,
        Self::ClassicToken,
        Self::FineGrainedToken,
        Self::PersonalAccessToken,
        Self::ProjectToken,
        Self::AppToken,
        Self::OauthToken,
        Self::JobToken,
        Self::DeployToken,
        Self::Token,
        Self::DeployKey,
        Self::SshKey,
        Self::SshCertificate,
        Self::ClientCertificate,
        Self::PushCertificate,
        Self::Kerberos,
        Self::HostKey,
        Self::WebSession,
        Self::Local,
        Self::Anonymous,
    ];

    /// Whether it is a secret that a person keeps in their head and types.
    pub fn is_password(self) -> bool {
        matches!(self, Self::Password | Self::KeyboardInteractive)
    }

    /// Whether it is a token that a request carries, of whichever kind.
    pub fn is_token(self) -> bool {
        matches!(
            self,
            Self::ClassicToken
                | Self::FineGrainedToken
                | Self::PersonalAccessToken
                | Self::ProjectToken
                | Self::AppToken
                | Self::OauthToken
                | Self::JobToken
                | Self::DeployToken
                | Self::Token
        )
    }

    /// Its word in policies and reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::KeyboardInteractive => "keyboard-interactive",
            Self::ClassicToken => "classic-token",
            Self::FineGrainedToken => "fine-grained-token",
            Self::PersonalAccessToken => "personal-access-token",
            Self::ProjectToken => "project-token",
            Self::AppToken => "app-token",
            Self::OauthToken => "oauth-token",
            Self::JobToken => "job-token",
            Self::DeployToken => "deploy-token",
            Self::Token => "token",
            Self::DeployKey => "deploy-key",
            Self::SshKey => "ssh-key",
            Self::SshCertificate => "ssh-certificate",
            Self::ClientCertificate => "client-certificate",
            Self::PushCertificate => "push-certificate",
            Self::Kerberos => "kerberos",
            Self::HostKey => "host-key",
            Self::WebSession => "web-session",
            Self::Local => "local",
            Self::Anonymous => "anonymous",
        }
    }

    /// The method of a word. No other word is any method.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.word() == word)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The variables that a forge or gitolite gives its hooks.
    HookEnvironment,
    /// sshd's file of `ExposeAuthInfo`.
    Sshd,
    /// The web server before `git http-backend`.
    WebServer,
    /// A signed push.
    PushCertificate,
    /// The forge's audit log, asked.
    AuditLog,
    /// The forge's audit stream, sent to us.
    AuditStream,
    /// The forge's delivery or API: what kind of account pushed.
    Forge,
    /// What the settings of the installation let nobody do.
    PlatformGuarantee,
    /// The operator, in the policy.
    Operator,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HookEnvironment => "hook environment",
            Self::Sshd => "sshd",
            Self::WebServer => "web server",
            Self::PushCertificate => "push certificate",
            Self::AuditLog => "audit log",
            Self::AuditStream => "audit stream",
            Self::Forge => "forge",
            Self::PlatformGuarantee => "platform guarantee",
            Self::Operator => "operator",
        })
    }
}

/// How sure it is. The order is the order of precedence: the greatest decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strength {
    /// Nobody says anything that counts.
    None,
    /// It holds for every push of the installation, and so for this one.
    Platform,
    /// A record that fits this push by repository, account and time.
    Correlated,
    /// It is about this very push.
    Direct,
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Platform => "platform",
            Self::Correlated => "correlated",
            Self::Direct => "direct",
        })
    }
}

/// An SSH public key, without the key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SshKey {
    /// OpenSSH's name of the key type, `ssh-ed25519`; never that of a certificate.
    pub algorithm: String,
    /// Its size in bits, where the type has sizes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits: Option<u32>,
    /// `SHA256:…`, or `MD5:…` where the server tells nothing else.
    pub fingerprint: String,
}

/// With what, as far as it is told. It identifies and opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Credential {
    /// An SSH key.
    SshKey(SshKey),
    /// An SSH certificate (PROTOCOL.certkeys of OpenSSH).
    SshCertificate {
        /// The certified key.
        key: SshKey,
        /// The fingerprint of the authority's key.
        authority: String,
        /// The authority's name for it.
        key_id: String,
        /// The authority's number for it.
        serial: u64,
        /// The accounts that it is for.
        principals: Vec<String>,
        /// From when; nothing if ever since.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid_after: Option<Timestamp>,
        /// Until when; nothing if for ever.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid_before: Option<Timestamp>,
    },
    /// A TLS client certificate.
    ClientCertificate {
        /// The distinguished name of its holder, as the web server writes it.
        subject: String,
        /// The distinguished name of its authority.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        issuer: Option<String>,
        /// Its number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        serial: Option<String>,
    },
    /// A key that signed the push.
    SigningKey {
        /// Its fingerprint.
        fingerprint: String,
    },
    /// Something that the forge tells apart by a number or a hash of its own.
    Numbered {
        /// As the forge writes it: `key-7`, `token 42`, the hash of a token.
        id: String,
    },
}

/// One thing that was proved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Factor {
    /// How.
    pub method: Method,
    /// With what, if it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Credential>,
}

/// Everything that one person proved for one push, in order; never empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Authentication {
    /// For example a key and then a password.
    pub factors: Vec<Factor>,
}

impl Authentication {
    /// By one method, with nothing more told.
    pub fn by(method: Method) -> Self {
        Self::with(method, None)
    }

    /// By one method with one credential.
    pub fn with(method: Method, credential: Option<Credential>) -> Self {
        Self {
            factors: vec![Factor { method, credential }],
        }
    }

    /// The methods, in order.
    pub fn methods(&self) -> impl Iterator<Item = Method> + '_ {
        self.factors.iter().map(|factor| factor.method)
    }

    /// Whether nothing but passwords was given.
    pub fn is_only_password(&self) -> bool {
        self.methods().all(Method::is_password)
    }
}

impl fmt::Display for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.methods().map(Method::word).collect();
        f.write_str(&words.join(" and "))
    }
}

/// What one source says of one push.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// One entry: it was that. Several: one of these, and which is not told.
    /// None: the source says nothing that is understood.
    pub could_be: BTreeSet<Authentication>,
    /// Who says it.
    pub source: Source,
    /// How sure that is.
    pub strength: Strength,
    /// When the source noted it, or when its settings were read.
    pub observed_at: Timestamp,
    /// What the source says, in its own words, made safe to show; no secret.
    pub says: String,
}

/// A push, with all that is said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// The refs that it moved; none if only a head is known, as of a fork's.
    pub references: Vec<RefName>,
    /// What they named after it.
    pub heads: Vec<ObjectId>,
    /// Who pushed, if it is known.
    pub actor: Option<Actor>,
    /// When, as the forge states it, or when we heard of it.
    pub at: Timestamp,
    /// The evidence, in no order.
    pub evidence: Vec<Evidence>,
    /// If more may come: until when it is waited for.
    pub awaited_until: Option<Timestamp>,
}

/// The pushes behind a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Pushes {
    /// Nothing was pushed: somebody asks what would happen.
    #[default]
    NotPushed,
    /// These brought it. A change without a known push has one with no evidence.
    Known(Vec<Push>),
}

/// What follows from all the evidence of one push.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// One entry: known. Several: ambiguous. None: unknown.
    pub could_be: BTreeSet<Authentication>,
    /// How sure that is.
    pub strength: Strength,
    /// Whose word it rests on.
    pub sources: BTreeSet<Source>,
    /// Why it is not known, or what contradicts it; sentences, safe to show.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

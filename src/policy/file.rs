//! The shape of a policy file. The JSON Schema, the strict reader and the
//! manual's tables come from these types and their comments.
//!
//! `x-layer` says what the repository's own layer may do with a key (see
//! [`super::layers`]); a key without it belongs to the operator.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::environment::{SourcesTable, ZoneTable};
use super::formats;
use crate::checks::ChecksConfig;
use crate::model::ci::Tier;
use crate::model::repo::ForgeKind;

/// Text in a registered format; the reader has checked it.
macro_rules! formatted {
    ($($(#[$doc:meta])+ $name:ident = $format:literal;)+) => {$(
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        #[schemars(inline, extend("format" = $format))]
        pub(crate) struct $name(pub(crate) String);
    )+};
}

formatted! {
    /// A forge account: `github:alice`, `gitlab:#42` (the number survives a rename).
    AccountText = "account";
    /// An SSH public key as in `authorized_keys`: `ssh-ed25519 AAAA… comment`.
    SshKeyText = "ssh-key";
    /// A file with an OpenPGP certificate, relative to the policy file, or the certificate in ASCII armour.
    OpenPgpText = "openpgp-certificate";
    /// A file, relative to the policy file.
    FileText = "file";
    /// The name of a key: `SHA256:…` of an SSH key, or the fingerprint of an OpenPGP key.
    KeyText = "key-name";
    /// A principal of this policy.
    PrincipalText = "principal";
    /// A principal of this policy, or a group of a forge: `github:<organisation>/<team>`,
    /// `gitlab:<group>`, `stash:<group>`.
    TeamMemberText = "team-member";
    /// The id of a check.
    CheckText = "check";
    /// A full object id: 40 or 64 lower-case hexadecimal digits.
    ObjectIdText = "object-id";
    /// A path pattern: `*` stays inside a folder, `**` does not.
    GlobText = "glob";
    /// The key of a CI, build or container system, such as `github-actions`.
    SystemText = "ci-system";
    /// A calendar day, `YYYY-MM-DD`, in UTC.
    DayText = "date";
    /// A key of this file, such as `checks.unsigned-commit.mode`; it stands for everything under it.
    KeyPathText = "policy-key";
    /// Text that says something.
    ReasonText = "reason";
    /// Registry and repository with Docker's defaults written out, without tag
    /// and digest: `registry.example/base/**`, `docker.io/library/*`.
    ImagePatternText = "image-pattern";
    /// A repository of code: `owner/name` or `host/owner/name`, with `*` and `**`.
    CodePatternText = "code-pattern";
    /// A host, with its port if it is not the usual one: `*.example.com`.
    HostPatternText = "host-pattern";
    /// The digest of an image: `sha256:` and 64 hexadecimal digits.
    DigestText = "image-digest";
    /// The `https://` address of an OIDC issuer.
    IssuerText = "issuer";
    /// The identity in a signing certificate; `*` stands for any text.
    IdentityText = "signer-identity";
    /// A name of what a zone holds, with `*` and `**`.
    NamePatternText = "name-pattern";
}

/// A full ref name or a branch, with `*` inside a level and `**` over levels;
/// `main` stands for `refs/heads/main`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("format" = "ref-pattern"))]
pub(crate) struct RefPatternText(pub(crate) String);

impl<'de> Deserialize<'de> for RefPatternText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        formats::full_ref_pattern(&text)
            .map(Self)
            .map_err(de::Error::custom)
    }
}

/// A span of time such as `4s`, `500ms` or `2m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(inline, with = "String", extend("format" = "duration"))]
pub(crate) struct Span(pub(crate) Duration);

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&formats::DurationText(self.0))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        formats::duration(&text)
            .map(Self)
            .map_err(de::Error::custom)
    }
}

/// A Forgewarden policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Forgewarden policy")]
pub(crate) struct PolicyFile {
    /// The version of this format: 1.
    #[schemars(extend("const" = 1))]
    pub(crate) version: u8,
    /// The refs that the policy protects, besides the default branch, which
    /// always is. The repository's layer can add some.
    #[serde(default)]
    #[schemars(extend("x-layer" = "add"))]
    pub(crate) protected: BTreeSet<RefPatternText>,
    /// Commits that count as accepted together with everything before them.
    #[serde(default)]
    pub(crate) baseline: BTreeSet<ObjectIdText>,
    /// People and robots, by a name of your choice.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub(crate) principals: BTreeMap<String, PrincipalTable>,
    /// Groups of principals, used as `team:<name>`. Members of a forge's group
    /// count as far as they are principals.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub(crate) teams: BTreeMap<String, BTreeSet<TeamMemberText>>,
    /// Keys that do not stand with a principal, and keys that count no more.
    #[serde(default)]
    pub(crate) trust: TrustTable,
    /// The checks and what to do about their objections.
    #[serde(default)]
    pub(crate) checks: ChecksConfig,
    /// What the operator states about how people authenticate.
    #[serde(default)]
    pub(crate) authentication: AuthenticationTable,
    /// The build environment.
    #[serde(default)]
    pub(crate) ci: CiTable,
    /// What is trusted: where images and code may come from.
    #[serde(default)]
    pub(crate) sources: SourcesTable,
    /// Zones of deployment, by a name of your choice. For a kind of thing that
    /// no zone names, names speak for themselves: `prod`, `staging`, `dev`.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub(crate) zones: BTreeMap<String, ZoneTable>,
    /// Exceptions, each with a reason and a last day.
    #[serde(default)]
    pub(crate) waivers: Vec<WaiverTable>,
    /// Bounds on what is judged; over a bound is an error, never a pass.
    #[serde(default)]
    pub(crate) limits: LimitsTable,
    /// What the repository's own `.forgewarden.toml` may do.
    #[serde(default)]
    pub(crate) repository: RepositoryTable,
}

/// A person or robot. It needs a key, an account or a name in an
/// allowed-signers file, or nothing could ever be tied to it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct PrincipalTable {
    /// Accounts on forges, as `<forge>:<name>` or `<forge>:#<number>`.
    pub(crate) accounts: BTreeSet<AccountText>,
    /// SSH public keys that sign for it.
    pub(crate) ssh_keys: BTreeSet<SshKeyText>,
    /// OpenPGP certificates that sign for it.
    pub(crate) openpgp: BTreeSet<OpenPgpText>,
    /// Its names in allowed-signers files.
    pub(crate) signs_as: BTreeSet<String>,
    /// Whether it is a robot: robots approve nothing.
    pub(crate) robot: bool,
}

/// `[trust]`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct TrustTable {
    /// Files in OpenSSH's allowed-signers format (ssh-keygen(1)).
    pub(crate) allowed_signers: BTreeSet<FileText>,
    /// Keys that count no more, whatever else says that they do.
    pub(crate) revoked: Vec<RevokedKey>,
}

/// A key that counts no more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct RevokedKey {
    /// The key's fingerprint.
    pub(crate) key: KeyText,
    /// Why, for the reports.
    pub(crate) reason: ReasonText,
}

/// `[authentication]`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct AuthenticationTable {
    /// The forges whose settings let nobody push with a password, as you have
    /// made sure yourself. It counts where nothing more exact is known.
    pub(crate) no_passwords_on: BTreeSet<ForgeKind>,
}

/// `[ci]`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct CiTable {
    /// Paths that belong to the build environment besides those that are recognised.
    #[schemars(extend("x-layer" = "add"))]
    pub(crate) paths: Vec<CiPathTable>,
}

/// Paths that belong to the build environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct CiPathTable {
    /// Which paths.
    pub(crate) glob: GlobText,
    /// The system that they belong to.
    pub(crate) system: SystemText,
    /// What they can do.
    #[serde(default = "executed")]
    pub(crate) tier: Tier,
}

fn executed() -> Tier {
    Tier::Executed
}

/// An exception. It covers the objections of one check that lie within all
/// the scopes that it states, up to its last day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct WaiverTable {
    /// The check whose objections do not block.
    pub(crate) check: CheckText,
    /// Only on these refs.
    #[serde(default)]
    pub(crate) refs: BTreeSet<RefPatternText>,
    /// Only at these paths.
    #[serde(default)]
    pub(crate) paths: BTreeSet<GlobText>,
    /// Only for these commits or tags.
    #[serde(default)]
    pub(crate) commits: BTreeSet<ObjectIdText>,
    /// Why, for the reports.
    pub(crate) reason: ReasonText,
    /// The last day on which it counts, in UTC.
    pub(crate) until: DayText,
    /// Who agreed to it.
    #[serde(default)]
    pub(crate) approved_by: BTreeSet<PrincipalText>,
    /// Lifts a whole check. A waiver without `paths` or `commits` must say so,
    /// and two people must have agreed to it.
    #[serde(default)]
    pub(crate) break_glass: bool,
}

/// `[limits]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct LimitsTable {
    /// Most new commits that one request may bring.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) commits: usize,
    /// Most refs that one push may move.
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) refs: usize,
    /// Most changed paths of one ref update.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) changed_paths: usize,
    /// Largest file of the build environment that is read, in bytes.
    #[schemars(range(min = 1024, max = 104_857_600))]
    pub(crate) blob_bytes: u64,
    /// How long the pre-receive hook may take; then it refuses. GitHub
    /// Enterprise Server gives all hooks together five seconds.
    pub(crate) hook_deadline: Span,
}

impl Default for LimitsTable {
    fn default() -> Self {
        Self {
            commits: 5000,
            refs: 1000,
            changed_paths: 10_000,
            blob_bytes: 1 << 20,
            hook_deadline: Span(Duration::from_secs(4)),
        }
    }
}

/// `[repository]`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct RepositoryTable {
    /// Keys that the repository's layer may set as it likes; without this it
    /// only tightens.
    pub(crate) may_loosen: BTreeSet<KeyPathText>,
}

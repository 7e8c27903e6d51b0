//! The shape of `[sources]` and `[zones.<name>]`.
//!
//! Each list that allows may be narrowed by the repository's layer; what would
//! trust more, and every zone, belongs to the operator: one name more in a zone
//! would silence the words that stand for the zone otherwise.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::file::{
    CodePatternText, DigestText, GlobText, HostPatternText, IdentityText, ImagePatternText,
    IssuerText, NamePatternText,
};
use crate::model::zones::ZoneLevel;

/// `[sources]`: an empty list says nothing; one that has entries says that
/// nothing else is trusted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct SourcesTable {
    /// Images by registry and repository, with Docker's defaults written out:
    /// `registry.example/base/**`, `docker.io/library/*`.
    #[schemars(extend("x-layer" = "narrow-from-all"))]
    pub(crate) images: BTreeSet<ImagePatternText>,
    /// Digests that are trusted whatever the name: `sha256:…`.
    #[schemars(extend("x-layer" = "narrow"))]
    pub(crate) digests: BTreeSet<DigestText>,
    /// Repositories of actions, includes, libraries, charts: `owner/name` of the
    /// forge itself or of github.com, or `host/owner/name`.
    #[schemars(extend("x-layer" = "narrow"))]
    pub(crate) code: BTreeSet<CodePatternText>,
    /// Hosts that packages and scripts may come from and secrets may go to.
    #[schemars(extend("x-layer" = "narrow"))]
    pub(crate) hosts: BTreeSet<HostPatternText>,
    /// Registries where IAM roles or OIDC serve, so that a stored password is a fault.
    #[schemars(extend("x-layer" = "add"))]
    pub(crate) iam_registries: BTreeSet<HostPatternText>,
    /// The loosest version that listed code may have.
    #[schemars(extend("x-layer" = "raise"))]
    pub(crate) least_pin: LeastPin,
    /// Clones, with all branches and tags, of repositories that code comes from:
    /// `"actions/checkout" = "/srv/mirrors/checkout.git"`. A commit that is pinned must be on one of them.
    pub(crate) mirrors: BTreeMap<String, String>,
    /// Who signs which images, for `forgewarden policy export`: no check asks
    /// for a signature, the cluster does.
    pub(crate) signers: Vec<SignerTable>,
}

/// How firmly the version of listed code must be fixed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LeastPin {
    /// A branch will do.
    Branch,
    /// `v4`, which moves by custom.
    MovingTag,
    /// `v4.1.7`.
    Tag,
    /// A commit or digest.
    #[default]
    Exact,
}

/// Who signs some images. Of several entries for the same images one is
/// enough; entries for different images that overlap must all be met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct SignerTable {
    /// Which images.
    pub(crate) images: ImagePatternText,
    /// Who vouches for the identity: `https://token.actions.githubusercontent.com`.
    pub(crate) issuer: IssuerText,
    /// The certificate's subject: a workflow's address, an e-mail address.
    pub(crate) identity: IdentityText,
}

/// One zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct ZoneTable {
    /// What stands behind it: development, test or production.
    pub(crate) level: ZoneLevel,
    /// Paths of the repository.
    #[serde(default)]
    pub(crate) paths: BTreeSet<GlobText>,
    /// Environments of the forge or controller.
    #[serde(default)]
    pub(crate) environments: BTreeSet<NamePatternText>,
    /// Kubernetes namespaces.
    #[serde(default)]
    pub(crate) namespaces: BTreeSet<NamePatternText>,
    /// Clusters, contexts, servers.
    #[serde(default)]
    pub(crate) clusters: BTreeSet<NamePatternText>,
    /// Hosts.
    #[serde(default)]
    pub(crate) hosts: BTreeSet<NamePatternText>,
    /// Accounts, projects, profiles of a cloud.
    #[serde(default)]
    pub(crate) accounts: BTreeSet<NamePatternText>,
    /// Ids of stored credentials and names of secrets.
    #[serde(default)]
    pub(crate) credentials: BTreeSet<NamePatternText>,
    /// Labels, tags and pools of runners and agents.
    #[serde(default)]
    pub(crate) runners: BTreeSet<NamePatternText>,
    /// Networks.
    #[serde(default)]
    pub(crate) networks: BTreeSet<NamePatternText>,
}

impl ZoneTable {
    /// Each list with its key and its texts, in the order of the file.
    pub(crate) fn lists(&self) -> Vec<(&'static str, Vec<&str>)> {
        let of = texts_of;
        vec![
            (
                "paths",
                self.paths.iter().map(|text| text.0.as_str()).collect(),
            ),
            ("environments", of(&self.environments)),
            ("namespaces", of(&self.namespaces)),
            ("clusters", of(&self.clusters)),
            ("hosts", of(&self.hosts)),
            ("accounts", of(&self.accounts)),
            ("credentials", of(&self.credentials)),
            ("runners", of(&self.runners)),
            ("networks", of(&self.networks)),
        ]
    }
}

fn texts_of(list: &BTreeSet<NamePatternText>) -> Vec<&str> {
    list.iter().map(|text| text.0.as_str()).collect()
}

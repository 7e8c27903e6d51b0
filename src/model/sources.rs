//! The one list of what is trusted: where images and code may come from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::build::{CodeSource, CodeUse, ImageReference, Pin};
use super::names::Names;

/// The policy's `[sources]`: registries, repositories, code, hosts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedSources {
    /// Images by registry and repository as Docker reads them:
    /// `registry.example/base/**`, `docker.io/library/*`. Empty: the policy does not say.
    pub images: Names,
    /// Digests that are trusted whatever their name: `sha256:…`.
    pub digests: BTreeSet<String>,
    /// Code, `owner/name` or `host/owner/name`. Empty: the policy does not say.
    pub code: Names,
    /// Hosts that packages and scripts may come from and secrets may go to.
    /// Empty: the policy does not say.
    pub hosts: Names,
    /// Registries where IAM roles or OIDC serve, so that a stored password is a fault.
    pub iam_registries: Names,
    /// The loosest pin that listed code may have; unlisted code must be exact.
    pub least_pin: Option<Pin>,
    /// Clones, with all branches and tags, of repositories that code comes from.
    pub mirrors: BTreeMap<String, PathBuf>,
    /// Who signs which images; no check asks, an admission controller does.
    pub signers: Vec<Signer>,
}

/// Who signs some images, by a certificate of an OIDC identity (sigstore).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signer {
    /// Which images: a pattern as in [`TrustedSources::images`].
    pub images: String,
    /// The issuer's address.
    pub issuer: String,
    /// The certificate's subject; `*` stands for any text.
    pub identity: String,
}

/// Whether something is on a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// It is on the list.
    Listed,
    /// The policy has no such list.
    NoList,
    /// There is a list, and it is not on it.
    Unlisted,
}

impl TrustedSources {
    /// Whether an image may be used.
    pub fn image(&self, image: &ImageReference) -> Trust {
        let digest = image.digest.as_ref();
        if digest.is_some_and(|digest| self.digests.contains(digest)) {
            return Trust::Listed;
        }
        among(&self.images, &image.name())
    }

    /// Whether code may be used, whatever its version. Code of the same tree may.
    pub fn code(&self, code: &CodeUse) -> Trust {
        match &code.source {
            CodeSource::Workspace(_) | CodeSource::OwnTree(_) => Trust::Listed,
            CodeSource::Dynamic(_) if self.code.is_empty() => Trust::NoList,
            CodeSource::Dynamic(_) => Trust::Unlisted,
            CodeSource::Elsewhere { host, name, .. } => {
                let full = among(&self.code, &format!("{host}/{name}"));
                let own = host.is_empty() || host == "github.com";
                if own {
                    full.min(among(&self.code, name))
                } else {
                    full
                }
            }
        }
    }

    /// Whether packages, scripts or secrets may come from or go to this host.
    pub fn host(&self, host: &str) -> Trust {
        among(&self.hosts, host)
    }
}

fn among(list: &Names, name: &str) -> Trust {
    if list.is_empty() {
        Trust::NoList
    } else if list.has(name.as_bytes()) {
        Trust::Listed
    } else {
        Trust::Unlisted
    }
}

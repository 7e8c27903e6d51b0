//! Kubernetes manifests, which lie anywhere, with Kustomize and Helm.
//!
//! A manifest is a document with `apiVersion` and `kind`. A file that cannot be
//! read and names both is one too: what we cannot read, a cluster may.
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/>.

use bstr::{BStr, ByteSlice};

use super::text::{has_yaml_name, inspect_by_name, may_spell};
use super::{CiSystem, FileMap, Unparsable, yaml};
use crate::model::ci::Tier::{self, ControlPlane, Executed};

/// Kubernetes.
pub struct System;

static MAPS: [FileMap; 1] = [FileMap::new(&[
    ("**/kustomization.{yaml,yml}", Executed),
    ("**/Kustomization", Executed),
    ("**/Chart.{yaml,yml,lock}", Executed),
    ("**/helmfile*.{yaml,yml}", Executed),
    ("**/helmfile.d/**", Executed),
    ("**/values.{yaml,yml}", Executed),
    ("**/values{.,-,_}*.{yaml,yml}", Executed),
    ("**/charts/**/templates/**", Executed),
    ("**/{helm,chart}/**/templates/**", Executed),
    ("**/templates/**/*.tpl", Executed),
    ("**/charts/**/*.tgz", Executed),
    ("**/{helm,chart}/templates/**", Executed),
    ("**/.kube/config", ControlPlane),
    ("**/kubeconfig{.yaml,.yml,}", ControlPlane),
])];

impl CiSystem for System {
    fn key(&self) -> &'static str {
        "kubernetes"
    }

    fn title(&self) -> &'static str {
        "Kubernetes"
    }

    fn maps(&self) -> &'static [FileMap] {
        &MAPS
    }

    fn by_content(&self, path: &BStr, content: &[u8]) -> Option<Tier> {
        if !has_yaml_name(path) || !may_spell(content, "apiVersion") || !may_spell(content, "kind")
        {
            return None;
        }
        let found = match yaml::documents(content) {
            Ok(documents) => documents
                .iter()
                .any(|one| one.has("apiVersion") && one.has("kind")),
            Err(_) => true,
        };
        found.then_some(Executed)
    }

    /// Helm's templates become YAML only when they are rendered.
    fn inspect(&self, path: &BStr, content: &[u8]) -> Result<(), Unparsable> {
        if path.split_str("/").any(|part| part == b"templates") {
            return Ok(());
        }
        inspect_by_name(path, content)
    }
}

/// Whether some document's `apiVersion` belongs to a group that ends so.
pub(super) fn names_group(content: &[u8], suffix: &str) -> bool {
    if !may_spell(content, suffix) {
        return false;
    }
    match yaml::documents(content) {
        Ok(documents) => documents.iter().any(|one| {
            let group = one
                .scalar("apiVersion")
                .and_then(|version| version.split('/').next());
            one.has("kind") && group.is_some_and(|group| group.ends_with(suffix))
        }),
        Err(_) => content.contains_str("apiVersion") && content.contains_str(suffix),
    }
}

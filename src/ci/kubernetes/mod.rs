//! Kubernetes manifests, which lie anywhere, with Kustomize and Helm.
//!
//! A manifest is a document with `apiVersion` and `kind`. A file that cannot be
//! read and names both is one too: what we cannot read, a cluster may.
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/>.

mod admission;
mod container;
mod gitops;
mod helm;
mod kustomize;
mod object;
mod pod;
mod rbac;
mod rights;
mod template;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};

use super::closure::Closure;
use super::files::{Files, MemoryFiles};
use super::notes::{sorted, unresolved};
use super::text::{decode, has_yaml_name, inspect_by_name, may_spell};
use super::yaml::json_tree::parse_either;
use super::{CiSystem, FileMap, Unparsable, yaml};
use crate::model::build::{Blueprint, Item, Spot, Unresolved, UnresolvedKind, What};
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

    fn understand(
        &self,
        path: &Arc<BString>,
        content: &[u8],
        files: &mut dyn Files,
    ) -> Option<Blueprint> {
        let text = decode(content).ok()?;
        let name = path.rsplit_str("/").next().unwrap_or_default();
        let name = name.to_ascii_lowercase();
        if name.ends_with(b".tgz") || name.ends_with(b".tpl") {
            return None;
        }
        let mut closure = Closure::new(files);
        let mut reading = object::Reading::new(path, &mut closure);
        let in_templates = path.split_str("/").any(|part| part == b"templates");
        let is = |start: &str| name.starts_with(start.as_bytes());
        let plain = template::without(text);
        match parse_either(plain.as_bytes()) {
            Ok(roots) => {
                reading.rendered = plain != text;
                for root in &roots {
                    if is("kustomization.") || name == b"kustomization" {
                        kustomize::read(&mut reading, root);
                    } else if is("chart.") {
                        helm::chart(&mut reading.notes, root);
                    } else if is("helmfile") {
                        helm::helmfile(&mut reading.notes, root);
                    } else if is("values") && !in_templates {
                        helm::values(&mut reading, root);
                    } else {
                        reading.document(root);
                    }
                }
            }
            Err(error) => {
                let why = match in_templates {
                    true => "it becomes YAML only when Helm renders it",
                    false => error.reason.as_str(),
                };
                let what = unresolved(UnresolvedKind::Form, "the file", why);
                reading.notes.on(error.line.unwrap_or(1), "file", what);
            }
        }
        let (jobs, items) = (reading.jobs, reading.notes.items);
        Some(Blueprint {
            jobs: sorted(jobs),
            items,
            edges: closure.into_edges(),
            ..Blueprint::new(path, self.key())
        })
    }
}

/// What the manifests in a text do that stands in another file: in a string of
/// Groovy, a ConfigMap, a patch. `first_line` is where its first line stands.
/// Nothing if it is no YAML.
pub(crate) fn manifest_items(text: &str, first_line: &Spot, items: &mut Vec<Item>) {
    let plain = template::without(text);
    let Ok(roots) = parse_either(plain.as_bytes()) else {
        return;
    };
    // What a manifest calls does not lie beside the file that it is pasted into.
    let mut nothing = MemoryFiles::default();
    let mut closure = Closure::new(&mut nothing);
    let mut reading = object::Reading::new(&first_line.path, &mut closure);
    for root in &roots {
        reading.document(root);
    }
    let is_include = |item: &Item| {
        matches!(
            &item.what,
            What::Unresolved(Unresolved {
                kind: UnresolvedKind::Include,
                ..
            })
        )
    };
    let own = reading.notes.items.into_iter();
    let of_jobs = reading.jobs.into_iter().flat_map(|job| {
        let slot = job.slot;
        job.items.into_iter().map(move |item| Item {
            slot: format!("{slot}/{}", item.slot),
            ..item
        })
    });
    let moved = own
        .chain(of_jobs)
        .filter(|item| !is_include(item))
        .map(|item| Item {
            spot: Spot {
                path: first_line.path.clone(),
                line: first_line
                    .line
                    .saturating_add(item.spot.line)
                    .saturating_sub(1),
                column: item.spot.column,
            },
            ..item
        });
    items.extend(moved);
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

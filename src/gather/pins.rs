//! Whether the commits that code is newly pinned to are on a branch or tag of
//! the repository that is named, where the policy names a mirror of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::git::Repository;
use crate::model::build::{Blueprint, CodeSource, Pin, PinStanding, What};
use crate::model::facts::UpdateFacts;
use crate::model::oid::ObjectId;
use crate::model::sources::TrustedSources;

/// A repository and a commit of it.
type Pinned = (String, String);

/// Looks up what the updates pin and did not before.
pub(super) fn look_up(sources: &TrustedSources, updates: &[UpdateFacts]) -> Vec<PinStanding> {
    if sources.mirrors.is_empty() {
        return Vec::new();
    }
    let changes = || updates.iter().flat_map(|update| &update.build);
    let mut pinned = BTreeSet::new();
    for change in changes() {
        let before: BTreeSet<_> = change.before.iter().flatten().flat_map(exact).collect();
        let after: BTreeSet<_> = change.after.iter().flat_map(exact).collect();
        pinned.extend(after.difference(&before).cloned());
    }
    let mut open = BTreeMap::new();
    let standing = pinned.into_iter().filter_map(|(repository, commit)| {
        let (name, path) = mirror(sources, &repository)?;
        let mirror = open.entry(name).or_insert_with(|| Repository::open(path));
        let on_a_ref = match (mirror, ObjectId::parse(&commit)) {
            (Ok(mirror), Ok(id)) => mirror.is_on_a_ref(id).map_err(|error| error.to_string()),
            (Err(error), _) => Err(error.to_string()),
            (_, Err(error)) => Err(error.to_string()),
        };
        Some(PinStanding {
            repository,
            commit,
            on_a_ref: on_a_ref.map_err(|why| format!("its mirror cannot be asked: {why}")),
        })
    });
    standing.collect()
}

fn exact(blueprint: &Arc<Blueprint>) -> impl Iterator<Item = Pinned> {
    blueprint
        .all_items()
        .filter_map(|(_, item)| match &item.what {
            What::Code(code) if code.pin == Pin::Exact => match &code.source {
                CodeSource::Elsewhere { name, .. } => Some((name.clone(), code.version.clone())),
                _ => None,
            },
            _ => None,
        })
}

/// The mirror of a repository. Forges compare names without regard to case.
fn mirror<'a>(sources: &'a TrustedSources, repository: &str) -> Option<(&'a str, &'a Path)> {
    let mut all = sources.mirrors.iter();
    let (name, path) = all.find(|(name, _)| name.eq_ignore_ascii_case(repository))?;
    Some((name, path))
}

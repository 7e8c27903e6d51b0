//! Whole files: which of one version has no successor in another.

use std::collections::BTreeSet;

use super::Side;
use crate::ci::recognise;
use crate::model::build::Blueprint;
use crate::model::ci::Tier;

/// The files of one version that are executed or govern, and that the other
/// has neither at their path nor under another one of the same system.
pub(crate) fn gone<'a>(before: Side<'a>, after: Side<'a>) -> Vec<&'a Blueprint> {
    let stays =
        |one: &Blueprint, side: Side<'_>| side.blueprints.iter().any(|it| it.path == one.path);
    let mut heirs: Vec<&Blueprint> = after
        .blueprints
        .iter()
        .map(AsRef::as_ref)
        .filter(|one| is_main(one) && !stays(one, before))
        .collect();
    let left = before.blueprints.iter().map(AsRef::as_ref);
    let left = left.filter(|one| is_main(one) && !stays(one, after));
    let orphans = left.filter(|one| {
        let heir = heirs.iter().position(|heir| continues(one, heir));
        heir.map(|at| heirs.remove(at)).is_none()
    });
    orphans.collect()
}

fn is_main(file: &Blueprint) -> bool {
    // What is on no map was recognised by what stands in it, or by the policy.
    let found = recognise(file.path.as_ref().as_ref(), &[]);
    found.is_none_or(|it| it.tier <= Tier::Executed)
}

/// Whether a file of the same system does much the same, or has the same name.
fn continues(file: &Blueprint, other: &Blueprint) -> bool {
    if file.system != other.system {
        return false;
    }
    let name = |one: &Blueprint| {
        one.path
            .rsplit(|byte| *byte == b'/')
            .next()
            .map(<[u8]>::to_vec)
    };
    let slots = |one: &Blueprint| -> BTreeSet<String> {
        one.jobs.iter().map(|job| job.slot.clone()).collect()
    };
    let (own, others) = (slots(file), slots(other));
    let common = own.intersection(&others).count();
    match own.is_empty() && others.is_empty() {
        true => {
            name(file) == name(other)
                || (file.items.len() == other.items.len() && same(file, other))
        }
        false => common > 0 && common * 2 >= own.len().max(others.len()),
    }
}

fn same(file: &Blueprint, other: &Blueprint) -> bool {
    let mut pairs = file.items.iter().zip(&other.items);
    pairs.all(|(one, other)| one.what == other.what)
}

//! Which job of one version is which of the other.

use std::collections::HashSet;

use super::Side;
use crate::model::build::{Blueprint, Job, What};

/// A job before and after. One side is missing if it is new or gone.
#[derive(Clone, Copy)]
pub(crate) struct Pair<'a> {
    /// How it was, with its entry file.
    pub(crate) before: Option<(&'a Blueprint, &'a Job)>,
    /// How it is, with its entry file.
    pub(crate) after: Option<(&'a Blueprint, &'a Job)>,
}

/// Most jobs without a namesake that are compared by what they do.
const MAX_COMPARED: usize = 64;

/// Pairs jobs: by file and name, then by name in another file, then by what
/// they do (at least half of it). What is left is new or gone.
pub(crate) fn pairs<'a>(before: Side<'a>, after: Side<'a>) -> Vec<Pair<'a>> {
    let mut old: Vec<_> = before.jobs().collect();
    let mut new: Vec<_> = after.jobs().collect();
    let mut all = Vec::new();
    let same_file =
        |one: &At<'a>, other: &At<'a>| one.0.path == other.0.path && one.1.slot == other.1.slot;
    let same_name =
        |one: &At<'a>, other: &At<'a>| one.0.system == other.0.system && one.1.slot == other.1.slot;
    take(&mut old, &mut new, &mut all, same_file);
    take(&mut old, &mut new, &mut all, same_name);
    if old.len() <= MAX_COMPARED && new.len() <= MAX_COMPARED {
        take(&mut old, &mut new, &mut all, alike);
    }
    all.extend(old.into_iter().map(|it| Pair {
        before: Some(it),
        after: None,
    }));
    all.extend(new.into_iter().map(|it| Pair {
        before: None,
        after: Some(it),
    }));
    all
}

type At<'a> = (&'a Blueprint, &'a Job);

fn take<'a>(
    old: &mut Vec<At<'a>>,
    new: &mut Vec<At<'a>>,
    all: &mut Vec<Pair<'a>>,
    same: impl Fn(&At<'a>, &At<'a>) -> bool,
) {
    old.retain(|before| {
        let Some(at) = new.iter().position(|after| same(before, after)) else {
            return true;
        };
        all.push(Pair {
            before: Some(*before),
            after: Some(new.remove(at)),
        });
        false
    });
}

/// Whether two jobs do much the same: half of the commands and code of the larger one.
fn alike(one: &At<'_>, other: &At<'_>) -> bool {
    if one.0.system != other.0.system || one.1.kind != other.1.kind {
        return false;
    }
    let (one, other) = (doings(one.1), doings(other.1));
    let common = one.intersection(&other).count();
    common > 0 && common * 2 >= one.len().max(other.len())
}

fn doings(job: &Job) -> HashSet<String> {
    let told = job.items.iter().filter_map(|item| match &item.what {
        What::Command(command) => Some(command.line()),
        What::Code(code) => Some(code.source.to_string()),
        _ => None,
    });
    told.collect()
}

//! Which job of one version is which of the other.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

use super::{Blueprint, Job, What};

/// A job before and after. One side is missing if it is new or gone.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// How it was, with its entry file.
    pub before: Option<(&'a Blueprint, &'a Job)>,
    /// How it is, with its entry file.
    pub after: Option<(&'a Blueprint, &'a Job)>,
}

/// Most jobs without a namesake that are compared by what they do.
const MAX_COMPARED: usize = 64;

type At<'a> = (&'a Blueprint, &'a Job);

/// Pairs jobs: by file and name, then by name in another file, then by what
/// they do (at least half of it). What is left is new or gone.
pub fn pairs<'a>(before: &'a [Arc<Blueprint>], after: &'a [Arc<Blueprint>]) -> Vec<Pair<'a>> {
    let mut old: Vec<_> = jobs(before).collect();
    let mut new: Vec<_> = jobs(after).collect();
    let mut all = Vec::new();
    by_key(&mut old, &mut new, &mut all, |it| {
        (it.0.path.as_slice(), it.1.slot.as_str())
    });
    by_key(&mut old, &mut new, &mut all, |it| {
        (it.0.system, it.1.slot.as_str())
    });
    if old.len() <= MAX_COMPARED && new.len() <= MAX_COMPARED {
        by_likeness(&mut old, &mut new, &mut all);
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

fn jobs(blueprints: &[Arc<Blueprint>]) -> impl Iterator<Item = At<'_>> {
    let all = blueprints.iter().map(Arc::as_ref);
    all.flat_map(|one| one.jobs.iter().map(move |job| (one, job)))
}

/// Pairs what has the same key, in order.
fn by_key<'a, K: Hash + Eq>(
    old: &mut Vec<At<'a>>,
    new: &mut Vec<At<'a>>,
    all: &mut Vec<Pair<'a>>,
    key: impl Fn(&At<'a>) -> K,
) {
    let mut known: HashMap<K, VecDeque<usize>> = HashMap::new();
    for (at, job) in new.iter().enumerate() {
        known.entry(key(job)).or_default().push_back(at);
    }
    let mut taken = HashSet::new();
    old.retain(|before| {
        let found = known.get_mut(&key(before)).and_then(VecDeque::pop_front);
        let Some(at) = found else { return true };
        taken.insert(at);
        all.push(Pair {
            before: Some(*before),
            after: new.get(at).copied(),
        });
        false
    });
    let mut at = 0..;
    new.retain(|_| !at.next().is_some_and(|at| taken.contains(&at)));
}

fn by_likeness<'a>(old: &mut Vec<At<'a>>, new: &mut Vec<At<'a>>, all: &mut Vec<Pair<'a>>) {
    old.retain(|before| {
        let Some(at) = new.iter().position(|after| alike(before, after)) else {
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

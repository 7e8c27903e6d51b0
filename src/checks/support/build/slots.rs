//! What stands in the same slot before and after: for rules that compare.

use std::collections::BTreeMap;

use super::{Seen, Side, pairs};
use crate::model::build::{Blueprint, Item, Job, What};

/// What has gone from a slot and what has come.
pub(crate) struct SlotChange<'a, T> {
    /// What stood there and no longer does.
    pub(crate) gone: Vec<(Seen<'a>, T)>,
    /// What stands there and did not.
    pub(crate) new: Vec<(Seen<'a>, T)>,
}

type Slots<'a, T> = BTreeMap<String, Vec<(Seen<'a>, T)>>;

/// The slots in which what `pick` picks differs: of jobs that are the same job,
/// and of files beside their jobs. Slots of new jobs count as empty before.
pub(crate) fn slot_changes<'a, T: PartialEq>(
    before: Side<'a>,
    after: Side<'a>,
    pick: impl Fn(&'a What) -> Option<T>,
) -> Vec<SlotChange<'a, T>> {
    let mut all = Vec::new();
    for pair in pairs(before, after) {
        let of = |at: Option<(&'a Blueprint, &'a Job)>| {
            at.map(|(blueprint, job)| slots(blueprint, Some(job), &job.items, &pick))
        };
        differ(
            of(pair.before).unwrap_or_default(),
            of(pair.after).unwrap_or_default(),
            &mut all,
        );
    }
    let own = |side: Side<'a>| {
        let mut known: BTreeMap<_, Slots<'a, T>> = BTreeMap::new();
        for blueprint in side.blueprints {
            let of = slots(blueprint, None, &blueprint.items, &pick);
            known.insert(blueprint.path.as_slice(), of);
        }
        known
    };
    let (mut old, mut new) = (own(before), own(after));
    let paths: Vec<_> = old
        .keys()
        .copied()
        .filter(|path| new.contains_key(path))
        .collect();
    for path in paths {
        let both = (old.remove(path), new.remove(path));
        differ(
            both.0.unwrap_or_default(),
            both.1.unwrap_or_default(),
            &mut all,
        );
    }
    // Files that were renamed: their slots by name alone.
    let (old, new) = (merged(old), merged(new));
    differ(old, new, &mut all);
    all
}

fn merged<'a, T>(files: BTreeMap<&[u8], Slots<'a, T>>) -> Slots<'a, T> {
    let mut all = Slots::new();
    for (slot, items) in files.into_values().flatten() {
        all.entry(slot).or_default().extend(items);
    }
    all
}

fn slots<'a, T>(
    blueprint: &'a Blueprint,
    job: Option<&'a Job>,
    items: &'a [Item],
    pick: &impl Fn(&'a What) -> Option<T>,
) -> Slots<'a, T> {
    let mut all = Slots::new();
    for item in items {
        if let Some(picked) = pick(&item.what) {
            let seen = Seen {
                blueprint,
                job,
                item,
            };
            all.entry(item.slot.clone())
                .or_default()
                .push((seen, picked));
        }
    }
    all
}

fn differ<'a, T: PartialEq>(
    mut before: Slots<'a, T>,
    after: Slots<'a, T>,
    all: &mut Vec<SlotChange<'a, T>>,
) {
    for (slot, items) in after {
        let mut gone = before.remove(&slot).unwrap_or_default();
        let new: Vec<_> = items
            .into_iter()
            .filter_map(
                |(seen, it)| match gone.iter().position(|(_, old)| *old == it) {
                    Some(at) => {
                        gone.remove(at);
                        None
                    }
                    None => Some((seen, it)),
                },
            )
            .collect();
        if !gone.is_empty() || !new.is_empty() {
            all.push(SlotChange { gone, new });
        }
    }
    all.extend(before.into_values().map(|gone| SlotChange {
        gone,
        new: Vec::new(),
    }));
}

//! Which of a version's detections were there before: as multisets, first in
//! the same place, then elsewhere in the same file, then in another file.

use std::collections::HashMap;

use super::Detection;

/// The positions of `after` that `before` does not account for. A match counts
/// only if it is no worse than what it matches.
pub(super) fn unmatched(before: &[Detection], after: &[Detection]) -> Vec<usize> {
    let mut left: Vec<usize> = (0..after.len()).collect();
    let mut taken = vec![false; before.len()];
    for key in [same_place, same_file, anywhere] {
        let mut known: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, detection) in before.iter().enumerate().rev() {
            if !taken[at] {
                known.entry(key(detection)).or_default().push(at);
            }
        }
        left.retain(|at| {
            let detection = &after[*at];
            let Some(candidates) = known.get_mut(&key(detection)) else {
                return true;
            };
            let no_worse = |one: &usize| !is_worse(detection, &before[*one]);
            match candidates.iter().rposition(no_worse) {
                Some(position) => {
                    taken[candidates.remove(position)] = true;
                    false
                }
                None => true,
            }
        });
    }
    left
}

/// Whether a problem is more of one than what it is taken for.
pub(super) fn is_worse(new: &Detection, old: &Detection) -> bool {
    new.severity > old.severity || new.exposure.is_worse_than(&old.exposure)
}

fn same_place(detection: &Detection) -> (&str, &str) {
    (&detection.slot, &detection.feature)
}

fn same_file(detection: &Detection) -> (&str, &str) {
    let file = detection.slot.split('\n').next().unwrap_or_default();
    (file, &detection.feature)
}

fn anywhere(detection: &Detection) -> (&str, &str) {
    ("", &detection.feature)
}

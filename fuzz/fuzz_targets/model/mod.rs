//! What every parser must hold to, whatever stands in its files.

use std::sync::Arc;

use forgewarden::ci::{self, MemoryFiles};

/// Separates the files of an input.
const NEXT_FILE: &[u8] = b"\n-- next file --\n";

/// Reads an input as the files at these paths, each as the entry, and demands
/// that reading ends, ends in the same way twice, and names places that exist.
pub fn read(paths: &[&str], input: &[u8]) {
    let mut tree = MemoryFiles::default();
    let mut rest = input;
    for path in paths {
        let (text, more) = cut(rest);
        tree = tree.with(path, text);
        rest = more;
    }
    for path in paths {
        let entry = Arc::new((*path).into());
        let once = ci::blueprint(&entry, &[], &mut tree);
        assert_eq!(once, ci::blueprint(&entry, &[], &mut tree));
        let Some(blueprint) = once else { continue };
        for (_, item) in blueprint.all_items() {
            assert!(item.spot.line >= 1 && item.spot.column >= 1, "{item:?}");
        }
        let slots: std::collections::BTreeSet<_> =
            blueprint.jobs.iter().map(|job| &job.slot).collect();
        assert_eq!(slots.len(), blueprint.jobs.len(), "two jobs share a slot");
    }
}

fn cut(input: &[u8]) -> (&[u8], &[u8]) {
    let found = input
        .windows(NEXT_FILE.len())
        .position(|window| window == NEXT_FILE);
    match found {
        Some(at) => (&input[..at], &input[at + NEXT_FILE.len()..]),
        None => (input, b""),
    }
}

//! Files of the build environment that are not what they seem.

use std::collections::BTreeSet;

use forgewarden::model::ci::{ChangeKind, Oddity, Tier};

use super::{Case, accepts, objecting, objects};
use crate::support::facts::{CiBuilder, branch, ci_file, commit, pull_request, push, workflow};

pub(super) fn cases() -> Vec<Case> {
    let with = |file: CiBuilder| {
        push([branch("main")
            .brings(commit(1))
            .changes(file.in_commits(&[1]))])
    };
    let unparsable = |line| Oddity::Unparsable {
        reason: "a tab stands in the indentation".to_owned(),
        line,
        column: line,
    };
    let lookalike = Oddity::Lookalike {
        of: "Makefile".into(),
    };
    let plain = || with(workflow("ci.yml"));
    let steering = |oddity| with(ci_file("AGENTS.md").tier(Tier::Steering).odd(oddity));
    vec![
        objects(
            "ci-config-unparsable",
            "at a line",
            with(workflow("ci.yml").odd(unparsable(Some(7)))),
        ),
        objects(
            "ci-config-unparsable",
            "over a bound, and since removed",
            with(
                workflow("ci.yml")
                    .kind(ChangeKind::Removed)
                    .odd(unparsable(None)),
            ),
        ),
        accepts("ci-config-unparsable", "readable", plain()),
        objects(
            "ci-path-lookalike",
            "letter case",
            with(ci_file("MAKEFILE").odd(lookalike.clone())),
        ),
        objects(
            "ci-path-lookalike",
            "hostile",
            with(ci_file("Make\u{200b}file'\n").odd(lookalike)),
        ),
        accepts("ci-path-lookalike", "plain", plain()),
        objects(
            "ci-path-symlink",
            "a workflow",
            with(workflow("ci.yml").odd(Oddity::Symlink)),
        ),
        accepts("ci-path-symlink", "plain", plain()),
        accepts(
            "ci-path-symlink",
            "a file that only steers",
            steering(Oddity::Symlink),
        ),
        objects(
            "ci-path-submodule",
            "above a workflow",
            with(workflow("ci.yml").odd(Oddity::Gitlink)),
        ),
        accepts("ci-path-submodule", "plain", plain()),
        accepts(
            "ci-path-submodule",
            "a file that only steers",
            steering(Oddity::Gitlink),
        ),
        objects(
            "ci-file-in-lfs",
            "a script",
            with(
                ci_file("build.sh")
                    .tier(Tier::Reached)
                    .odd(Oddity::LfsPointer),
            ),
        ),
        accepts("ci-file-in-lfs", "plain", plain()),
        accepts(
            "ci-file-in-lfs",
            "a file that only steers",
            steering(Oddity::LfsPointer),
        ),
    ]
}

/// One of each oddity. The compiler's reminder stands in [`named_by`].
fn every_oddity() -> [Oddity; 5] {
    [
        Oddity::Lookalike {
            of: "Makefile".into(),
        },
        Oddity::Symlink,
        Oddity::Gitlink,
        Oddity::LfsPointer,
        Oddity::Unparsable {
            reason: "it is over a bound".to_owned(),
            line: None,
            column: None,
        },
    ]
}

fn named_by(oddity: &Oddity) -> &'static str {
    match oddity {
        Oddity::Lookalike { .. } => "ci-path-lookalike",
        Oddity::Symlink => "ci-path-symlink",
        Oddity::Gitlink => "ci-path-submodule",
        Oddity::LfsPointer => "ci-file-in-lfs",
        Oddity::Unparsable { .. } => "ci-config-unparsable",
    }
}

#[test]
fn every_oddity_is_objected_to_by_exactly_one_check() {
    let mut ids = BTreeSet::new();
    for oddity in every_oddity() {
        let file = workflow("ci.yml").in_commits(&[1]).odd(oddity.clone());
        let change = branch("main").brings(commit(1)).changes(file);
        let facts = pull_request(change).by("alice").approved_by("bob").build();
        assert_eq!(objecting(&facts), [named_by(&oddity)]);
        ids.insert(named_by(&oddity));
    }
    assert_eq!(ids.len(), every_oddity().len());
}

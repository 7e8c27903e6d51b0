//! Refs that move in ways they should not.

use super::{Case, accepts, objects};
use crate::support::facts::{branch, commit, pull_request, push, tag};

pub(super) fn cases() -> Vec<Case> {
    let main = || branch("main").protected();
    vec![
        objects(
            "protected-ref-rewind",
            "a force push",
            push([main().rewound()]),
        ),
        objects(
            "protected-ref-rewind",
            "hidden behind another ref",
            push([branch("topic"), main().rewound().brings(commit(1))]),
        ),
        accepts(
            "protected-ref-rewind",
            "forwards",
            push([main().brings(commit(1))]),
        ),
        accepts(
            "protected-ref-rewind",
            "not protected",
            push([branch("topic").rewound()]),
        ),
        accepts(
            "protected-ref-rewind",
            "a pull request behind its target",
            pull_request(main().rewound().brings(commit(1))),
        ),
        objects(
            "protected-ref-deletion",
            "the branch",
            push([main().deleted()]),
        ),
        objects(
            "protected-ref-deletion",
            "a protected tag",
            push([tag("v1").existing().protected().deleted()]),
        ),
        accepts(
            "protected-ref-deletion",
            "a topic",
            push([branch("topic").deleted()]),
        ),
        objects("tag-moved", "moved", push([tag("v1").existing()])),
        objects(
            "tag-moved",
            "deleted",
            push([tag("v1").existing().deleted()]),
        ),
        accepts("tag-moved", "new", push([tag("v1")])),
        accepts("tag-moved", "a branch", push([branch("v1")])),
    ]
}

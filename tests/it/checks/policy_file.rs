//! The policy file that a change would put on a target branch.

use super::{Case, accepts, objects};
use crate::support::facts::{branch, push};

pub(super) fn cases() -> Vec<Case> {
    vec![
        objects(
            "policy-file-invalid",
            "an unknown key",
            push([branch("main").spoils_policy("unknown key `protectd`")]),
        ),
        accepts("policy-file-invalid", "left alone", push([branch("main")])),
    ]
}

//! What holds for any text, and for any layer.

use std::path::Path;

use forgewarden::checks;
use forgewarden::model::refs::RefName;
use forgewarden::policy::Policy;
use proptest::prelude::*;

use super::policy;

/// Lines that people and attackers write into a layer.
const LINES: &[&str] = &[
    "protected = [\"next\"]",
    "protected = []",
    "baseline = [\"1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f\"]",
    "principals.mallory.accounts = [\"github:mallory\"]",
    "principals.alice.accounts = [\"github:mallory\"]",
    "principals.alice.robot = false",
    "teams.security = [\"carol\"]",
    "teams.security = []",
    "trust.allowed_signers = [\"allowed_signers\"]",
    "trust.revoked = []",
    "checks.unsigned-commit.mode = \"off\"",
    "checks.unsigned-commit.mode = \"enforce\"",
    "checks.unknown-signer.mode = \"audit\"",
    "checks.ci-change-unapproved.mode = \"off\"",
    "checks.ci-change-unapproved.approvals = 1",
    "checks.ci-change-unapproved.approvals = 3",
    "checks.ci-change-unapproved.approvers = []",
    "checks.ci-change-unapproved.approvers = [\"carol\"]",
    "checks.ci-change-unapproved.approvers = [\"alice\"]",
    "checks.ci-change-unapproved.tiers = [\"steering\"]",
    "checks.ci-change-unapproved.tiers = []",
    "checks.ci-change-unapproved.signed_by = [\"carol\"]",
    "checks.ci-change-unapproved.only_protected = true",
    "ci.paths = [{ glob = \"**\", system = \"docker\", tier = \"steering\" }]",
    "waivers = [{ check = \"unknown-signer\", paths = [\"x\"], reason = \"y\", until = 2999-01-01 }]",
    "limits.commits = 1000000",
    "limits.hook_deadline = \"10m\"",
    "repository.may_loosen = [\"checks\", \"waivers\", \"principals\"]",
];

const OPERATOR: &str = r#"
protected = ["main"]
[principals.alice]
accounts = ["github:alice"]
robot = true
[principals.bob]
accounts = ["github:bob"]
[principals.carol]
accounts = ["github:carol"]
[teams]
security = ["alice", "bob"]
[checks.unsigned-commit]
mode = "audit"
[checks.ci-change-unapproved]
approvals = 2
approvers = ["team:security"]
"#;

/// Whether everything that `strict` refuses is refused by `layered` as well.
fn is_no_looser(layered: &Policy, strict: &Policy) -> bool {
    let main = RefName::branch("main").expect("a branch");
    let (new, old) = (
        &layered.checks.ci_change_unapproved,
        &strict.checks.ci_change_unapproved,
    );
    let names = |config: &checks::ci_change_unapproved::Config| -> Vec<String> {
        config
            .approvers
            .iter()
            .map(|name| name.as_str().to_owned())
            .collect()
    };
    let (new_names, old_names) = (names(new), names(old));
    let approvers = |policy: &Policy, names: &[String]| -> Vec<String> {
        let members = policy.directory.members(names.iter().map(String::as_str));
        members
            .into_iter()
            .map(|id| id.as_str().to_owned())
            .collect()
    };
    let before = approvers(strict, &old_names);
    let mut modes = checks::ALL.iter();
    modes.all(|check| (check.mode)(&layered.checks) >= (check.mode)(&strict.checks))
        && layered.protected.matches(&main)
        && layered.directory == strict.directory
        && layered.roots == strict.roots
        && layered.baseline == strict.baseline
        && layered.limits == strict.limits
        && layered.waivers.is_empty()
        && new.approvals >= old.approvals
        && !new_names.is_empty()
        && approvers(layered, &new_names)
            .iter()
            .all(|name| before.contains(name))
        && new.signed_by.is_subset(&old.signed_by)
        && new.tiers.is_superset(&old.tiers)
        && new.only_protected <= old.only_protected
}

proptest! {
    #[test]
    fn no_layer_loosens(mut lines in proptest::sample::subsequence(LINES, 0..LINES.len()).prop_shuffle()) {
        // The same key twice is no TOML.
        let mut keys = std::collections::BTreeSet::new();
        lines.retain(|line| keys.insert(line.split(" = ").next()));
        let strict = policy(OPERATOR);
        let layer = format!("version = 1\n{}\n", lines.join("\n"));
        let layered = strict.tightened_by(".forgewarden.toml", layer.as_bytes()).expect("a layer");
        prop_assert!(is_no_looser(&layered, &strict), "{layer}");
        let again = layered.tightened_by(".forgewarden.toml", layer.as_bytes()).expect("as before");
        prop_assert_eq!(again.digest, layered.digest, "a second time changes nothing");
    }

    #[test]
    fn any_bytes_end_in_a_policy_or_in_problems(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let layered = policy(OPERATOR).tightened_by("layer", &bytes);
        prop_assert!(layered.is_err(), "no such text states its version");
    }

    #[test]
    fn any_cut_of_a_good_file_is_read_or_refused(cut in 0usize..1600, noise in "[ -~\u{e9}\n]{0,3}") {
        let text = include_str!("../../data/policy/good/full.toml");
        let cut = text.floor_char_boundary(cut);
        let text = format!("{}{noise}{}", &text[..cut], &text[cut..]);
        let read = Policy::parse("policy.toml", &text, Path::new("tests/data/policy/good"));
        if let Err(problems) = read {
            prop_assert!(problems.any_error());
            for problem in &problems.0 {
                prop_assert!(problem.line <= text.lines().count() + 1, "{}", problem);
                problem.render();
            }
        }
    }
}

#[test]
fn each_line_by_itself_is_understood() {
    let strict = policy(OPERATOR);
    let mut tightening = 0;
    for line in LINES {
        let layer = format!("version = 1\n{line}\n");
        let layered = strict.tightened_by(".forgewarden.toml", layer.as_bytes());
        let layered = layered.unwrap_or_else(|problems| panic!("{line}: {problems}"));
        assert!(is_no_looser(&layered, &strict), "{line}");
        tightening += usize::from(layered.digest != strict.digest);
    }
    assert_eq!(
        tightening, 5,
        "next, enforce, three approvals, alice alone, and a path more"
    );
}

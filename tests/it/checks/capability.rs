//! Approval in proportion to what a change gains, and what needs none.

use std::num::NonZeroU32;

use forgewarden::checks::build::capability_unapproved::{CapabilityRule, Gain};
use forgewarden::checks::{ChecksConfig, PrincipalSelector};
use forgewarden::model::ci::ChangeKind;
use forgewarden::model::directory::Directory;

use super::{Case, Expected};
use crate::support::facts::{
    FactsBuilder, UpdateBuilder, branch, commit, people, principal, pull_request, push, workflow,
};

const PATH: &str = ".github/workflows/ci.yml";

const PLAIN: &str = "on: push\njobs:\n  build:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/checkout@v4\n      - run: make\n";

fn with_secret() -> String {
    format!("{PLAIN}        env:\n          KEY: ${{{{ secrets.SIGNING_KEY }}}}\n")
}

fn with_comment() -> String {
    PLAIN.replace(
        "      - run: make",
        "      # Everything.\n      - run: make",
    )
}

fn with_pin() -> String {
    PLAIN.replace("checkout@v4", "checkout@v5")
}

pub(super) fn cases() -> Vec<Case> {
    [gains(), pushes(), harmless()]
        .into_iter()
        .flatten()
        .collect()
}

/// alice's commit 1 changes the workflow of `main` to this.
fn change(after: &str) -> UpdateBuilder {
    branch("main")
        .brings(commit(1))
        .changes(workflow("ci.yml").in_commits(&[1]))
        .builds(None, &[(PATH, PLAIN)], &[(PATH, after)])
}

fn proposal(after: &str) -> FactsBuilder {
    pull_request(change(after)).by("alice")
}

fn case(name: &'static str, facts: FactsBuilder, expected: Expected) -> Case {
    super::case("capability-unapproved", name, facts, expected)
}

fn objects(name: &'static str, facts: FactsBuilder) -> Case {
    case(name, facts, Expected::Objections(1))
}

fn accepts(name: &'static str, facts: FactsBuilder) -> Case {
    case(name, facts, Expected::Accepted)
}

/// bob must agree to these.
fn asks(gains: &[Gain], approvals: u32) -> impl Fn(&mut ChecksConfig) {
    let rule = CapabilityRule {
        gains: gains.iter().copied().collect(),
        approvers: [
            PrincipalSelector::new("bob"),
            PrincipalSelector::new("carol"),
        ]
        .into(),
        approvals: NonZeroU32::new(approvals).expect("not zero"),
        signed_by: [PrincipalSelector::new("bob")].into(),
    };
    move |config| config.capability_unapproved.rules = vec![rule.clone()]
}

fn secret(config: &mut ChecksConfig) {
    asks(&[Gain::Secret], 1)(config);
}

fn gains() -> Vec<Case> {
    let production = PLAIN.replace("    steps:", "    environment: production\n    steps:");
    let gated = |before: &str, after: &str| {
        let file = workflow("ci.yml").in_commits(&[1]);
        let update = branch("main").brings(commit(1)).changes(file);
        pull_request(update.builds(None, &[(PATH, before)], &[(PATH, after)])).by("alice")
    };
    let in_between = branch("main")
        .brings(commit(2))
        .brings(commit(1))
        .changes(workflow("ci.yml").in_commits(&[2, 1]))
        .builds(Some(2), &[(PATH, &with_secret())], &[(PATH, PLAIN)])
        .builds(Some(1), &[(PATH, PLAIN)], &[(PATH, &with_secret())]);
    vec![
        objects("a secret, and nobody approved", proposal(&with_secret())).with(secret),
        accepts(
            "a secret, approved by bob",
            proposal(&with_secret()).approved_by("bob"),
        )
        .with(secret),
        objects(
            "a secret, approved before",
            proposal(&with_secret()).approved_before_by("bob"),
        )
        .with(secret),
        objects(
            "a secret, approved by whom the rule does not name",
            proposal(&with_secret())
                .directory(people(&["alice", "bob", "dave"], &[]))
                .approved_by("dave"),
        )
        .with(secret),
        objects("one of two", proposal(&with_secret()).approved_by("bob"))
            .with(asks(&[Gain::Secret], 2)),
        accepts(
            "two of two",
            proposal(&with_secret())
                .approved_by("bob")
                .approved_by("carol"),
        )
        .with(asks(&[Gain::Secret], 2)),
        accepts(
            "another command",
            proposal(&PLAIN.replace("make", "make all")),
        )
        .with(secret),
        accepts("a secret, and no rule", proposal(&with_secret())),
        objects("production", proposal(&production)).with(asks(&[Gain::Production], 1)),
        accepts(
            "production was there",
            gated(&production, &production.replace("make", "make all")),
        )
        .with(asks(&[Gain::Production], 1)),
        objects("a gate less", gated(&production, PLAIN)).with(asks(&[Gain::Gate], 1)),
        objects(
            "a secret that one commit holds",
            pull_request(in_between).by("alice"),
        )
        .with(secret),
        case(
            "not known",
            proposal(&with_secret()).approvals_unknown("timed out"),
            Expected::Unjudged,
        )
        .with(secret),
    ]
}

fn pushes() -> Vec<Case> {
    let by = |name: &str| {
        let update = branch("main")
            .brings(commit(1).signed_by(name))
            .changes(workflow("ci.yml").in_commits(&[1]))
            .builds(None, &[(PATH, PLAIN)], &[(PATH, &with_secret())]);
        push([update])
    };
    vec![
        objects("a push, signed by another", by("alice")).with(secret),
        accepts("a push, signed by bob", by("bob")).with(secret),
    ]
}

/// What the approval of the build environment itself lets pass.
fn harmless() -> Vec<Case> {
    let id = "ci-change-unapproved";
    let objects = |name, facts| super::case(id, name, facts, Expected::Objections(1));
    let accepts = |name, facts| super::case(id, name, facts, Expected::Accepted);
    let renovate = |after: &str, signer: &str| {
        let update = branch("main")
            .brings(commit(1).signed_by(signer))
            .changes(workflow("ci.yml").in_commits(&[1]))
            .builds(None, &[(PATH, PLAIN)], &[(PATH, after)]);
        pull_request(update).by(signer).directory(with_robot())
    };
    let hidden = branch("main")
        .brings(commit(2).signed_by("renovate"))
        .brings(commit(1).signed_by("renovate"))
        .changes(workflow("ci.yml").in_commits(&[2, 1]))
        .builds(None, &[(PATH, PLAIN)], &[(PATH, &with_pin())])
        .builds(Some(2), &[(PATH, &with_secret())], &[(PATH, &with_pin())])
        .builds(Some(1), &[(PATH, PLAIN)], &[(PATH, &with_secret())]);
    let unread = branch("main")
        .brings(commit(1).signed_by("renovate"))
        .changes(workflow("ci.yml").in_commits(&[1]));
    let new = branch("main")
        .brings(commit(1).signed_by("renovate"))
        .changes(workflow("ci.yml").kind(ChangeKind::Added).in_commits(&[1]))
        .builds(None, &[], &[(PATH, PLAIN)]);
    let robots = |case: Case| {
        case.with(|config| {
            config.ci_change_unapproved.robots_may_move_pins =
                [PrincipalSelector::new("renovate")].into();
        })
    };
    let comments =
        |case: Case| case.with(|config| config.ci_change_unapproved.cosmetic_needs = false);
    vec![
        robots(accepts(
            "a robot moves a pin",
            renovate(&with_pin(), "renovate"),
        )),
        objects(
            "a robot moves a pin, and none may",
            renovate(&with_pin(), "renovate"),
        ),
        robots(objects("alice moves a pin", renovate(&with_pin(), "alice"))),
        robots(objects(
            "a robot takes a secret",
            renovate(&with_secret(), "renovate"),
        )),
        robots(objects(
            "a robot moves a pin after a commit that took a secret",
            pull_request(hidden).by("renovate").directory(with_robot()),
        )),
        robots(objects(
            "a robot changes what no model reads",
            pull_request(unread).by("renovate").directory(with_robot()),
        )),
        robots(objects(
            "a robot adds a file",
            pull_request(new).by("renovate").directory(with_robot()),
        )),
        comments(accepts("a comment", proposal(&with_comment()))),
        objects(
            "a comment, where comments need approval",
            proposal(&with_comment()),
        ),
        comments(objects("a pin is no comment", proposal(&with_pin()))),
    ]
}

fn with_robot() -> Directory {
    let mut directory = people(&["alice", "bob", "renovate"], &[]);
    directory.robots.insert(principal("renovate"));
    directory
}

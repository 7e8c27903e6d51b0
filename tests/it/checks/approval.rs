//! Approval of changes of the build environment.

use std::num::NonZeroU32;

use forgewarden::checks::{ChecksConfig, PrincipalSelector};
use forgewarden::model::ci::{ChangeKind, Tier};
use forgewarden::model::directory::{Account, Directory};
use forgewarden::model::principal::Actor;
use forgewarden::model::repo::ForgeKind;
use forgewarden::model::signature::SignatureState;

use super::{Case, Expected};
use crate::support::facts::{
    FactsBuilder, OLD, UpdateBuilder, account, branch, ci_file, commit, github_group, key,
    merge_group, people, principal, pull_request, push, workflow,
};

pub(super) fn cases() -> Vec<Case> {
    [
        approvals(),
        several(),
        authors(),
        approvers(),
        pushers(),
        groups(),
        merge_groups(),
        sign_off(),
        sign_off_of_untraced_changes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn case(name: &'static str, facts: FactsBuilder, expected: Expected) -> Case {
    super::case("ci-change-unapproved", name, facts, expected)
}

fn objects(name: &'static str, facts: FactsBuilder) -> Case {
    case(name, facts, Expected::Objections(1))
}

fn accepts(name: &'static str, facts: FactsBuilder) -> Case {
    case(name, facts, Expected::Accepted)
}

/// alice's commit 1 changes a workflow of `main`.
fn change() -> UpdateBuilder {
    let file = workflow("ci.yml").in_commits(&[1]);
    branch("main").protected().brings(commit(1)).changes(file)
}

/// alice proposes it.
fn proposal() -> FactsBuilder {
    pull_request(change()).by("alice")
}

fn approvals() -> Vec<Case> {
    let robot = Actor {
        robot: true,
        ..account("bob")
    };
    let removed = branch("main").brings(commit(1)).changes(
        workflow("ci.yml")
            .kind(ChangeKind::Removed)
            .in_commits(&[1]),
    );
    vec![
        objects("by nobody", proposal()),
        accepts("by bob", proposal().approved_by("bob")),
        accepts(
            "by Bob: accounts have no letter case",
            proposal().approved_by("BOB"),
        ),
        objects("of another head", proposal().approved_before_by("bob")),
        objects("by a robot", proposal().approved_by_account(robot)),
        objects(
            "by a robot of the policy",
            proposal().directory(with_robot()).approved_by("robot"),
        ),
        objects(
            "a robot is not asked to approve, though in the team",
            proposal().directory(with_robot()),
        )
        .with(team),
        objects(
            "by an unknown account",
            proposal().approved_by("mallory\u{202e}"),
        ),
        objects("of a removal", pull_request(removed)),
        case(
            "not known",
            proposal().approvals_unknown("GitHub did not answer: timed out"),
            Expected::Unjudged,
        ),
        accepts(
            "not known, and nothing to approve",
            pull_request(branch("main").brings(commit(1))).approvals_unknown("timed out"),
        ),
        accepts(
            "not a tier that asks for it",
            pull_request(
                branch("main")
                    .brings(commit(1))
                    .changes(ci_file("Makefile").tier(Tier::Reached)),
            ),
        )
        .with(|config| {
            config.ci_change_unapproved.tiers.remove(&Tier::Reached);
        }),
    ]
}

fn several() -> Vec<Case> {
    vec![
        objects("one of two", proposal().approved_by("bob")).with(two),
        objects(
            "two accounts of one person, where two are needed",
            proposal()
                .directory(bob_twice())
                .approved_by("bob")
                .approved_by("robert"),
        )
        .with(two),
        accepts(
            "two of two",
            proposal().approved_by("bob").approved_by("carol"),
        )
        .with(two),
        case(
            "two files",
            pull_request(change().changes(workflow("release.yml").in_commits(&[1]))),
            Expected::Objections(2),
        ),
        objects(
            "one listed with a head, in a push that has none",
            push([change()]).approved_by("bob"),
        ),
    ]
}

fn authors() -> Vec<Case> {
    let bob_signs = || {
        let file = workflow("ci.yml").in_commits(&[2]);
        branch("main")
            .brings(commit(2).signed_by("bob"))
            .brings(commit(1))
            .changes(file)
    };
    let expired = SignatureState::Expired {
        principal: principal("bob"),
        key: key("bob"),
        reason: "it expired on 2026-01-01".to_owned(),
    };
    let bob_signs_expired = branch("main")
        .brings(commit(1).state(expired))
        .changes(workflow("ci.yml").in_commits(&[1]));
    let by_merge = branch("main")
        .brings(commit(2).signed_by("bob"))
        .brings(commit(1))
        .changes(workflow("ci.yml"));
    vec![
        objects("by whoever opened it", proposal().approved_by("alice")),
        objects(
            "by whoever opened a pull request of another's commits",
            pull_request(change()).by("carol").approved_by("carol"),
        ),
        objects(
            "by whoever signed the change in another's pull request",
            pull_request(bob_signs()).by("alice").approved_by("bob"),
        ),
        objects(
            "by whoever signed the change with an expired key",
            pull_request(bob_signs_expired)
                .by("alice")
                .approved_by("bob"),
        ),
        accepts(
            "by whoever signed only another commit",
            pull_request(
                branch("main")
                    .brings(commit(2).signed_by("bob"))
                    .brings(commit(1))
                    .changes(workflow("ci.yml").in_commits(&[1])),
            )
            .by("alice")
            .approved_by("bob"),
        ),
        objects(
            "by a signer of a merge that alone shows the change",
            pull_request(by_merge).by("alice").approved_by("bob"),
        ),
    ]
}

fn approvers() -> Vec<Case> {
    let everyone: Vec<_> = (1..=9).map(|number| format!("dev{number}")).collect();
    let everyone: Vec<_> = everyone.iter().map(String::as_str).collect();
    vec![
        accepts("by the team", proposal().approved_by("carol")).with(team),
        objects(
            "by somebody outside the team",
            proposal()
                .directory(people(&["alice", "bob", "dave"], &["bob"]))
                .approved_by("dave"),
        )
        .with(team),
        objects(
            "nobody but the author may approve",
            proposal().directory(people(&["alice"], &["alice"])),
        )
        .with(team),
        objects("a team that is gone", proposal().approved_by("bob")).with(|config| {
            config.ci_change_unapproved.approvers = [PrincipalSelector::new("team:gone")].into();
        }),
        objects(
            "many may approve",
            proposal().directory(people(&everyone, &[])),
        ),
        accepts("not protected", pull_request(topic())).with(|config| {
            config.ci_change_unapproved.only_protected = true;
        }),
        objects("a topic branch counts too", pull_request(topic())),
    ]
}

fn pushers() -> Vec<Case> {
    vec![
        objects(
            "by whoever pushed another's change",
            proposal().pushed_by("bob").approved_by("bob"),
        ),
        accepts(
            "by somebody who did not push it",
            proposal().pushed_by("bob").approved_by("carol"),
        ),
        objects(
            "pushed by all who may approve",
            proposal()
                .pushed_by("bob")
                .pushed_by("carol")
                .approved_by("carol"),
        )
        .with(team),
    ]
}

fn groups() -> Vec<Case> {
    let group = "acme/security";
    let by_dave = || proposal().directory(with_group()).approved_by("dave");
    vec![
        accepts(
            "by a member of the team's group",
            by_dave().membership("dave", group, Ok(true)),
        )
        .with(team),
        objects(
            "by a principal who is not in the group",
            by_dave().membership("dave", group, Ok(false)),
        )
        .with(team),
        objects(
            "by a member of the group who is no principal",
            proposal()
                .directory(with_group())
                .approved_by("mallory")
                .membership("mallory", group, Ok(true)),
        )
        .with(team),
        objects(
            "by the author, who is in the group",
            proposal()
                .directory(with_group())
                .approved_by("alice")
                .membership("alice", group, Ok(true)),
        )
        .with(team),
        objects(
            "by a member of another team's group",
            by_dave().membership("dave", group, Ok(true)),
        )
        .with(|config| {
            config.ci_change_unapproved.approvers = [PrincipalSelector::new("bob")].into();
        }),
        case(
            "by somebody of whom it is not known",
            by_dave().membership("dave", group, Err("there is no such team")),
            Expected::Unjudged,
        )
        .with(team),
        case(
            "by somebody of whom nobody asked",
            by_dave(),
            Expected::Unjudged,
        )
        .with(team),
        accepts(
            "not known, and enough without it",
            by_dave().approved_by("bob"),
        )
        .with(team),
        objects("not known, and too few even with it", by_dave())
            .with(team)
            .with(two),
    ]
}

/// A merge of two pull requests: 1 with the change on 2, and 3.
fn group_changing(by: &[u32]) -> FactsBuilder {
    merge_group(
        branch("main")
            .protected()
            .brings(commit(9).on(&[8, 3]).unsigned())
            .brings(commit(8).on(&[OLD, 1]).unsigned())
            .brings(commit(3))
            .brings(commit(1).on(&[2]))
            .brings(commit(2))
            .changes(workflow("ci.yml").in_commits(by)),
    )
}

fn merge_groups() -> Vec<Case> {
    vec![
        objects("a group of no known pull request", group_changing(&[1])),
        accepts(
            "a group of an approved pull request",
            group_changing(&[1, 2])
                .merging(1, "alice", &[("bob", 1)])
                .merging(3, "alice", &[]),
        ),
        objects(
            "a group of a pull request whose earlier head was approved",
            group_changing(&[2]).merging(1, "alice", &[("bob", 2)]),
        ),
        objects(
            "a group whose other pull request was approved",
            group_changing(&[1])
                .merging(1, "alice", &[])
                .merging(3, "alice", &[("bob", 3)]),
        ),
        objects(
            "a group of two that change it, one approved",
            group_changing(&[1, 3])
                .merging(1, "alice", &[("bob", 1)])
                .merging(3, "carol", &[("carol", 3)]),
        ),
        accepts(
            "a group of two that change it, both approved",
            group_changing(&[1, 3])
                .merging(1, "alice", &[("bob", 1)])
                .merging(3, "carol", &[("bob", 3)]),
        ),
        objects(
            "a group whose merge mixes two approved changes",
            group_changing(&[9, 1, 3])
                .merging(1, "alice", &[("bob", 1)])
                .merging(3, "alice", &[("bob", 3)]),
        ),
        objects(
            "a group in which only the net difference shows it",
            group_changing(&[]).merging(1, "alice", &[("bob", 1)]),
        ),
    ]
}

/// Members of a group of GitHub count as members of the team `ci`.
fn with_group() -> Directory {
    let mut directory = people(&["alice", "bob", "dave"], &["bob"]);
    let group = [github_group("acme/security")].into();
    directory.groups.insert("ci".to_owned(), group);
    directory
}

fn sign_off() -> Vec<Case> {
    let twice = |first: &str, second: &str| {
        let file = workflow("ci.yml").in_commits(&[2, 1]);
        push([branch("main")
            .brings(commit(2).signed_by(second))
            .brings(commit(1).signed_by(first))
            .changes(file)])
    };
    let unsigned = branch("main")
        .brings(commit(1).unsigned())
        .changes(workflow("ci.yml").in_commits(&[1]));
    let one_unsigned = branch("main")
        .brings(commit(2).signed_by("bob"))
        .brings(commit(1).unsigned())
        .changes(workflow("ci.yml").in_commits(&[2, 1]));
    let off = |case: Case| case.with(bob_signs_off);
    vec![
        objects("a push, and nobody may sign off", push([change()])),
        off(objects("a push, signed by another", push([change()]))),
        off(accepts("a push, signed by bob", twice("bob", "bob"))),
        off(objects(
            "only the last commit signed by bob",
            twice("alice", "bob"),
        )),
        off(objects(
            "only the first commit signed by bob",
            twice("bob", "alice"),
        )),
        off(objects("unsigned", push([unsigned]))),
        off(objects("one by bob, one unsigned", push([one_unsigned]))),
    ]
}

fn sign_off_of_untraced_changes() -> Vec<Case> {
    let untraced = |update: UpdateBuilder| push([update.changes(workflow("ci.yml"))]);
    let elsewhere = change().changes(workflow("old.yml").in_commits(&[99]));
    let stray = branch("main")
        .brings(commit(1).signed_by("bob"))
        .changes(workflow("old.yml").in_commits(&[99]));
    let off = |case: Case| case.with(bob_signs_off);
    vec![
        off(objects(
            "a rewind that brings no commit",
            untraced(branch("main").rewound()),
        )),
        off(accepts(
            "a merge by bob that takes one side",
            untraced(branch("main").brings(commit(1).signed_by("bob"))),
        )),
        off(objects(
            "a merge by bob of alice's commits",
            untraced(
                branch("main")
                    .brings(commit(2).signed_by("bob"))
                    .brings(commit(1)),
            ),
        )),
        off(case(
            "a commit that is not among the facts",
            push([elsewhere]),
            Expected::Objections(2),
        )),
        off(objects(
            "by bob, but for a commit that is not among the facts",
            push([stray]),
        )),
        off(accepts(
            "signed off while approvals are unknown",
            pull_request(
                branch("main")
                    .brings(commit(1).signed_by("bob"))
                    .changes(workflow("ci.yml").in_commits(&[1])),
            )
            .approvals_unknown("timed out"),
        )),
    ]
}

fn topic() -> UpdateBuilder {
    branch("topic")
        .brings(commit(1))
        .changes(workflow("ci.yml").in_commits(&[1]))
}

fn two(config: &mut ChecksConfig) {
    config.ci_change_unapproved.approvals = NonZeroU32::new(2).expect("not zero");
}

fn team(config: &mut ChecksConfig) {
    config.ci_change_unapproved.approvers = [PrincipalSelector::new("team:ci")].into();
}

fn bob_signs_off(config: &mut ChecksConfig) {
    config.ci_change_unapproved.signed_by = [PrincipalSelector::new("bob")].into();
}

fn bob_twice() -> Directory {
    let mut directory = people(&["alice", "bob"], &[]);
    let accounts = directory
        .principals
        .get_mut(&principal("bob"))
        .expect("bob");
    accounts.insert(Account::Login(ForgeKind::GitHub, "robert".to_owned()));
    directory
}

fn with_robot() -> Directory {
    let mut directory = people(&["alice", "bob", "robot"], &["robot"]);
    directory.robots.insert(principal("robot"));
    directory
}

//! The engine: what a verdict is made of, and what never becomes a pass.

use forgewarden::checks::{self, ChecksConfig, Mode};
use forgewarden::engine::Rules;
use forgewarden::model::facts::Facts;
use forgewarden::model::finding::{Effect, Place, WaiverNote};
use forgewarden::model::request::Subject;
use forgewarden::model::signature::SignatureState;
use forgewarden::model::verdict::{Conclusion, Digest, Verdict};
use proptest::prelude::*;

use crate::support::facts::{
    CiBuilder, FactsBuilder, UpdateBuilder, annotation, branch, commit, key, oid, pull_request,
    push, tag, workflow,
};

fn judge(config: &ChecksConfig, facts: &Facts) -> Verdict {
    judge_with_waiver(config, facts, &|_, _| false)
}

fn judge_with_waiver(
    config: &ChecksConfig,
    facts: &Facts,
    covers: &dyn Fn(&str, &Place) -> bool,
) -> Verdict {
    let note = || WaiverNote {
        reason: "moving to signed commits".to_owned(),
        until: "2026-12-31".to_owned(),
    };
    let rules = Rules {
        checks: config,
        waived: &|check, place| covers(check, place).then(note),
        policy_digest: Digest("aa".repeat(32)),
        trust_digest: Digest("bb".repeat(32)),
    };
    rules.judge(facts)
}

/// The default policy, with every check in one mode.
fn all(mode: Mode) -> ChecksConfig {
    let mut config = ChecksConfig::default();
    for check in checks::ALL {
        (check.set_mode)(&mut config, mode);
    }
    config
}

fn unsigned() -> FactsBuilder {
    push([branch("main").brings(commit(1).unsigned())])
}

fn unjudged() -> FactsBuilder {
    let file = workflow("ci.yml").in_commits(&[1]);
    pull_request(branch("main").brings(commit(1)).changes(file)).approvals_unknown("timed out")
}

#[test]
fn a_good_push_passes() {
    let facts = push([branch("main").brings(commit(1))]).build();
    let verdict = judge(&ChecksConfig::default(), &facts);
    assert_eq!(verdict.conclusion, Conclusion::Pass);
    assert_eq!(verdict.findings, []);
    assert_eq!(verdict.commits.len(), 1);
}

#[test]
fn modes_decide_what_an_objection_does() {
    let facts = unsigned().build();
    let outcome = |mode| {
        let verdict = judge(&all(mode), &facts);
        (
            verdict.conclusion,
            verdict.findings.first().map(|one| one.effect),
        )
    };
    assert_eq!(
        outcome(Mode::Enforce),
        (Conclusion::Fail, Some(Effect::Block))
    );
    assert_eq!(outcome(Mode::Audit), (Conclusion::Pass, Some(Effect::Warn)));
    assert_eq!(outcome(Mode::Off), (Conclusion::Pass, None));
}

#[test]
fn what_an_enforced_check_cannot_judge_is_an_error() {
    let verdict = judge(&all(Mode::Enforce), &unjudged().build());
    assert_eq!(verdict.conclusion, Conclusion::Error);
    assert!(
        verdict.gaps[0].0.starts_with("ci-change-unapproved: "),
        "{:?}",
        verdict.gaps
    );
}

#[test]
fn what_an_audited_check_cannot_judge_is_shown_and_holds_nothing_up() {
    let verdict = judge(&all(Mode::Audit), &unjudged().build());
    assert_eq!(verdict.conclusion, Conclusion::Pass);
    assert_eq!(verdict.findings.len(), 1);
    assert_eq!(verdict.findings[0].effect, Effect::Warn);
    assert!(verdict.findings[0].message.ends_with("timed out"));
}

#[test]
fn a_blocking_finding_is_a_failure_even_beside_a_gap() {
    let verdict = judge(
        &all(Mode::Enforce),
        &unsigned().gap("too many commits").build(),
    );
    assert_eq!(verdict.conclusion, Conclusion::Fail);
    assert_eq!(verdict.gaps.len(), 1);
}

#[test]
fn a_waiver_turns_a_block_into_a_warning_that_names_it() {
    let covers = |check: &str, _: &Place| check == "unsigned-commit";
    let verdict = judge_with_waiver(&all(Mode::Enforce), &unsigned().build(), &covers);
    assert_eq!(verdict.conclusion, Conclusion::Pass);
    let finding = &verdict.findings[0];
    assert_eq!(finding.effect, Effect::Warn);
    let waiver = finding.waiver.as_ref().expect("the waiver's note");
    assert_eq!(waiver.until, "2026-12-31");
}

#[test]
fn a_waiver_does_not_excuse_what_cannot_be_judged() {
    let verdict = judge_with_waiver(&all(Mode::Enforce), &unjudged().build(), &|_, _| true);
    assert_eq!(verdict.conclusion, Conclusion::Error);
}

/// The attack: push the same commit to a ref with a waiver, listed first.
#[test]
fn a_waiver_for_one_ref_does_not_excuse_the_commit_on_another() {
    let bad = commit(1).unsigned();
    let facts = push([
        branch("drafts").brings(bad.clone()),
        branch("main").brings(bad),
    ])
    .build();
    let covers = |_: &str, place: &Place| place.reference.short() == "drafts";
    let verdict = judge_with_waiver(&ChecksConfig::default(), &facts, &covers);
    assert_eq!(verdict.conclusion, Conclusion::Fail);
    let on: Vec<_> = verdict
        .findings
        .iter()
        .map(|one| one.subject.short_text())
        .collect();
    assert_eq!(on, ["main"], "said once, with the stronger effect");
}

#[test]
fn a_commit_on_many_refs_is_one_finding_and_one_commit() {
    let on = |number: u32| branch(&format!("b{number}")).brings(commit(1).unsigned());
    let verdict = judge(&ChecksConfig::default(), &push((1..=20).map(on)).build());
    assert_eq!(verdict.findings.len(), 1);
    assert_eq!(verdict.commits.len(), 1);
}

#[test]
fn refs_are_not_merged_where_the_finding_is_about_the_ref() {
    let moved = |name| tag(name).existing();
    let verdict = judge(
        &ChecksConfig::default(),
        &push([moved("v1"), moved("v2")]).build(),
    );
    let blocking: Vec<_> = verdict
        .blocking()
        .map(|one| one.subject.short_text())
        .collect();
    assert_eq!(blocking, ["v1", "v2"]);
}

#[test]
fn a_file_without_a_commit_is_a_finding_on_each_ref() {
    let on = |name| branch(name).rewound().changes(workflow("ci.yml"));
    let verdict = judge(&ChecksConfig::default(), &push([on("a"), on("b")]).build());
    assert_eq!(verdict.findings.len(), 2);
}

#[test]
fn blocking_findings_stand_first_then_by_place() {
    let facts = push([
        tag("a"),
        branch("z").brings(commit(2).unsigned()),
        branch("b").brings(commit(1).unsigned()),
    ]);
    let verdict = judge(&ChecksConfig::default(), &facts.build());
    let order: Vec<_> = verdict
        .findings
        .iter()
        .map(|one| one.subject.short_text())
        .collect();
    assert_eq!(order, ["b", "z", "a"]);
    assert_eq!(verdict.findings[2].effect, Effect::Warn);
}

#[test]
fn every_judged_object_is_listed_once_tags_before_commits() {
    let tagged = tag("v1")
        .annotated(annotation(9, "v1"))
        .brings(commit(2))
        .brings(commit(1));
    let facts = push([tagged, branch("main").brings(commit(2)).brings(commit(3))]).build();
    let verdict = judge(&ChecksConfig::default(), &facts);
    let ids: Vec<_> = verdict.commits.iter().map(|one| one.id).collect();
    assert_eq!(ids, [9, 2, 1, 3].map(oid));
}

#[test]
fn a_request_without_updates_is_never_a_pass() {
    let verdict = judge(&all(Mode::Off), &push([]).build());
    assert_eq!(verdict.conclusion, Conclusion::Error);
}

#[test]
fn facts_that_leave_an_update_out_are_never_a_pass() {
    let mut facts = push([branch("main"), branch("next")]).build();
    facts.updates.pop();
    assert_eq!(judge(&all(Mode::Off), &facts).conclusion, Conclusion::Error);
    let mut facts = push([branch("main")]).build();
    facts.updates[0].update.new = Some(oid(5));
    assert_eq!(judge(&all(Mode::Off), &facts).conclusion, Conclusion::Error);
}

fn a_state() -> impl Strategy<Value = SignatureState> {
    let reason = || "why".to_owned();
    prop_oneof![
        4 => Just(crate::support::facts::valid("alice")),
        1 => Just(SignatureState::Unsigned),
        1 => Just(SignatureState::UnknownKey { key: None }),
        1 => Just(SignatureState::Bad { key: key("alice") }),
        1 => Just(SignatureState::Malformed { reason: reason() }),
    ]
}

fn a_file() -> impl Strategy<Value = CiBuilder> {
    let named = ("[a-c]\\.yml", prop::collection::vec(1_u32..6, 0..3));
    named.prop_map(|(name, commits)| workflow(&name).in_commits(&commits))
}

fn an_update() -> impl Strategy<Value = UpdateBuilder> {
    let name = prop_oneof!["refs/heads/[a-c]", "refs/tags/[a-c]"];
    let commits = prop::collection::vec((1_u32..6, a_state()), 0..4);
    let files = prop::collection::vec(a_file(), 0..2);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (name, commits, files, flags).prop_map(
        |(name, commits, files, (protected, rewound, deleted))| {
            let mut update = crate::support::facts::reference(&name);
            for (number, state) in commits {
                update = update.brings(commit(number).state(state));
            }
            for file in files {
                update = update.changes(file);
            }
            update.0.protected = protected;
            update.0.rewind = rewound;
            if deleted { update.deleted() } else { update }
        },
    )
}

fn some_facts() -> impl Strategy<Value = FactsBuilder> {
    let who = prop::collection::vec("(alice|bob|mallory)", 0..3);
    (prop::collection::vec(an_update(), 1..4), who, any::<bool>()).prop_map(
        |(mut updates, approvers, unknown)| {
            let first = updates.swap_remove(0);
            let is_proposal = updates.is_empty() && first.0.update.new.is_some();
            let facts = if is_proposal {
                pull_request(first).by("alice")
            } else {
                push(updates.into_iter().chain([first])).by("alice")
            };
            let add = |facts: FactsBuilder, who: &String| facts.approved_by(who);
            let facts = approvers.iter().fold(facts, add);
            if unknown {
                facts.approvals_unknown("timed out")
            } else {
                facts
            }
        },
    )
}

fn some_config() -> impl Strategy<Value = ChecksConfig> {
    let mode = prop_oneof![Just(Mode::Off), Just(Mode::Audit), Just(Mode::Enforce)];
    prop::collection::vec(mode, checks::ALL.len()).prop_map(|modes| {
        let mut config = ChecksConfig::default();
        for (check, mode) in checks::ALL.iter().zip(modes) {
            (check.set_mode)(&mut config, mode);
        }
        config
    })
}

proptest! {
    #[test]
    fn a_gap_is_never_a_pass(facts in some_facts(), config in some_config()) {
        let before = judge(&config, &facts.clone().build()).conclusion;
        let after = judge(&config, &facts.gap("something is not known").build()).conclusion;
        prop_assert_ne!(after, Conclusion::Pass);
        prop_assert!(before == Conclusion::Pass || before == after);
    }

    #[test]
    fn a_pass_has_neither_gaps_nor_blocking_findings(facts in some_facts(), config in some_config()) {
        let verdict = judge(&config, &facts.build());
        let clean = verdict.gaps.is_empty() && verdict.blocking().next().is_none();
        prop_assert_eq!(verdict.conclusion == Conclusion::Pass, clean);
    }

    #[test]
    fn without_checks_only_gaps_decide(facts in some_facts(), gap in any::<bool>()) {
        let facts = if gap { facts.gap("unknown") } else { facts };
        let verdict = judge(&all(Mode::Off), &facts.build());
        prop_assert_eq!(verdict.conclusion == Conclusion::Pass, !gap);
    }

    #[test]
    fn a_stricter_mode_never_makes_a_pass(
        facts in some_facts(),
        config in some_config(),
        which in 0..checks::ALL.len(),
    ) {
        let check = &checks::ALL[which];
        let mut stricter = config.clone();
        (check.set_mode)(&mut stricter, Mode::Enforce);
        let facts = facts.build();
        let (before, after) = (judge(&config, &facts), judge(&stricter, &facts));
        prop_assert!(before.conclusion == Conclusion::Pass || after.conclusion != Conclusion::Pass);
    }

    #[test]
    fn the_order_of_updates_in_a_push_does_not_matter(facts in some_facts(), config in some_config()) {
        let facts = facts.build();
        let mut turned = facts.clone();
        turned.updates.reverse();
        if let Subject::Push { updates } = &mut turned.subject {
            updates.reverse();
        }
        let (one, other) = (judge(&config, &facts), judge(&config, &turned));
        prop_assert_eq!(one.conclusion, other.conclusion);
        prop_assert_eq!(one.findings, other.findings);
        prop_assert_eq!(one.gaps, other.gaps);
    }

    #[test]
    fn the_same_facts_give_the_same_bytes(facts in some_facts(), config in some_config()) {
        let bytes = |facts: &FactsBuilder| {
            let verdict = judge(&config, &facts.clone().build());
            serde_json::to_vec(&verdict).expect("JSON")
        };
        prop_assert_eq!(bytes(&facts), bytes(&facts));
    }
}

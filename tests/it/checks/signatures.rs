//! Signature states and the form of objects.

use forgewarden::model::object::Defect;
use forgewarden::model::signature::SignatureState as State;

use super::{Case, Expected, accepts, case, objecting, objects};
use crate::support::facts::{annotation, branch, commit, key, principal, push, tag, valid};

/// Every state but `Valid`. A new state must be added here: see [`number_of`].
fn states() -> Vec<State> {
    let (owner, key) = (principal("alice"), key("alice"));
    let reason = || "it says why".to_owned();
    vec![
        State::Unsigned,
        State::UnknownKey { key: None },
        State::UnknownKey {
            key: Some(key.clone()),
        },
        State::Untrusted {
            key: key.clone(),
            reason: reason(),
        },
        State::Expired {
            principal: owner.clone(),
            key: key.clone(),
            reason: reason(),
        },
        State::Revoked {
            principal: owner,
            key: key.clone(),
            reason: reason(),
        },
        State::Bad { key },
        State::Malformed { reason: reason() },
        State::Unverifiable { reason: reason() },
    ]
}

/// The compiler's reminder: a new state breaks the build here, and then
/// [`every_state_is_listed`] until [`states`] has it.
fn number_of(state: &State) -> usize {
    match state {
        State::Valid { .. } => 0,
        State::Unsigned => 1,
        State::UnknownKey { .. } => 2,
        State::Untrusted { .. } => 3,
        State::Expired { .. } => 4,
        State::Revoked { .. } => 5,
        State::Bad { .. } => 6,
        State::Malformed { .. } => 7,
        State::Unverifiable { .. } => 8,
    }
}

const DEFECTS: [Defect; 7] = [
    Defect::DuplicateHeader,
    Defect::ExtraSignature,
    Defect::SignatureLookalike,
    Defect::NulByte,
    Defect::HeaderOrder,
    Defect::BadIdentity,
    Defect::BadContinuation,
];

fn state(word: &str) -> State {
    let mut states = states().into_iter();
    states.find(|state| state.word() == word).expect(word)
}

pub(super) fn cases() -> Vec<Case> {
    let of_state = [
        ("unknown-signer", "unknown-key"),
        ("unknown-signer", "untrusted"),
        ("expired-key", "expired"),
        ("revoked-key", "revoked"),
        ("bad-signature", "bad"),
        ("malformed-signature", "malformed"),
        ("unverifiable-signature", "unverifiable"),
    ];
    let mut cases: Vec<_> = of_state.into_iter().flat_map(of_one_state).collect();
    cases.extend(of_unsigned());
    cases.extend(of_form());
    cases
}

fn of_one_state((check, word): (&'static str, &'static str)) -> [Case; 4] {
    let bad_commit = commit(1).state(state(word));
    let bad_tag = annotation(2, "v1").state(state(word));
    [
        objects(
            check,
            word,
            push([branch("main").brings(bad_commit.clone())]),
        ),
        objects(check, word, push([tag("v1").annotated(bad_tag)])),
        accepts(
            check,
            "a valid signature",
            push([branch("main").brings(commit(1))]),
        ),
        case(
            check,
            "on two refs, one of which may be waived",
            push([
                branch("main").brings(bad_commit.clone()),
                branch("next").brings(bad_commit),
            ]),
            Expected::Objections(2),
        ),
    ]
}

fn of_unsigned() -> Vec<Case> {
    let signed_tag = tag("v1").annotated(annotation(2, "v1"));
    vec![
        objects(
            "unsigned-commit",
            "one of two",
            push([branch("main")
                .brings(commit(2))
                .brings(commit(1).unsigned())]),
        ),
        objects(
            "unsigned-commit",
            "the first commit, with a hostile subject",
            push([branch("main").brings(commit(1).unsigned().root().subject("\u{202e}\x1b[2J"))]),
        ),
        accepts(
            "unsigned-commit",
            "a bad signature is not unsigned",
            push([branch("main").brings(commit(1).state(state("bad")))]),
        ),
        accepts(
            "unsigned-commit",
            "a deletion",
            push([branch("old").deleted()]),
        ),
        objects("unsigned-tag", "lightweight", push([tag("v1")])),
        objects(
            "unsigned-tag",
            "lightweight, hostile name",
            push([tag("v1;$(reboot)")]),
        ),
        objects(
            "unsigned-tag",
            "annotated",
            push([tag("v1").annotated(annotation(2, "v1").unsigned())]),
        ),
        objects(
            "unsigned-tag",
            "a signed tag of an unsigned one",
            push([signed_tag
                .clone()
                .annotated(annotation(3, "inner").unsigned())]),
        ),
        accepts("unsigned-tag", "signed", push([signed_tag])),
        accepts(
            "unsigned-tag",
            "deleted",
            push([tag("v1").existing().deleted()]),
        ),
        accepts("unsigned-tag", "a branch is no tag", push([branch("main")])),
        accepts("unsigned-tag", "not protected", push([tag("nightly")]))
            .with(|config| config.unsigned_tag.only_protected = true),
        objects("unsigned-tag", "protected", push([tag("v1").protected()]))
            .with(|config| config.unsigned_tag.only_protected = true),
    ]
}

fn of_form() -> Vec<Case> {
    let two = commit(1)
        .defect(Defect::NulByte)
        .defect(Defect::DuplicateHeader);
    let renamed = |name| push([tag("v2").annotated(annotation(2, name))]);
    vec![
        case(
            "malformed-object",
            "two defects of a commit",
            push([branch("main").brings(two)]),
            Expected::Objections(2),
        ),
        objects(
            "malformed-object",
            "a tag",
            push([tag("v1").annotated(annotation(2, "v1").defect(Defect::ExtraSignature))]),
        ),
        accepts(
            "malformed-object",
            "as git writes it",
            push([branch("main").brings(commit(1))]),
        ),
        objects(
            "tag-name-mismatch",
            "an old tag as a new one",
            renamed("v1"),
        ),
        objects("tag-name-mismatch", "another letter case", renamed("V2")),
        accepts("tag-name-mismatch", "its own name", renamed("v2")),
        accepts("tag-name-mismatch", "lightweight", push([tag("v2")])),
        accepts(
            "tag-name-mismatch",
            "the inner tag of a tag has its own name",
            push([tag("v2")
                .annotated(annotation(2, "v2"))
                .annotated(annotation(3, "inner"))]),
        ),
    ]
}

#[test]
fn every_state_is_listed() {
    let mut numbers: Vec<_> = states().iter().map(number_of).collect();
    numbers.dedup();
    assert_eq!(numbers, Vec::from_iter(1..=8));
    assert_eq!(number_of(&valid("alice")), 0);
}

#[test]
fn every_state_but_valid_is_objected_to_by_exactly_one_check() {
    for state in states() {
        let of_commit = push([branch("main").brings(commit(1).state(state.clone()))]).build();
        let of_tag = push([tag("v1").annotated(annotation(2, "v1").state(state.clone()))]).build();
        for facts in [of_commit, of_tag] {
            let ids = objecting(&facts);
            assert_eq!(ids.len(), 1, "{state:?}: {ids:?}");
        }
    }
}

#[test]
fn every_defect_is_objected_to_by_exactly_one_check() {
    for defect in DEFECTS {
        let facts = push([branch("main").brings(commit(1).defect(defect))]).build();
        assert_eq!(objecting(&facts), ["malformed-object"], "{defect}");
    }
}

#[test]
fn a_plain_signed_change_is_not_objected_to() {
    let facts = push([
        branch("main")
            .protected()
            .brings(commit(2))
            .brings(commit(1)),
        tag("v1").annotated(annotation(3, "v1")),
    ]);
    assert_eq!(objecting(&facts.build()), [""; 0]);
}

//! What checks of authentication share: a push in words, and where an objection
//! to it stands.

use std::collections::BTreeSet;

use bstr::BStr;

use super::shell::quoted;
use crate::model::authentication::{Authentication, Strength};
use crate::model::facts::{Facts, PushFacts};
use crate::model::finding::Place;
use crate::model::refs::RefName;
use crate::model::request::Subject;
use crate::model::text::excerpt;

/// Most possibilities that a message lists.
const MAX_LISTED: usize = 5;

/// What mends a push that was let in with a password. The commits of a proposal
/// stay what that push brought, until they are made anew.
pub(crate) fn use_a_key(facts: &Facts) -> String {
    let start = "push with an SSH key or a token instead of a password, and change the password if others may have seen it";
    let over = "git remote set-url origin git@<host>:<path>.git";
    match facts.subject.target() {
        None => format!("{start}; to go over to SSH:\n{over}"),
        Some(target) => {
            let onto = format!("origin/{}", target.short_text());
            let onto = quoted(BStr::new(&onto));
            format!(
                "{start}; go over to SSH, make the commits anew and push them:\n{over}\n\
                 git rebase --force-rebase --gpg-sign {onto}\ngit push --force-with-lease"
            )
        }
    }
}

/// Where objections to a push stand: every ref that it moved, so that a waiver
/// for one does not cover another; a proposal's target and the pushed head.
pub(crate) fn places(facts: &Facts, pushed: &PushFacts) -> Vec<Place> {
    let head = pushed.push.heads.first();
    let at = |name: &RefName| match head {
        Some(head) => Place::of_commit(name, *head),
        None => Place::of_ref(name),
    };
    match &facts.subject {
        Subject::PullRequest { target, .. } | Subject::MergeGroup { target, .. } => {
            vec![at(target)]
        }
        Subject::Push { updates } => updates
            .iter()
            .map(|update| Place::of_ref(&update.name))
            .collect(),
    }
}

/// Who pushed what, as the subject of a sentence: `the push of topic by alice`.
pub(crate) fn named(pushed: &PushFacts) -> String {
    let push = &pushed.push;
    let what = match (push.references.as_slice(), push.heads.first()) {
        ([only], _) => format!("the push of {}", only.short_text()),
        ([], Some(head)) => format!("the push of {}", head.short()),
        ([], None) => "the push".to_owned(),
        (many, _) => format!("the push of {} refs", many.len()),
    };
    let who = push.actor.as_ref().map(|actor| excerpt(&actor.login, 80));
    let who = who.or_else(|| pushed.principal.as_ref().map(ToString::to_string));
    match who {
        Some(who) => format!("{what} by {who}"),
        None => what,
    }
}

/// Whose word it rests on, and how sure that is: ` (sshd, direct)`.
pub(crate) fn on_whose_word(pushed: &PushFacts) -> String {
    let standing = &pushed.standing;
    let names: Vec<_> = standing.sources.iter().map(ToString::to_string).collect();
    match standing.strength {
        Strength::None => String::new(),
        strength => format!(" ({}, {strength})", names.join(" and ")),
    }
}

/// Some possibilities, with a bound.
pub(crate) fn either(all: &BTreeSet<Authentication>) -> String {
    let mut words: Vec<_> = all.iter().map(ToString::to_string).collect();
    words.dedup();
    match words.len().checked_sub(MAX_LISTED) {
        None | Some(0) => words.join(" or "),
        Some(more) => format!("{} or {more} others", words[..MAX_LISTED].join(" or ")),
    }
}

/// What the evidence leaves to be said, as further sentences.
pub(crate) fn notes(pushed: &PushFacts) -> String {
    let notes = pushed.standing.notes.iter();
    notes.map(|note| format!("; {note}")).collect()
}

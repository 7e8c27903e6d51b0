//! Where approvals of a change are asked for: who may give them, what stands
//! for one, and what to say while they are missing. Checks say what needs them.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Display;

use super::{
    Ballot, Count, Electorate, Objections, Origin, PrincipalSelector, Principals, brought_by, texts,
};
use crate::model::facts::{Facts, UpdateFacts};
use crate::model::finding::Place;
use crate::model::oid::ObjectId;
use crate::model::principal::PrincipalId;
use crate::model::request::Subject;

/// Most names, or reasons, in one message.
const MAX_LISTED: usize = 5;

/// What the policy asks for.
#[derive(Clone, Copy)]
pub(crate) struct Demand<'a> {
    /// How many principals must approve.
    pub(crate) approvals: std::num::NonZeroU32,
    /// Who may; empty: every principal.
    pub(crate) approvers: &'a BTreeSet<PrincipalSelector>,
    /// Whose signature on every commit stands for an approval; empty: nobody's.
    pub(crate) signed_by: &'a BTreeSet<PrincipalSelector>,
    /// The key that names the approvers, for a policy that names too few.
    pub(crate) key: &'static str,
}

/// Something that needs approval.
pub(crate) struct Needing<'a> {
    /// Where.
    pub(crate) place: Place,
    /// What, as what precedes "is approved".
    pub(crate) subject: String,
    /// What is done, as a sentence to which "and lacks 1 of 1 approval" is added.
    pub(crate) action: String,
    /// The commits that do it.
    pub(crate) revisions: Vec<ObjectId>,
    /// Whose it is.
    pub(crate) origin: Origin<'a>,
}

/// Who may do what, resolved once for an update.
pub(crate) struct Desk<'a> {
    facts: &'a Facts,
    key: &'static str,
    needed: usize,
    electorate: Electorate<'a>,
    /// The pull requests of a merge group, with the commits that each brings.
    constituents: Vec<(Ballot<'a>, HashSet<ObjectId>)>,
    signers: Principals<'a>,
}

impl<'a> Desk<'a> {
    /// For the changes of one update.
    pub(crate) fn new(demand: Demand<'a>, facts: &'a Facts, update: &'a UpdateFacts) -> Self {
        let names: Vec<_> = texts(demand.approvers).collect();
        let constituents = facts.circumstances.constituents.iter();
        Self {
            facts,
            key: demand.key,
            electorate: Electorate::new(facts, &names),
            needed: usize::try_from(demand.approvals.get()).unwrap_or(usize::MAX),
            constituents: constituents
                .map(|it| {
                    (
                        Ballot::of_constituent(facts, it),
                        brought_by(update, it.head),
                    )
                })
                .collect(),
            signers: facts.directory.members(texts(demand.signed_by)),
        }
    }

    /// Objects if approvals are missing.
    pub(crate) fn judge(&self, it: Needing<'a>, objections: &mut Objections) {
        if it.origin.is_signed_by(&self.signers) {
            return;
        }
        let count = match self.count(&it) {
            Ok(count) => count,
            Err(why) => {
                let why = format!("whether {} is approved is not known: {why}", it.subject);
                return objections.cannot_judge(it.place, why);
            }
        };
        let missing = count.missing(self.needed);
        if missing == 0 {
            return;
        }
        let message = self.message(&it.action, &count);
        // Nobody knows whether it is enough.
        if count.undecided.difference(&count.approved).count() >= missing {
            return objections.cannot_judge(it.place, message);
        }
        objections.object(it.place, message, self.remedy(&count));
    }

    /// The approvals of a change. In a merge group every commit that makes the
    /// change must be one of a pull request that is approved as it stands; of
    /// those that are not, one. What only the group itself shows, such as a
    /// merge that mixes two changes of a file, nobody has approved.
    fn count(&self, it: &Needing<'a>) -> Result<Count<'a>, &'a str> {
        let of_all = Ballot::of(self.facts)?;
        let authors = &it.origin.authors;
        let nobody = || self.electorate.count(&of_all, authors);
        if !matches!(self.facts.subject, Subject::MergeGroup { .. }) {
            return Ok(nobody());
        }
        let best = |revision: &ObjectId| {
            let bringing = self.constituents.iter();
            let bringing = bringing.filter(|(_, brought)| brought.contains(revision));
            bringing
                .map(|(ballot, _)| self.electorate.count(ballot, authors))
                .min_by_key(|count| count.missing(self.needed))
                .unwrap_or_else(nobody)
        };
        let worst = it.revisions.iter().map(best);
        let worst = worst.max_by_key(|count| count.missing(self.needed));
        Ok(worst.unwrap_or_else(nobody))
    }

    fn message(&self, action: &dyn Display, count: &Count<'a>) -> String {
        let missing = count.missing(self.needed);
        let mut message = format!(
            "{action} and lacks {missing} of {} approval{}",
            self.needed,
            if self.needed == 1 { "" } else { "s" },
        );
        if !count.discarded.is_empty() {
            let listed = listed(count.discarded.iter().map(String::as_str));
            message.push_str(&format!("; not counted: {listed}"));
        }
        message
    }

    fn remedy(&self, count: &Count<'a>) -> String {
        let approve = self.whom_to_ask(count);
        match &self.facts.subject {
            Subject::Push { .. } => {}
            Subject::PullRequest { .. } => return approve,
            Subject::MergeGroup { .. } => {
                return format!(
                    "in the pull request that brings it, {approve}; or merge it without the queue"
                );
            }
        }
        let propose = format!("propose the change as a pull request and {approve}");
        if self.signers.is_empty() {
            return propose;
        }
        let names = listed(self.signers.iter().map(|name| name.as_str()));
        format!("let one of these make and sign each commit that changes it: {names}; or {propose}")
    }

    fn whom_to_ask(&self, count: &Count<'a>) -> String {
        let excluded =
            |one: &&PrincipalId| count.approved.contains(one) || count.excluded.contains(one);
        let may = self.electorate.people.iter().copied();
        let may: Principals<'a> = may.filter(|one| !excluded(one)).collect();
        let missing = count.missing(self.needed);
        let groups: Vec<_> = self
            .electorate
            .groups
            .iter()
            .map(ToString::to_string)
            .collect();
        if !groups.is_empty() {
            let names = may.iter().map(|name| name.as_str());
            let names = listed(names.chain(groups.iter().map(String::as_str)));
            return format!(
                "ask {missing} of these, or of the members of these groups that the policy knows, to approve this head: {names}"
            );
        }
        if may.len() < missing {
            return format!(
                "the policy names too few people who may approve ({} of {missing}): ask its owner to name more under {}",
                may.len(),
                self.key
            );
        }
        let names = listed(may.iter().map(|name| name.as_str()));
        format!("ask {missing} of these to approve this head: {names}")
    }
}

/// Some names, made safe to show, with a bound.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.map(crate::model::text::escape).collect();
    match names.len().checked_sub(MAX_LISTED) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..MAX_LISTED].join(", ")),
    }
}

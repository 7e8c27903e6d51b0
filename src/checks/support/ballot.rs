//! Whose approvals of a proposal count, and why others do not.

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use super::Principals;
use crate::model::approval::{Approval, Approvals, Constituent};
use crate::model::directory::Group;
use crate::model::facts::{Facts, UpdateFacts};
use crate::model::oid::ObjectId;
use crate::model::principal::{Actor, PrincipalId};
use crate::model::request::Subject;

/// Something that is approved or not: a pull request, or one of a merge group.
pub(crate) struct Ballot<'a> {
    /// Approvals of another head do not count.
    head: Option<ObjectId>,
    approvals: &'a [Approval],
    owner: Option<&'a PrincipalId>,
    pushers: Principals<'a>,
}

impl<'a> Ballot<'a> {
    /// Of what the facts are about; why its approvals are not known.
    pub(crate) fn of(facts: &'a Facts) -> Result<Self, &'a str> {
        let circumstances = &facts.circumstances;
        let head = match &facts.subject {
            Subject::Push { .. } | Subject::MergeGroup { .. } => None,
            Subject::PullRequest { head, .. } => Some(*head),
        };
        let approvals = match &circumstances.approvals {
            Approvals::Known(list) => list.as_slice(),
            Approvals::None => &[],
            Approvals::Unknown(why) => return Err(why),
        };
        let people = (facts.actor.as_ref(), circumstances.pushers.as_slice());
        Ok(Self::new(facts, (head, approvals), people))
    }

    /// Of one pull request of a merge group.
    pub(crate) fn of_constituent(facts: &'a Facts, it: &'a Constituent) -> Self {
        let people = (it.actor.as_ref(), it.pushers.as_slice());
        Self::new(facts, (Some(it.head), &it.approvals), people)
    }

    fn new(
        facts: &'a Facts,
        (head, approvals): (Option<ObjectId>, &'a [Approval]),
        (owner, pushers): (Option<&'a Actor>, &'a [Actor]),
    ) -> Self {
        let directory = &facts.directory;
        let principal = |actor: &'a Actor| directory.principal_of(actor);
        Self {
            head,
            approvals,
            owner: owner.and_then(principal),
            pushers: pushers.iter().filter_map(principal).collect(),
        }
    }
}

/// Who may approve.
pub(crate) struct Electorate<'a> {
    facts: &'a Facts,
    /// By name.
    pub(crate) people: Principals<'a>,
    /// By being in a group of a forge.
    pub(crate) groups: BTreeSet<&'a Group>,
}

impl<'a> Electorate<'a> {
    /// Those whom the names stand for; without names, every principal. Robots never.
    pub(crate) fn new(facts: &'a Facts, names: &[&'a str]) -> Self {
        let directory = &facts.directory;
        let mut people: Principals<'_> = match names.is_empty() {
            true => directory.principals.keys().collect(),
            false => directory.members(names.iter().copied()),
        };
        people.retain(|principal| !directory.robots.contains(*principal));
        Self {
            facts,
            people,
            groups: directory.groups_of(names.iter().copied()),
        }
    }

    /// Counts the approvals of a change that these authors made.
    pub(crate) fn count(&self, ballot: &Ballot<'a>, authors: &Principals<'a>) -> Count<'a> {
        let made = authors.iter().copied().chain(ballot.owner);
        let made: Principals<'a> = made.collect();
        let mut count = Count::default();
        for approval in ballot.approvals {
            match self.weigh(approval, ballot, &made) {
                Ok(principal) => {
                    count.approved.insert(principal);
                }
                Err(why) => {
                    if let Discarded::Undecided(principal, _) = &why {
                        count.undecided.insert(principal);
                    }
                    let who = &approval.actor.login;
                    count.discarded.push(format!("{who} {why}"));
                }
            }
        }
        count.excluded = made.union(&ballot.pushers).copied().collect();
        count
    }

    /// The principal whose approval this is, or why it does not count.
    fn weigh(
        &self,
        approval: &'a Approval,
        ballot: &Ballot<'a>,
        made: &Principals<'a>,
    ) -> Result<&'a PrincipalId, Discarded<'a>> {
        let directory = &self.facts.directory;
        let no = |why| Err(Discarded::For(why));
        if ballot.head != Some(approval.head) {
            return no("approved another head");
        }
        if approval.actor.robot {
            return no("is a robot");
        }
        let Some(principal) = directory.principal_of(&approval.actor) else {
            return no("is not in the policy");
        };
        if directory.robots.contains(principal) {
            return no("is a robot");
        }
        if made.contains(principal) {
            return no("made this change");
        }
        if ballot.pushers.contains(principal) {
            return no("pushed this change");
        }
        if self.people.contains(principal) {
            return Ok(principal);
        }
        self.by_group(approval, principal)
    }

    /// The principal, if the account is in a group whose members may approve.
    fn by_group(
        &self,
        approval: &'a Approval,
        principal: &'a PrincipalId,
    ) -> Result<&'a PrincipalId, Discarded<'a>> {
        let mut unknown = None;
        for group in &self.groups {
            if group.forge != approval.actor.forge {
                continue;
            }
            match self.facts.circumstances.is_member(&approval.actor, group) {
                Ok(true) => return Ok(principal),
                Ok(false) => {}
                Err(why) => {
                    unknown = Some(format!("may be in {group}, which is not known: {why}"));
                }
            }
        }
        Err(match unknown {
            Some(why) => Discarded::Undecided(principal, why),
            None => Discarded::For("may not approve this"),
        })
    }
}

/// The approvals of one change: those that count, and why others do not.
#[derive(Default)]
pub(crate) struct Count<'a> {
    /// Whose approvals count.
    pub(crate) approved: Principals<'a>,
    /// Those whose approval would count if they are in a group.
    pub(crate) undecided: Principals<'a>,
    /// Those who may not approve, because it is their own change.
    pub(crate) excluded: Principals<'a>,
    /// The other approvals: by whom, and why they do not count.
    pub(crate) discarded: Vec<String>,
}

impl Count<'_> {
    /// How many approvals are missing.
    pub(crate) fn missing(&self, needed: usize) -> usize {
        needed.saturating_sub(self.approved.len())
    }
}

/// Why an approval does not count, as what follows the account's name.
enum Discarded<'a> {
    For(&'static str),
    /// Whether the principal may approve is not known.
    Undecided(&'a PrincipalId, String),
}

impl fmt::Display for Discarded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::For(why) => why,
            Self::Undecided(_, why) => why,
        })
    }
}

/// The commits of an update that a commit brings: itself and its ancestors.
pub(crate) fn brought_by(update: &UpdateFacts, head: ObjectId) -> HashSet<ObjectId> {
    let by_id = update.revisions.iter().map(|it| (it.commit.id, it));
    let by_id: std::collections::HashMap<_, _> = by_id.collect();
    let (mut brought, mut next) = (HashSet::new(), vec![head]);
    while let Some(id) = next.pop() {
        if let Some(revision) = by_id.get(&id)
            && brought.insert(id)
        {
            next.extend(&revision.commit.parents);
        }
    }
    brought
}

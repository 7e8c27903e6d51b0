//! # ci-change-unapproved
//!
//! A change of the build environment lacks the approval that the policy asks for.
//!
//! ## Why it matters
//!
//! Whoever can change a workflow, a Jenkinsfile, a Dockerfile or a deployment
//! manifest runs code with the build's credentials. So such a change needs a
//! second person whom the policy names, whatever else it needs.
//!
//! What counts:
//!
//! - Approvals count per principal, so two accounts of one person are one approval.
//! - An approval counts only for the head that was approved.
//! - Nobody approves their own change: neither whoever opened the pull request,
//!   nor whoever pushed its head or another of its commits, nor whoever signed a
//!   commit that brings the change. Robots never approve.
//! - A team of the policy may name groups of a forge. Their members count as
//!   far as they are principals and the forge says, now, that they are members.
//! - Removing a file needs approval as much as adding one.
//! - A change that was made and taken back inside the pull request needs it
//!   too: in between it could run.
//!
//! A push carries no approvals. There a change passes only if every commit
//! that brings it is validly signed by a principal of `signed_by`. The signature
//! says who made the change, not for which branch.
//!
//! ## Example
//!
//! Objected to: a pull request of alice that edits `.github/workflows/ci.yml`,
//! approved by nobody, by alice, or by bob before the last push.
//!
//! Accepted: the same pull request after bob approved its present head.
//!
//! ## What mends it
//!
//! Ask one of the people that the message names to approve the present head.
//! In a push, let one of `signed_by` make the commit, or propose the change as
//! a pull request.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.ci-change-unapproved]
//! mode = "enforce"          # off, audit or enforce
//! approvals = 1             # how many principals, at least 1
//! approvers = []            # "team:<name>" or principals; empty: every principal
//! signed_by = []            # whose signature stands for an approval; empty: nobody's.
//!                           # Members of a forge's group count in approvers only
//! tiers = ["control-plane", "executed", "reached", "steering"]
//! only_protected = false    # true: only changes of refs that `protected` names
//! ```
//!
//! With `only_protected`, people can push proposals to their own branches of a
//! repository behind the hook. Do so only if pipelines of such branches reach
//! no secrets: CI runs what stands on the branch, approved or not.
//!
//! ## References
//!
//! - OWASP CICD-SEC-1: insufficient flow control mechanisms
//! - OWASP CICD-SEC-4: poisoned pipeline execution
//! - CIS Software Supply Chain Security 2.3.4: pipeline changes are tracked and reviewed

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU32;

use super::support::{ChangedFile, Origin, Origins, Principals, changed_files, texts};
use super::{CheckMeta, Objections, PrincipalSelector};
use crate::model::approval::{Approval, Approvals};
use crate::model::ci::Tier;
use crate::model::directory::Group;
use crate::model::facts::{Facts, UpdateFacts};
use crate::model::finding::Severity;
use crate::model::oid::ObjectId;
use crate::model::principal::PrincipalId;
use crate::model::request::Subject;

/// Most names, or reasons, in one message.
const MAX_LISTED: usize = 5;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "ci-change-unapproved",
    title: "A change of the build environment lacks approval",
    severity: Severity::High,
};

config! {
    mode = Enforce,
    /// How many principals must approve.
    #[schemars(extend("x-layer" = "raise"))]
    approvals: NonZeroU32 = NonZeroU32::MIN,
    /// Who may approve; empty stands for every principal of the policy.
    #[schemars(extend("x-layer" = "narrow-from-all"))]
    approvers: BTreeSet<PrincipalSelector> = BTreeSet::new(),
    /// Whose signature on every commit that brings the change stands for an
    /// approval; empty stands for nobody's.
    #[schemars(extend("x-layer" = "narrow"))]
    signed_by: BTreeSet<PrincipalSelector> = BTreeSet::new(),
    /// The kinds of files whose change needs approval.
    #[schemars(extend("x-layer" = "add"))]
    tiers: BTreeSet<Tier> =
        BTreeSet::from([Tier::ControlPlane, Tier::Executed, Tier::Reached, Tier::Steering]),
    /// Judge only updates of refs that the policy protects.
    #[schemars(extend("x-layer" = "lower"))]
    only_protected: bool = false,
}

/// Objects to every changed file without enough approvals and without sign-off.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    let desk = Desk::new(config, facts);
    let judged = |update: &UpdateFacts| update.protected || !config.only_protected;
    for update in facts.updates.iter().filter(|update| judged(update)) {
        let origins = Origins::of(update);
        for file in changed_files(std::slice::from_ref(update)) {
            if config.tiers.contains(&file.change.tier) {
                desk.judge(file, &origins.of_change(file.change), objections);
            }
        }
    }
}

/// Who may do what, resolved once.
struct Desk<'a> {
    facts: &'a Facts,
    needed: usize,
    approvers: Principals<'a>,
    /// Groups of forges whose members may approve as well.
    groups: BTreeSet<&'a Group>,
    /// Who pushed what is judged.
    pushers: Principals<'a>,
    signers: Principals<'a>,
}

impl<'a> Desk<'a> {
    fn new(config: &'a Config, facts: &'a Facts) -> Self {
        let directory = &facts.directory;
        let mut approvers: Principals<'_> = if config.approvers.is_empty() {
            directory.principals.keys().collect()
        } else {
            directory.members(texts(&config.approvers))
        };
        approvers.retain(|principal| !directory.robots.contains(*principal));
        let pushers = facts.circumstances.pushers.iter();
        Self {
            facts,
            groups: directory.groups_of(texts(&config.approvers)),
            pushers: pushers
                .filter_map(|actor| directory.principal_of(actor))
                .collect(),
            needed: usize::try_from(config.approvals.get()).unwrap_or(usize::MAX),
            approvers,
            signers: directory.members(texts(&config.signed_by)),
        }
    }

    fn judge(&self, file: ChangedFile<'a>, origin: &Origin<'a>, objections: &mut Objections) {
        if origin.all_signed && origin.authors.is_subset(&self.signers) {
            return;
        }
        let approvals = match &self.facts.circumstances.approvals {
            Approvals::Known(list) => list.as_slice(),
            Approvals::None => &[],
            Approvals::Unknown(why) => {
                let why = format!("whether {file} is approved is not known: {why}");
                return objections.cannot_judge(file.place(), why);
            }
        };
        let own = self.own(origin);
        let count = self.count(approvals, &own);
        let missing = self.missing(&count);
        if missing == 0 {
            return;
        }
        let message = self.message(file, &count);
        // Nobody knows whether it is enough.
        if count.undecided.difference(&count.approved).count() >= missing {
            return objections.cannot_judge(file.place(), message);
        }
        objections.object(file.place(), message, self.remedy(&own, &count));
    }

    /// Those who made the change. They and who pushed it may not approve it.
    fn own(&self, origin: &Origin<'a>) -> Principals<'a> {
        let actor = self.facts.actor.as_ref();
        let actor = actor.and_then(|actor| self.facts.directory.principal_of(actor));
        origin.authors.iter().copied().chain(actor).collect()
    }

    fn count(&self, approvals: &'a [Approval], own: &Principals<'a>) -> Count<'a> {
        let mut count = Count::default();
        for approval in approvals {
            match self.weigh(approval, own) {
                Ok(principal) => {
                    count.approved.insert(principal);
                }
                Err(why) => {
                    let who = &approval.actor.login;
                    if let Discarded::Undecided(principal, _) = &why {
                        count.undecided.insert(principal);
                    }
                    count.discarded.push(format!("{who} {why}"));
                }
            }
        }
        count
    }

    /// The principal whose approval this is, or why it does not count.
    fn weigh(
        &self,
        approval: &'a Approval,
        own: &Principals<'a>,
    ) -> Result<&'a PrincipalId, Discarded<'a>> {
        let directory = &self.facts.directory;
        let no = |why| Err(Discarded::For(why));
        if self.head() != Some(approval.head) {
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
        if own.contains(principal) {
            return no("made this change");
        }
        if self.pushers.contains(principal) {
            return no("pushed this change");
        }
        if self.approvers.contains(principal) {
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
        let own = |group: &&&Group| group.forge == approval.actor.forge;
        for group in self.groups.iter().copied().filter(|group| own(&group)) {
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

    fn head(&self) -> Option<ObjectId> {
        match &self.facts.subject {
            Subject::Push { .. } => None,
            Subject::PullRequest { head, .. } | Subject::MergeGroup { head, .. } => Some(*head),
        }
    }

    fn missing(&self, count: &Count<'a>) -> usize {
        self.needed.saturating_sub(count.approved.len())
    }

    fn message(&self, file: ChangedFile<'a>, count: &Count<'a>) -> String {
        let missing = self.missing(count);
        let mut message = format!(
            "{file} was {} and lacks {missing} of {} approval{}",
            file.change.kind,
            self.needed,
            if self.needed == 1 { "" } else { "s" },
        );
        if !count.discarded.is_empty() {
            let listed = listed(count.discarded.iter().map(String::as_str));
            message.push_str(&format!("; not counted: {listed}"));
        }
        message
    }

    fn remedy(&self, own: &Principals<'a>, count: &Count<'a>) -> String {
        let may = self.approvers.difference(own).copied();
        let excluded = |one: &&PrincipalId| count.approved.contains(one) || self.pushers.contains(one);
        let may: Principals<'a> = may.filter(|one| !excluded(one)).collect();
        let missing = self.missing(count);
        let groups: Vec<_> = self.groups.iter().map(ToString::to_string).collect();
        let approve = if !groups.is_empty() {
            let names = may.iter().map(|name| name.as_str());
            let names = listed(names.chain(groups.iter().map(String::as_str)));
            format!(
                "ask {missing} of these, or of the members of these groups that the policy knows, to approve this head: {names}"
            )
        } else if may.len() < missing {
            format!(
                "the policy names too few people who may approve ({} of {missing}): ask its owner to name more under [checks.{}] approvers",
                may.len(),
                META.id
            )
        } else {
            let names = listed(may.iter().map(|name| name.as_str()));
            format!("ask {missing} of these to approve this head: {names}")
        };
        if !matches!(self.facts.subject, Subject::Push { .. }) {
            return approve;
        }
        let propose = format!("propose the change as a pull request and {approve}");
        if self.signers.is_empty() {
            return propose;
        }
        let names = listed(self.signers.iter().map(|name| name.as_str()));
        format!("let one of these make and sign each commit that changes it: {names}; or {propose}")
    }
}

/// The approvals of one change: those that count, and why others do not.
#[derive(Default)]
struct Count<'a> {
    approved: Principals<'a>,
    /// Those whose approval would count if they are in a group.
    undecided: Principals<'a>,
    discarded: Vec<String>,
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

/// Some names, made safe to show, with a bound.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.map(crate::model::text::escape).collect();
    match names.len().checked_sub(MAX_LISTED) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..MAX_LISTED].join(", ")),
    }
}

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
//! - In a merge queue the approvals of the pull requests count, each for the
//!   commits that its approved head brings. What the queue makes anew (squashed
//!   or rebased commits, a merge of two changes of one file) nobody has approved.
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

use std::collections::{BTreeSet, HashSet};
use std::num::NonZeroU32;

use super::support::{
    Ballot, ChangedFile, Count, Electorate, Origin, Origins, Principals, brought_by, changed_files,
    texts,
};
use super::{CheckMeta, Objections, PrincipalSelector};
use crate::model::ci::Tier;
use crate::model::facts::{Facts, UpdateFacts};
use crate::model::finding::Severity;
use crate::model::oid::ObjectId;
use crate::model::principal::PrincipalId;
use crate::model::request::{Concern, Subject};

/// Most names, or reasons, in one message.
const MAX_LISTED: usize = 5;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "ci-change-unapproved",
    title: "A change of the build environment lacks approval",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &[],
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
    let judged = |update: &UpdateFacts| update.protected || !config.only_protected;
    for update in facts.updates.iter().filter(|update| judged(update)) {
        let desk = Desk::new(config, facts, update);
        let origins = Origins::of(update);
        for file in changed_files(std::slice::from_ref(update)) {
            if config.tiers.contains(&file.change.tier) {
                desk.judge(file, &origins.of_change(file.change), objections);
            }
        }
    }
}

/// Who may do what, resolved once for an update.
struct Desk<'a> {
    facts: &'a Facts,
    needed: usize,
    electorate: Electorate<'a>,
    /// The pull requests of a merge group, with the commits that each brings.
    constituents: Vec<(Ballot<'a>, HashSet<ObjectId>)>,
    signers: Principals<'a>,
}

impl<'a> Desk<'a> {
    fn new(config: &'a Config, facts: &'a Facts, update: &'a UpdateFacts) -> Self {
        let names: Vec<_> = texts(&config.approvers).collect();
        let constituents = facts.circumstances.constituents.iter();
        Self {
            facts,
            electorate: Electorate::new(facts, &names),
            needed: usize::try_from(config.approvals.get()).unwrap_or(usize::MAX),
            constituents: constituents
                .map(|it| (Ballot::of_constituent(facts, it), brought_by(update, it.head)))
                .collect(),
            signers: facts.directory.members(texts(&config.signed_by)),
        }
    }

    fn judge(&self, file: ChangedFile<'a>, origin: &Origin<'a>, objections: &mut Objections) {
        if origin.all_signed && origin.authors.is_subset(&self.signers) {
            return;
        }
        let count = match self.count(file, origin) {
            Ok(count) => count,
            Err(why) => {
                let why = format!("whether {file} is approved is not known: {why}");
                return objections.cannot_judge(file.place(), why);
            }
        };
        let missing = count.missing(self.needed);
        if missing == 0 {
            return;
        }
        let message = self.message(file, &count);
        // Nobody knows whether it is enough.
        if count.undecided.difference(&count.approved).count() >= missing {
            return objections.cannot_judge(file.place(), message);
        }
        objections.object(file.place(), message, self.remedy(&count));
    }

    /// The approvals of a change. In a merge group every commit that makes the
    /// change must be one of a pull request that is approved as it stands; of
    /// those that are not, one. What only the group itself shows, such as a
    /// merge that mixes two changes of a file, nobody has approved.
    fn count(&self, file: ChangedFile<'a>, origin: &Origin<'a>) -> Result<Count<'a>, &'a str> {
        let of_all = Ballot::of(self.facts)?;
        let nobody = || self.electorate.count(&of_all, &origin.authors);
        if !matches!(self.facts.subject, Subject::MergeGroup { .. }) {
            return Ok(nobody());
        }
        let best = |revision: &ObjectId| {
            let bringing = self.constituents.iter();
            let bringing = bringing.filter(|(_, brought)| brought.contains(revision));
            bringing
                .map(|(ballot, _)| self.electorate.count(ballot, &origin.authors))
                .min_by_key(|count| count.missing(self.needed))
                .unwrap_or_else(nobody)
        };
        let worst = file.change.revisions.iter().map(best);
        let worst = worst.max_by_key(|count| count.missing(self.needed));
        Ok(worst.unwrap_or_else(nobody))
    }

    fn message(&self, file: ChangedFile<'a>, count: &Count<'a>) -> String {
        let missing = count.missing(self.needed);
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

    fn remedy(&self, count: &Count<'a>) -> String {
        let excluded = |one: &&PrincipalId| {
            count.approved.contains(one) || count.excluded.contains(one)
        };
        let may = self.electorate.people.iter().copied();
        let may: Principals<'a> = may.filter(|one| !excluded(one)).collect();
        let missing = count.missing(self.needed);
        let groups: Vec<_> = self.electorate.groups.iter().map(ToString::to_string).collect();
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
        match &self.facts.subject {
            Subject::Push { .. } => {}
            Subject::PullRequest { .. } => return approve,
            Subject::MergeGroup { .. } => {
                return format!("in the pull request that brings it, {approve}; or merge it without the queue");
            }
        }
        let propose = format!("propose the change as a pull request and {approve}");
        if self.signers.is_empty() {
            return propose;
        }
        let names = listed(self.signers.iter().map(|name| name.as_str()));
        format!("let one of these make and sign each commit that changes it: {names}; or {propose}")
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

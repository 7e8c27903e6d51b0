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
//! robots_may_move_pins = [] # robots whose signed commits need none if they move only
//!                           # the versions of code and images
//! cosmetic_needs = true     # false: a change of comments and layout alone needs none
//! only_protected = false    # true: only changes of refs that `protected` names
//! ```
//!
//! That only versions moved, or only comments changed, must show in the model of
//! the files and in their text, over the whole change and in each commit. A file
//! that no model reads, is new or is gone always needs approval. Comments can be
//! meant for other tools: one that tells a scanner to look away is a comment.
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
use std::num::NonZeroU32;

use super::support::{
    ChangedFile, Demand, Desk, Needing, Origin, Origins, changed_files, texts,
};
use super::{CheckMeta, Objections, PrincipalSelector};
use crate::model::build::BuildChange;
use crate::model::ci::{ChangeKind, Tier};
use crate::model::facts::{Facts, UpdateFacts};
use crate::model::finding::Severity;
use crate::model::oid::ObjectId;
use crate::model::request::Concern;

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
    /// Robots whose signed commits need no approval if they move nothing but the
    /// versions of code and images; empty stands for none.
    #[schemars(extend("x-layer" = "narrow"))]
    robots_may_move_pins: BTreeSet<PrincipalSelector> = BTreeSet::new(),
    /// Whether a change of comments and layout alone needs approval.
    #[schemars(extend("x-layer" = "raise"))]
    cosmetic_needs: bool = true,
    /// Judge only updates of refs that the policy protects.
    #[schemars(extend("x-layer" = "lower"))]
    only_protected: bool = false,
}

impl Config {
    fn demand(&self) -> Demand<'_> {
        Demand {
            approvals: self.approvals,
            approvers: &self.approvers,
            signed_by: &self.signed_by,
            key: "[checks.ci-change-unapproved] approvers",
        }
    }
}

/// Objects to every changed file without enough approvals and without sign-off.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    let judged = |update: &UpdateFacts| update.protected || !config.only_protected;
    let robots = facts.directory.members(texts(&config.robots_may_move_pins));
    for update in facts.updates.iter().filter(|update| judged(update)) {
        let desk = Desk::new(config.demand(), facts, update);
        let origins = Origins::of(update);
        for file in changed_files(std::slice::from_ref(update)) {
            let origin = origins.of_change(file.change);
            let harmless = |change: &BuildChange| {
                let cosmetic = change.is_cosmetic();
                (cosmetic && !config.cosmetic_needs)
                    || ((cosmetic || change.only_pins_moved()) && origin.is_signed_by(&robots))
            };
            if config.tiers.contains(&file.change.tier) && !is_all(file, harmless) {
                desk.judge(needing(file, origin), objections);
            }
        }
    }
}

fn needing<'a>(file: ChangedFile<'a>, origin: Origin<'a>) -> Needing<'a> {
    Needing {
        place: file.place(),
        subject: file.to_string(),
        action: format!("{file} was {}", file.change.kind),
        revisions: file.change.revisions.clone(),
        origin,
    }
}

/// Whether everything that changes a file is like this, and there are models
/// that say so: the net difference, and each revision that changes it. A file
/// that is odd, new or gone never is.
fn is_all(file: ChangedFile<'_>, like_this: impl Fn(&BuildChange) -> bool) -> bool {
    let (update, change) = (file.update, file.change);
    if change.kind != ChangeKind::Modified || !change.oddities.is_empty() {
        return false;
    }
    let about = |of: Option<ObjectId>| {
        let mut all = update.build.iter();
        all.find(|it| it.revision == of && it.files.contains(&change.path))
    };
    let net = about(None);
    // Of an update by one revision there is the net difference alone.
    let alone = update.revisions.len() == 1 && net.is_some();
    let each = |id: &ObjectId| match about(Some(*id)) {
        Some(change) => like_this(change),
        None => alone,
    };
    let known = net.is_some() || !change.revisions.is_empty();
    known && net.is_none_or(&like_this) && change.revisions.iter().all(each)
}

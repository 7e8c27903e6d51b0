//! Facts in, verdict out. The one place where a conclusion is made.
//!
//! A pure function: no I/O, no clock, no forge. What could not be found out is
//! in the facts as a gap, and a gap is never a pass.

use std::collections::HashSet;

use crate::checks::{self, ChecksConfig, Mode, Objections, Registered};
use crate::model::build::BuildChange;
use crate::model::facts::{Facts, Gap, PushFacts};
use crate::model::finding::{Effect, Finding, Objection, Place, WaiverNote};
use crate::model::request::Concern;
use crate::model::verdict::{
    Capability, Conclusion, Digest, JudgedObject, JudgedPush, MAX_CAPABILITIES, VERDICT_SCHEMA,
    Verdict,
};
use crate::policy::{Policy, Waiver};

/// Judges what is known by the policy. Total: there is an answer for every input.
pub fn evaluate(policy: &Policy, facts: &Facts) -> Verdict {
    let waived = |check: &str, place: &Place| {
        let mut waivers = policy.waivers.iter();
        let covering = waivers.find(|waiver| waiver.covers(check, place, facts.seen_at));
        covering.map(Waiver::note)
    };
    let rules = Rules {
        checks: &policy.checks,
        waived: &waived,
        policy_digest: policy.digest.clone(),
        trust_digest: policy.roots.digest(),
    };
    rules.judge(facts)
}

/// As much of a policy as a verdict depends on.
pub struct Rules<'a> {
    /// What each check does.
    pub checks: &'a ChecksConfig,
    /// The waiver for a check at a place, if there is one that counts now.
    pub waived: &'a dyn Fn(&str, &Place) -> Option<WaiverNote>,
    /// The policy's digest.
    pub policy_digest: Digest,
    /// The digest of its trust roots.
    pub trust_digest: Digest,
}

impl Rules<'_> {
    /// What [`evaluate`] does.
    pub fn judge(&self, facts: &Facts) -> Verdict {
        let mut gaps = facts.gaps.clone();
        gaps.extend(not_looked_at(facts));
        let mut findings = Vec::new();
        let asked = |check: &&Registered| facts.concern.asks(check.meta.concern);
        for check in checks::ALL.iter().filter(asked) {
            self.run(check, facts, &mut findings, &mut gaps);
        }
        gaps.sort();
        gaps.dedup();
        let findings = in_order(findings);
        let (capabilities, more_capabilities) = capabilities(facts);
        Verdict {
            schema: VERDICT_SCHEMA,
            conclusion: conclude(facts, &findings, &gaps),
            repository: facts.repository.clone(),
            subject: facts.subject.clone(),
            policy_digest: self.policy_digest.clone(),
            trust_digest: self.trust_digest.clone(),
            gaps,
            findings,
            capabilities,
            more_capabilities,
            authentication: facts.pushes.iter().map(judged_push).collect(),
            commits: judged_objects(facts),
        }
    }

    fn run(
        &self,
        check: &Registered,
        facts: &Facts,
        findings: &mut Vec<Finding>,
        gaps: &mut Vec<Gap>,
    ) {
        let effect = match (check.mode)(self.checks) {
            Mode::Off => return,
            Mode::Audit => Effect::Warn,
            Mode::Enforce => Effect::Block,
        };
        let mut said = Objections::default();
        (check.run)(self.checks, facts, &mut said);
        for objection in said.list {
            findings.push(self.finding(check, effect, objection));
        }
        for unjudged in said.unjudged {
            match effect {
                Effect::Block => gaps.push(Gap(format!("{}: {}", check.meta.id, unjudged.why))),
                Effect::Warn => {
                    let shown = Objection {
                        place: unjudged.place,
                        severity: None,
                        fingerprint: None,
                        message: unjudged.why,
                        remedy: "nothing is held up while this check is in audit mode; once it is \
                                 enforced, what cannot be judged is not let through"
                            .to_owned(),
                    };
                    findings.push(finding(check, effect, shown, None));
                }
            }
        }
    }

    /// A waiver turns a block into a warning, and says so.
    fn finding(&self, check: &Registered, effect: Effect, objection: Objection) -> Finding {
        let waiver = match effect {
            Effect::Block => (self.waived)(check.meta.id, &objection.place),
            Effect::Warn => None,
        };
        let effect = if waiver.is_some() {
            Effect::Warn
        } else {
            effect
        };
        finding(check, effect, objection, waiver)
    }
}

fn finding(
    check: &Registered,
    effect: Effect,
    objection: Objection,
    waiver: Option<WaiverNote>,
) -> Finding {
    let Objection {
        place,
        severity,
        fingerprint,
        message,
        remedy,
    } = objection;
    Finding {
        check: check.meta.id,
        effect,
        severity: severity.unwrap_or(check.meta.severity),
        message,
        remedy,
        fingerprint,
        subject: place.reference,
        commit: place.commit,
        path: place.path,
        line: place.line,
        column: place.column,
        waiver,
    }
}

/// Only an explicit pass is a pass: something was judged, nothing blocks, and
/// nothing is unknown or awaited.
fn conclude(facts: &Facts, findings: &[Finding], gaps: &[Gap]) -> Conclusion {
    let blocks = |finding: &Finding| finding.effect == Effect::Block;
    if findings.iter().any(blocks) {
        Conclusion::Fail
    } else if !gaps.is_empty() {
        Conclusion::Error
    } else if facts
        .pushes
        .iter()
        .any(|it| it.push.awaited_until.is_some())
    {
        Conclusion::Pending
    } else {
        Conclusion::Pass
    }
}

/// What the updates as a whole alter, in the order of the request, and how
/// much is left out.
fn capabilities(facts: &Facts) -> (Vec<Capability>, usize) {
    let mut all = Vec::new();
    for update in &facts.updates {
        let net = update.build.iter().filter(|one| one.revision.is_none());
        let changes = net.flat_map(BuildChange::capabilities).collect();
        all.extend(Capability::all(&update.update.name, changes));
    }
    let more = all.len().saturating_sub(MAX_CAPABILITIES);
    all.truncate(MAX_CAPABILITIES);
    (all, more)
}

fn judged_push(facts: &PushFacts) -> JudgedPush {
    let (push, standing) = (&facts.push, &facts.standing);
    JudgedPush {
        references: push.references.clone(),
        heads: push.heads.clone(),
        actor: push.actor.clone(),
        principal: facts.principal.clone(),
        at: push.at,
        state: facts.knowledge(),
        could_be: standing.could_be.clone(),
        strength: standing.strength,
        sources: standing.sources.clone(),
        notes: standing.notes.clone(),
        awaited_until: push.awaited_until,
    }
}

/// A gap if the facts are not about exactly the ref updates of the request.
fn not_looked_at(facts: &Facts) -> Option<Gap> {
    let asked = facts.subject.updates();
    let looked_at = facts.updates.iter().map(|facts| &facts.update);
    if asked.is_empty() {
        Some(Gap(
            "the request names no ref update: there is nothing to judge".to_owned(),
        ))
    } else if asked.iter().ne(looked_at) {
        Some(Gap(format!(
            "the request names {} ref updates, and the facts are not about just these",
            asked.len()
        )))
    } else {
        None
    }
}

/// Blocking first, then by place, then by check. What is said of one object, or
/// of one push, on several refs is said once, with the strongest effect: a
/// waiver for one ref does not excuse it on another.
fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|one, other| sort_key(one).cmp(&sort_key(other)));
    let mut said = HashSet::new();
    findings.retain(|finding| {
        let check = checks::find(finding.check);
        let of_push = check.is_some_and(|it| it.meta.concern == Concern::Authentication);
        let of_ref = finding.commit.is_none() && !of_push;
        let subject = of_ref.then(|| finding.subject.clone());
        let path = finding.path.clone();
        let spot = (finding.commit, path, finding.line, finding.column);
        said.insert((finding.check, finding.message.clone(), subject, spot))
    });
    findings
}

fn sort_key(finding: &Finding) -> impl Ord + '_ {
    (
        std::cmp::Reverse(finding.effect),
        (&finding.subject, finding.commit, &finding.path),
        (finding.line, finding.column),
        (finding.check, &finding.message, &finding.remedy),
    )
}

/// Every commit and tag once, in the order of the request: for each ref update
/// its tags, outermost first, then its commits, newest first.
fn judged_objects(facts: &Facts) -> Vec<JudgedObject> {
    let mut seen = HashSet::new();
    let objects = facts.updates.iter().flat_map(|update| {
        let tags = update.tags.iter();
        let tags = tags.map(|facts| (facts.tag.id, &facts.signature));
        let commits = update.revisions.iter();
        tags.chain(commits.map(|revision| (revision.commit.id, &revision.signature)))
    });
    let first = objects.filter(|(id, _)| seen.insert(*id));
    first
        .map(|(id, signature)| JudgedObject {
            id,
            signature: signature.clone(),
        })
        .collect()
}

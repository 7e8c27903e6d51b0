//! Reports what a change brings, and nothing that was there before.

use std::collections::{BTreeSet, HashMap, HashSet};

use sha2::{Digest as _, Sha256};

use super::matching::{is_worse, unmatched};
use super::{Detection, Side};
use crate::checks::support::{Ballot, Electorate, Objections, Origins, PrincipalSelector, texts};
use crate::model::build::BuildChange;
use crate::model::facts::{Facts, UpdateFacts};
use crate::model::finding::{Objection, Place, Severity};
use crate::model::oid::ObjectId;

/// What the policy says of one rule.
pub(crate) struct Terms<'a> {
    /// The check's id.
    pub(crate) check: &'static str,
    /// What is less bad is not reported.
    pub(crate) at_least: Severity,
    /// Whose approval of the present head lets it pass; empty: nobody's.
    pub(crate) approvers: &'a BTreeSet<PrincipalSelector>,
}

/// Reports what `detect` sees in a new version and not in the old one: over
/// the whole update, and in each revision, since each could run by itself.
pub(crate) fn introduced<'a>(
    terms: &Terms<'_>,
    facts: &'a Facts,
    objections: &mut Objections,
    detect: impl Fn(Side<'a>) -> Vec<Detection>,
) {
    let find = |before: &'a BuildChange| {
        let after = detect(side(facts, &before.after));
        let mut fresh: Option<HashSet<usize>> = None;
        for base in &before.before {
            let new: HashSet<_> = unmatched(&detect(side(facts, base)), &after)
                .into_iter()
                .collect();
            fresh = Some(match fresh {
                None => new,
                Some(known) => known.intersection(&new).copied().collect(),
            });
        }
        let is_fresh = |at: usize| fresh.as_ref().is_none_or(|fresh| fresh.contains(&at));
        let all = after.into_iter().enumerate();
        all.map(|(at, detection)| (is_fresh(at), detection))
            .collect()
    };
    report(terms, facts, objections, find);
}

/// Reports what `compare` says of two versions, of a merge only what it says
/// of every parent. Where there is no version to compare with it says nothing.
pub(crate) fn compared<'a>(
    terms: &Terms<'_>,
    facts: &'a Facts,
    objections: &mut Objections,
    compare: impl Fn(Side<'a>, Side<'a>) -> Vec<Detection>,
) {
    let compare = |before: Option<Side<'a>>, after| match before {
        Some(before) => compare(before, after),
        None => Vec::new(),
    };
    compare_all(terms, facts, objections, compare);
}

/// The same of a rule whose weak settings are faults by themselves: what stands
/// without a version to compare with is compared with nothing.
pub(crate) fn compared_or_alone<'a>(
    terms: &Terms<'_>,
    facts: &'a Facts,
    objections: &mut Objections,
    compare: impl Fn(Side<'a>, Side<'a>) -> Vec<Detection>,
) {
    let nothing = || side(facts, &[]);
    let compare = |before: Option<Side<'a>>, after| compare(before.unwrap_or_else(nothing), after);
    compare_all(terms, facts, objections, compare);
}

fn compare_all<'a>(
    terms: &Terms<'_>,
    facts: &'a Facts,
    objections: &mut Objections,
    compare: impl Fn(Option<Side<'a>>, Side<'a>) -> Vec<Detection>,
) {
    let find = |change: &'a BuildChange| {
        let after = side(facts, &change.after);
        let mut bases = change.before.iter();
        let Some(first) = bases.next() else {
            return mark(compare(None, after));
        };
        let mut said = compare(Some(side(facts, first)), after);
        for base in bases {
            let also = compare(Some(side(facts, base)), after);
            said.retain(|one| {
                let same =
                    |other: &Detection| (&other.slot, &other.feature) == (&one.slot, &one.feature);
                also.iter().any(same)
            });
        }
        mark(said)
    };
    report(terms, facts, objections, find);
}

/// Reports what is new in a list that was made elsewhere, of the first update:
/// only the command line has such lists, and it judges one.
pub(crate) fn introduced_elsewhere(
    terms: &Terms<'_>,
    facts: &Facts,
    (before, after): (&[Detection], Vec<Detection>),
    objections: &mut Objections,
) {
    let Some(update) = facts.updates.first() else {
        return;
    };
    let fresh: HashSet<usize> = unmatched(before, &after).into_iter().collect();
    let mut said = Said::default();
    for (at, detection) in after.into_iter().enumerate() {
        if fresh.contains(&at) && detection.severity >= terms.at_least {
            said.note(detection, None);
        }
    }
    if said.0.is_empty() || is_approved(terms, facts, update) {
        return;
    }
    for (detection, _) in said.in_order() {
        let (path, line) = (detection.spot.path.clone(), detection.spot.line);
        let mut one = objection(terms, update, detection, None);
        if path.is_empty() {
            one.place = Place::of_ref(&update.update.name);
        } else if line == 0 {
            one.place = one.place.at(None, None);
        }
        objections.list.push(one);
    }
}

fn mark(all: Vec<Detection>) -> Vec<(bool, Detection)> {
    all.into_iter().map(|detection| (true, detection)).collect()
}

fn side<'a>(
    facts: &'a Facts,
    blueprints: &'a [std::sync::Arc<crate::model::build::Blueprint>],
) -> Side<'a> {
    Side { blueprints, facts }
}

/// `find` gives all detections of a change's newer version, and whether each is new in it.
fn report<'a>(
    terms: &Terms<'_>,
    facts: &'a Facts,
    objections: &mut Objections,
    find: impl Fn(&'a BuildChange) -> Vec<(bool, Detection)>,
) {
    for update in &facts.updates {
        let mut net = Net::default();
        let mut said = Said::default();
        for change in &update.build {
            for (fresh, detection) in find(change) {
                if change.revision.is_none() {
                    net.note(&detection, fresh);
                } else if net.has(&detection) {
                    continue;
                }
                if fresh && detection.severity >= terms.at_least {
                    said.note(detection, change.revision);
                }
            }
        }
        if !said.0.is_empty() && !is_approved(terms, facts, update) {
            for (detection, revision) in said.in_order() {
                objections
                    .list
                    .push(objection(terms, update, detection, revision));
            }
        }
    }
}

/// What stands at the end of an update, and whether it is new there. A revision's
/// problem that stands there too, or has only moved, is told of the end; one that
/// was worse in between is not.
#[derive(Default)]
struct Net(HashMap<String, Vec<(Detection, bool)>>);

impl Net {
    fn note(&mut self, detection: &Detection, fresh: bool) {
        let same = self.0.entry(detection.feature.clone()).or_default();
        same.push((detection.clone(), fresh));
    }

    fn has(&self, detection: &Detection) -> bool {
        let same = self.0.get(&detection.feature).into_iter().flatten();
        let mut there = same.filter(|(one, fresh)| *fresh || one.slot == detection.slot);
        there.any(|(one, _)| !is_worse(detection, one))
    }
}

/// What is reported of one update: the same problem at one place once, at its worst.
#[derive(Default)]
struct Said(HashMap<(String, crate::model::build::Spot), (Detection, Option<ObjectId>)>);

impl Said {
    fn note(&mut self, detection: Detection, revision: Option<ObjectId>) {
        // A problem that several revisions share is told of the newest.
        let key = (detection.feature.clone(), detection.spot.clone());
        let seen = self.0.get(&key);
        if seen.is_none_or(|(known, _)| known.severity < detection.severity) {
            self.0.insert(key, (detection, revision));
        }
    }

    fn in_order(self) -> Vec<(Detection, Option<ObjectId>)> {
        let mut all: Vec<_> = self.0.into_values().collect();
        all.sort_by(|(one, _), (other, _)| {
            (&one.spot, &one.feature, &one.message).cmp(&(
                &other.spot,
                &other.feature,
                &other.message,
            ))
        });
        all
    }
}

fn objection(
    terms: &Terms<'_>,
    update: &UpdateFacts,
    detection: Detection,
    passing: Option<ObjectId>,
) -> Objection {
    let path = detection.spot.path.as_ref().clone();
    let changed = update.ci_changes.iter().find(|change| change.path == path);
    let newest = changed.and_then(|change| change.revisions.first()).copied();
    let place = Place::of_path(&update.update.name, passing.or(newest), path)
        .at(Some(detection.spot.line), Some(detection.spot.column));
    let (message, remedy) = match passing {
        None => (detection.message, detection.remedy),
        Some(_) => (
            format!(
                "{} (only in this commit, which CI could run by itself)",
                detection.message
            ),
            format!("{}; in this very commit: `git rebase -i`", detection.remedy),
        ),
    };
    Objection {
        place,
        severity: Some(detection.severity),
        fingerprint: Some(fingerprint(
            terms.check,
            &detection.slot,
            &detection.feature,
        )),
        message,
        remedy,
    }
}

/// Survives moved lines and other edits of the file.
fn fingerprint(check: &str, slot: &str, feature: &str) -> String {
    let mut hash = Sha256::new();
    for part in ["forgewarden/finding/v1", check, slot, feature] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hex::encode(&hash.finalize()[..16])
}

/// Whether one of those whom the policy names has approved the present head.
fn is_approved(terms: &Terms<'_>, facts: &Facts, update: &UpdateFacts) -> bool {
    if terms.approvers.is_empty() {
        return false;
    }
    let Ok(ballot) = Ballot::of(facts) else {
        return false;
    };
    let names: Vec<_> = texts(terms.approvers).collect();
    let origins = Origins::of(update);
    let mut authors = crate::checks::support::Principals::new();
    for change in &update.ci_changes {
        authors.extend(origins.of_change(change).authors);
    }
    let count = Electorate::new(facts, &names).count(&ballot, &authors);
    count.missing(1) == 0
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Detection, Net};
    use crate::checks::support::build::Exposure;
    use crate::model::build::{Spot, StartedBy};
    use crate::model::finding::Severity;

    fn detection(slot: &str, severity: Severity, by: StartedBy) -> Detection {
        Detection {
            slot: slot.to_owned(),
            feature: "a title in a script".to_owned(),
            spot: Spot {
                path: Arc::new("ci.yml".into()),
                line: 1,
                column: 1,
            },
            severity,
            exposure: Exposure {
                started_by: Some(by),
                ..Exposure::default()
            },
            message: String::new(),
            remedy: String::new(),
        }
    }

    #[test]
    fn what_was_worse_in_between_is_not_told_of_the_end() {
        let mut net = Net::default();
        let at_the_end = detection("build", Severity::Medium, StartedBy::Forks);
        net.note(&at_the_end, false);
        assert!(net.has(&at_the_end));
        assert!(!net.has(&detection("other", Severity::Medium, StartedBy::Forks)));
        assert!(!net.has(&detection("build", Severity::Critical, StartedBy::Forks)));
        assert!(!net.has(&detection("build", Severity::Medium, StartedBy::Outsiders)));
        net.note(&at_the_end, true);
        assert!(net.has(&detection("other", Severity::Medium, StartedBy::Forks)));
        assert!(!net.has(&detection("other", Severity::Critical, StartedBy::Forks)));
    }
}

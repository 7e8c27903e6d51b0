//! What a template may show of a verdict, read from its versioned JSON, so that
//! verdicts that were stored long ago stay readable.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::altered::Altered;
use super::documentation;
use super::pushed::Pushed;
use super::stored::{Stored, StoredFinding, StoredObject, StoredSubject};
use super::templates::ReportError;
use super::wording::{COULD_NOT_JUDGE, Counts, Step, check_title, cut, steps, title_of, visible};
use crate::checks;
use crate::model::finding::{Effect, Severity};
use crate::model::verdict::{Conclusion, VERDICT_SCHEMA};

/// Most characters of a message, remedy or reason that a page shows.
const MAX_TEXT: usize = 2_000;
/// Digits of an id for people.
const SHORT: usize = 10;

/// How many of each list a page shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) gaps: usize,
    pub(super) findings: usize,
    pub(super) capabilities: usize,
    pub(super) commits: usize,
}

/// Everything that a template gets, as text made safe to show.
#[derive(Debug, Serialize)]
pub(super) struct View {
    pub(super) conclusion: &'static str,
    pub(super) headline: &'static str,
    pub(super) title: String,
    pub(super) repository: String,
    pub(super) subject: String,
    pub(super) updates: Vec<Update>,
    pub(super) policy_digest: String,
    pub(super) trust_digest: String,
    pub(super) gaps: Vec<String>,
    pub(super) more_gaps: usize,
    pub(super) groups: Vec<Group>,
    pub(super) more_findings: usize,
    pub(super) capabilities: Vec<Altered>,
    pub(super) more_capabilities: usize,
    pub(super) pushes: Vec<Pushed>,
    pub(super) more_pushes: usize,
    pub(super) commits: Vec<Object>,
    pub(super) more_commits: usize,
    pub(super) signed: usize,
    pub(super) judged: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct Update {
    name: String,
    what: &'static str,
    old: Option<String>,
    new: Option<String>,
}

/// The findings of one check with one weight.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    check: String,
    title: String,
    /// `block`, `warn` or `waived`.
    weight: &'static str,
    word: &'static str,
    severity: Severity,
    total: usize,
    documentation: String,
    findings: Vec<Item>,
}

#[derive(Debug, Serialize)]
struct Item {
    place: String,
    reference: String,
    commit: Option<String>,
    short: Option<String>,
    message: String,
    prose: Vec<String>,
    commands: Vec<String>,
    waiver: Option<Waiver>,
}

#[derive(Debug, Serialize)]
struct Waiver {
    reason: String,
    until: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Object {
    id: String,
    short: String,
    state: String,
    good: bool,
    kind: Option<String>,
    principal: Option<String>,
    key: Option<String>,
    reason: Option<String>,
}

impl View {
    /// Reads the versioned JSON. A version that is not ours is an error.
    pub(super) fn read(json: &Value, limits: Limits) -> Result<Self, ReportError> {
        let schema = json.get("schema").and_then(Value::as_str).unwrap_or("none");
        if schema != VERDICT_SCHEMA {
            return Err(ReportError::Version {
                found: text(schema),
            });
        }
        let stored =
            Stored::deserialize(json).map_err(|error| ReportError::Shape(error.to_string()))?;
        Ok(Self::of(stored, limits))
    }

    fn of(stored: Stored, limits: Limits) -> Self {
        let mut counts = Counts::default();
        for finding in &stored.findings {
            counts.add(finding.effect == Effect::Block, finding.waiver.is_some());
        }
        let first_gap = stored.gaps.first().map(String::as_str);
        let title = title_of(stored.conclusion, counts, first_gap);
        // The headline says it already.
        let title = title
            .strip_prefix(COULD_NOT_JUDGE)
            .unwrap_or(&title)
            .to_owned();
        let (conclusion, headline) = headline(stored.conclusion);
        let judged = stored.commits.len();
        Self {
            conclusion,
            headline,
            title,
            repository: text(&stored.repository),
            subject: subject(&stored.subject),
            updates: updates(&stored.subject),
            policy_digest: text(&stored.policy_digest),
            trust_digest: text(&stored.trust_digest),
            more_gaps: stored.gaps.len().saturating_sub(limits.gaps),
            gaps: stored
                .gaps
                .iter()
                .take(limits.gaps)
                .map(|gap| text(gap))
                .collect(),
            more_findings: stored.findings.len().saturating_sub(limits.findings),
            groups: groups(&stored.findings, limits.findings),
            more_capabilities: stored.more_capabilities
                + stored
                    .capabilities
                    .len()
                    .saturating_sub(limits.capabilities),
            capabilities: stored
                .capabilities
                .iter()
                .take(limits.capabilities)
                .map(Altered::of)
                .collect(),
            more_pushes: stored.authentication.len().saturating_sub(limits.commits),
            pushes: stored
                .authentication
                .iter()
                .take(limits.commits)
                .map(Pushed::of)
                .collect(),
            more_commits: judged.saturating_sub(limits.commits),
            signed: stored
                .commits
                .iter()
                .filter(|one| one.signature.state == "valid")
                .count(),
            judged,
            commits: stored
                .commits
                .into_iter()
                .take(limits.commits)
                .map(Object::of)
                .collect(),
        }
    }
}

fn headline(conclusion: Conclusion) -> (&'static str, &'static str) {
    match conclusion {
        Conclusion::Pass => ("pass", "Passed"),
        Conclusion::Pending => ("pending", "Not judged yet"),
        Conclusion::Fail => ("fail", "Blocked"),
        Conclusion::Error => ("error", "Could not judge"),
    }
}

pub(super) fn text(raw: &str) -> String {
    cut(&visible(raw), MAX_TEXT)
}

pub(super) fn short(id: &str) -> String {
    visible(id).chars().take(SHORT).collect()
}

pub(super) fn short_ref(name: &str) -> String {
    let name = name
        .strip_prefix("refs/heads/")
        .or_else(|| name.strip_prefix("refs/tags/"))
        .unwrap_or(name);
    text(name)
}

fn subject(subject: &StoredSubject) -> String {
    match subject {
        StoredSubject::Push { updates } => match updates.as_slice() {
            [only] => format!("push to {}", text(&only.name)),
            many => format!("push of {} refs", many.len()),
        },
        StoredSubject::PullRequest { number, target, .. } => {
            format!("pull request {number} into {}", short_ref(target))
        }
        StoredSubject::MergeGroup { target, .. } => {
            format!("merge group for {}", short_ref(target))
        }
    }
}

fn updates(subject: &StoredSubject) -> Vec<Update> {
    let update = |name: &str, old: Option<&String>, new: Option<&String>| Update {
        name: text(name),
        what: match (old, new) {
            (None, _) => "created",
            (_, None) => "deleted",
            _ => "changed",
        },
        old: old.map(|id| short(id)),
        new: new.map(|id| short(id)),
    };
    match subject {
        StoredSubject::Push { updates } => updates
            .iter()
            .map(|one| update(&one.name, one.old.as_ref(), one.new.as_ref()))
            .collect(),
        StoredSubject::PullRequest {
            target, base, head, ..
        }
        | StoredSubject::MergeGroup { target, base, head } => {
            vec![update(target, Some(base), Some(head))]
        }
    }
}

fn groups(findings: &[StoredFinding], limit: usize) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut documented = BTreeSet::new();
    for (index, finding) in findings.iter().enumerate() {
        let (weight, word) = match (finding.effect, &finding.waiver) {
            (Effect::Block, _) => ("block", "Blocks"),
            (Effect::Warn, Some(_)) => ("waived", "Waived"),
            (Effect::Warn, None) => ("warn", "Warning"),
        };
        let known = groups
            .iter()
            .position(|group| group.check == finding.check && group.weight == weight);
        let position = known.unwrap_or_else(|| {
            let first = documented.insert(finding.check.clone());
            let known = checks::find(&finding.check).filter(|_| first);
            groups.push(Group {
                check: text(&finding.check),
                title: check_title(&finding.check).to_owned(),
                weight,
                word,
                severity: finding.severity,
                total: 0,
                documentation: known.map_or_else(String::new, |check| {
                    documentation::html(&check.documentation())
                }),
                findings: Vec::new(),
            });
            groups.len() - 1
        });
        groups[position].total += 1;
        if index < limit {
            groups[position].findings.push(Item::of(finding));
        }
    }
    for group in &mut groups {
        say_remedies_once(&mut group.findings);
    }
    groups
}

/// Keeps a remedy only at the last of neighbours that it mends.
fn say_remedies_once(items: &mut [Item]) {
    for index in 1..items.len() {
        let (before, after) = items.split_at_mut(index);
        if let (Some(item), Some(next)) = (before.last_mut(), after.first())
            && (&item.prose, &item.commands) == (&next.prose, &next.commands)
        {
            item.prose.clear();
            item.commands.clear();
        }
    }
}

impl Item {
    fn of(finding: &StoredFinding) -> Self {
        let mut prose = Vec::new();
        let mut commands = Vec::new();
        for step in steps(&cut(&finding.remedy, MAX_TEXT)) {
            match step {
                Step::Command(command) => commands.push(command),
                Step::Prose(line) => prose.push(line),
            }
        }
        let reference = short_ref(&finding.subject);
        let commit = finding.commit.as_deref().map(short);
        let place = match (&finding.path, &commit) {
            (Some(path), _) => {
                let position = [finding.line, finding.column];
                let position = position.iter().map_while(|number| *number);
                position.fold(text(path), |place, number| format!("{place}:{number}"))
            }
            (None, Some(commit)) => format!("commit {commit}"),
            (None, None) => text(&finding.subject),
        };
        Self {
            place,
            reference,
            commit: finding.commit.as_deref().map(text),
            short: commit,
            message: text(&finding.message),
            prose,
            commands,
            waiver: finding.waiver.as_ref().map(|waiver| Waiver {
                reason: text(&waiver.reason),
                until: text(&waiver.until),
            }),
        }
    }
}

impl Object {
    fn of(stored: StoredObject) -> Self {
        let signature = stored.signature;
        let shown = |value: Option<String>| value.map(|value| text(&value));
        Self {
            short: short(&stored.id),
            id: text(&stored.id),
            good: signature.state == "valid",
            state: text(&signature.state.replace('-', " ")),
            kind: shown(signature.kind).map(|kind| kind_name(&kind).to_owned()),
            principal: shown(signature.principal),
            key: shown(signature.key),
            reason: shown(signature.reason),
        }
    }
}

fn kind_name(kind: &str) -> &str {
    match kind {
        "openpgp" => "OpenPGP",
        "ssh" => "SSH",
        "x509" => "X.509",
        other => other,
    }
}

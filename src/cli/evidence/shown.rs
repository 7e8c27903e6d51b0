//! The chain of evidence of pushes, for people and for programs.

use serde_json::{Value, json};

use crate::model::authentication::{Evidence, Strength};
use crate::model::facts::PushFacts;
use crate::model::text::escape;

/// The version of the JSON, its top-level `schema`.
const SCHEMA: &str = "forgewarden/evidence-explained/v1";

/// One push, with everything that was said of it and what follows.
pub(super) struct Explained {
    /// The instance that told of it.
    pub(super) instance: String,
    /// The repository's name then.
    pub(super) repository: String,
    /// The delivery that told it; empty if none did.
    pub(super) delivery: String,
    /// What settings were read and rule nothing out.
    pub(super) rules_nothing_out: Vec<String>,
    /// The push and what follows.
    pub(super) facts: PushFacts,
}

/// For people.
pub(super) fn text(pushes: &[Explained]) -> String {
    let pages: Vec<_> = pushes.iter().map(page).collect();
    pages.join("\n")
}

fn page(one: &Explained) -> String {
    let (push, standing) = (&one.facts.push, &one.facts.standing);
    let names: Vec<_> = push.references.iter().map(ToString::to_string).collect();
    let heads: Vec<_> = push.heads.iter().map(ToString::to_string).collect();
    let who = match (&push.actor, &one.facts.principal) {
        (Some(actor), Some(principal)) => format!("{actor} ({principal})"),
        (Some(actor), None) => format!("{actor} (nobody whom the policy knows)"),
        (None, Some(principal)) => principal.to_string(),
        (None, None) => "not known".to_owned(),
    };
    let told = match one.delivery.as_str() {
        "" => "no delivery; the branch was found moved".to_owned(),
        id => format!("delivery {}", escape(id)),
    };
    let mut lines = vec![
        format!(
            "Push to {} on {}",
            escape(&one.repository),
            escape(&one.instance)
        ),
        format!(
            "  refs       {}",
            listed(&names, "not told (a fork's, as a rule)")
        ),
        format!("  commits    {}", listed(&heads, "none (a deletion)")),
        format!("  pushed by  {who}"),
        format!("  at         {}", push.at),
        format!("  told by    {told}"),
        "  evidence".to_owned(),
    ];
    let mut evidence: Vec<_> = push.evidence.iter().collect();
    evidence.sort_by_key(|it| (std::cmp::Reverse(it.strength), it.observed_at));
    lines.extend(evidence.iter().enumerate().map(|(at, it)| line(at + 1, it)));
    if evidence.is_empty() {
        lines.push("    nobody has said anything".to_owned());
    }
    let silent = one.rules_nothing_out.iter();
    lines.extend(silent.map(|says| format!("    -  rules nothing out: {}", escape(says))));
    let could_be: Vec<_> = standing.could_be.iter().map(ToString::to_string).collect();
    let sources: Vec<_> = standing.sources.iter().map(ToString::to_string).collect();
    let concluded = match (could_be.as_slice(), standing.strength) {
        ([], _) => "not known".to_owned(),
        (_, strength) => format!(
            "{} ({}, {strength})",
            could_be.join(" or "),
            sources.join(" and ")
        ),
    };
    lines.push(format!("  therefore  {concluded}"));
    lines.extend(
        standing
            .notes
            .iter()
            .map(|note| format!("             {}", escape(note))),
    );
    lines.push(String::new());
    lines.join("\n")
}

fn line(number: usize, evidence: &Evidence) -> String {
    let could_be: Vec<_> = evidence.could_be.iter().map(ToString::to_string).collect();
    let could_be = match could_be.len() {
        0 => "nothing that is understood".to_owned(),
        _ => could_be.join(" or "),
    };
    let strength = match evidence.strength {
        Strength::None => String::new(),
        strength => format!(", {strength}"),
    };
    format!(
        "    {number}. {}{strength}, {}: {could_be}\n       it says: {}",
        evidence.source,
        evidence.observed_at,
        escape(&evidence.says)
    )
}

fn listed(words: &[String], none: &str) -> String {
    match words {
        [] => none.to_owned(),
        words => words.join(", "),
    }
}

/// For programs: versioned, indented, with a line break at the end.
pub(super) fn json(pushes: &[Explained]) -> String {
    let pushes: Vec<_> = pushes.iter().map(value).collect();
    let whole = json!({ "schema": SCHEMA, "pushes": pushes });
    format!("{whole:#}\n")
}

fn value(one: &Explained) -> Value {
    json!({
        "instance": one.instance,
        "repository": one.repository,
        "delivery": one.delivery,
        "push": one.facts.push,
        "principal": one.facts.principal,
        "state": one.facts.knowledge(),
        "standing": one.facts.standing,
        "rules_nothing_out": one.rules_nothing_out,
    })
}

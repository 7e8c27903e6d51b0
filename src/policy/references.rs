//! Rules across a policy file: names that must exist, entries that repeat or
//! can never match, and who may write a waiver. Which values are names is
//! known from their format in the schema, so a check's configuration needs no
//! code here.

use std::collections::BTreeSet;

use super::environment;
use super::file::{PolicyFile, WaiverTable};
use super::formats;
use super::place::{KeyPath, Spots};
use super::problem::Problem;
use super::schema;
use super::strict::Formatted;
use super::suggest::suggestion;
use crate::model::text::excerpt;

/// How many people must have agreed to a break-glass waiver.
const BREAK_GLASS_APPROVERS: usize = 2;

/// Checks that every name means something.
pub(crate) fn names(
    file: &PolicyFile,
    formatted: &[Formatted],
    spots: &Spots,
    problems: &mut Vec<Problem>,
) {
    for found in formatted {
        let text = found.text.as_str();
        let unknown = match found.format.as_str() {
            "principal" => principal(file, text, |_| {
                "teams cannot stand here; name people".to_owned()
            }),
            "team-member" if formats::group(text).is_some() => None,
            "team-member" => principal(file, text, |_| {
                "teams cannot stand in teams; name people, or groups of a forge".to_owned()
            }),
            "principal-selector" => match text.strip_prefix("team:") {
                Some(team) => team_name(file, team),
                None => principal(file, text, |team| format!("did you mean `team:{team}`?")),
            },
            "policy-key" => policy_key(text),
            format => formats::choices(format).and_then(|choices| {
                let names: Vec<_> = choices.iter().map(String::as_str).collect();
                let kind = if format == "check" {
                    "check"
                } else {
                    "CI system"
                };
                unknown(kind, text, &names)
            }),
        };
        if let Some((message, help)) = unknown {
            let in_list = found.path.list().map(|list| spots.entry(&list, text));
            let problem = in_list
                .unwrap_or_else(|| spots.value(&found.path))
                .error(message);
            problems.push(problem.with_some_help(help));
        }
    }
}

type Unknown = Option<(String, Option<String>)>;

fn unknown(kind: &str, text: &str, names: &[&str]) -> Unknown {
    let message = || format!("there is no {kind} `{}`", excerpt(text, 60));
    (!names.contains(&text)).then(|| (message(), suggestion(text, names)))
}

fn principal(file: &PolicyFile, text: &str, team_help: fn(&str) -> String) -> Unknown {
    let names: Vec<_> = file.principals.keys().map(String::as_str).collect();
    let (message, help) = unknown("principal", text, &names)?;
    let team = text.strip_prefix("team:").unwrap_or(text);
    let help = if file.teams.contains_key(team) {
        Some(team_help(team))
    } else {
        help
    };
    Some((message, help))
}

fn team_name(file: &PolicyFile, text: &str) -> Unknown {
    let names: Vec<_> = file.teams.keys().map(String::as_str).collect();
    unknown("team", text, &names)
}

/// A key of the schema; names of the user's choice stand for themselves.
fn policy_key(text: &str) -> Unknown {
    let mut schema = schema();
    let own = ["version", "repository"]
        .iter()
        .any(|own| KeyPath::from(text).is_within(&KeyPath::from(*own)));
    if own {
        let help = "the operator's layer alone decides what the repository's may do";
        return Some((
            format!("`{}` cannot be loosened", excerpt(text, 60)),
            Some(help.to_owned()),
        ));
    }
    for key in text.split('.') {
        match schema::property(schema, key) {
            Some(inner) => schema = inner,
            None => {
                let paths = schema::key_paths();
                return unknown(
                    "key",
                    text,
                    &paths.iter().map(String::as_str).collect::<Vec<_>>(),
                );
            }
        }
    }
    None
}

/// Checks the teams and waivers, and reports what repeats.
pub(crate) fn rules(file: &PolicyFile, spots: &Spots, problems: &mut Vec<Problem>) {
    for (team, members) in &file.teams {
        if members.is_empty() {
            let path = KeyPath::from("teams").key(team);
            problems.push(
                spots
                    .key(&path)
                    .warning(format!("`{path}` has no members, so nobody can act for it")),
            );
        }
    }
    for (index, waiver) in file.waivers.iter().enumerate() {
        let path = KeyPath::from("waivers").index(index);
        break_glass(file, waiver, &path, spots, problems);
        repeats(&file.waivers[..index], waiver, &path, spots, problems);
    }
    for (index, extra) in file.ci.paths.iter().enumerate() {
        let path = KeyPath::from("ci.paths").index(index);
        repeats(&file.ci.paths[..index], extra, &path, spots, problems);
    }
    environment::idle(file, spots, problems);
}

fn repeats<T: PartialEq>(
    before: &[T],
    entry: &T,
    path: &KeyPath,
    spots: &Spots,
    problems: &mut Vec<Problem>,
) {
    if before.contains(entry) {
        problems.push(
            spots
                .value(path)
                .warning(format!("`{path}` says the same as an entry before it")),
        );
    }
}

fn break_glass(
    file: &PolicyFile,
    waiver: &WaiverTable,
    path: &KeyPath,
    spots: &Spots,
    problems: &mut Vec<Problem>,
) {
    let whole = waiver.is_whole();
    if !whole && !waiver.break_glass {
        return;
    }
    if whole && !waiver.break_glass {
        let message = format!(
            "`{path}` lifts `{}` as a whole",
            excerpt(&waiver.check.0, 60)
        );
        let help = "state `paths` or `commits`; or state `break_glass = true` and two people in `approved_by`";
        problems.push(spots.key(path).error(message).with_help(help));
        return;
    }
    let is_person = |name: &&str| file.principals.get(*name).is_some_and(|table| !table.robot);
    let people: BTreeSet<&str> = waiver
        .approved_by
        .iter()
        .map(|name| name.0.as_str())
        .filter(is_person)
        .collect();
    if people.len() < BREAK_GLASS_APPROVERS {
        let message = format!(
            "the break-glass waiver `{path}` needs {BREAK_GLASS_APPROVERS} people in `approved_by`; it has {}",
            people.len()
        );
        let help = "robots and names that are no principals do not count";
        problems.push(
            spots
                .key(&path.key("approved_by"))
                .error(message)
                .with_help(help),
        );
    }
}

//! `on:` of a workflow: which events start it, and who can make them happen.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows>.

use super::source::{Source, unresolved};
use crate::ci::yaml::tree::{Node, Value};
use crate::model::build::{
    Item, StartedBy, Trigger, UnresolvedKind, Weakening, WeakeningKind, What,
};

/// Names of branches that are protected by custom.
const PROTECTED: &[&str] = &[
    "main",
    "master",
    "trunk",
    "default",
    "production",
    "stable",
    "develop",
];
/// How names of such branches begin.
const PROTECTED_PREFIXES: &[&str] = &["release", "stable", "hotfix", "maint", "support/", "v"];

/// What starts a workflow, and what the file says about it.
#[derive(Default)]
pub(super) struct Started {
    pub(super) triggers: Vec<Trigger>,
    pub(super) items: Vec<Item>,
}

/// Reads `on:`.
pub(super) fn read(on: &Node, source: &Source) -> Started {
    let mut started = Started::default();
    match &on.value {
        Value::Scalar { text, .. } => started.event(source, text, on, None),
        Value::List(events) => {
            for event in events {
                match event.text() {
                    Some(name) => started.event(source, name, event, None),
                    None => started.odd(source, event, "an event that is no name"),
                }
            }
        }
        Value::Map(_) => {
            for (name, details) in on.pairs() {
                match name.text() {
                    Some(text) => started.event(source, text, name, Some(details)),
                    None => started.odd(source, name, "an event that is no name"),
                }
            }
        }
    }
    started
}

impl Started {
    fn event(&mut self, source: &Source, name: &str, node: &Node, details: Option<&Node>) {
        if name.is_empty() {
            return self.odd(source, node, "no event");
        }
        let trigger = |by| Trigger {
            event: name.to_owned(),
            by,
            spot: source.spot(node),
        };
        let by = match (name, details) {
            ("push", Some(details)) => who_pushes(details),
            _ => who(name),
        };
        self.triggers.push(trigger(by));
        for key in ["paths-ignore", "branches-ignore", "paths", "branches"] {
            if let Some(list) = details.and_then(|details| details.get(key)) {
                self.narrowed(source, (name, key), list);
            }
        }
    }

    fn narrowed(&mut self, source: &Source, (event, key): (&str, &str), list: &Node) {
        let mut names: Vec<_> = list
            .one_or_many()
            .iter()
            .filter_map(|one| one.text())
            .collect();
        names.sort_unstable();
        self.items.push(Item {
            slot: format!("on/{event}/{key}"),
            order: 0,
            spot: source.spot(list),
            what: What::Weakening(Weakening {
                kind: WeakeningKind::Narrowed,
                text: format!("{event} {key} {}", names.join(" ")),
            }),
        });
    }

    fn odd(&mut self, source: &Source, node: &Node, why: &str) {
        self.items.push(Item {
            slot: "on".to_owned(),
            order: 0,
            spot: source.spot(node),
            what: unresolved(UnresolvedKind::Form, "on", why),
        });
    }
}

/// Whether an event runs the proposal of a fork with the rights of one.
pub(super) fn is_fork_event(event: &str) -> bool {
    matches!(
        event,
        "pull_request" | "pull_request_review" | "pull_request_review_comment"
    )
}

/// Who can make an event happen. An event that is not known is anybody's.
fn who(event: &str) -> StartedBy {
    match event {
        "pull_request"
        | "pull_request_review"
        | "pull_request_review_comment"
        | "pull_request_sync" => StartedBy::Forks,
        "schedule"
        | "workflow_dispatch"
        | "repository_dispatch"
        | "release"
        | "branch_protection_rule"
        | "public"
        | "member"
        | "registry_package"
        | "package" => StartedBy::Maintainers,
        "push" | "create" | "delete" | "merge_group" | "workflow_call" | "check_run"
        | "check_suite" | "status" | "deployment" | "deployment_status" | "label" | "milestone"
        | "page_build" | "project" | "project_card" | "project_column" | "image_version" => {
            StartedBy::Writers
        }
        _ => StartedBy::Outsiders,
    }
}

/// Who can push so that a workflow starts.
fn who_pushes(details: &Node) -> StartedBy {
    let names = |key: &str| {
        let list = details.get(key)?;
        let names = list.one_or_many().into_iter().filter_map(Node::text);
        Some(names.map(str::to_owned).collect::<Vec<_>>())
    };
    let (branches, ignored) = (names("branches"), details.get("branches-ignore"));
    let tags = details.get("tags").is_some() || details.get("tags-ignore").is_some();
    match (branches, ignored) {
        (Some(names), _) => {
            let mut wanted = names.iter().filter(|name| !name.starts_with('!'));
            match wanted.all(|name| is_protected(name)) {
                true => StartedBy::Maintainers,
                false => StartedBy::Writers,
            }
        }
        (None, None) if tags => StartedBy::Maintainers,
        (None, _) => StartedBy::Writers,
    }
}

/// Whether a branch, or all that a pattern names, is protected by custom.
pub(super) fn is_protected(name: &str) -> bool {
    let literal = name.find(['*', '?', '[', '+', '$']).unwrap_or(name.len());
    let (start, whole) = (&name[..literal], literal == name.len());
    if whole && PROTECTED.contains(&name) {
        return true;
    }
    let mut prefixes = PROTECTED_PREFIXES
        .iter()
        .filter(|prefix| start.starts_with(**prefix));
    prefixes.any(|prefix| match *prefix {
        "v" => name[1..].starts_with(|next: char| next.is_ascii_digit() || "[*".contains(next)),
        _ => true,
    }) || (start.is_empty() && name.starts_with('[') && name.contains("0-9"))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{job, read};
    use crate::model::build::{StartedBy, What};

    fn by(on: &str) -> Option<StartedBy> {
        job(&format!(
            "on: {on}\njobs: {{a: {{runs-on: ubuntu-latest, steps: [{{run: x}}]}}}}\n"
        ))
        .started_by()
    }

    #[test]
    fn whoever_can_make_an_event_happen_starts_the_job() {
        use StartedBy::{Forks, Maintainers, Outsiders, Writers};
        for (on, who) in [
            ("push", Writers),
            ("[push, pull_request]", Forks),
            ("{push: {branches: [main]}}", Maintainers),
            (
                "{push: {branches: [main, 'release/**', 'v[0-9]+']}}",
                Maintainers,
            ),
            ("{push: {branches: ['**']}}", Writers),
            ("{push: {branches: [main, feature/x]}}", Writers),
            ("{push: {branches-ignore: [docs]}}", Writers),
            ("{push: {tags: ['v*']}}", Maintainers),
            ("{push: {paths: ['src/**']}}", Writers),
            ("{push: , schedule: [{cron: '0 0 * * *'}]}", Writers),
            ("pull_request_target", Outsiders),
            ("[issue_comment, push]", Outsiders),
            ("workflow_run", Outsiders),
            ("[workflow_dispatch, release]", Maintainers),
            ("workflow_call", Writers),
            ("an_event_of_the_future", Outsiders),
        ] {
            assert_eq!(by(on), Some(who), "{on}");
        }
    }

    #[test]
    fn a_form_that_is_not_known_is_said() {
        for on in ["[[push]]", "''", "{[a, b]: x}"] {
            let text =
                format!("on: {on}\njobs: {{a: {{runs-on: ubuntu-latest, steps: [{{run: x}}]}}}}\n");
            let blueprint = read(&text, &[]);
            assert!(
                blueprint
                    .items
                    .iter()
                    .any(|item| matches!(item.what, What::Unresolved(_))),
                "{on}"
            );
        }
        let nothing = read("jobs: {a: {steps: [{run: x}]}}\n", &[]);
        assert!(matches!(nothing.items[0].what, What::Unresolved(_)));
    }
}

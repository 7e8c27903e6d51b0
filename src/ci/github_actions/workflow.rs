//! A workflow: its triggers, and one job for each of its jobs.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax>.

use std::collections::HashSet;
use std::rc::Rc;

use super::flow::Scope;
use super::inputs::open;
use super::rights::{env, permissions};
use super::source::{Reading, Source, budget, merge_keys, unresolved};
use super::{job, triggers};
use crate::ci::closure::Closure;
use crate::ci::yaml::tree::Node;
use crate::model::build::{Blueprint, Item, Job, JobKind, StartedBy, Trigger, UnresolvedKind};

/// Reads a workflow.
pub(super) fn understand(
    blueprint: &mut Blueprint,
    source: &Source,
    root: &Node,
    closure: &mut Closure<'_>,
) {
    let started = match root.get("on") {
        Some(on) => triggers::read(on, source),
        None => {
            blueprint
                .items
                .push(odd(source, root, "on", "a workflow that nothing starts"));
            triggers::Started::default()
        }
    };
    blueprint.items.extend(started.items);
    // Gitea and Forgejo read merge keys.
    if source.path.starts_with(b".github/") {
        let keys = merge_keys(root).into_iter();
        blueprint
            .items
            .extend(keys.map(|key| odd(source, key, "<<", "GitHub refuses merge keys")));
    }
    if root
        .get("jobs")
        .is_none_or(|jobs| jobs.own_pairs().is_empty())
    {
        blueprint
            .items
            .push(odd(source, root, "jobs", "a workflow without jobs"));
    }
    let mut left = budget();
    let mut scope = file_scope(root, &started.triggers);
    for (id, key, node) in in_order(root) {
        let triggers = job::triggers(&started.triggers, node);
        scope.any_branch = pushes_anywhere(&triggers);
        let mut reading = Reading::new(closure, triggers, left);
        if node.own_pairs().is_empty() {
            reading.odd(source, "job", key, "a job that is no mapping");
        }
        let stated = node.get("permissions").or_else(|| root.get("permissions"));
        permissions(&mut reading, source, stated, key);
        let mut own = scope.clone();
        if let Some(values) = root.get("env") {
            env(&mut reading, source, &mut own, ("env", values));
        }
        let outputs = job::body(&mut reading, source, &own, ("", node));
        for (name, flow) in outputs {
            let key = format!("needs.{}.{name}", id.to_ascii_lowercase());
            scope.outputs.insert(key, flow);
        }
        left = reading.left;
        blueprint.jobs.push(Job {
            slot: format!("jobs/{id}"),
            title: format!("job {}", crate::model::text::excerpt(id, 60)),
            kind: JobKind::Pipeline,
            spot: source.spot(key),
            triggers: reading.triggers,
            runner: reading.runner,
            items: reading.items,
        });
    }
    blueprint
        .jobs
        .sort_by(|one, other| one.slot.cmp(&other.slot));
}

fn odd(source: &Source, node: &Node, text: &str, why: &str) -> Item {
    Item {
        slot: text.to_owned(),
        order: 0,
        spot: source.spot(node),
        what: unresolved(UnresolvedKind::Form, text, why),
    }
}

/// What names stand for in the whole file.
fn file_scope(root: &Node, started: &[Trigger]) -> Scope {
    let mut inputs = super::flow::Values::new();
    for event in ["workflow_call", "workflow_dispatch"] {
        let declared = root.at(&["on", event, "inputs"]);
        for (name, flow) in open(declared) {
            let known = inputs.remove(&name);
            let free = known.filter(|known| !known.origins.is_empty());
            inputs.insert(name, free.unwrap_or(flow));
        }
    }
    let shell = root.at(&["defaults", "run", "shell"]).and_then(Node::text);
    Scope {
        inputs: Rc::new(inputs),
        shell: shell.map(str::to_owned),
        any_branch: pushes_anywhere(started),
        ..Scope::default()
    }
}

/// Whether a push to any branch starts it.
fn pushes_anywhere(triggers: &[Trigger]) -> bool {
    let any = |trigger: &Trigger| {
        matches!(trigger.event.as_str(), "push" | "create") && trigger.by == StartedBy::Writers
    };
    triggers.iter().any(any)
}

/// The jobs, each after those that it needs, as far as that is possible.
pub(super) fn in_order(root: &Node) -> Vec<(&str, &Node, &Node)> {
    let pairs = root.get("jobs").map(Node::own_pairs).unwrap_or_default();
    let mut left: Vec<_> = pairs
        .iter()
        .filter_map(|(key, job)| Some((key.text()?, key, job.as_ref())))
        .filter(|(id, ..)| *id != "<<")
        .collect();
    let names: HashSet<&str> = left.iter().map(|(id, ..)| *id).collect();
    let (mut done, mut all) = (HashSet::new(), Vec::new());
    let is_ready = |job: &Node, done: &HashSet<&str>| {
        let needs = job.get("needs").map(Node::one_or_many).unwrap_or_default();
        let mut needs = needs.into_iter().filter_map(Node::text);
        needs.all(|need| done.contains(need) || !names.contains(need))
    };
    // A circle is left as it stands; so is what is longer than any real chain.
    for _ in 0..MAX_CHAIN {
        let (ready, rest): (Vec<_>, Vec<_>) = left
            .into_iter()
            .partition(|(_, _, job)| is_ready(job, &done));
        left = rest;
        if ready.is_empty() {
            break;
        }
        done.extend(ready.iter().map(|(id, ..)| *id));
        all.extend(ready);
    }
    all.extend(left);
    all
}

/// Longest chain of jobs that need one another whose order is kept.
const MAX_CHAIN: usize = 64;

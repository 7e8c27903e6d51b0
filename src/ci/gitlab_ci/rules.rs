//! Who can start a job, and what must happen before it runs: `rules`,
//! `only`/`except`, `when`, `workflow`.

use std::rc::Rc;

use super::condition::{Truth, UNKNOWN, condition, reference};
use super::kinds::{ALL, BRANCH, EACH, Kinds, MERGE_REQUEST, NONE};
use super::root::Root;
use crate::ci::values::Val;
use crate::model::build::{Job, Spot};

/// In which pipelines a job runs, and how.
#[derive(Debug)]
pub(super) struct Started {
    /// Where it can run.
    pub(super) kinds: Kinds,
    /// Where somebody starts it by hand.
    pub(super) manual: Kinds,
    /// Where a manual job that is not started stops the pipeline.
    pub(super) blocking: bool,
    /// Where `rules`, `only` or `when` stand.
    pub(super) spot: Option<Spot>,
    /// The conditions under which it runs.
    pub(super) conditions: Vec<(Spot, String)>,
    /// For which files it runs.
    pub(super) narrowed: Vec<(Spot, String)>,
    /// Where its failure is said not to count.
    pub(super) soft: Option<Spot>,
    /// It runs even after a failure.
    pub(super) always: Option<Spot>,
}

/// What decides on a pipeline's jobs from outside of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pipeline {
    /// The kinds of pipelines that there are.
    pub(super) kinds: Kinds,
    /// Whether `workflow:rules` stands there: then jobs without rules run in all of them.
    pub(super) has_rules: bool,
    /// Whether another pipeline starts it.
    pub(super) child: bool,
}

/// What `workflow:rules` lets through.
pub(super) fn workflow(root: &Root<'_>, from: Option<Kinds>) -> Pipeline {
    let child = from.is_some();
    let kinds = from.unwrap_or(ALL);
    let rules = root
        .get("workflow")
        .and_then(|workflow| root.child(&workflow, "rules"));
    let Some(rules) = rules else {
        return Pipeline {
            kinds,
            has_rules: child,
            child,
        };
    };
    let all = Pipeline {
        kinds,
        has_rules: true,
        child,
    };
    Pipeline {
        kinds: follow(root, &rules, all, "").kinds,
        ..all
    }
}

/// When a job runs.
pub(super) fn started(root: &Root<'_>, job: &Val, pipeline: Pipeline) -> Started {
    let when = root.child(job, "when");
    let when_text = when.as_ref().and_then(|it| it.text()).unwrap_or_default();
    let mut started = if let Some(rules) = root.child(job, "rules") {
        let mut started = follow(root, &rules, pipeline, when_text);
        started.spot = Some(rules.spot.clone());
        started
    } else {
        let mut started = unruled(root, job, pipeline);
        match when_text {
            "manual" => started.manual = started.kinds,
            "never" => started.kinds = NONE,
            "always" => started.always = when.as_ref().map(|it| it.spot.clone()),
            _ => {}
        }
        started
    };
    let soft = root.child(job, "allow_failure");
    if let Some(soft) = soft {
        if soft.is_true() || soft.is_map() {
            started.soft = Some(soft.spot.clone());
            started.blocking = false;
        } else if soft.is_false() && started.manual != NONE {
            started.blocking = true;
        }
    }
    started
}

/// The kinds of pipelines in which a job runs, by its triggers.
pub(super) fn kinds_of(job: &Job) -> Kinds {
    let events: Vec<_> = job.triggers.iter().map(|it| it.event.as_str()).collect();
    let all = EACH.iter().filter(|kind| {
        let mut own = kind.events();
        own.any(|(event, _)| events.contains(&event))
    });
    all.fold(NONE, |one, other| one.or(*other))
}

fn nothing() -> Started {
    Started {
        kinds: NONE,
        manual: NONE,
        blocking: false,
        spot: None,
        conditions: Vec::new(),
        narrowed: Vec::new(),
        soft: None,
        always: None,
    }
}

/// Follows rules: the first that holds decides.
fn follow(root: &Root<'_>, rules: &Rc<Val>, pipeline: Pipeline, when: &str) -> Started {
    let mut started = nothing();
    let mut left = pipeline.kinds;
    let mut automatic = NONE;
    for rule in root.flat(rules) {
        let condition_of = root.child(&rule, "if");
        let text = condition_of.as_ref().and_then(|it| it.text());
        let mut truth = match text {
            Some(text) => condition(text, pipeline.child),
            None => Truth {
                may: ALL,
                must: ALL,
            },
        };
        let files = ["changes", "exists"].map(|key| rule.get(key));
        if files.iter().any(Option::is_some) {
            truth.must = NONE;
        }
        let own = root.child(&rule, "when");
        let when = own.as_ref().and_then(|it| it.text()).unwrap_or(when);
        let here = truth.may.and(left);
        left = left.without(truth.must);
        if when == "never" || here == NONE {
            continue;
        }
        started.kinds = started.kinds.or(here);
        let soft = root.child(&rule, "allow_failure");
        if when == "manual" {
            started.manual = started.manual.or(here);
            started.blocking |= !soft.as_ref().is_some_and(|it| it.is_true());
        } else {
            automatic = automatic.or(here);
        }
        if when == "always" && rule.get("if").is_some() {
            started.always = own.as_ref().map(|it| it.spot.clone());
        }
        if let Some(soft) = soft.filter(|it| it.is_true()) {
            started.soft.get_or_insert(soft.spot.clone());
        }
        if let (Some(text), Some(value)) = (text, &condition_of) {
            started
                .conditions
                .push((value.spot.clone(), text.to_owned()));
        }
        if let Some(changes) = files[0] {
            started
                .narrowed
                .push((changes.spot.clone(), paths(root, changes)));
        }
    }
    started.manual = started.manual.without(automatic);
    started
}

/// The paths of `changes`, sorted.
fn paths(root: &Root<'_>, changes: &Rc<Val>) -> String {
    let list = root
        .child(changes, "paths")
        .unwrap_or_else(|| changes.clone());
    let mut all: Vec<_> = root
        .flat(&list)
        .iter()
        .filter_map(|path| path.text().map(str::to_owned))
        .collect();
    all.sort();
    format!("changes: {}", all.join(", "))
}

/// A job without `rules`: `only` and `except`, or what GitLab takes instead.
fn unruled(root: &Root<'_>, job: &Val, pipeline: Pipeline) -> Started {
    let mut started = nothing();
    started.kinds = pipeline.kinds;
    let only = root.child(job, "only");
    let except = root.child(job, "except");
    if only.is_none() && except.is_none() && pipeline.has_rules {
        return started;
    }
    match &only {
        Some(only) => {
            started.spot = Some(only.spot.clone());
            let truth = selected(root, only, &mut started, "only");
            started.kinds = pipeline.kinds.and(truth.may);
        }
        None => started.kinds = pipeline.kinds.without(MERGE_REQUEST),
    }
    if let Some(except) = &except {
        started.spot.get_or_insert(except.spot.clone());
        let truth = selected(root, except, &mut nothing(), "except");
        started.kinds = started.kinds.without(truth.must);
    }
    started
}

fn selected(root: &Root<'_>, list: &Rc<Val>, started: &mut Started, word: &str) -> Truth {
    let refs = if list.is_map() {
        root.child(list, "refs")
    } else {
        Some(list.clone())
    };
    let mut truth = UNKNOWN;
    if let Some(refs) = refs {
        let texts: Vec<_> = root.flat(&refs);
        let texts: Vec<_> = texts.iter().filter_map(|it| it.text()).collect();
        truth = any(texts.iter().map(|text| reference(text)));
        if !truth.may.has(BRANCH.or(MERGE_REQUEST)) {
            let name = format!("{word}: {}", texts.join(", "));
            started.conditions.push((refs.spot.clone(), name));
        }
    }
    if let Some(variables) = root.child(list, "variables") {
        let texts = root.flat(&variables);
        let own = any(texts
            .iter()
            .filter_map(|it| Some(condition(it.text()?, false))));
        truth = Truth {
            may: truth.may.and(own.may),
            must: truth.must.and(own.must),
        };
    }
    if let Some(changes) = root.child(list, "changes") {
        truth.must = NONE;
        started
            .narrowed
            .push((changes.spot.clone(), paths(root, &changes)));
    }
    truth
}

fn any(all: impl Iterator<Item = Truth>) -> Truth {
    let none = Truth {
        may: NONE,
        must: NONE,
    };
    all.fold(none, |one, other| Truth {
        may: one.may.or(other.may),
        must: one.must.or(other.must),
    })
}

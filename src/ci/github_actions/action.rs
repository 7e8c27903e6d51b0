//! `action.yml`: an action of the same tree, by itself and inside the jobs that
//! use it.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax>.

use std::rc::Rc;
use std::sync::Arc;

use bstr::{BStr, BString};

use super::container;
use super::flow::{Flow, Scope, Values};
use super::inputs::{With, given, open};
use super::source::{Reading, Source, budget, merge_keys, unresolved};
use super::steps::{self, Outputs};
use super::uses::{first_of, missing};
use crate::ci::closure::Closure;
use crate::ci::yaml::tree::{Node, parse};
use crate::model::build::{
    Blueprint, ImageRole, Job, JobKind, StartedBy, Trigger, UnresolvedKind, What,
};

/// The names that an action's file can have, in the order in which they are looked for.
const NAMES: &[&str] = &["action.yml", "action.yaml", "Dockerfile"];

/// Reads an action's file by itself: as one job, whose callers are not known.
pub(super) fn understand(
    blueprint: &mut Blueprint,
    source: &Source,
    root: &Node,
    closure: &mut Closure<'_>,
) {
    let trigger = Trigger {
        event: "action".to_owned(),
        by: StartedBy::Writers,
        spot: source.spot(root),
    };
    let mut reading = Reading::new(closure, vec![trigger], budget());
    for key in merge_keys(root) {
        reading.odd(source, "<<", key, "GitHub refuses merge keys");
    }
    let mut scope = Scope {
        inputs: Rc::new(open(root.get("inputs"))),
        called: root.get("inputs").is_some(),
        prefix: String::new(),
        ..Scope::default()
    };
    let slot = source.path.to_string();
    let folder = slot.rsplit_once('/').map_or("", |(folder, _)| folder);
    runs(&mut reading, (source, &mut scope), root, folder);
    blueprint.jobs.push(Job {
        slot: "action".to_owned(),
        title: "the action".to_owned(),
        kind: JobKind::Pipeline,
        spot: source.spot(root),
        triggers: reading.triggers,
        runner: None,
        items: reading.items,
    });
}

/// Reads an action of the tree inside the job that uses it; gives what is known of its outputs.
pub(super) fn inline(
    reading: &mut Reading<'_, '_>,
    (source, scope): (&Source, &mut Scope),
    (slot, folder): (&str, &str),
    (uses, with): (&Node, &With<'_>),
) -> Outputs {
    let folder = folder.trim_end_matches('/');
    let path = first_of(reading, folder, NAMES);
    let spot = source.spot(uses);
    let depth = source.depth + 1;
    let opened = match reading
        .closure
        .open(&spot, "local action", BStr::new(&path), depth)
    {
        Ok(opened) => opened,
        Err(why) => {
            missing(reading, source, (slot, uses), why);
            return Vec::new();
        }
    };
    if path.ends_with("Dockerfile") {
        return Vec::new();
    }
    let Some((inner, root)) = file(&opened.path, opened.content, depth) else {
        let what = unresolved(
            UnresolvedKind::Include,
            &path,
            "it is no YAML mapping that can be read",
        );
        reading.note(source, slot, uses, what);
        return Vec::new();
    };
    let mut own = Scope {
        inputs: given(root.get("inputs"), with, scope),
        called: true,
        outputs: Values::new(),
        prefix: format!("{slot}/"),
        ..scope.clone()
    };
    runs(reading, (&inner, &mut own), &root, folder);
    scope.written_env = own.written_env.clone();
    outputs(&root, &own)
}

/// A file of the tree as a mapping.
pub(super) fn file(
    path: &Arc<BString>,
    content: Arc<[u8]>,
    depth: usize,
) -> Option<(Source, Rc<Node>)> {
    let root = parse(&content).ok()?.into_iter().next()?;
    if root.own_pairs().is_empty() {
        return None;
    }
    Some((Source::new(path, content, depth), root))
}

fn outputs(root: &Node, scope: &Scope) -> Outputs {
    let pairs = With(root.get("outputs")).pairs().into_iter();
    let all = pairs.map(|(name, output)| {
        let value = output.text_of("value").unwrap_or_default();
        let flow = Flow {
            texts: None,
            ..scope.flow(value)
        };
        (name.to_ascii_lowercase(), flow)
    });
    all.collect()
}

/// Reads `runs:`.
fn runs(
    reading: &mut Reading<'_, '_>,
    (source, scope): (&Source, &mut Scope),
    root: &Node,
    folder: &str,
) {
    let at = format!("{}runs", scope.prefix);
    let Some(runs) = root.get("runs") else {
        return reading.odd(source, &at, root, "an action that does not say how it runs");
    };
    if let Some(steps) = runs.get("steps") {
        return steps::read(reading, source, scope, steps);
    }
    if let Some(image) = runs.get("image") {
        let text = image.text().unwrap_or_default();
        if text.starts_with("docker://") {
            return container::images(reading, source, scope, (&at, image), ImageRole::Runs);
        }
        return executes(reading, source, (&at, image), (folder, "Dockerfile"));
    }
    let mains: Vec<_> = ["pre", "main", "post"]
        .iter()
        .filter_map(|key| runs.get(key))
        .collect();
    if mains.is_empty() {
        return reading.odd(source, &at, runs, "neither steps, an image nor a program");
    }
    for main in mains {
        executes(reading, source, (&at, main), (folder, "script"));
    }
}

/// Notes a file of the tree that an action executes.
fn executes(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    (slot, node): (&str, &Node),
    (folder, how): (&str, &'static str),
) {
    let name = node.text().unwrap_or_default();
    let path = if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    };
    let spot = source.spot(node);
    if let Err(why) = reading
        .closure
        .open(&spot, how, BStr::new(&path), source.depth + 1)
    {
        reading.note(source, slot, node, What::Unresolved(why));
    }
}

//! Whole files, and what is understood of them.

mod controller;
mod declarative;
mod hostile;
mod scripted;

use std::sync::Arc;

use crate::ci::{MemoryFiles, blueprint};
use crate::model::build::{Blueprint, Item, Job, What};

/// The model of one file in a tree.
fn model_in(tree: MemoryFiles, path: &str) -> Blueprint {
    let mut tree = tree;
    let path = Arc::new(path.into());
    blueprint(&path, &[], &mut tree).expect("a file that is understood")
}

/// The model of a file that stands alone.
fn model(path: &str, text: &str) -> Blueprint {
    model_in(MemoryFiles::default().with(path, text), path)
}

fn job<'a>(blueprint: &'a Blueprint, slot: &str) -> &'a Job {
    let found = blueprint.jobs.iter().find(|job| job.slot == slot);
    let slots: Vec<_> = blueprint.jobs.iter().map(|job| &job.slot).collect();
    found.unwrap_or_else(|| panic!("no job {slot} among {slots:?}"))
}

/// Items as short lines: the line of the file, the slot, what it is.
fn lines(items: &[Item]) -> Vec<String> {
    let shown = items.iter().map(|item| {
        let what = match &item.what {
            What::Image(it) => format!("image {:?} {:?}", it.role, it.image),
            What::Secret(it) => format!(
                "secret {:?} in {}",
                it.name,
                it.variable.as_deref().unwrap_or("-")
            ),
            What::Template(it) => format!(
                "template {} {:?} into {}",
                it.expression, it.written_by, it.into
            ),
            What::Target(it) => format!("target {:?} {}", it.kind, it.name),
            What::Setting(it) => format!("setting {}={}", it.name, it.value),
            What::Gate(it) => format!("gate {:?} {}", it.kind, it.name),
            What::Unresolved(it) => format!("unresolved {:?} {} ({})", it.kind, it.text, it.why),
            What::Code(it) => format!(
                "code {:?} {} {:?} {}",
                it.kind, it.source, it.pin, it.version
            ),
            What::Access(it) => format!("access {} {:?} in {}", it.subject, it.verbs, it.within),
            other => format!("{other:?}"),
        };
        format!("{}: {}: {what}", item.spot.line, item.slot)
    });
    shown.collect()
}

/// Every item of the file and its jobs.
fn all(blueprint: &Blueprint) -> Vec<String> {
    let mut all = lines(&blueprint.items);
    for job in &blueprint.jobs {
        all.extend(
            lines(&job.items)
                .into_iter()
                .map(|line| format!("{}| {line}", job.slot)),
        );
    }
    all
}

#[track_caller]
fn assert_says(said: &[String], expected: &[&str]) {
    for line in expected {
        assert!(
            said.iter().any(|one| one.contains(line)),
            "`{line}` is not among {said:#?}"
        );
    }
}

#[track_caller]
fn assert_silent(said: &[String], parts: &[&str]) {
    for part in parts {
        assert!(
            !said.iter().any(|one| one.contains(part)),
            "`{part}` is among {said:#?}"
        );
    }
}

//! Workflows for the tests of this folder, and what is read of them.

use std::sync::Arc;

use crate::ci::{MemoryFiles, blueprint};
use crate::model::build::{Blueprint, Item, Job, What};

pub(super) const PATH: &str = ".github/workflows/ci.yml";

/// A workflow beside other files.
pub(super) fn read(text: &str, others: &[(&str, &str)]) -> Blueprint {
    let mut tree = MemoryFiles::default().with(PATH, text);
    for (path, text) in others {
        tree = tree.with(path, text);
    }
    blueprint(&Arc::new(PATH.into()), &[], &mut tree).expect("a workflow")
}

/// The only job of a workflow.
pub(super) fn job(text: &str) -> Job {
    only(read(text, &[]))
}

/// The only job of a workflow beside other files.
pub(super) fn job_with(text: &str, others: &[(&str, &str)]) -> Job {
    only(read(text, others))
}

fn only(blueprint: Blueprint) -> Job {
    assert_eq!(blueprint.jobs.len(), 1, "{blueprint:#?}");
    blueprint.jobs.into_iter().next().expect("a job")
}

/// A job with these steps, started by this event.
pub(super) fn steps(event: &str, steps: &str) -> Job {
    job(&with_steps(event, steps))
}

/// The text of a workflow with these steps.
pub(super) fn with_steps(event: &str, steps: &str) -> String {
    let indented: String = steps
        .lines()
        .map(|line| format!("      {line}\n"))
        .collect();
    format!("on: {event}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n{indented}")
}

/// What is picked of the items.
pub(super) fn all<T>(job: &Job, pick: impl Fn(&What) -> Option<T>) -> Vec<T> {
    job.items
        .iter()
        .filter_map(|item| pick(&item.what))
        .collect()
}

/// What is picked of the items, with the items.
pub(super) fn at<T>(job: &Job, pick: impl Fn(&What) -> Option<T>) -> Vec<(&Item, T)> {
    let found = job.items.iter();
    found
        .filter_map(|item| Some((item, pick(&item.what)?)))
        .collect()
}

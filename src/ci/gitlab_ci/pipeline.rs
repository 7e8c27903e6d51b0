//! One pipeline: its jobs, and the pipelines that they start.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::include::Loader;
use super::job;
use super::kinds::Kinds;
use super::meaning::meaning;
use super::root::Root;
use super::rules::{self, Pipeline, workflow};
use super::variables::Variables;
use crate::ci::closure::Closure;
use crate::ci::draft::Draft;
use crate::ci::values::{Budget, Val};
use crate::model::build::{
    CodeKind, CodeSource, CodeUse, Item, Job, Pin, Transfer, TransferKind, Unresolved,
    UnresolvedKind, What,
};

/// Deepest chain of pipelines that start one another (GitLab allows 2 below the first).
const MAX_CHILDREN: usize = 3;

/// Keys of the top level that are no jobs.
const RESERVED: &[&str] = &[
    "default",
    "include",
    "stages",
    "types",
    "variables",
    "workflow",
    "image",
    "services",
    "before_script",
    "after_script",
    "cache",
    "spec",
];

/// Reads the jobs of one pipeline.
pub(super) struct Reader<'a, 'f> {
    pub(super) root: &'a Root<'a>,
    pub(super) closure: &'a mut Closure<'f>,
    pub(super) pipeline: Pipeline,
    /// The slot that its jobs stand under.
    pub(super) slot: String,
    /// The job that starts it.
    pub(super) parent: Option<String>,
    pub(super) depth: usize,
}

/// Jobs by slot, and what is said beside them.
#[derive(Default)]
pub(super) struct Found {
    pub(super) jobs: BTreeMap<String, Job>,
    pub(super) items: Vec<Item>,
    /// What the variables of the whole file switch off.
    pub(super) file_weakenings: Vec<Item>,
}

/// Reads a pipeline from its merged configuration.
pub(super) fn read(
    merged: &Rc<Val>,
    closure: &mut Closure<'_>,
    budget: &Budget,
    found: &mut Found,
) {
    let root = Root::new(merged, budget);
    let pipeline = workflow(&root, None);
    let mut reader = Reader {
        root: &root,
        closure,
        pipeline,
        slot: "jobs".to_owned(),
        parent: None,
        depth: 0,
    };
    reader.all(found);
    let mut draft = Draft::default();
    meaning(&mut draft, &Variables::of_file(&root));
    let weak = |item: &Item| matches!(item.what, What::Weakening(_));
    found.file_weakenings = draft.items.into_iter().filter(weak).collect();
}

impl Reader<'_, '_> {
    /// `job deploy`, with the job that starts its pipeline.
    pub(super) fn title(&self, name: &str) -> String {
        match &self.parent {
            Some(parent) => format!("job {} (started by {parent})", shown(name)),
            None => format!("job {}", shown(name)),
        }
    }

    fn all(&mut self, found: &mut Found) {
        let root = self.root;
        let first = self.first_stages();
        for name in &root.names {
            if RESERVED.contains(&name.text.as_str()) || name.text.starts_with('.') {
                continue;
            }
            if !root.budget.spend(1) {
                return;
            }
            let Some(value) = root.get(&name.text) else {
                continue;
            };
            if !value.is_map() {
                let mut draft = Draft::default();
                draft.odd_form("jobs", &name.spot, "GitLab wants a mapping for a job");
                found.items.extend(draft.items);
                continue;
            }
            let stage = root.child(&value, "stage");
            let stage = stage.as_ref().and_then(|it| it.text()).unwrap_or("test");
            let earlier = !first.iter().any(|first| first == stage);
            let mut job = job::read(self, name, &value, earlier);
            if let Some(trigger) = root.child(&value, "trigger") {
                self.trigger(&mut job, &trigger, found);
            }
            found.jobs.insert(job.slot.clone(), job);
        }
    }

    /// The stages before which nothing runs.
    fn first_stages(&self) -> Vec<String> {
        let root = self.root;
        let stages = root.get("stages").map(|stages| root.flat(&stages));
        let stages: Vec<_> = stages.unwrap_or_default();
        let mut names = stages.iter().filter_map(|it| it.text().map(str::to_owned));
        let used: std::collections::HashSet<String> = root
            .names
            .iter()
            .filter(|name| !name.text.starts_with('.') && !RESERVED.contains(&name.text.as_str()))
            .filter_map(|name| {
                let job = root.get(&name.text)?;
                let stage = root.child(&job, "stage");
                let text = stage.as_ref().and_then(|it| it.text());
                Some(text.unwrap_or("test").to_owned())
            })
            .collect();
        let first = if stages.is_empty() {
            let usual = ["build", "test", "deploy"];
            let first = usual.iter().find(|it| used.contains(**it));
            first.map(|it| (*it).to_owned())
        } else {
            names.find(|it| it == ".pre" || used.contains(it))
        };
        first.into_iter().chain([".pre".to_owned()]).collect()
    }

    /// `trigger`: another project's pipeline, or a child of this one.
    fn trigger(&mut self, job: &mut Job, trigger: &Rc<Val>, found: &mut Found) {
        let root = self.root;
        let mut draft = Draft::default();
        let project = match trigger.text() {
            Some(_) => Some(trigger.clone()),
            None => root.child(trigger, "project"),
        };
        if let Some((project, name)) = project.as_ref().and_then(|it| Some((it, it.text()?))) {
            self.closure.elsewhere(&project.spot, "trigger", name);
            let branch = trigger.text_of("branch").unwrap_or_default();
            draft.add(
                "trigger",
                &project.spot,
                What::Code(downstream(name, branch)),
            );
        }
        let forward = root.child(trigger, "forward");
        let forwarded = forward.and_then(|it| root.child(&it, "pipeline_variables"));
        if let Some(spot) = forwarded
            .filter(|it| it.is_true())
            .map(|it| it.spot.clone())
        {
            let transfer = Transfer {
                kind: TransferKind::Variables,
                name: "forward: pipeline_variables".to_owned(),
                foreign: false,
            };
            draft.add("trigger/forward", &spot, What::Transfer(transfer));
        }
        if let Some(include) = root.child(trigger, "include") {
            self.child(job, &include, &mut draft, found);
        }
        job.items.extend(draft.items);
    }

    fn child(&mut self, job: &Job, include: &Rc<Val>, draft: &mut Draft, found: &mut Found) {
        if self.depth >= MAX_CHILDREN {
            let unresolved = Unresolved {
                kind: UnresolvedKind::Include,
                text: "trigger: include".to_owned(),
                why: format!("more than {MAX_CHILDREN} pipelines start one another"),
            };
            return draft.unresolved("trigger", &include.spot, unresolved);
        }
        let mut loader = Loader::new(self.closure, self.root.budget, "trigger");
        loader.open.push(job.spot.path.clone());
        let merged = loader.all(include);
        draft.items.append(&mut loader.items);
        let Some(merged) = merged else { return };
        let root = Root::new(&merged, self.root.budget);
        let from: Kinds = rules::kinds_of(job);
        let mut reader = Reader {
            root: &root,
            closure: self.closure,
            pipeline: workflow(&root, Some(from)),
            slot: job.slot.clone(),
            parent: Some(job.title.clone()),
            depth: self.depth + 1,
        };
        reader.all(found);
    }
}

fn downstream(name: &str, branch: &str) -> CodeUse {
    CodeUse {
        kind: CodeKind::Workflow,
        source: if name.contains('$') {
            CodeSource::Dynamic(name.to_owned())
        } else {
            CodeSource::Elsewhere {
                host: String::new(),
                name: name.to_owned(),
                path: String::new(),
            }
        },
        pin: Pin::of_git(branch),
        version: branch.to_owned(),
        comment: None,
    }
}

/// Most characters of a job's name in its title.
const MAX_NAME: usize = 60;

fn shown(name: &str) -> String {
    crate::model::text::excerpt(name, MAX_NAME)
}

//! A plan: its stages and their jobs.

use std::rc::Rc;

use super::Reader;
use super::runner::runner;
use super::tasks::{Tasks, list};
use super::templates::Variables;
use crate::ci::draft::Draft;
use crate::ci::values::{Name, Val};
use crate::model::build::{Gate, GateKind, Job, JobKind, Spot, StartedBy, Trigger, What};
use crate::model::text::excerpt;

/// Most characters of a name in a title.
const MAX_NAME: usize = 60;

/// Reads a plan's document.
pub(super) fn read(document: &Rc<Val>, reader: &mut Reader<'_, '_>) {
    let plan = key(document);
    let variables = Variables::default().with(document.get("variables"));
    let mut draft = Draft::default();
    variables.literals(&mut draft);
    repositories(document, &mut draft);
    reader.note(draft);
    let triggers = triggers(document);
    for (position, stage) in list(document, "stages").iter().enumerate() {
        for stage in stages(stage) {
            let mut count = 0;
            for job in &stage.jobs {
                if !reader.budget.spend(1) {
                    return;
                }
                let (name, spot, body) = match job.text() {
                    Some(name) => match entry(document, name) {
                        Some((key, body)) => (name.to_owned(), key.spot.clone(), body),
                        None => {
                            let mut draft = Draft::default();
                            draft.odd_form(
                                "stages",
                                &job.spot,
                                "no job of this name stands in the document",
                            );
                            reader.note(draft);
                            continue;
                        }
                    },
                    None => {
                        count += 1;
                        let named = job.text_of("key").or(job.text_of("name"));
                        let name = named.map_or(format!("{} {count}", stage.name), str::to_owned);
                        (name, job.spot.clone(), job.clone())
                    }
                };
                let place = Place {
                    slot: format!("jobs/{plan}/{name}"),
                    title: format!("job {}", excerpt(&name, MAX_NAME)),
                    spot,
                };
                let mut draft = Draft::default();
                gates(&mut draft, &stage, position, &place.spot);
                let variables = variables.with(body.get("variables"));
                let job = job_of(reader, (&body, &variables), place, draft);
                let triggers = triggers.clone();
                reader.job(Job { triggers, ..job });
            }
        }
    }
}

/// What a job or environment is called, and where.
pub(super) struct Place {
    pub(super) slot: String,
    pub(super) title: String,
    pub(super) spot: Spot,
}

/// A job or an environment from its body; `draft` holds what is known already.
pub(super) fn job_of(
    reader: &mut Reader<'_, '_>,
    (body, variables): (&Rc<Val>, &Variables),
    place: Place,
    mut draft: Draft,
) -> Job {
    let mut tasks = Tasks {
        closure: reader.closure,
        budget: reader.budget,
        variables,
    };
    tasks.all(&mut draft, body);
    Job {
        slot: place.slot,
        title: place.title,
        kind: JobKind::Pipeline,
        runner: Some(runner(body, &place.spot)),
        spot: place.spot,
        triggers: Vec::new(),
        items: draft.items,
    }
}

/// An entry of the document by its name.
pub(super) fn entry<'a>(document: &'a Rc<Val>, name: &str) -> Option<(&'a Name, Rc<Val>)> {
    let found = document.pairs().iter().find(|(key, _)| key.text == name);
    found.map(|(key, body)| (key, body.clone()))
}

/// Project and plan: `PRO-PLAN`.
fn key(document: &Val) -> String {
    let text = |path: &[&str]| {
        let found = path
            .iter()
            .try_fold(document, |at, key| Some(at.get(key)?.as_ref()));
        found.and_then(|it| it.text())
    };
    let project = text(&["plan", "project-key"]).or(text(&["project", "key"]));
    let plan = text(&["plan", "key"]).or(text(&["project", "plan", "key"]));
    match (project, plan) {
        (Some(project), Some(plan)) => format!("{project}-{plan}"),
        (_, plan) => plan.unwrap_or("plan").to_owned(),
    }
}

struct Stage {
    name: String,
    manual: Option<Spot>,
    jobs: Vec<Rc<Val>>,
}

/// `- Name: {jobs: [...], manual: true}`, `- Name: [...]`, `- jobs: [...]`.
fn stages(stage: &Rc<Val>) -> Vec<Stage> {
    let of = |name: &str, body: &Rc<Val>| Stage {
        name: name.to_owned(),
        manual: body
            .get("manual")
            .filter(|it| it.is_true())
            .map(|it| it.spot.clone()),
        jobs: match body.is_map() {
            true => list(body, "jobs"),
            false => body.one_or_many(),
        },
    };
    if stage.get("jobs").is_some() {
        return vec![of(stage.text_of("name").unwrap_or("stage"), stage)];
    }
    let named = stage.pairs().iter();
    named.map(|(name, body)| of(&name.text, body)).collect()
}

fn gates(draft: &mut Draft, stage: &Stage, position: usize, spot: &Spot) {
    if let Some(manual) = &stage.manual {
        let (kind, name) = (GateKind::Manual, stage.name.clone());
        draft.add("stage/manual", manual, What::Gate(Gate { kind, name }));
    }
    if position > 0 {
        let (kind, name) = (GateKind::Needs, "earlier stages".to_owned());
        draft.add("stage", spot, What::Gate(Gate { kind, name }));
    }
}

/// Who starts a plan: pushes to its branch, and the branches that it takes up.
fn triggers(document: &Val) -> Vec<Trigger> {
    let mut all = Vec::new();
    let top = &document.spot;
    let mut add = |event: &str, by, spot: &Spot| {
        all.push(Trigger {
            event: event.to_owned(),
            by,
            spot: spot.clone(),
        });
    };
    add("manual", StartedBy::Maintainers, top);
    for one in list(document, "triggers") {
        let named = one.pairs().first().map(|(name, _)| name.text.as_str());
        let event = one.text().or(named).unwrap_or_default();
        add(event, StartedBy::Maintainers, &one.spot);
    }
    let Some(create) = document.get("branches").and_then(|it| it.get("create")) else {
        return all;
    };
    let named = create.pairs().first();
    let how = create.text().or(named.map(|(name, _)| name.text.as_str()));
    let forks = named.and_then(|(_, inner)| inner.get("accept-fork"));
    match how {
        Some("manually") | None => {}
        Some("for-pull-request") if forks.is_some_and(|it| it.is_true()) => {
            add("for-pull-request", StartedBy::Outsiders, &create.spot);
        }
        Some(how) => add(how, StartedBy::Writers, &create.spot),
    }
    all
}

/// Credentials of the plan's repositories.
fn repositories(document: &Val, draft: &mut Draft) {
    for one in list(document, "repositories") {
        for (name, body) in one.pairs() {
            for (key, value) in body.pairs() {
                if crate::ci::secret_words::is_secret(&key.text) && value.text().is_some() {
                    let slot = format!("repositories/{}", name.text);
                    super::templates::credential(draft, &slot, value, &key.text);
                }
            }
        }
    }
}

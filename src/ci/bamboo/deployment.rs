//! A deployment project: its environments, each a job of its own.

use std::rc::Rc;

use super::Reader;
use super::plan::{Place, entry, job_of};
use super::tasks::list;
use super::templates::Variables;
use crate::ci::draft::Draft;
use crate::ci::values::Val;
use crate::model::build::{
    Gate, GateKind, Job, StartedBy, Target, TargetKind, Transfer, TransferKind, Trigger, What,
};
use crate::model::text::excerpt;

/// Most characters of a name in a title.
const MAX_NAME: usize = 60;

/// Reads a deployment's document.
pub(super) fn read(document: &Rc<Val>, reader: &mut Reader<'_, '_>) {
    let deployment = document.get("deployment");
    let name = deployment.and_then(|it| it.text().or(it.text_of("name")));
    let name = name.unwrap_or("deployment").to_owned();
    let plan = deployment.and_then(|it| it.get("source-plan"));
    let shared = Variables::default().with(document.get("variables"));
    for environment in list(document, "environments") {
        if !reader.budget.spend(1) {
            return;
        }
        let Some(title) = environment.text() else {
            let mut draft = Draft::default();
            draft.odd_form(
                "environments",
                &environment.spot,
                "Bamboo wants a name here",
            );
            reader.note(draft);
            continue;
        };
        let found = entry(document, title);
        let (spot, body) = match found {
            Some((key, body)) => (key.spot.clone(), body),
            None => (environment.spot.clone(), environment.clone()),
        };
        let place = Place {
            slot: format!("deployments/{name}/{title}"),
            title: format!("environment {}", excerpt(title, MAX_NAME)),
            spot,
        };
        let variables = shared.with(body.get("variables"));
        let mut draft = Draft::default();
        variables.literals(&mut draft);
        let triggers = begin(&mut draft, (&body, title), &place, plan);
        let job = job_of(reader, (&body, &variables), place, draft);
        reader.job(Job { triggers, ..job });
    }
}

/// Where it deploys to, and what must happen before.
fn begin(
    draft: &mut Draft,
    (body, title): (&Rc<Val>, &str),
    place: &Place,
    plan: Option<&Rc<Val>>,
) -> Vec<Trigger> {
    let name = title.to_owned();
    let kind = TargetKind::Environment;
    draft.add(
        "environment",
        &place.spot,
        What::Target(Target { kind, name }),
    );
    if let Some(plan) = plan {
        let transfer = Transfer {
            kind: TransferKind::Download,
            name: format!("plan {}", plan.text().unwrap_or_default()),
            foreign: false,
        };
        draft.add(
            "deployment/source-plan",
            &plan.spot,
            What::Transfer(transfer),
        );
    }
    let mut triggers = vec![Trigger {
        event: "manual".to_owned(),
        by: StartedBy::Maintainers,
        spot: place.spot.clone(),
    }];
    for one in list(body, "triggers") {
        let named = one.pairs().first();
        let event = one.text().or(named.map(|(name, _)| name.text.as_str()));
        triggers.push(Trigger {
            event: event.unwrap_or_default().to_owned(),
            by: StartedBy::Maintainers,
            spot: one.spot.clone(),
        });
    }
    if triggers.len() == 1 {
        let (kind, name) = (GateKind::Manual, format!("environment {title}"));
        draft.add("triggers", &place.spot, What::Gate(Gate { kind, name }));
    }
    for approval in list(body, "release-approval-prerequisite") {
        let (kind, name) = (GateKind::Approval, "release approval".to_owned());
        draft.add(
            "release-approval-prerequisite",
            &approval.spot,
            What::Gate(Gate { kind, name }),
        );
    }
    triggers
}

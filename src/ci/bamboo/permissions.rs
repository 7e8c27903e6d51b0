//! `plan-permissions`, `deployment-permissions`, `environment-permissions`: who may do what.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::Reader;
use super::tasks::list;
use crate::ci::draft::Draft;
use crate::ci::values::Val;
use crate::model::build::{AccessGrant, What};

/// Reads what a document grants.
pub(super) fn read(document: &Rc<Val>, reader: &mut Reader<'_, '_>) {
    let mut draft = Draft::default();
    let plan = document.get("plan");
    let within = plan.or(document.get("deployment"));
    let within = within.and_then(|it| it.text().or(it.text_of("key")).or(it.text_of("name")));
    let within = within.unwrap_or_default();
    for (key, resource) in [
        ("plan-permissions", "plan"),
        ("deployment-permissions", "deployment"),
        ("default-environment-permissions", "environment *"),
    ] {
        for one in list(document, key) {
            grants(&mut draft, (key, resource, within), &one);
        }
    }
    for one in list(document, "environment-permissions") {
        for (environment, list) in one.pairs() {
            let resource = format!("environment {}", environment.text);
            for one in list.one_or_many() {
                grants(
                    &mut draft,
                    ("environment-permissions", &resource, within),
                    &one,
                );
            }
        }
    }
    reader.note(draft);
}

fn grants(draft: &mut Draft, (slot, resource, within): (&str, &str, &str), one: &Rc<Val>) {
    let texts = |key: &str| {
        let all = list(one, key);
        all.iter()
            .filter_map(|it| it.text().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let verbs: BTreeSet<_> = texts("permissions").into_iter().collect();
    for (key, word) in [("users", "user"), ("groups", "group"), ("roles", "role")] {
        for name in texts(key) {
            let subject = format!("{word} {name}");
            let grant = AccessGrant {
                subject: subject.clone(),
                verbs: verbs.clone(),
                resources: BTreeSet::from([resource.to_owned()]),
                within: within.to_owned(),
            };
            draft.add(&format!("{slot}/{subject}"), &one.spot, What::Access(grant));
        }
    }
    if !one.is_map() {
        draft.odd_form(slot, &one.spot, "Bamboo wants users, groups or roles here");
    }
}

//! Bamboo specs, YAML and Java.
//!
//! Bamboo looks for YAML first and ignores Java specs if it finds some.
//! <https://docs.atlassian.com/bamboo-specs-docs/>.

mod deployment;
mod documents;
mod permissions;
mod plan;
mod runner;
mod tasks;
mod templates;
mod work;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use bstr::{BString, ByteSlice};

use super::closure::Closure;
use super::draft::Draft;
use super::values::{Budget, MAX_VALUES, Val};
use super::{CiSystem, FileMap, Files};
use crate::model::build::{Blueprint, Item, Job, Spot, Unresolved, UnresolvedKind, What};
use crate::model::ci::Tier::{Executed, Reached};
use crate::model::text::escape;

/// Bamboo.
pub struct System;

static MAPS: [FileMap; 1] = [FileMap::new(&[
    ("bamboo-specs/**/*.{yml,yaml}", Executed),
    ("bamboo-specs/pom.xml", Executed),
    ("bamboo-specs/src/**", Executed),
    ("bamboo-specs/.mvn/**", Executed),
    ("bamboo-specs/**", Reached),
])];

impl CiSystem for System {
    fn key(&self) -> &'static str {
        "bamboo"
    }

    fn title(&self) -> &'static str {
        "Bamboo"
    }

    fn maps(&self) -> &'static [FileMap] {
        &MAPS
    }

    fn understand(
        &self,
        path: &Arc<BString>,
        content: &[u8],
        files: &mut dyn Files,
    ) -> Option<Blueprint> {
        if path.ends_with(b".java") {
            return Some(program(path));
        }
        let is_yaml = path.ends_with(b".yml") || path.ends_with(b".yaml");
        is_yaml.then(|| specs(path, content, files)).flatten()
    }

    fn entry_places(&self) -> &'static [&'static str] {
        &["bamboo-specs"]
    }
}

/// What one file's documents say.
struct Found {
    jobs: BTreeMap<String, Job>,
    items: Vec<Item>,
}

/// Reads documents; what they share.
struct Reader<'a, 'f> {
    closure: &'a mut Closure<'f>,
    budget: &'a Budget,
    found: Found,
}

impl Reader<'_, '_> {
    fn note(&mut self, draft: Draft) {
        self.found.items.extend(draft.items);
    }

    fn job(&mut self, job: Job) {
        self.found.jobs.insert(job.slot.clone(), job);
    }
}

fn specs(path: &Arc<BString>, content: &[u8], files: &mut dyn Files) -> Option<Blueprint> {
    let mut blueprint = Blueprint::new(path, System.key());
    let mut closure = Closure::new(files);
    let budget = Budget::new();
    let (documents, problems) = documents::read(path, content, &mut closure, &budget);
    if !documents.iter().any(|it| is_spec(it)) {
        return None;
    }
    let found = Found {
        jobs: BTreeMap::new(),
        items: problems.items,
    };
    let mut reader = Reader {
        closure: &mut closure,
        budget: &budget,
        found,
    };
    for document in &documents {
        permissions::read(document, &mut reader);
        if document.get("deployment").is_some() {
            deployment::read(document, &mut reader);
        } else if document.get("stages").is_some() {
            plan::read(document, &mut reader);
        }
    }
    let found = reader.found;
    blueprint.items = found.items;
    if budget.is_spent() {
        let why = format!("it stands for more than {MAX_VALUES} values");
        blueprint.items.push(unresolved(path, why));
    }
    blueprint.jobs = found.jobs.into_values().collect();
    blueprint.edges = closure.into_edges();
    Some(blueprint)
}

/// Whether a document is one of Bamboo's, and no part that others include.
fn is_spec(document: &Val) -> bool {
    let keys = ["plan", "project", "deployment", "stages", "environments"];
    keys.iter().any(|key| document.get(key).is_some())
}

/// Java specs are a program that writes the plans while it runs.
fn program(path: &Arc<BString>) -> Blueprint {
    let mut blueprint = Blueprint::new(path, System.key());
    let why = "Java specs are a program: what plans it makes shows only when it runs".to_owned();
    blueprint.items.push(unresolved(path, why));
    blueprint
}

fn unresolved(path: &Arc<BString>, why: String) -> Item {
    Item {
        slot: "file".to_owned(),
        order: 0,
        spot: Spot {
            path: path.clone(),
            line: 1,
            column: 1,
        },
        what: What::Unresolved(Unresolved {
            kind: UnresolvedKind::Form,
            text: escape(path.as_bytes()),
            why,
        }),
    }
}

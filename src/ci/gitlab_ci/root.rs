//! The merged configuration: `extends` applied, `!reference` looked up.
//! <https://docs.gitlab.com/ci/yaml/yaml_optimization/>.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::ci::values::{Budget, Name, Val, Value, merge};
use crate::model::build::{Spot, Unresolved, UnresolvedKind};

/// Deepest chain of `extends` (GitLab allows 11 levels).
const MAX_EXTENDS: usize = 16;
/// Deepest chain of `!reference` and of lists in lists (GitLab allows 10 levels).
const MAX_REFERENCES: usize = 10;

/// Something that is not there.
pub(super) type Problem = (Spot, Unresolved);

/// The configuration of one pipeline.
pub(super) struct Root<'a> {
    entries: HashMap<String, Entry>,
    /// The keys of the top level, in the order of the merged text.
    pub(super) names: Vec<Name>,
    pub(super) budget: &'a Budget,
    missing: RefCell<Vec<Problem>>,
}

#[derive(Clone)]
struct Entry {
    value: Rc<Val>,
    problems: Vec<Problem>,
}

impl<'a> Root<'a> {
    /// Applies `extends` to every entry of a merged file.
    pub(super) fn new(merged: &Rc<Val>, budget: &'a Budget) -> Self {
        let written: HashMap<&str, &Rc<Val>> = merged
            .pairs()
            .iter()
            .map(|(name, value)| (name.text.as_str(), value))
            .collect();
        let mut entries = HashMap::new();
        for (name, _) in merged.pairs() {
            extended(&name.text, &written, &mut entries, budget, MAX_EXTENDS);
        }
        Self {
            entries,
            names: merged
                .pairs()
                .iter()
                .map(|(name, _)| name.clone())
                .collect(),
            budget,
            missing: RefCell::new(Vec::new()),
        }
    }

    /// An entry of the top level.
    pub(super) fn get(&self, name: &str) -> Option<Rc<Val>> {
        Some(self.resolve(&self.entries.get(name)?.value))
    }

    /// What an entry extends and is not there.
    pub(super) fn problems(&self, name: &str) -> &[Problem] {
        self.entries.get(name).map_or(&[], |entry| &entry.problems)
    }

    /// The references that led nowhere since this was asked last.
    pub(super) fn take_missing(&self) -> Vec<Problem> {
        std::mem::take(&mut self.missing.borrow_mut())
    }

    /// The value of a key, references followed.
    pub(super) fn child(&self, value: &Val, key: &str) -> Option<Rc<Val>> {
        value.get(key).map(|child| self.resolve(child))
    }

    /// The same value, or what it refers to.
    pub(super) fn resolve(&self, value: &Rc<Val>) -> Rc<Val> {
        let mut value = value.clone();
        for _ in 0..MAX_REFERENCES {
            if value.tag.as_deref() != Some("reference") {
                return value;
            }
            match self.referred(&value) {
                Some(found) => value = found,
                None => break,
            }
        }
        if value.tag.as_deref() == Some("reference") {
            let keys: Vec<_> = value.one_or_many();
            let keys: Vec<_> = keys.iter().filter_map(|key| key.text()).collect();
            let unresolved = Unresolved {
                kind: UnresolvedKind::Include,
                text: format!("!reference [{}]", keys.join(", ")),
                why: "it stands in none of the files that are read".to_owned(),
            };
            self.missing
                .borrow_mut()
                .push((value.spot.clone(), unresolved));
            return Val::of_text(
                &value.spot,
                String::new(),
                crate::ci::yaml::tree::Style::Plain,
            );
        }
        value
    }

    fn referred(&self, reference: &Rc<Val>) -> Option<Rc<Val>> {
        let Value::List(keys) = &reference.value else {
            return None;
        };
        let mut keys = keys.iter().take(MAX_REFERENCES);
        let first = keys.next()?.text()?;
        let mut found = self.entries.get(first)?.value.clone();
        for key in keys {
            found = found.get(key.text()?)?.clone();
        }
        Some(found)
    }

    /// The items of a list, with lists and references in it laid flat.
    pub(super) fn flat(&self, value: &Rc<Val>) -> Vec<Rc<Val>> {
        let mut all = Vec::new();
        self.lay(value, &mut all, 2 * MAX_REFERENCES);
        all
    }

    fn lay(&self, value: &Rc<Val>, all: &mut Vec<Rc<Val>>, depth: usize) {
        if depth == 0 || !self.budget.spend(1) {
            return;
        }
        let value = self.resolve(value);
        match &value.value {
            Value::List(items) => {
                for item in items {
                    self.lay(item, all, depth - 1);
                }
            }
            _ if value.is_null() => {}
            _ => all.push(value),
        }
    }
}

fn extended(
    name: &str,
    written: &HashMap<&str, &Rc<Val>>,
    known: &mut HashMap<String, Entry>,
    budget: &Budget,
    depth: usize,
) -> Option<Entry> {
    if let Some(entry) = known.get(name) {
        return Some(entry.clone());
    }
    let value = (*written.get(name)?).clone();
    let mut problems = Vec::new();
    let mut base: Option<Rc<Val>> = None;
    for parent in value
        .get("extends")
        .map(Val::one_or_many)
        .unwrap_or_default()
    {
        let Some(text) = parent.text().filter(|_| budget.spend(1)) else {
            continue;
        };
        let found = match depth {
            0 => None,
            _ => extended(text, written, known, budget, depth - 1),
        };
        let Some(found) = found else {
            problems.push((parent.spot.clone(), no_base(text, depth)));
            continue;
        };
        problems.extend(found.problems.iter().take(MAX_REFERENCES).cloned());
        base = Some(match base {
            Some(base) => merge(&base, &found.value, budget),
            None => found.value,
        });
    }
    let entry = Entry {
        value: base.map_or_else(|| value.clone(), |base| merge(&base, &value, budget)),
        problems,
    };
    // What is cut short by the bound must not stand for the whole.
    if depth > 0 || entry.problems.is_empty() {
        known.insert(name.to_owned(), entry.clone());
    }
    Some(entry)
}

fn no_base(text: &str, depth: usize) -> Unresolved {
    Unresolved {
        kind: UnresolvedKind::Include,
        text: format!("extends: {text}"),
        why: match depth {
            0 => format!("more than {MAX_EXTENDS} levels extend one another"),
            _ => "it stands in none of the files that are read".to_owned(),
        },
    }
}

//! Variables: which a job has, and what they may be. <https://docs.gitlab.com/ci/variables/>.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

use super::root::Root;
use crate::ci::secret_words::expanded;
use crate::ci::values::Val;
use crate::model::build::Spot;

/// A variable, with every value that it may have.
#[derive(Debug, Clone)]
pub(super) struct Variable {
    pub(super) spot: Spot,
    pub(super) values: Vec<String>,
}

/// The variables of a job.
#[derive(Debug, Default)]
pub(super) struct Variables(pub(super) BTreeMap<String, Variable>);

/// Most variables in variables that are followed.
const MAX_NESTED: usize = 5;

impl Variables {
    /// Those of the whole file.
    pub(super) fn of_file(root: &Root<'_>) -> Self {
        let mut all = Self::default();
        if let Some(globals) = root.get("variables") {
            all.take(root, &globals, &|_| true);
        }
        all
    }

    /// A job's own on top of the file's, as far as it inherits them; `rules` and
    /// `matrix` add values.
    pub(super) fn of(root: &Root<'_>, job: &Val) -> Self {
        let mut all = Self::default();
        let inherit = root
            .child(job, "inherit")
            .and_then(|inherit| root.child(&inherit, "variables"));
        if let Some(globals) = root.get("variables") {
            let named = inherit.as_ref().map(|list| {
                let names = root.flat(list);
                names
                    .iter()
                    .filter_map(|it| it.text().map(str::to_owned))
                    .collect::<HashSet<_>>()
            });
            let off = inherit.as_ref().is_some_and(|it| it.is_false());
            let on = inherit.as_ref().is_none_or(|it| it.is_true());
            all.take(root, &globals, &|name| {
                !off && (on || named.as_ref().is_some_and(|named| named.contains(name)))
            });
        }
        if let Some(own) = root.child(job, "variables") {
            all.take(root, &own, &|_| true);
        }
        for rule in root
            .child(job, "rules")
            .map(|it| root.flat(&it))
            .unwrap_or_default()
        {
            if let Some(own) = root.child(&rule, "variables") {
                all.also(root, &own);
            }
        }
        if let Some(matrix) = root
            .child(job, "parallel")
            .and_then(|parallel| root.child(&parallel, "matrix"))
        {
            for line in root.flat(&matrix) {
                all.also(root, &line);
            }
        }
        all
    }

    fn take(&mut self, root: &Root<'_>, map: &Rc<Val>, wanted: &dyn Fn(&str) -> bool) {
        if !root.budget.spend(map.pairs().len()) {
            return;
        }
        for (name, value) in map.pairs() {
            if wanted(&name.text) {
                let value = root.resolve(value);
                self.0.insert(name.text.clone(), variable(root, &value));
            }
        }
    }

    fn also(&mut self, root: &Root<'_>, map: &Rc<Val>) {
        for (name, value) in map.pairs() {
            let value = root.resolve(value);
            let more = variable(root, &value);
            match self.0.get_mut(&name.text) {
                Some(known) => {
                    for value in more.values {
                        if root.budget.spend(1) && !known.values.contains(&value) {
                            known.values.push(value);
                        }
                    }
                }
                None => drop(self.0.insert(name.text.clone(), more)),
            }
        }
    }

    /// Every text that a text may become with the variables that are known;
    /// `None` if there are more than `most`.
    pub(super) fn expand(&self, text: &str, most: usize) -> Option<Vec<String>> {
        let mut all = vec![text.to_owned()];
        for _ in 0..MAX_NESTED {
            let mut next = BTreeSet::new();
            for text in &all {
                let known = expanded(text)
                    .into_iter()
                    .find_map(|name| Some((name, self.0.get(name)?)));
                let Some((name, variable)) = known else {
                    next.insert(text.clone());
                    continue;
                };
                for value in &variable.values {
                    let itself = expanded(value).contains(&name);
                    let value = if itself { "" } else { value };
                    next.insert(put(text, name, value));
                }
                if next.len() > most {
                    return None;
                }
            }
            let next: Vec<_> = next.into_iter().collect();
            if next == all {
                break;
            }
            all = next;
        }
        Some(all)
    }
}

/// The text with `$name` and `${name}` replaced.
fn put(text: &str, name: &str, value: &str) -> String {
    let text = text.replace(&format!("${{{name}}}"), value);
    let mut filled = String::with_capacity(text.len());
    let mut rest = text.as_str();
    let plain = format!("${name}");
    while let Some(at) = rest.find(&plain) {
        let after = &rest[at + plain.len()..];
        let whole = !after.starts_with(|it: char| it.is_ascii_alphanumeric() || it == '_');
        filled.push_str(&rest[..at]);
        filled.push_str(if whole { value } else { &plain });
        rest = after;
    }
    filled.push_str(rest);
    filled
}

fn variable(root: &Root<'_>, value: &Rc<Val>) -> Variable {
    let scalar = match value.is_map() {
        true => root.child(value, "value"),
        false => Some(value.clone()),
    };
    let values = scalar.map(|it| root.flat(&it)).unwrap_or_default();
    let mut values: Vec<_> = values
        .iter()
        .filter_map(|it| it.text().map(str::to_owned))
        .collect();
    if values.is_empty() {
        values.push(String::new());
    }
    Variable {
        spot: value.spot.clone(),
        values,
    }
}

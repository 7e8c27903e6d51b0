//! YAML merged over several files, each value with the place where it is
//! written; merge keys applied. Knows nothing of what keys mean.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use bstr::BString;

use crate::ci::MAX_YAML_DEPTH;
use crate::ci::yaml::tree::{self, Node, Style};
use crate::model::build::Spot;

/// Most values that are made of one entry file, merges and references counted.
pub(crate) const MAX_VALUES: usize = 1_000_000;

/// What is left of [`MAX_VALUES`].
#[derive(Debug)]
pub(crate) struct Budget(Cell<usize>);

impl Budget {
    pub(crate) fn new() -> Self {
        Self(Cell::new(MAX_VALUES))
    }

    /// Takes some; false if that was too much, and from then on.
    pub(crate) fn spend(&self, count: usize) -> bool {
        match self.0.get().checked_sub(count) {
            Some(left) => {
                self.0.set(left);
                true
            }
            None => {
                self.0.set(0);
                false
            }
        }
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}

/// A value.
#[derive(Debug, Clone)]
pub(crate) struct Val {
    pub(crate) spot: Spot,
    pub(crate) tag: Option<String>,
    pub(crate) value: Value,
}

/// What a [`Val`] is.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Text(String, Style),
    Map(Vec<(Name, Rc<Val>)>),
    List(Vec<Rc<Val>>),
}

/// A key of a mapping.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) spot: Spot,
}

/// Makes values of YAML nodes; what aliases share stays shared.
pub(crate) struct Convert<'a> {
    path: &'a Arc<BString>,
    budget: &'a Budget,
    known: HashMap<*const Node, Rc<Val>>,
}

impl<'a> Convert<'a> {
    pub(crate) fn new(path: &'a Arc<BString>, budget: &'a Budget) -> Self {
        Self {
            path,
            budget,
            known: HashMap::new(),
        }
    }

    /// A node's value, merge keys applied.
    pub(crate) fn value(&mut self, node: &Node, depth: usize) -> Rc<Val> {
        if let Some(known) = self.known.get(&std::ptr::from_ref(node)) {
            return known.clone();
        }
        // Aliases in aliases can be deeper than what one nests.
        let fits = depth < 2 * MAX_YAML_DEPTH && self.budget.spend(1);
        let value = match &node.value {
            _ if !fits => {
                self.budget.spend(MAX_VALUES);
                Value::Text(String::new(), Style::Plain)
            }
            tree::Value::Scalar { text, style } => Value::Text(text.clone(), *style),
            tree::Value::List(items) => {
                let items = items.iter().map(|item| self.value(item, depth + 1));
                Value::List(items.collect())
            }
            tree::Value::Map(_) => Value::Map(self.pairs(node, depth)),
        };
        let val = Rc::new(Val {
            spot: spot(self.path, node),
            tag: node.tag.clone(),
            value,
        });
        self.known.insert(std::ptr::from_ref(node), val.clone());
        val
    }

    fn pairs(&mut self, node: &Node, depth: usize) -> Vec<(Name, Rc<Val>)> {
        let mut own = Vec::new();
        let mut merged = Vec::new();
        for (key, value) in node.own_pairs() {
            let is_merge = matches!(&key.value, tree::Value::Scalar { text, style: Style::Plain } if text == "<<");
            if is_merge {
                merged.push(self.value(value, depth + 1));
            } else if let Some(text) = key.text() {
                let name = Name {
                    text: text.to_owned(),
                    spot: spot(self.path, key),
                };
                own.push((name, self.value(value, depth + 1)));
            }
        }
        for merge in merged {
            for one in merge.one_or_many() {
                own = fill(one.pairs(), own, self.budget);
            }
        }
        own
    }
}

fn spot(path: &Arc<BString>, node: &Node) -> Spot {
    Spot {
        path: path.clone(),
        line: node.line,
        column: node.column,
    }
}

/// `over`, and behind it those of `base` that do not stand there.
fn fill(
    base: &[(Name, Rc<Val>)],
    mut over: Vec<(Name, Rc<Val>)>,
    budget: &Budget,
) -> Vec<(Name, Rc<Val>)> {
    if !budget.spend(base.len() + over.len()) {
        return over;
    }
    let known: std::collections::HashSet<_> =
        over.iter().map(|(name, _)| name.text.clone()).collect();
    let new = base.iter().filter(|(name, _)| !known.contains(&name.text));
    over.extend(new.cloned());
    over
}

/// `over` on top of `base`, as GitLab merges: mappings key by key at any
/// depth, everything else replaced.
pub(crate) fn merge(base: &Rc<Val>, over: &Rc<Val>, budget: &Budget) -> Rc<Val> {
    let (Value::Map(old), Value::Map(new)) = (&base.value, &over.value) else {
        return over.clone();
    };
    if !budget.spend(old.len() + new.len()) {
        return over.clone();
    }
    let mut all = old.clone();
    let places: HashMap<_, _> = old
        .iter()
        .enumerate()
        .map(|(at, (name, _))| (name.text.as_str(), at))
        .collect();
    for (name, value) in new {
        match places.get(name.text.as_str()) {
            Some(at) => all[*at] = (name.clone(), merge(&old[*at].1, value, budget)),
            None => all.push((name.clone(), value.clone())),
        }
    }
    Rc::new(Val {
        spot: over.spot.clone(),
        tag: over.tag.clone(),
        value: Value::Map(all),
    })
}

impl Val {
    /// Text that stands where something else stood.
    pub(crate) fn of_text(spot: &Spot, text: String, style: Style) -> Rc<Self> {
        Rc::new(Self {
            spot: spot.clone(),
            tag: None,
            value: Value::Text(text, style),
        })
    }

    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text, _) => Some(text),
            _ => None,
        }
    }

    /// Whether it is a scalar that some reader takes for true.
    pub(crate) fn is_true(&self) -> bool {
        let text = self.text().map(str::to_ascii_lowercase);
        matches!(text.as_deref(), Some("true" | "yes" | "on" | "y" | "1"))
    }

    /// Whether it is a scalar that some reader takes for false.
    pub(crate) fn is_false(&self) -> bool {
        let text = self.text().map(str::to_ascii_lowercase);
        matches!(text.as_deref(), Some("false" | "no" | "off" | "n" | "0"))
    }

    /// Whether nothing is written.
    pub(crate) fn is_null(&self) -> bool {
        match &self.value {
            Value::Text(text, Style::Plain) => {
                matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")
            }
            _ => false,
        }
    }

    /// Keys and values of a mapping.
    pub(crate) fn pairs(&self) -> &[(Name, Rc<Val>)] {
        match &self.value {
            Value::Map(pairs) => pairs,
            _ => &[],
        }
    }

    /// Whether it is a mapping.
    pub(crate) fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }

    /// The items of a list, or the value itself if it is another.
    pub(crate) fn one_or_many(self: &Rc<Self>) -> Vec<Rc<Self>> {
        match &self.value {
            Value::List(items) => items.clone(),
            _ if self.is_null() => Vec::new(),
            _ => vec![self.clone()],
        }
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Rc<Val>> {
        let pair = self.pairs().iter().find(|(name, _)| name.text == key);
        pair.map(|(_, value)| value)
    }

    /// The text of a key's scalar.
    pub(crate) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// The line of the file on which a line of its text stands, from 0: exact for `|`.
    pub(crate) fn line_of_text(&self, line: usize) -> u32 {
        let Value::Text(text, Style::Literal) = &self.value else {
            return self.spot.line;
        };
        let blank = text.bytes().take_while(|byte| *byte == b'\n').count();
        let offset = |lines: usize| u32::try_from(lines).unwrap_or(u32::MAX);
        self.spot
            .line
            .saturating_add(offset(line))
            .saturating_sub(offset(blank))
    }
}

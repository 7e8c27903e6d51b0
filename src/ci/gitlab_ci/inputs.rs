//! `$[[ inputs.x ]]`: what the includer of a file puts in before it is read.
//! <https://docs.gitlab.com/ci/inputs/>.

use std::rc::Rc;

use super::include::Inputs;
use crate::ci::values::{Budget, Val, Value};

/// The inputs that an includer states.
pub(super) fn given(inputs: &Rc<Val>) -> Inputs {
    let pairs = inputs.pairs().iter();
    pairs
        .map(|(name, value)| (name.text.clone(), value.clone()))
        .collect()
}

/// The inputs of a file of the same tree: what its includer states, else the header's defaults.
pub(super) fn known(header: &Rc<Val>, given: &Inputs) -> Inputs {
    let mut all = given.clone();
    let stated = header.get("spec").and_then(|spec| spec.get("inputs"));
    for (name, input) in stated.map(|it| it.pairs()).unwrap_or_default() {
        if let Some(default) = input.get("default") {
            all.entry(name.text.clone())
                .or_insert_with(|| default.clone());
        }
    }
    all
}

/// The same value with known inputs put in.
pub(super) fn fill(value: &Rc<Val>, inputs: &Inputs, budget: &Budget) -> Rc<Val> {
    if inputs.is_empty() || !budget.spend(1) {
        return value.clone();
    }
    let filled = match &value.value {
        Value::Text(text, _) if !text.contains("$[[") => return value.clone(),
        Value::Text(text, style) => {
            if let Some(whole) = whole(text).and_then(|name| inputs.get(name)) {
                return Rc::new(Val {
                    spot: value.spot.clone(),
                    tag: None,
                    value: whole.value.clone(),
                });
            }
            Value::Text(replace(text, inputs), *style)
        }
        Value::List(items) => {
            Value::List(items.iter().map(|it| fill(it, inputs, budget)).collect())
        }
        Value::Map(pairs) => {
            let filled = pairs.iter().map(|(name, value)| {
                let mut name = name.clone();
                name.text = replace(&name.text, inputs);
                (name, fill(value, inputs, budget))
            });
            Value::Map(filled.collect())
        }
    };
    Rc::new(Val {
        spot: value.spot.clone(),
        tag: value.tag.clone(),
        value: filled,
    })
}

/// The input's name, if a text is nothing but that.
fn whole(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("$[[")?.strip_suffix("]]")?;
    let name = inner.trim().strip_prefix("inputs.")?;
    let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-');
    name.chars().all(plain).then_some(name)
}

fn replace(text: &str, inputs: &Inputs) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("$[[") {
        let Some(end) = rest[start..].find("]]").map(|end| start + end + 2) else {
            break;
        };
        let expression = &rest[start..end];
        let value = whole(expression).and_then(|name| inputs.get(name)?.text());
        filled.push_str(&rest[..start]);
        filled.push_str(value.unwrap_or(expression));
        rest = &rest[end..];
    }
    filled.push_str(rest);
    filled
}

/// The expressions `$[[ … ]]` that stand in a text, blanks folded.
pub(super) fn expressions(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("$[[") {
        let inner = &rest[start + 3..];
        let Some(end) = inner.find("]]") else { break };
        let words: Vec<_> = inner[..end].split_whitespace().collect();
        all.push(words.join(" "));
        rest = &inner[end + 2..];
    }
    all
}

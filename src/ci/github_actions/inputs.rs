//! `with:` of a step or call.

use std::rc::Rc;

use super::flow::{Flow, Origin, Scope, Values};
use crate::ci::yaml::tree::Node;
use crate::model::build::TemplateSource;

/// What a step or call is given.
pub(super) struct With<'n>(pub(super) Option<&'n Node>);

impl<'n> With<'n> {
    /// The names and values.
    pub(super) fn pairs(&self) -> Vec<(&'n str, &'n Node)> {
        let pairs = self.0.map(Node::pairs).unwrap_or_default().into_iter();
        pairs
            .filter_map(|(name, value)| Some((name.text()?, value)))
            .collect()
    }

    /// The value of an input, whose name has no case.
    pub(super) fn get(&self, name: &str) -> Option<&'n Node> {
        let mut pairs = self.pairs().into_iter();
        pairs
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The text of an input.
    pub(super) fn text(&self, name: &str) -> Option<&'n str> {
        self.get(name)?.text()
    }
}

/// What the inputs of called code are, by what it declares and what it is given.
pub(super) fn given(declared: Option<&Node>, with: &With<'_>, scope: &Scope) -> Rc<Values> {
    let mut values = Values::new();
    for (name, input) in With(declared).pairs() {
        let default = input.text_of("default").unwrap_or_default();
        values.insert(name.to_ascii_lowercase(), Flow::text(default));
    }
    for (name, value) in with.pairs() {
        let flow = scope.flow(value.text().unwrap_or_default());
        values.insert(name.to_ascii_lowercase(), flow);
    }
    Rc::new(values)
}

/// What the inputs of a file are whose caller is not known: those with a closed
/// list of values are nobody's words.
pub(super) fn open(declared: Option<&Node>) -> Values {
    let closed = |input: &Node| {
        matches!(
            input.text_of("type"),
            Some("boolean" | "number" | "choice" | "environment")
        )
    };
    let pairs = With(declared).pairs().into_iter();
    let inputs = pairs.map(|(name, input)| {
        let flow = match closed(input) {
            true => Flow::default(),
            false => Flow::of(Origin {
                expression: format!("inputs.{name}"),
                by: TemplateSource::Caller,
                proposed: false,
            }),
        };
        (name.to_ascii_lowercase(), flow)
    });
    inputs.collect()
}

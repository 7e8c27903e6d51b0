//! What a value is, as far as the source itself says: strings, names that hold
//! one string, and who writes what is pasted into a string.

use std::collections::{HashMap, HashSet};

use super::call::{Call, Code, Piece};
use super::token::{Kind, Pasted, Text};
use super::tree::{Source, Tree};
use super::writers::{bare, names, of_run};
use crate::model::build::TemplateSource;

/// Most names that are followed to tell who writes a value.
pub(super) const MAX_NAMES: usize = 64;
/// Longest text that names are replaced in, in bytes.
const MAX_REPLACED: usize = 256 * 1024;

/// What a source says of its names.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// What each name is given, as written: once for each time.
    given: HashMap<String, Vec<Given>>,
    /// Parameters whose values are a closed list.
    closed: HashSet<String>,
}

#[derive(Debug)]
enum Given {
    /// A string.
    Text(Text),
    /// Something else, with the names that it mentions.
    Other(Vec<String>),
    /// Whoever calls decides: a parameter of `call` or of a method.
    Caller,
    /// A loop, a `catch`, a closure.
    Run,
}

impl Scope {
    /// Reads what a source gives to its names.
    pub(super) fn of(source: &Source) -> Self {
        let mut scope = Self::default();
        scope.look(Code::all(source), 0);
        scope
    }

    fn look(&mut self, code: Code<'_>, depth: usize) {
        if depth > super::MAX_CALL_DEPTH {
            return;
        }
        self.parameters_of_closure(code);
        for statement in code.statements() {
            for piece in statement.pieces() {
                match piece {
                    Piece::Assign { name, value } => self.give(&name, value),
                    Piece::Call(call) => self.look_at_call(&call, depth),
                    Piece::Group(_, inner) => self.look(inner, depth + 1),
                }
            }
        }
    }

    fn look_at_call(&mut self, call: &Call<'_>, depth: usize) {
        if matches!(call.short(), "choice" | "booleanParam") {
            self.closed
                .extend(call.named("name").and_then(Code::plain_text));
        }
        if call.defines || matches!(call.name.as_str(), "for" | "catch") {
            let given = || {
                if call.defines {
                    Given::Caller
                } else {
                    Given::Run
                }
            };
            for arg in &call.args {
                for name in arg
                    .value
                    .items
                    .iter()
                    .filter_map(Tree::word)
                    .take(MAX_NAMES)
                {
                    self.given.entry(name.to_owned()).or_default().push(given());
                }
            }
        }
        for arg in &call.args {
            if arg.value.may_hold_calls() {
                self.look(arg.value, depth + 1);
            }
        }
        if let Some(body) = call.body {
            self.look(body, depth + 1);
        }
    }

    fn parameters_of_closure(&mut self, code: Code<'_>) {
        let ends = |item: &Tree| matches!(item.kind(), Some(Kind::Newline | Kind::Operator("->")));
        let Some(at) = code.items.iter().take(MAX_NAMES).position(ends) else {
            return;
        };
        if code.items[at].kind() == Some(&Kind::Newline) {
            return;
        }
        for name in code.items[..at].iter().filter_map(Tree::word) {
            self.given
                .entry(name.to_owned())
                .or_default()
                .push(Given::Run);
        }
    }

    fn give(&mut self, name: &str, value: Code<'_>) {
        let given = match value.text() {
            Some(text) => Given::Text(text),
            None => Given::Other(names(&value.written())),
        };
        self.given
            .entry(bare(name).to_owned())
            .or_default()
            .push(given);
    }

    /// The one string that a name holds.
    fn constant(&self, name: &str) -> Option<&Text> {
        match self.given.get(bare(name))?.as_slice() {
            [Given::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// What a value says, names that hold one plain string replaced.
    pub(super) fn text(&self, code: Code<'_>) -> Option<Text> {
        let text = match code.text() {
            Some(text) => text,
            None => self.constant(&code.one_name()?)?.clone(),
        };
        Some(self.replaced(text))
    }

    /// What a value says if nothing in it is left to the run.
    pub(super) fn known(&self, code: Code<'_>) -> Option<String> {
        let text = self.text(code)?;
        text.pasted.is_empty().then_some(text.text)
    }

    fn replaced(&self, text: Text) -> Text {
        let mut new = Text {
            lines: text.lines,
            ..Text::default()
        };
        let mut end = 0;
        for pasted in text.pasted {
            new.text
                .push_str(text.text.get(end..pasted.range.start).unwrap_or_default());
            let start = new.text.len();
            let constant = self.constant(&pasted.expression).filter(|constant| {
                // A line more would shift the lines.
                constant.pasted.is_empty()
                    && !constant.text.contains('\n')
                    && start + constant.text.len() < MAX_REPLACED
            });
            match constant {
                Some(constant) => new.text.push_str(&constant.text),
                None => {
                    new.text.push_str(&text.text[pasted.range.clone()]);
                    new.pasted.push(Pasted {
                        range: start..new.text.len(),
                        ..pasted.clone()
                    });
                }
            }
            end = pasted.range.end;
        }
        new.text.push_str(text.text.get(end..).unwrap_or_default());
        new
    }

    /// Who writes the value of an expression: the least trusted of all that it mentions.
    pub(super) fn written_by(&self, expression: &str) -> TemplateSource {
        let mut waiting = names(expression);
        let mut seen = HashSet::new();
        let mut worst = TemplateSource::Fixed;
        while let Some(name) = waiting.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            if seen.len() > MAX_NAMES {
                return worst.max(TemplateSource::Step);
            }
            worst = worst.max(self.of_name(&name, &mut waiting));
        }
        worst
    }

    fn of_name(&self, name: &str, waiting: &mut Vec<String>) -> TemplateSource {
        if let Some(parameter) = name.strip_prefix("params.") {
            let parameter = parameter.split('.').next().unwrap_or(parameter);
            return match self.closed.contains(parameter) {
                true => TemplateSource::Fixed,
                false => TemplateSource::Caller,
            };
        }
        let known = bare(name);
        let root = known.split('.').next().unwrap_or(known);
        let Some(given) = self.given.get(known).or_else(|| self.given.get(root)) else {
            return of_run(known);
        };
        let mut worst = TemplateSource::Fixed;
        for one in given {
            match one {
                Given::Text(text) => {
                    waiting.extend(text.pasted.iter().flat_map(|it| names(&it.expression)))
                }
                Given::Other(mentioned) => waiting.extend(mentioned.iter().cloned()),
                Given::Caller => worst = worst.max(TemplateSource::Caller),
                Given::Run => worst = worst.max(TemplateSource::Step),
            }
        }
        // A name that the run sets too stays what it is there.
        match of_run(known) {
            TemplateSource::Anybody => TemplateSource::Anybody,
            _ => worst,
        }
    }
}

//! Statements, calls and their arguments, as far as brackets tell. Knows
//! nothing of types, precedence, or what a call does.

use super::token::Kind;
use super::tree::{Source, Tree};
use crate::model::build::Spot;

/// A stretch of a source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Code<'s> {
    /// Its source.
    pub(super) source: &'s Source,
    /// What stands in it.
    pub(super) items: &'s [Tree],
}

/// `name(args) { body }`, `name 'x', key: value`, `.name(args)`.
#[derive(Debug)]
pub(super) struct Call<'s> {
    /// With dots: `docker.image`; `@Library` for an annotation.
    pub(super) name: String,
    /// Whether it is called on what another call gives.
    pub(super) chained: bool,
    /// What it is given; a closure that is the body is not among it.
    pub(super) args: Vec<Arg<'s>>,
    /// What stands in its closure.
    pub(super) body: Option<Code<'s>>,
    /// Whether it defines what it names: `def name(args) { body }`.
    pub(super) defines: bool,
    /// Its source.
    pub(super) source: &'s Source,
    /// Where it begins, in bytes.
    pub(super) start: usize,
    /// Where its arguments end, in bytes.
    pub(super) end: usize,
}

/// One argument, or one entry of a list or map.
#[derive(Debug, Clone)]
pub(super) struct Arg<'s> {
    /// `key` of `key: value`.
    pub(super) key: Option<String>,
    /// Its value.
    pub(super) value: Code<'s>,
}

/// A part of a statement.
#[derive(Debug)]
pub(super) enum Piece<'s> {
    /// A call.
    Call(Call<'s>),
    /// A name is given a value, which the pieces behind it are of.
    Assign { name: String, value: Code<'s> },
    /// What stands in brackets by itself.
    Group(u8, Code<'s>),
}

impl<'s> Code<'s> {
    /// All of a source.
    pub(super) fn all(source: &'s Source) -> Self {
        let items = &source.items;
        Self { source, items }
    }

    pub(super) fn with(self, items: &'s [Tree]) -> Self {
        Self { items, ..self }
    }

    /// Where it begins.
    pub(super) fn start(self) -> usize {
        self.items.first().map_or(0, |item| item.span().start)
    }

    /// Where it begins.
    pub(super) fn spot(self) -> Spot {
        self.source.spot(self.start())
    }

    /// As it is written, blanks folded.
    pub(super) fn written(self) -> String {
        let end = self.items.last().map_or(0, |item| item.span().end);
        self.source.excerpt(self.start()..end.max(self.start()))
    }

    /// Its statements; a closure's parameters are left out.
    pub(super) fn statements(self) -> Vec<Self> {
        let arrow = Some(&Kind::Operator("->"));
        let ends = |item: &Tree| matches!(item.kind(), Some(Kind::Newline | Kind::Semicolon));
        let first = self
            .items
            .iter()
            .position(|item| ends(item) || item.kind() == arrow);
        let items = match first {
            Some(at) if self.items[at].kind() == arrow => &self.items[at + 1..],
            _ => self.items,
        };
        let parts = items
            .split(|item| ends(item))
            .filter(|part| !part.is_empty());
        parts.map(|part| self.with(part)).collect()
    }

    /// What stands between commas: the arguments of a call, the entries of a list or map.
    pub(super) fn args(self) -> Vec<Arg<'s>> {
        let comma = |item: &Tree| item.kind() == Some(&Kind::Comma);
        let parts = self.items.split(comma).filter(|part| !part.is_empty());
        parts.map(|part| self.with(part).arg()).collect()
    }

    fn arg(self) -> Arg<'s> {
        let is_pair = self
            .items
            .get(1)
            .is_some_and(|item| item.kind() == Some(&Kind::Colon));
        let key = match self.items.first().and_then(Tree::kind) {
            Some(Kind::Word(word)) if is_pair => Some(word.clone()),
            Some(Kind::Text(text)) if is_pair => Some(text.text.clone()),
            _ => None,
        };
        let value = if key.is_some() {
            self.with(&self.items[2..])
        } else {
            self
        };
        Arg { key, value }
    }

    /// The entries of a list or map that is all there is, else of itself.
    pub(super) fn entries(self) -> Vec<Arg<'s>> {
        match self.items {
            [Tree::Group(group)] if group.open == b'[' || group.open == b'(' => {
                self.with(&group.items).args()
            }
            _ => self.args(),
        }
    }

    /// What stands in a closure that is all there is.
    pub(super) fn closure(self) -> Option<Self> {
        match self.items {
            [Tree::Group(group)] if group.open == b'{' => Some(self.with(&group.items)),
            _ => None,
        }
    }

    /// What stands in its brackets, one level down.
    pub(super) fn groups(self) -> impl Iterator<Item = Self> {
        self.items.iter().filter_map(move |item| match item {
            Tree::Group(group) => Some(self.with(&group.items)),
            Tree::Token(_) => None,
        })
    }

    /// Whether anything in it can be a call: a single token cannot.
    pub(super) fn may_hold_calls(self) -> bool {
        self.items.len() > 1 || self.items.iter().any(|item| item.kind().is_none())
    }

    /// The calls of every statement, those in other calls' arguments and bodies left out.
    pub(super) fn calls(self) -> Vec<Call<'s>> {
        let pieces = self.statements().into_iter().flat_map(Self::pieces);
        pieces
            .filter_map(|piece| match piece {
                Piece::Call(call) => Some(call),
                _ => None,
            })
            .collect()
    }
}

impl<'s> Call<'s> {
    /// Where it begins.
    pub(super) fn spot(&self) -> Spot {
        self.source.spot(self.start)
    }

    /// Its last part: `sh` of `steps.sh`.
    pub(super) fn short(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }

    /// The value of a named argument, also of one in a map that is its only argument.
    pub(super) fn named(&self, key: &str) -> Option<Code<'s>> {
        let find = |args: &[Arg<'s>]| {
            let mut own = args.iter().filter(|arg| arg.key.as_deref() == Some(key));
            own.next().map(|arg| arg.value)
        };
        find(&self.args).or_else(|| match self.args.as_slice() {
            [one] if one.key.is_none() => find(&one.value.entries()),
            _ => None,
        })
    }

    /// The argument at a position, named ones not counted.
    pub(super) fn positional(&self, at: usize) -> Option<Code<'s>> {
        let mut plain = self.args.iter().filter(|arg| arg.key.is_none());
        plain.nth(at).map(|arg| arg.value)
    }

    /// A named argument, or the first.
    pub(super) fn named_or_first(&self, key: &str) -> Option<Code<'s>> {
        self.named(key).or_else(|| self.positional(0))
    }

    /// As it is written up to its body, blanks folded.
    pub(super) fn written(&self) -> String {
        self.source.excerpt(self.start..self.end)
    }

    /// A closure that is the last argument is the body.
    pub(super) fn take_last_closure(&mut self) {
        let Some(last) = self.args.last_mut() else {
            return;
        };
        let [before @ .., Tree::Group(group)] = last.value.items else {
            return;
        };
        if group.open != b'{' || last.key.is_some() {
            return;
        }
        self.body = Some(last.value.with(&group.items));
        last.value = last.value.with(before);
        if before.is_empty() {
            self.args.pop();
        }
    }
}

//! One source with what it says of its own names, and a look at all its calls.

use std::collections::HashMap;

use super::call::{Call, Code, Piece};
use super::container;
use super::token::Text;
use super::tree::Source;
use super::value::Scope;
use crate::model::build::{ImageName, ImageRole, ImageUse, Item, Spot, What};

/// A source with what it says of its own names.
pub(super) struct Unit<'s> {
    /// The source.
    pub(super) source: &'s Source,
    /// What its names hold.
    pub(super) scope: Scope,
    /// The functions at its top.
    pub(super) functions: HashMap<String, Code<'s>>,
}

impl<'s> Unit<'s> {
    pub(super) fn of(source: &'s Source) -> Self {
        let tops = Code::all(source)
            .calls()
            .into_iter()
            .filter(|call| call.defines);
        let functions = tops.filter_map(|call| Some((call.name.clone(), call.body?)));
        Self {
            source,
            scope: Scope::of(source),
            functions: functions.collect(),
        }
    }

    /// Whether this is where a function at its top stands, which is read where it is called.
    pub(super) fn is_own_function(&self, call: &Call<'_>) -> bool {
        let body = call.body.filter(|_| call.defines);
        let own = self.functions.get(&call.name);
        body.zip(own)
            .is_some_and(|(body, own)| std::ptr::eq(body.items, own.items))
    }

    /// What a value says, or how it is written.
    pub(super) fn text_or_written(&self, code: Code<'_>) -> String {
        match self.scope.text(code) {
            Some(text) => text.text,
            None => code.written(),
        }
    }

    /// The image that a value names.
    pub(super) fn image(&self, value: Code<'_>, role: ImageRole) -> Option<Item> {
        match self.scope.text(value) {
            Some(text) => container::image(&text.text, role, value.spot()),
            None => {
                let image = ImageName::Unresolved(value.written());
                let what = What::Image(ImageUse { role, image });
                Some(Item::of("image", value.spot(), what))
            }
        }
    }

    /// The place of the text's first line.
    pub(super) fn spot_of(&self, text: &Text) -> Option<Spot> {
        text.lines
            .first()
            .map(|line| self.source.spot_of_line(*line))
    }
}

/// Calls `see` with every call of a stretch, at any depth to
/// [`super::MAX_CALL_DEPTH`]; says whether that was all.
pub(super) fn every_call<'s>(code: Code<'s>, depth: usize, see: &mut dyn FnMut(&Call<'s>)) -> bool {
    if depth > super::MAX_CALL_DEPTH {
        return false;
    }
    let mut all = true;
    for statement in code.statements() {
        for piece in statement.pieces() {
            match piece {
                Piece::Call(call) => {
                    see(&call);
                    let inside = call.args.iter().map(|arg| arg.value).chain(call.body);
                    for inner in inside.filter(|inner| inner.may_hold_calls()) {
                        all &= every_call(inner, depth + 1, see);
                    }
                }
                Piece::Group(_, inner) => all &= every_call(inner, depth + 1, see),
                Piece::Assign { .. } => {}
            }
        }
    }
    all
}

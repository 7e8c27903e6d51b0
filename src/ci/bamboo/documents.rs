//! The documents of a file, with what `!include` puts into them.

use std::rc::Rc;
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};

use crate::ci::closure::{Closure, normal};
use crate::ci::draft::Draft;
use crate::ci::values::{Budget, Convert, Val, Value};
use crate::ci::yaml::tree::{Style, parse};
use crate::model::build::{Unresolved, UnresolvedKind};

/// Reads a file's documents. The draft says what could not be included.
pub(super) fn read(
    path: &Arc<BString>,
    content: &[u8],
    closure: &mut Closure<'_>,
    budget: &Budget,
) -> (Vec<Rc<Val>>, Draft) {
    let mut includes = Includes {
        closure,
        budget,
        problems: Draft::default(),
        open: vec![path.clone()],
    };
    let documents = includes.file(path, content);
    (documents, includes.problems)
}

struct Includes<'a, 'f> {
    closure: &'a mut Closure<'f>,
    budget: &'a Budget,
    problems: Draft,
    open: Vec<Arc<BString>>,
}

impl Includes<'_, '_> {
    fn file(&mut self, path: &Arc<BString>, content: &[u8]) -> Vec<Rc<Val>> {
        let roots = match parse(content) {
            Ok(roots) => roots,
            Err(error) => {
                let spot = crate::model::build::Spot {
                    path: path.clone(),
                    line: error.line.unwrap_or(1),
                    column: error.column.unwrap_or(1),
                };
                let unresolved = Unresolved {
                    kind: UnresolvedKind::Include,
                    text: crate::model::text::escape(path.as_slice()),
                    why: error.reason,
                };
                self.problems.unresolved("include", &spot, unresolved);
                return Vec::new();
            }
        };
        let mut convert = Convert::new(path, self.budget);
        let documents: Vec<_> = roots.iter().map(|root| convert.value(root, 0)).collect();
        documents.iter().map(|it| self.fill(it)).collect()
    }

    /// The same value with its includes put in.
    fn fill(&mut self, value: &Rc<Val>) -> Rc<Val> {
        if !self.budget.spend(1) {
            return value.clone();
        }
        let filled = match &value.value {
            Value::Text(..) if value.tag.as_deref() == Some("include") => {
                return self.included(value);
            }
            Value::Text(..) => return value.clone(),
            Value::List(items) => Value::List(items.iter().map(|it| self.fill(it)).collect()),
            Value::Map(pairs) => {
                let filled = pairs.iter().map(|(name, it)| (name.clone(), self.fill(it)));
                Value::Map(filled.collect())
            }
        };
        Rc::new(Val {
            spot: value.spot.clone(),
            tag: value.tag.clone(),
            value: filled,
        })
    }

    fn included(&mut self, value: &Rc<Val>) -> Rc<Val> {
        let nothing = || Val::of_text(&value.spot, String::new(), Style::Plain);
        let text = value.text().unwrap_or_default();
        let folder = value.spot.path.rfind_byte(b'/').unwrap_or(0);
        let folder = BStr::new(&value.spot.path[..folder]);
        let path = normal(folder, BStr::new(text)).unwrap_or_else(|| text.into());
        let depth = self.open.len();
        let opened = self
            .closure
            .open(&value.spot, "include", path.as_bstr(), depth);
        let file = match opened {
            Ok(file) if !self.open.contains(&file.path) => file,
            Ok(_) => return nothing(),
            Err(unresolved) => {
                self.problems.unresolved("include", &value.spot, unresolved);
                return nothing();
            }
        };
        self.open.push(file.path.clone());
        let documents = self.file(&file.path, &file.content);
        self.open.pop();
        documents.into_iter().next().unwrap_or_else(nothing)
    }
}

//! One file that is being read, and the items that its readers make of it.

use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};

use super::leaves::Leaf;
use super::url;
use crate::ci::closure::Closure;
use crate::ci::files::Files;
use crate::ci::text::{Unparsable, decode};
use crate::model::build::{
    Blueprint, CodeUse, Item, Literal, Registry, RegistryKind, Setting, Spot, Unresolved,
    UnresolvedKind, What,
};

/// One file that is being read.
pub(super) struct Sheet<'a> {
    /// Its path.
    pub(super) path: &'a Arc<BString>,
    /// The last part of its path, in lower case.
    pub(super) name: String,
    /// What stands in it.
    pub(super) content: &'a [u8],
    /// The rest of its tree.
    pub(super) closure: Closure<'a>,
    blueprint: Blueprint,
}

impl<'a> Sheet<'a> {
    /// A file of which nothing is said yet.
    pub(super) fn new(
        system: &'static str,
        path: &'a Arc<BString>,
        content: &'a [u8],
        files: &'a mut dyn Files,
    ) -> Self {
        let bytes: &BStr = path.as_ref().as_ref();
        let name = bytes
            .rsplit(|byte| *byte == b'/')
            .next()
            .unwrap_or_default();
        Self {
            path,
            name: name.to_str_lossy().to_ascii_lowercase(),
            content,
            closure: Closure::new(files),
            blueprint: Blueprint::new(path, system),
        }
    }

    /// All that was said.
    pub(super) fn finish(mut self) -> Blueprint {
        self.blueprint.edges = self.closure.into_edges();
        self.blueprint
    }

    /// Whether nothing is said yet.
    pub(super) fn is_empty(&self) -> bool {
        self.blueprint.items.is_empty()
    }

    /// The key of the system that the file belongs to.
    pub(super) fn system(&self) -> &'static str {
        self.blueprint.system
    }

    /// Whether the file's path ends with these folders and name, in any letter case.
    pub(super) fn is_at(&self, end: &str) -> bool {
        let path = self.path.to_ascii_lowercase();
        match path.strip_suffix(end.as_bytes()) {
            Some(before) => before.is_empty() || before.ends_with(b"/"),
            None => false,
        }
    }

    /// Whether it is called one of these.
    pub(super) fn is_called(&self, names: &[&str]) -> bool {
        names.contains(&self.name.as_str())
    }

    /// The file as text; if it is none, that is said.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        let content = self.content;
        self.take(decode(content))
    }

    /// What a reader made of it; if it failed, that is said.
    pub(super) fn take<T>(&mut self, read: Result<T, Unparsable>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(error) => {
                let at = (error.line.unwrap_or(1), error.column.unwrap_or(1));
                let what = What::Unresolved(Unresolved {
                    kind: UnresolvedKind::Form,
                    text: self.name.clone(),
                    why: error.reason,
                });
                self.add("file", at, what);
                None
            }
        }
    }

    /// A place in the file.
    pub(super) fn spot(&self, (line, column): (u32, u32)) -> Spot {
        Spot {
            path: self.path.clone(),
            line,
            column,
        }
    }

    /// Says something.
    pub(super) fn add(&mut self, slot: &str, at: (u32, u32), what: What) {
        let spot = self.spot(at);
        self.add_at(slot, spot, what);
    }

    /// Says something of another file that belongs to this one.
    pub(super) fn add_at(&mut self, slot: &str, spot: Spot, what: What) {
        let order = u32::try_from(self.blueprint.items.len()).unwrap_or(u32::MAX);
        self.blueprint.items.push(Item {
            slot: slot.to_owned(),
            order,
            spot,
            what,
        });
    }

    /// Says a setting; its name is its slot.
    pub(super) fn setting(&mut self, name: &str, value: &str, at: (u32, u32)) {
        let setting = Setting {
            name: name.to_owned(),
            value: value.to_owned(),
        };
        self.add(name, at, What::Setting(setting));
    }

    /// Says which code is used.
    pub(super) fn code(&mut self, slot: &str, code: CodeUse, at: (u32, u32)) {
        self.add(slot, at, What::Code(code));
    }

    /// Says where packages come from. A password in the address is said to be
    /// one, and left out. The usual registry in place of the usual one is nothing.
    pub(super) fn registry(
        &mut self,
        ecosystem: &'static str,
        kind: RegistryKind,
        (slot, address): (&str, &str),
        at: (u32, u32),
    ) {
        let (clean, secret) = url::clean(address);
        if secret {
            self.literal(slot, at);
        }
        if clean.is_empty() || (kind == RegistryKind::Instead && url::is_usual(ecosystem, &clean)) {
            return;
        }
        let plain_http = clean.starts_with("http://") && !url::is_local(&clean);
        let registry = |kind| {
            What::Registry(Registry {
                ecosystem,
                kind,
                url: clean.clone(),
            })
        };
        self.add(slot, at, registry(kind));
        if plain_http && kind != RegistryKind::Unverified {
            self.add(slot, at, registry(RegistryKind::Unverified));
        }
    }

    /// Says that a credential stands in the file.
    pub(super) fn literal(&mut self, name: &str, at: (u32, u32)) {
        let literal = Literal {
            name: name.to_owned(),
        };
        self.add(name, at, What::Literal(literal));
    }

    /// Says that a credential stands at a key, if its value is no reference to
    /// a variable.
    pub(super) fn literal_in(&mut self, leaf: &Leaf) {
        let value = leaf.value.trim();
        let known = !value.is_empty() && !value.contains(['$', '%']) && !value.contains("{{");
        if known {
            self.literal(leaf.key(), leaf.at_place());
        }
    }
}

impl Leaf {
    /// Line and column.
    pub(super) fn at_place(&self) -> (u32, u32) {
        (self.line, self.column)
    }
}

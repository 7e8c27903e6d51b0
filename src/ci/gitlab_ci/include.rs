//! `include`: what a file is made of. Files of the same tree are read and
//! merged; of what stands elsewhere only the reference is known.
//! <https://docs.gitlab.com/ci/yaml/#include>.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};

use super::inputs;
use super::sources;
use crate::ci::closure::{Closure, Opened};
use crate::ci::values::{Budget, Convert, Name, Val, Value, merge};
use crate::ci::yaml::tree::parse;
use crate::model::build::{
    Guard, GuardKind, Item, Setting, Spot, Unresolved, UnresolvedKind, What,
};

/// Values of inputs, as far as the includer states them.
pub(super) type Inputs = HashMap<String, Rc<Val>>;

/// Reads files and what they include.
pub(super) struct Loader<'a, 'f> {
    pub(super) closure: &'a mut Closure<'f>,
    pub(super) budget: &'a Budget,
    /// What is said of the includes themselves.
    pub(super) items: Vec<Item>,
    /// The files that are being read, the entry first.
    pub(super) open: Vec<Arc<BString>>,
    /// The slot of its items.
    pub(super) slot: String,
}

impl<'a, 'f> Loader<'a, 'f> {
    pub(super) fn new(closure: &'a mut Closure<'f>, budget: &'a Budget, slot: &str) -> Self {
        Self {
            closure,
            budget,
            items: Vec::new(),
            open: Vec::new(),
            slot: slot.to_owned(),
        }
    }

    /// A file with all that it includes. `given` are the inputs that its
    /// includer states; `None` for an entry, whose inputs its caller chooses.
    pub(super) fn file(&mut self, file: &Opened, given: Option<&Inputs>) -> Option<Rc<Val>> {
        let roots = match parse(&file.content) {
            Ok(roots) => roots,
            Err(error) => {
                let spot = top(&file.path);
                self.unresolved(
                    &spot,
                    UnresolvedKind::Include,
                    &shown(&file.path),
                    error.reason,
                );
                return None;
            }
        };
        let mut convert = Convert::new(&file.path, self.budget);
        let mut documents = roots.iter().map(|root| convert.value(root, 0));
        let first = documents.next()?;
        let content = match documents.next() {
            Some(content) if first.get("spec").is_some() => match given {
                Some(given) => inputs::fill(&content, &inputs::known(&first, given), self.budget),
                None => content,
            },
            _ => first,
        };
        if !content.is_map() && !content.is_null() {
            let why = "GitLab wants a mapping here".to_owned();
            self.unresolved(&content.spot, UnresolvedKind::Form, &shown(&file.path), why);
        }
        self.open.push(file.path.clone());
        let included = content.get("include").map(|include| self.all(include));
        self.open.pop();
        let own = without(&content, "include");
        Some(match included.flatten() {
            Some(base) => merge(&base, &own, self.budget),
            None => own,
        })
    }

    /// What an `include` brings, later ones over earlier ones.
    pub(super) fn all(&mut self, include: &Rc<Val>) -> Option<Rc<Val>> {
        let mut merged: Option<Rc<Val>> = None;
        for one in include.one_or_many() {
            if !self.budget.spend(1) {
                break;
            }
            for content in self.one(&one) {
                merged = Some(match merged {
                    Some(base) => merge(&base, &content, self.budget),
                    None => content,
                });
            }
        }
        merged
    }

    fn one(&mut self, include: &Rc<Val>) -> Vec<Rc<Val>> {
        if let Some(text) = include.text() {
            let is_url = text.starts_with("https://") || text.starts_with("http://");
            if is_url {
                self.remote(&include.spot, text, None);
                return Vec::new();
            }
            return self.local(&include.spot, text, &Inputs::new());
        }
        let given = include.get("inputs").map(inputs::given);
        let given = given.unwrap_or_default();
        let text = |key| include.get(key).and_then(|it| Some((it, it.text()?)));
        if let Some((val, path)) = text("local") {
            return self.local(&val.spot, path, &given);
        }
        if let Some((val, url)) = text("remote") {
            self.remote(&val.spot, url, include.text_of("integrity"));
        } else if let Some((val, name)) = text("project") {
            self.project(include, val, name);
        } else if let Some((val, name)) = text("template") {
            self.template(&val.spot, name);
        } else if let Some((val, name)) = text("component") {
            return self.component(&val.spot, name, &given);
        } else if include.get("artifact").is_some() {
            let why = "a job of the pipeline writes it while it runs".to_owned();
            let text = include.text_of("artifact").unwrap_or_default().to_owned();
            self.closure.dynamic(&include.spot, "include", &text);
            self.unresolved(&include.spot, UnresolvedKind::Generated, &text, why);
        } else {
            let why = "this kind of include is not known".to_owned();
            self.unresolved(&include.spot, UnresolvedKind::Form, "include", why);
        }
        Vec::new()
    }

    fn local(&mut self, spot: &Spot, path: &str, given: &Inputs) -> Vec<Rc<Val>> {
        let path = path.trim().trim_start_matches('/');
        if path.contains('$') {
            self.closure.dynamic(spot, "include", path);
            let why = "its path depends on a variable".to_owned();
            self.unresolved(spot, UnresolvedKind::Include, path, why);
            return Vec::new();
        }
        let paths = if path.contains('*') {
            self.wildcard(spot, path)
        } else {
            vec![BString::from(path)]
        };
        let read = paths
            .iter()
            .filter_map(|path| self.own_file(spot, path.as_bstr(), given));
        read.collect()
    }

    fn own_file(&mut self, spot: &Spot, path: &BStr, given: &Inputs) -> Option<Rc<Val>> {
        let depth = self.open.len();
        let file = match self.closure.open(spot, "include", path, depth) {
            Ok(file) => file,
            Err(unresolved) => {
                self.add(spot, What::Unresolved(unresolved));
                return None;
            }
        };
        if self.open.contains(&file.path) {
            return None;
        }
        self.file(&file, Some(given))
    }

    fn wildcard(&mut self, spot: &Spot, pattern: &str) -> Vec<BString> {
        let before = pattern.split('*').next().unwrap_or_default();
        let folder = before.rfind('/').map_or("", |end| &before[..end]);
        let listed = match self.closure.list(BStr::new(folder)) {
            Ok(listed) => listed,
            Err(why) => {
                self.unresolved(spot, UnresolvedKind::Include, pattern, why);
                return Vec::new();
            }
        };
        let yaml = |path: &BString| path.ends_with(b".yml") || path.ends_with(b".yaml");
        let found: Vec<_> = listed
            .into_iter()
            .filter(|path| yaml(path) && sources::is_match(pattern.as_bytes(), path))
            .collect();
        if found.is_empty() {
            let why = "no file matches it".to_owned();
            self.unresolved(spot, UnresolvedKind::Include, pattern, why);
        }
        found
    }

    fn remote(&mut self, spot: &Spot, url: &str, integrity: Option<&str>) {
        self.closure.elsewhere(spot, "include", url);
        self.add(spot, What::Code(sources::remote(url, integrity)));
    }

    fn project(&mut self, include: &Val, project: &Rc<Val>, name: &str) {
        let files = include.get("file").map(|files| files.one_or_many());
        let version = include.text_of("ref").unwrap_or_default();
        for file in files.unwrap_or_default() {
            let path = file.text().unwrap_or_default();
            let code = sources::project(name, path, version);
            self.closure
                .elsewhere(&project.spot, "include", &format!("{name}/{path}"));
            self.add(&project.spot, What::Code(code));
        }
    }

    /// A template ships with the GitLab server itself: it has no version to pin.
    fn template(&mut self, spot: &Spot, name: &str) {
        self.closure
            .elsewhere(spot, "template", &format!("GitLab's template {name}"));
        if sources::is_security_template(name) {
            let guard = Guard {
                kind: GuardKind::Scan,
                tool: format!("template {name}"),
            };
            self.add(spot, What::Guard(guard));
        }
        let setting = Setting {
            name: "gitlab.template".to_owned(),
            value: name.to_owned(),
        };
        self.add(spot, What::Setting(setting));
    }

    /// A component; one of this very commit is read.
    fn component(&mut self, spot: &Spot, name: &str, given: &Inputs) -> Vec<Rc<Val>> {
        if let Some(own) = sources::own_component(name) {
            let paths = [
                format!("templates/{own}.yml"),
                format!("templates/{own}/template.yml"),
            ];
            let there = paths.iter().find(|path| self.closure.has(BStr::new(path)));
            let path = there.unwrap_or(&paths[0]);
            return self
                .own_file(spot, BStr::new(path), given)
                .into_iter()
                .collect();
        }
        self.closure.elsewhere(spot, "component", name);
        self.add(spot, What::Code(sources::component(name)));
        Vec::new()
    }

    fn unresolved(&mut self, spot: &Spot, kind: UnresolvedKind, text: &str, why: String) {
        let unresolved = Unresolved {
            kind,
            text: text.to_owned(),
            why,
        };
        self.add(spot, What::Unresolved(unresolved));
    }

    fn add(&mut self, spot: &Spot, what: What) {
        self.items.push(Item {
            slot: self.slot.clone(),
            order: 0,
            spot: spot.clone(),
            what,
        });
    }
}

fn without(content: &Rc<Val>, key: &str) -> Rc<Val> {
    let kept = |(name, _): &&(Name, Rc<Val>)| name.text != key;
    Rc::new(Val {
        spot: content.spot.clone(),
        tag: content.tag.clone(),
        value: Value::Map(content.pairs().iter().filter(kept).cloned().collect()),
    })
}

/// The beginning of a file.
pub(super) fn top(path: &Arc<BString>) -> Spot {
    Spot {
        path: path.clone(),
        line: 1,
        column: 1,
    }
}

fn shown(path: &BString) -> String {
    crate::model::text::escape(path)
}

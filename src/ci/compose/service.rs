//! One service: its own keys, then those of the services that it extends.
//! <https://docs.docker.com/reference/compose-file/services/>.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};

use super::environment::DotEnv;
use super::{build, environment, rights};
use crate::ci::closure::{Closure, normal};
use crate::ci::files::MAX_CLOSURE_DEPTH;
use crate::ci::image;
use crate::ci::notes::{Notes, unresolved};
use crate::ci::shell::{self, Dialect, Script};
use crate::ci::words::quoted;
use crate::ci::yaml::tree::{Node, Value, parse};
use crate::model::build::{
    ImageRole, ImageUse, Item, Job, Lifetime, SecretName, SecretUse, Target, TargetKind,
    UnresolvedKind, What,
};

/// A file with services, as it is read.
#[derive(Clone)]
pub(super) struct Source {
    /// Its path.
    pub(super) path: Arc<BString>,
    /// Its document.
    pub(super) root: Rc<Node>,
    /// How many files led here from the entry.
    pub(super) depth: usize,
}

impl Source {
    /// The services; those of the oldest form stand at the top.
    pub(super) fn services(&self) -> Vec<(&Node, &Node)> {
        if let Some(services) = self.root.get("services") {
            return services.pairs();
        }
        let is_service = |node: &Node| node.get("image").is_some() || node.get("build").is_some();
        let all = self.root.pairs().into_iter();
        all.filter(|(_, node)| is_service(node)).collect()
    }
}

/// What is gathered over the layers of one service.
pub(super) struct Reading<'c, 'f> {
    pub(super) closure: &'c mut Closure<'f>,
    pub(super) dot_env: &'c DotEnv,
    /// What the service has and does.
    pub(super) items: Vec<Item>,
    /// Stages of Dockerfiles that are no entry files.
    pub(super) builds: Vec<Job>,
    /// Keys that are decided already.
    seen: BTreeSet<String>,
    scripts: u32,
}

impl<'c, 'f> Reading<'c, 'f> {
    pub(super) fn new(closure: &'c mut Closure<'f>, dot_env: &'c DotEnv) -> Self {
        Self {
            closure,
            dot_env,
            items: Vec::new(),
            builds: Vec::new(),
            seen: BTreeSet::new(),
            scripts: 0,
        }
    }

    /// Reads a service and what it extends. `left` bounds the chain.
    pub(super) fn service(&mut self, source: &Source, service: &Node, left: usize) {
        let path = source.path.clone();
        let mut notes = Notes::new(&path);
        if !matches!(service.value, Value::Map(_)) && !service.is_null() {
            notes.odd(service, "service", "a service is no mapping");
        }
        self.image(&mut notes, source, service);
        rights::read(&mut notes, service, self.dot_env, &mut self.seen);
        if let Some(node) = service.get("environment") {
            environment::read(&mut notes, node, self.dot_env, &mut self.seen);
        }
        self.reach(&mut notes, source, service);
        self.scripts(&mut notes, source, service);
        self.env_files(&notes, service, source.depth);
        if let Some(extends) = service.get("extends") {
            self.extend(&mut notes, source, extends, left);
        }
        // What is extended comes first in the list, as it would in the file.
        self.items.splice(0..0, notes.items);
    }

    fn image(&mut self, notes: &mut Notes<'_>, source: &Source, service: &Node) {
        let built = service
            .get("build")
            .filter(|_| self.seen.insert("build".to_owned()));
        if let Some(node) = service
            .get("image")
            .filter(|_| self.seen.insert("image".to_owned()))
        {
            // With `build`, it is the name of what is built.
            let role = if service.get("build").is_some() || self.seen.contains("build") {
                ImageRole::Pushed
            } else {
                ImageRole::Deployed
            };
            let value = |name: &str| self.dot_env.0.get(name).cloned();
            match node.text() {
                Some(text) => {
                    if let Some(image) = image::parse(text, &value) {
                        notes.at(node, "image", What::Image(ImageUse { role, image }));
                    }
                }
                None => notes.odd(node, "image", "an image is no text"),
            }
        }
        if let Some(node) = built {
            let jobs = build::read(notes, node, self.dot_env, self.closure, source.depth);
            self.builds.extend(jobs);
        }
    }

    /// Secrets and networks.
    fn reach(&self, notes: &mut Notes<'_>, source: &Source, service: &Node) {
        for node in service
            .get("secrets")
            .map(Node::one_or_many)
            .unwrap_or_default()
        {
            if let Some(name) = node.text().or_else(|| node.text_of("source")) {
                let secret = SecretUse {
                    name: SecretName::Named(name.to_owned()),
                    lifetime: Lifetime::Lasting,
                    variable: None,
                };
                notes.at(node, "secrets", What::Secret(secret));
            }
        }
        let Some(networks) = service.get("networks") else {
            return;
        };
        let names = match &networks.value {
            Value::Map(_) => networks.pairs().into_iter().map(|(key, _)| key).collect(),
            _ => networks.one_or_many(),
        };
        for node in names {
            let Some(name) = node.text() else { continue };
            let real = source
                .root
                .at(&["networks", name, "name"])
                .and_then(Node::text);
            let name = self.dot_env.or_written(real.unwrap_or(name));
            let kind = TargetKind::Network;
            notes.at(node, "networks", What::Target(Target { kind, name }));
        }
    }

    fn scripts(&mut self, notes: &mut Notes<'_>, source: &Source, service: &Node) {
        let test = service.at(&["healthcheck", "test"]);
        let fixed = [
            ("entrypoint", service.get("entrypoint")),
            ("command", service.get("command")),
            ("healthcheck", test),
        ];
        for (slot, node) in fixed {
            if let Some(node) = node.filter(|_| self.seen.insert(slot.to_owned())) {
                self.script(notes, source, slot, node);
            }
        }
        for hook in ["post_start", "pre_stop"] {
            for one in service.get(hook).map(Node::one_or_many).unwrap_or_default() {
                if let Some(node) = one.get("command") {
                    self.script(notes, source, hook, node);
                }
                rights::read(notes, one, self.dot_env, &mut BTreeSet::new());
            }
        }
    }

    fn script(&mut self, notes: &mut Notes<'_>, source: &Source, slot: &str, node: &Node) {
        let words: Vec<_> = node.items().iter().filter_map(|item| item.text()).collect();
        let text = match (node.text(), words.as_slice()) {
            (Some(text), _) => text.to_owned(),
            (None, ["CMD-SHELL", script, ..]) => (*script).to_owned(),
            (None, ["CMD" | "NONE", rest @ ..]) if slot == "healthcheck" => quoted(rest),
            (None, words) => quoted(words),
        };
        let text = text.replace("$$", "$");
        let script = Script {
            text: &text,
            path: notes.path,
            line: &|line| node.line_of_text(line),
            column: node.column,
            slot,
            order: self.scripts,
            script: self.scripts,
            dialect: Dialect::Posix,
            depth: source.depth,
        };
        self.scripts += 1;
        notes.items.extend(shell::read(&script, self.closure));
    }

    /// Notes which files of variables are read.
    fn env_files(&mut self, notes: &Notes<'_>, service: &Node, depth: usize) {
        for node in service
            .get("env_file")
            .map(Node::one_or_many)
            .unwrap_or_default()
        {
            let name = node.text().or_else(|| node.text_of("path"));
            let path = name.and_then(|name| beside(notes.path, name));
            if let Some(path) = path.filter(|path| self.closure.has(path.as_bstr())) {
                let spot = notes.spot_of(node);
                drop(
                    self.closure
                        .open(&spot, "environment file", path.as_bstr(), depth + 1),
                );
            }
        }
    }

    fn extend(&mut self, notes: &mut Notes<'_>, source: &Source, extends: &Node, left: usize) {
        if let Err(what) = self.base(notes, source, extends, left) {
            notes.at(extends, "extends", *what);
        }
    }

    fn base(
        &mut self,
        notes: &Notes<'_>,
        source: &Source,
        extends: &Node,
        left: usize,
    ) -> Result<(), Box<What>> {
        let name = extends.text().or_else(|| extends.text_of("service"));
        let file = extends.text_of("file");
        let text = file.or(name).unwrap_or("extends");
        let refuse = |kind, why: &str| Box::new(unresolved(kind, text, why));
        let name = name.ok_or_else(|| refuse(UnresolvedKind::Form, "it names no service"))?;
        if left == 0 {
            let why = format!("it extends more than {MAX_CLOSURE_DEPTH} services");
            return Err(refuse(UnresolvedKind::Include, &why));
        }
        let base = match file {
            None => source.clone(),
            Some(file) => open(self.closure, notes, extends, file, source.depth + 1)?,
        };
        let services = base.services();
        let found = services.iter().find(|(key, _)| key.text() == Some(name));
        let why = "there is no service of this name";
        let (_, service) = found.ok_or_else(|| refuse(UnresolvedKind::Include, why))?;
        self.service(&base, service, left - 1);
        Ok(())
    }
}

/// A path beside a file.
pub(crate) fn beside(path: &BString, name: &str) -> Option<BString> {
    let folder = path.rfind_byte(b'/').map_or(&b""[..], |end| &path[..end]);
    normal(folder.as_bstr(), BStr::new(name))
}

/// Opens another file with services.
pub(super) fn open(
    closure: &mut Closure<'_>,
    notes: &Notes<'_>,
    at: &Node,
    name: &str,
    depth: usize,
) -> Result<Source, Box<What>> {
    let spot = notes.spot_of(at);
    let refuse = |why: &str| Box::new(unresolved(UnresolvedKind::Include, name, why));
    if name.contains('$') {
        closure.dynamic(&spot, "include", name);
        return Err(refuse("the path is not known before the run"));
    }
    let path = beside(notes.path, name).ok_or_else(|| refuse("it leads out of the repository"))?;
    let opened = closure
        .open(&spot, "include", path.as_bstr(), depth)
        .map_err(|missing| Box::new(What::Unresolved(missing)))?;
    let roots = parse(&opened.content).map_err(|error| refuse(&error.reason))?;
    let root = roots
        .first()
        .cloned()
        .ok_or_else(|| refuse("it is empty"))?;
    let path = opened.path;
    Ok(Source { path, root, depth })
}

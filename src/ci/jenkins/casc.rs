//! The controller's configuration as code: who may do what, what it runs by
//! itself, what it trusts. <https://www.jenkins.io/projects/jcasc/>

use std::sync::Arc;

use bstr::BString;

use super::access;
use super::library::by_url;
use super::settings::is_secret;
use super::token::Text;
use super::tree::Source;
use super::unit::Unit;
use super::work::form;
use super::{container, pod};
use crate::ci::Files;
use crate::ci::host::engine_api;
use crate::ci::yaml::tree::{Node, Value, parse};
use crate::model::build::{
    Blueprint, CodeKind, CodeSource, CodeUse, ImageRole, Item, Literal, Pin, Privilege, Setting,
    Spot, What,
};

/// Most values of one file that are looked at.
const MAX_NODES: usize = 100_000;

/// Keys at the top of the configuration that make a file a part of it.
const PARTS: &[&str] = &["jenkins", "unclassified", "security", "credentials"];

/// Whether a file that lies where configuration as code lies is a part of it.
pub(super) fn is_part(content: &[u8]) -> bool {
    let Ok(roots) = parse(content) else {
        return false;
    };
    roots
        .iter()
        .any(|root| PARTS.iter().any(|key| root.get(key).is_some()))
}

/// Reads one file of it.
pub(super) fn read(blueprint: &mut Blueprint, content: &[u8], files: &mut dyn Files) {
    let roots = match parse(content) {
        Ok(roots) => roots,
        Err(error) => {
            return blueprint
                .items
                .push(form(super::start(&blueprint.path), error.reason));
        }
    };
    let mut reading = Reading {
        path: blueprint.path.clone(),
        items: Vec::new(),
        left: MAX_NODES,
    };
    for root in &roots {
        reading.controller(root);
        reading.libraries(root);
        reading.look(root, "");
        super::casc_jobs::read(root, blueprint, files);
    }
    blueprint.items.extend(reading.items);
}

struct Reading {
    path: Arc<BString>,
    items: Vec<Item>,
    left: usize,
}

impl Reading {
    fn spot(&self, node: &Node) -> Spot {
        Spot {
            path: self.path.clone(),
            line: node.line,
            column: node.column,
        }
    }

    fn set(&mut self, name: &str, node: &Node, value: impl Into<String>) {
        let setting = Setting {
            name: name.to_owned(),
            value: value.into(),
        };
        let spot = self.spot(node);
        self.items
            .push(Item::of(name, spot, What::Setting(setting)));
    }

    fn controller(&mut self, root: &Node) {
        let Some(jenkins) = root.get("jenkins") else {
            return;
        };
        if jenkins.own_pairs().is_empty() && !jenkins.is_null() {
            return self.items.push(form(
                self.spot(jenkins),
                "`jenkins` is no mapping".to_owned(),
            ));
        }
        if let Some(strategy) = jenkins.get("authorizationStrategy") {
            self.set("jenkins.authorization", strategy, chosen(strategy));
            let path = self.path.clone();
            self.items.extend(access::read(&path, strategy));
        }
        if let Some(signup) = jenkins.at(&["securityRealm", "local", "allowsSignup"]) {
            self.set("jenkins.signup", signup, truth(signup));
        }
        if let Some(realm) = jenkins.get("securityRealm") {
            self.set("jenkins.security-realm", realm, chosen(realm));
        }
        if let Some(executors) = jenkins.get("numExecutors") {
            self.set(
                "jenkins.controller-executors",
                executors,
                executors.text().unwrap_or_default(),
            );
        }
        if let Some(crumbs) = jenkins.get("crumbIssuer") {
            self.set("jenkins.crumb-issuer", crumbs, chosen(crumbs));
        }
        if let Some(remoting) = jenkins.at(&["remotingSecurity", "enabled"]) {
            self.set("jenkins.agent-to-controller", remoting, truth(remoting));
        }
        for protocol in jenkins
            .get("agentProtocols")
            .map(Node::one_or_many)
            .unwrap_or_default()
        {
            self.set(
                "jenkins.agent-protocol",
                protocol,
                protocol.text().unwrap_or_default(),
            );
        }
        if let Some(markup) = jenkins.get("markupFormatter") {
            self.set("jenkins.markup", markup, chosen(markup));
        }
    }

    fn libraries(&mut self, root: &Node) {
        let lists = [
            ["unclassified", "globalLibraries", "libraries"],
            ["unclassified", "globalUntrustedLibraries", "libraries"],
        ];
        let libraries = lists.iter().filter_map(|keys| root.at(keys));
        for library in libraries.flat_map(Node::one_or_many) {
            let name = library.text_of("name").unwrap_or_default();
            let version = library.text_of("defaultVersion").unwrap_or_default();
            let code = match remote(library, 0) {
                Some(url) => by_url(CodeKind::Library, url, version),
                None => CodeUse {
                    kind: CodeKind::Library,
                    source: CodeSource::Elsewhere {
                        host: String::new(),
                        name: name.to_owned(),
                        path: String::new(),
                    },
                    pin: Pin::of_git(version),
                    version: version.to_owned(),
                    comment: None,
                },
            };
            let spot = self.spot(library);
            self.items.push(Item::of(
                &format!("libraries/{name}"),
                spot,
                What::Code(code),
            ));
            if let Some(implicit) = library.get("implicit").filter(|node| node.is_true()) {
                self.set("jenkins.library-implicit", implicit, name);
            }
        }
    }

    /// What counts wherever it stands: secrets in clear, host keys, clouds.
    fn look(&mut self, node: &Node, within: &str) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        if self.left == 0 {
            return self.items.push(form(
                self.spot(node),
                format!("it has more than {MAX_NODES} values"),
            ));
        }
        for item in node.items() {
            self.look(item, within);
        }
        for (key, value) in node.pairs() {
            let key = key.text().unwrap_or_default();
            match value.value {
                Value::Scalar { .. } => self.scalar(key, value, within),
                _ => self.nested(key, value),
            }
            self.look(value, key);
        }
    }

    fn nested(&mut self, key: &str, value: &Node) {
        match key {
            "sshHostKeyVerificationStrategy" => self.host_keys(value),
            "approvedSignatures" => {
                for signature in value.items() {
                    self.set(
                        "jenkins.script-approval",
                        signature,
                        signature.text().unwrap_or_default(),
                    );
                }
            }
            _ => {}
        }
    }

    fn host_keys(&mut self, value: &Node) {
        self.set("jenkins.host-keys", value, chosen(value));
    }

    fn scalar(&mut self, key: &str, value: &Node, within: &str) {
        let (text, spot) = (value.text().unwrap_or_default(), self.spot(value));
        let mut push = |what| {
            self.items
                .push(Item::of(&format!("{within}/{key}"), spot.clone(), what))
        };
        match key {
            "sshHostKeyVerificationStrategy" => self.host_keys(value),
            "useScriptSecurity" => self.set("jenkins.job-dsl-sandbox", value, truth(value)),
            "privileged" if value.is_true() => push(What::Privilege(Privilege::Privileged)),
            "hostPath" => push(What::Privilege(container::host_path(text))),
            "uri" if within == "dockerHost" => {
                if let Some(open) = engine_api(text) {
                    push(What::Privilege(open));
                }
            }
            "image" => {
                let slot = format!("{within}/image");
                let item = container::image(text, ImageRole::Runs, spot);
                self.items.extend(item.map(|item| Item { slot, ..item }));
            }
            "yaml" if pod::may_be_manifest(text) => {
                let text = Text {
                    text: text.to_owned(),
                    lines: lines(value),
                    pasted: Vec::new(),
                };
                let source = Source::new(&self.path, "", 0);
                self.items
                    .extend(pod::items(&Unit::of(&source), &text, "clouds/pod"));
            }
            // In `env: [{key: …, value: …}]` the neighbour holds the name.
            _ if is_secret(key, text) => {
                let name = if within.is_empty() {
                    key.to_owned()
                } else {
                    format!("{within}.{key}")
                };
                push(What::Literal(Literal { name }));
            }
            _ => {}
        }
    }
}

/// The word, or the one key, that says which of several is meant.
fn chosen(node: &Node) -> String {
    match node.text() {
        Some(text) => text.to_owned(),
        None => node
            .own_pairs()
            .first()
            .and_then(|(key, _)| key.text())
            .unwrap_or_default()
            .to_owned(),
    }
}

fn truth(node: &Node) -> &'static str {
    if node.is_true() { "true" } else { "false" }
}

/// The first `remote:` at any depth.
fn remote(node: &Node, depth: usize) -> Option<&str> {
    if depth > 8 {
        return None;
    }
    let own = ["remote", "repositoryUrl", "url"]
        .iter()
        .find_map(|key| node.text_of(key));
    own.or_else(|| {
        node.own_pairs()
            .iter()
            .find_map(|(_, value)| remote(value, depth + 1))
    })
}

pub(super) fn lines(node: &Node) -> Vec<u32> {
    let count = node.text().unwrap_or_default().lines().count();
    (0..=count).map(|line| node.line_of_text(line)).collect()
}

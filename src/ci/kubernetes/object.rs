//! Objects of a cluster: what each kind says, and who reads it.

use std::sync::Arc;

use bstr::BString;

use super::{admission, gitops, manifest_items, pod, rbac};
use crate::ci::closure::Closure;
use crate::ci::notes::Notes;
use crate::ci::secret::{is_literal, is_secret_name};
use crate::ci::yaml::tree::{Node, Value};
use crate::model::build::{Job, Literal, Setting, Spot, Target, TargetKind, What};

/// Deepest list of objects inside a list.
const MAX_LISTS: usize = 4;

/// What has been read of one file.
pub(super) struct Reading<'a, 'c, 'f> {
    /// What the file says beside its workloads.
    pub(super) notes: Notes<'a>,
    /// Containers and applications.
    pub(super) jobs: Vec<Job>,
    /// The tree.
    pub(super) closure: &'c mut Closure<'f>,
    /// Whether it is a template whose values are not known.
    pub(super) rendered: bool,
}

/// One object.
#[derive(Clone, Copy)]
pub(super) struct Object<'n> {
    /// `apps/v1`.
    pub(super) version: &'n str,
    /// `Deployment`.
    pub(super) kind: &'n str,
    /// Empty if none is written.
    pub(super) namespace: &'n str,
    /// `metadata.name`.
    pub(super) name: &'n str,
    /// The whole.
    pub(super) root: &'n Node,
}

impl<'n> Object<'n> {
    /// Its place in the cluster: `Deployment/pay/web`.
    pub(super) fn slot(&self) -> String {
        format!("{}/{}/{}", self.kind, self.namespace, self.name)
    }

    /// `spec`, or what stands for it.
    pub(super) fn spec(&self) -> &'n Node {
        self.root.get("spec").unwrap_or(self.root)
    }

    /// The API group without its version; empty for the core.
    pub(super) fn group(&self) -> &'n str {
        self.version.split_once('/').map_or("", |(group, _)| group)
    }
}

impl<'a, 'c, 'f> Reading<'a, 'c, 'f> {
    pub(super) fn new(path: &'a Arc<BString>, closure: &'c mut Closure<'f>) -> Self {
        Self {
            notes: Notes::new(path),
            jobs: Vec::new(),
            closure,
            rendered: false,
        }
    }

    /// Reads one document.
    pub(super) fn document(&mut self, root: &Node) {
        self.object(root, MAX_LISTS);
    }

    fn object(&mut self, root: &Node, left: usize) {
        let (Some(version), Some(kind)) = (root.text_of("apiVersion"), root.text_of("kind")) else {
            return;
        };
        if kind.ends_with("List")
            && let Some(items) = root.get("items")
        {
            match left.checked_sub(1) {
                Some(left) => items
                    .items()
                    .iter()
                    .for_each(|item| self.object(item, left)),
                None => self
                    .notes
                    .odd(root, "items", "lists are too deep inside one another"),
            }
            return;
        }
        let meta = |key: &str| root.at(&["metadata", key]).and_then(Node::text);
        let object = Object {
            version,
            kind,
            namespace: meta("namespace").unwrap_or_default(),
            name: meta("name")
                .or_else(|| meta("generateName"))
                .unwrap_or_default(),
            root,
        };
        self.of_kind(object);
    }

    fn of_kind(&mut self, object: Object<'_>) {
        let notes = &mut self.notes;
        match object.kind {
            "CustomResourceDefinition" => {}
            "Secret" => secret(notes, object),
            "ConfigMap" => config_map(notes, object),
            "Role" | "ClusterRole" => rbac::role(notes, object),
            "RoleBinding" | "ClusterRoleBinding" => rbac::binding(notes, object),
            "ServiceAccount" => automount(notes, object, object.root),
            "Service" => service(notes, object),
            "NetworkPolicy" => admission::network_policy(notes, object),
            "Namespace" => admission::namespace(notes, object),
            "Config" if object.root.get("clusters").is_some() => kubeconfig(notes, object.root),
            _ if admission::is_policy(object) => admission::policy(notes, object),
            _ if gitops::is_source(object) => gitops::read(self, object),
            _ => pod::workload(self, object),
        }
    }
}

/// A setting of an object.
pub(super) fn setting(notes: &mut Notes<'_>, node: &Node, slot: String, name: &str, value: &str) {
    let what = What::Setting(Setting {
        name: name.to_owned(),
        value: value.to_owned(),
    });
    notes.at(node, slot, what);
}

/// `automountServiceAccountToken`, where it is switched on.
pub(super) fn automount(notes: &mut Notes<'_>, object: Object<'_>, holder: &Node) {
    let key = "automountServiceAccountToken";
    if let Some(node) = holder.get(key).filter(|node| node.is_true()) {
        let slot = format!("{}/{key}", object.slot());
        setting(notes, node, slot, "kubernetes.automount-token", "true");
    }
}

/// A Secret in clear. Encrypted ones (SOPS) say so; sealed ones are another kind.
fn secret(notes: &mut Notes<'_>, object: Object<'_>) {
    if object.root.get("sops").is_some() {
        return;
    }
    for key in ["data", "stringData"] {
        for (name, value) in object.root.get(key).map(Node::pairs).unwrap_or_default() {
            let text = value.text().unwrap_or_default();
            let open = !value.is_null() && is_literal(text);
            if let Some(name) = name.text().filter(|name| open && !is_public(name)) {
                let slot = format!("{}/{key}/{name}", object.slot());
                let name = format!("{}/{name}", object.name);
                notes.at(value, slot, What::Literal(Literal { name }));
            }
        }
    }
}

/// Whether a key of a Secret holds what everybody may know: a certificate, a public key.
fn is_public(name: &str) -> bool {
    [".crt", ".cert", ".pub"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// A ConfigMap may hold manifests, and secrets that do not belong there.
fn config_map(notes: &mut Notes<'_>, object: Object<'_>) {
    for (name, value) in object.root.get("data").map(Node::pairs).unwrap_or_default() {
        let (Some(name), Some(text)) = (name.text(), value.text()) else {
            continue;
        };
        let slot = format!("{}/data/{name}", object.slot());
        if is_secret_name(name) && is_literal(text) && !text.contains('\n') {
            let name = name.to_owned();
            notes.at(value, slot, What::Literal(Literal { name }));
        } else if text.contains("apiVersion") && text.contains("kind") {
            let line = value.line_of_text(0);
            let first = Spot {
                line,
                ..notes.spot_of(value)
            };
            let before = notes.items.len();
            manifest_items(text, &first, &mut notes.items);
            for item in notes.items.iter_mut().skip(before) {
                item.slot = format!("{slot}/{}", item.slot);
            }
        }
    }
}

/// How a Service is reached from outside the cluster.
fn service(notes: &mut Notes<'_>, object: Object<'_>) {
    let kind = object.spec().get("type");
    let open = kind.filter(|node| matches!(node.text(), Some("LoadBalancer" | "NodePort")));
    if let Some(node) = open {
        let slot = format!("{}/type", object.slot());
        let value = node.text().unwrap_or_default();
        setting(notes, node, slot, "kubernetes.service-type", value);
    }
}

/// A client's configuration: clusters, and credentials in clear.
fn kubeconfig(notes: &mut Notes<'_>, root: &Node) {
    let list = |key: &str| root.get(key).map(Node::items).unwrap_or_default();
    for cluster in list("clusters") {
        let name = cluster.text_of("name").unwrap_or_default();
        if let Some(node) = cluster.at(&["cluster", "server"]) {
            let what = What::Target(Target {
                kind: TargetKind::Cluster,
                name: node.text().unwrap_or(name).to_owned(),
            });
            notes.at(node, format!("clusters/{name}"), what);
        }
        let unchecked = cluster.at(&["cluster", "insecure-skip-tls-verify"]);
        if let Some(node) = unchecked.filter(|node| node.is_true()) {
            let slot = format!("clusters/{name}/insecure");
            setting(
                notes,
                node,
                slot,
                "kubernetes.insecure-skip-tls-verify",
                "true",
            );
        }
    }
    for user in list("users") {
        let name = user.text_of("name").unwrap_or_default();
        for key in ["token", "password", "client-key-data"] {
            let node = user.at(&["user", key]);
            let clear = node.filter(|node| node.text().is_some_and(is_literal));
            if let Some(node) = clear {
                let name = format!("users/{name}/{key}");
                notes.at(node, name.clone(), What::Literal(Literal { name }));
            }
        }
    }
}

/// A short text for a piece of a manifest, keys sorted, that two writers would share.
pub(super) fn normal_form(node: &Node) -> String {
    let mut text = String::new();
    write_form(node, &mut text, MAX_FORM_DEPTH);
    text
}

/// Deepest node that a normal form holds.
const MAX_FORM_DEPTH: usize = 12;
/// Longest normal form, in bytes.
const MAX_FORM: usize = 2048;

fn write_form(node: &Node, text: &mut String, left: usize) {
    if left == 0 || text.len() > MAX_FORM {
        return text.push('…');
    }
    match &node.value {
        Value::Scalar { text: own, .. } => text.push_str(own),
        Value::List(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { ", " });
                write_form(item, text, left - 1);
            }
            text.push(']');
        }
        Value::Map(_) => {
            let mut pairs = node.pairs();
            pairs.sort_by_key(|(key, _)| key.text().unwrap_or_default().to_owned());
            text.push('{');
            for (at, (key, value)) in pairs.into_iter().enumerate() {
                text.push_str(if at == 0 { "" } else { ", " });
                text.push_str(key.text().unwrap_or_default());
                text.push_str(": ");
                write_form(value, text, left - 1);
            }
            text.push('}');
        }
    }
}

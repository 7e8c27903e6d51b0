//! What a service is given of its host.

use std::collections::BTreeSet;

use super::environment::DotEnv;
use crate::ci::host;
use crate::ci::notes::Notes;
use crate::ci::yaml::tree::{Node, Value};
use crate::model::build::{Privilege, Setting, What};

/// The keys that hold a namespace, and which.
const NAMESPACES: [(&str, &str); 6] = [
    ("network_mode", "network"),
    ("pid", "pid"),
    ("ipc", "ipc"),
    ("uts", "uts"),
    ("userns_mode", "user"),
    ("cgroup", "cgroup"),
];

/// Reads one entry of a list.
type Entry = fn(&str) -> Option<Privilege>;

/// Reads the rights that a service's mapping gives. Keys that `seen` holds are
/// overridden; lists add up.
pub(super) fn read(
    notes: &mut Notes<'_>,
    service: &Node,
    dot_env: &DotEnv,
    seen: &mut BTreeSet<String>,
) {
    let mut scalar = |key: &str| service.get(key).filter(|_| seen.insert(key.to_owned()));
    if let Some(node) = scalar("privileged") {
        let known = node.text().map(|text| dot_env.or_written(text));
        let unknown = known.as_ref().is_some_and(|text| text.contains('$'));
        if node.is_true() || unknown || known.as_deref() == Some("true") {
            notes.at(node, "privileged", What::Privilege(Privilege::Privileged));
        }
    }
    for (key, namespace) in NAMESPACES {
        let Some(node) = scalar(key) else { continue };
        if node
            .text()
            .is_some_and(|text| dot_env.or_written(text) == "host")
        {
            let what = What::Privilege(Privilege::HostNamespace(namespace));
            notes.at(node, key, what);
        }
    }
    if let Some(node) = scalar("user")
        && let Some(privilege) = node
            .text()
            .and_then(|text| host::user(&dot_env.or_written(text)))
    {
        notes.at(node, "user", What::Privilege(privilege));
    }
    let lists: [(&str, Entry); 2] = [
        ("cap_add", host::capability),
        ("security_opt", host::security_option),
    ];
    for (key, read) in lists {
        for node in service.get(key).map(Node::one_or_many).unwrap_or_default() {
            let privilege = node.text().and_then(|text| read(&dot_env.or_written(text)));
            if let Some(privilege) = privilege {
                notes.at(node, key, What::Privilege(privilege));
            }
        }
    }
    devices(notes, service, dot_env);
    volumes(notes, service, dot_env);
    ports(notes, service, dot_env);
}

fn devices(notes: &mut Notes<'_>, service: &Node, dot_env: &DotEnv) {
    for key in ["devices", "device_cgroup_rules"] {
        for node in service.get(key).map(Node::one_or_many).unwrap_or_default() {
            let written = node.text().or_else(|| node.text_of("source"));
            let Some(text) = written.map(|text| dot_env.or_written(text)) else {
                continue;
            };
            // `vendor/class=name` is a device of the Container Device Interface.
            let device = text.split(':').next().unwrap_or(&text).to_owned();
            notes.at(node, key, What::Privilege(Privilege::Device(device)));
        }
    }
}

fn volumes(notes: &mut Notes<'_>, service: &Node, dot_env: &DotEnv) {
    let Some(volumes) = service.get("volumes").filter(|node| !node.is_null()) else {
        return;
    };
    if !matches!(volumes.value, Value::List(_)) {
        return notes.odd(volumes, "volumes", "volumes are no list");
    }
    for node in volumes.items() {
        let full = node.text().map(|text| dot_env.or_written(text));
        let source = match &full {
            Some(text) => host::short_mount(text).map(|(source, _)| source.to_owned()),
            None => node.text_of("source").map(|text| dot_env.or_written(text)),
        };
        let target = match &full {
            Some(text) => host::short_mount(text).map_or(text.as_str(), |(_, target)| target),
            None => node.text_of("target").unwrap_or_default(),
        };
        let target = target.split(':').next().unwrap_or_default();
        if let Some(privilege) = source.as_deref().and_then(host::mount) {
            notes.at(
                node,
                format!("volumes/{target}"),
                What::Privilege(privilege),
            );
        }
    }
}

/// Where a port of a service is open: the host's address and port.
fn ports(notes: &mut Notes<'_>, service: &Node, dot_env: &DotEnv) {
    for node in service
        .get("ports")
        .map(Node::one_or_many)
        .unwrap_or_default()
    {
        let value = match node.text() {
            Some(text) => open_port(&dot_env.or_written(text)),
            None => {
                let part = |key: &str| node.text_of(key).map(|text| dot_env.or_written(text));
                let address = part("host_ip").unwrap_or_else(|| "0.0.0.0".to_owned());
                format!("{address}:{}", part("published").unwrap_or_default())
            }
        };
        let name = "compose.port".to_owned();
        notes.at(
            node,
            format!("ports/{value}"),
            What::Setting(Setting { name, value }),
        );
    }
}

/// `[[address:]published:]target[/protocol]`.
fn open_port(text: &str) -> String {
    let text = text.split('/').next().unwrap_or(text);
    let Some((before, _)) = text.rsplit_once(':') else {
        return "0.0.0.0:".to_owned();
    };
    match before.rsplit_once(':') {
        Some((address, port)) => format!("{address}:{port}"),
        None => format!("0.0.0.0:{before}"),
    }
}

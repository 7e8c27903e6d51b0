//! The settings of container engines: which registries are trusted and how,
//! who may talk to the engine, what confines containers.
//!
//! <https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file>,
//! containers-registries.conf(5), containers-policy.json(5), buildkitd.toml(5),
//! <https://github.com/containerd/containerd/blob/main/docs/hosts.md>.

use bstr::ByteSlice;
use toml::Value as Toml;

use crate::ci::notes::{Notes, unresolved};
use crate::ci::secret::without_login;
use crate::ci::yaml::json_tree::parse_either;
use crate::ci::yaml::tree::Node;
use crate::model::build::{
    Blueprint, Literal, Privilege, Registry, RegistryKind, Setting, UnresolvedKind, What,
};

/// Most tables inside one another that are looked into.
const MAX_TABLES: usize = 32;

/// Reads the file if it is an engine's settings; whether it is.
pub(super) fn read(text: &str, blueprint: &mut Blueprint) -> bool {
    let path = blueprint.path.clone();
    let mut notes = Notes::new(&path);
    let lower = path.to_ascii_lowercase();
    let json: Option<fn(&mut Notes<'_>, &Node)> = if lower.ends_with(b"daemon.json") {
        Some(daemon)
    } else if lower.ends_with(b"policy.json") {
        Some(policy)
    } else if lower.ends_with(b"config.json") {
        Some(client)
    } else {
        None
    };
    let is_toml = lower.ends_with(b".toml") || lower.ends_with(b".conf");
    if let Some(read) = json {
        match parse_either(text.as_bytes()) {
            Ok(roots) => roots.iter().for_each(|root| read(&mut notes, root)),
            Err(error) => notes.on(
                1,
                "file",
                unresolved(UnresolvedKind::Form, "the file", &error.reason),
            ),
        }
    } else if is_toml {
        match toml::from_str::<toml::Table>(text) {
            Ok(table) => tables(&mut notes, text, "", &table, MAX_TABLES),
            Err(_) => notes.on(
                1,
                "file",
                unresolved(UnresolvedKind::Form, "the file", "it is not TOML"),
            ),
        }
    } else if !lower.contains_str("certs.d/") && !lower.ends_with(b"ignore") {
        return false;
    }
    blueprint.items = notes.items;
    true
}

fn registry(kind: RegistryKind, url: &str) -> What {
    What::Registry(Registry {
        ecosystem: "docker",
        kind,
        url: without_login(url),
    })
}

fn setting(name: &str, value: &str) -> What {
    What::Setting(Setting {
        name: name.to_owned(),
        value: value.to_owned(),
    })
}

/// `daemon.json`.
fn daemon(notes: &mut Notes<'_>, root: &Node) {
    let list = |key: &str| root.get(key).map(Node::one_or_many).unwrap_or_default();
    let verified = root.get("tlsverify").is_some_and(Node::is_true);
    for host in list("hosts") {
        let Some(url) = host.text() else { continue };
        let tcp = ["tcp:", "http:", "0.0.0.0", "["]
            .iter()
            .any(|start| url.starts_with(start));
        if tcp && !verified {
            let what = What::Privilege(Privilege::OpenEngineApi(url.to_owned()));
            notes.at(host, "hosts", what);
        }
    }
    let kinds = [
        ("insecure-registries", RegistryKind::Unverified),
        ("registry-mirrors", RegistryKind::Instead),
    ];
    for (key, kind) in kinds {
        for url in list(key) {
            if let Some(text) = url.text() {
                notes.at(url, key, registry(kind, text));
            }
        }
    }
    let settings = [
        ("icc", "docker.icc"),
        ("userns-remap", "docker.userns"),
        ("no-new-privileges", "docker.no-new-privileges"),
        ("authorization-plugins", "docker.authorization"),
        ("selinux-enabled", "docker.selinux"),
    ];
    for (key, name) in settings {
        if let Some(value) = root.get(key) {
            let all: Vec<_> = value
                .one_or_many()
                .into_iter()
                .filter_map(Node::text)
                .collect();
            notes.at(value, key, setting(name, &all.join(",")));
        }
    }
    if let Some(profile) = root
        .get("seccomp-profile")
        .filter(|it| it.text() == Some("unconfined"))
    {
        let what = What::Privilege(Privilege::Unconfined("seccomp=unconfined".to_owned()));
        notes.at(profile, "seccomp-profile", what);
    }
}

/// `policy.json`: what signatures images must have.
fn policy(notes: &mut Notes<'_>, root: &Node) {
    let mut scopes: Vec<(String, &Node)> = Vec::new();
    scopes.extend(root.get("default").map(|it| ("default".to_owned(), it)));
    for (transport, of) in root.get("transports").map(Node::pairs).unwrap_or_default() {
        for (scope, requirements) in of.pairs() {
            let (transport, scope) = (transport.text().unwrap_or("?"), scope.text().unwrap_or("?"));
            scopes.push((format!("{transport}:{scope}"), requirements));
        }
    }
    for (scope, requirements) in scopes {
        for requirement in requirements.items() {
            let kind = requirement.text_of("type").unwrap_or("?");
            let what = setting(&format!("docker.policy.{scope}"), kind);
            notes.at(requirement, format!("policy/{scope}"), what);
        }
    }
}

/// `~/.docker/config.json`.
fn client(notes: &mut Notes<'_>, root: &Node) {
    for (host, login) in root.get("auths").map(Node::pairs).unwrap_or_default() {
        for key in ["auth", "password", "identitytoken", "registrytoken"] {
            let value = login
                .get(key)
                .filter(|it| it.text().is_some_and(|text| !text.is_empty()));
            if let Some(value) = value {
                let host = host.text().unwrap_or("?");
                let name = format!("auths/{host}/{key}");
                notes.at(value, name.clone(), What::Literal(Literal { name }));
            }
        }
    }
}

/// `registries.conf`, `hosts.toml`, `buildkitd.toml` and containerd's
/// `config.toml` name the same things alike; a table without a location of its
/// own is named by its key.
fn tables(notes: &mut Notes<'_>, text: &str, name: &str, table: &toml::Table, left: usize) {
    if left == 0 {
        let why = "tables are too deep inside one another";
        return notes.on(1, "file", unresolved(UnresolvedKind::Form, name, why));
    }
    let own = ["location", "prefix", "server"]
        .iter()
        .find_map(|key| table.get(*key)?.as_str());
    let name = own.unwrap_or(name);
    for (key, value) in table {
        let kind = match key.as_str() {
            "insecure" | "skip_verify" | "insecure_skip_verify" | "http"
                if value.as_bool() == Some(true) =>
            {
                notes.on(
                    line_of(text, name),
                    "insecure",
                    registry(RegistryKind::Unverified, name),
                );
                continue;
            }
            "unqualified-search-registries" => RegistryKind::Besides,
            "mirrors" | "endpoint" | "location" | "server" => RegistryKind::Instead,
            "registries" if name == "insecure" => RegistryKind::Unverified,
            "registries" => RegistryKind::Besides,
            "insecure-entitlements" => {
                entitlements(notes, text, value);
                continue;
            }
            _ => {
                inner(notes, text, key, value, left);
                continue;
            }
        };
        if matches!(value, Toml::Table(_)) {
            inner(notes, text, key, value, left);
        }
        for url in strings(value) {
            let of = if kind == RegistryKind::Instead {
                name
            } else {
                ""
            };
            notes.on(
                line_of(text, url),
                format!("{key}/{of}"),
                registry(kind, url),
            );
        }
    }
}

fn inner(notes: &mut Notes<'_>, text: &str, key: &str, value: &Toml, left: usize) {
    match value {
        Toml::Table(table) => tables(notes, text, key, table, left - 1),
        Toml::Array(all) => {
            for table in all.iter().filter_map(Toml::as_table) {
                tables(notes, text, key, table, left - 1);
            }
        }
        _ => {}
    }
}

fn entitlements(notes: &mut Notes<'_>, text: &str, value: &Toml) {
    for name in strings(value) {
        let privilege = match name {
            "network.host" => Privilege::HostNamespace("network"),
            _ => Privilege::Privileged,
        };
        notes.on(
            line_of(text, name),
            "insecure-entitlements",
            What::Privilege(privilege),
        );
    }
}

fn strings(value: &Toml) -> Vec<&str> {
    match value {
        Toml::String(text) => vec![text],
        Toml::Array(all) => all.iter().filter_map(Toml::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The first line that holds a word.
fn line_of(text: &str, word: &str) -> u32 {
    let at = text.lines().position(|line| line.contains(word));
    u32::try_from(at.unwrap_or(0))
        .unwrap_or(u32::MAX)
        .saturating_add(1)
}

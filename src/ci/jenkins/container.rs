//! Containers that a pipeline names: images, options of the engine,
//! `docker.…` and the Kubernetes plugin's templates.
//! <https://www.jenkins.io/doc/book/pipeline/docker/>

use super::call::{Call, Code};
use super::unit::{Unit, every_call};
use crate::ci::host;
use crate::ci::image::parse;
use crate::model::build::{
    ImageRole, ImageUse, Item, Privilege, Spot, Unresolved, UnresolvedKind, What,
};

/// An image, if the text names one.
pub(super) fn image(text: &str, role: ImageRole, spot: Spot) -> Option<Item> {
    let image = parse(text, &|_| None)?;
    Some(Item::of(
        "image",
        spot,
        What::Image(ImageUse { role, image }),
    ))
}

/// The registry's host of a URL: `docker.io` if none is named.
pub(super) fn registry_host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    match host.rsplit('@').next().unwrap_or_default() {
        "" | "index.docker.io" | "registry-1.docker.io" | "hub.docker.com" => {
            "docker.io".to_owned()
        }
        host => host.to_ascii_lowercase(),
    }
}

/// A path of the host, which need not look like one.
pub(super) fn host_path(path: &str) -> Privilege {
    host::mount(path).unwrap_or_else(|| Privilege::HostPath(path.trim().to_owned()))
}

/// What options of `docker run` allow.
pub(super) fn engine_options(text: &str, spot: &Spot) -> Vec<Item> {
    let words: Vec<&str> = text.split_whitespace().map(unquoted).collect();
    let rights = (0..words.len()).filter_map(|at| {
        let (name, value) = match words[at].split_once('=') {
            Some((name, value)) if name.starts_with('-') => (name, unquoted(value)),
            _ => (words[at], words.get(at + 1).copied().unwrap_or_default()),
        };
        option(name, value)
    });
    let item = |right| Item::of("args", spot.clone(), What::Privilege(right));
    rights.map(item).collect()
}

fn unquoted(word: &str) -> &str {
    word.trim_matches(['"', '\''])
}

fn option(name: &str, value: &str) -> Option<Privilege> {
    Some(match name {
        "--privileged" if value != "false" => Privilege::Privileged,
        "--cap-add" => return host::capability(value),
        "--security-opt" => return host::security_option(value),
        "--device" => Privilege::Device(value.split(':').next().unwrap_or(value).to_owned()),
        "--network" | "--net" if value == "host" => Privilege::HostNamespace("network"),
        "--pid" if value == "host" => Privilege::HostNamespace("pid"),
        "--ipc" if value == "host" => Privilege::HostNamespace("ipc"),
        "--uts" if value == "host" => Privilege::HostNamespace("uts"),
        "--userns" if value == "host" => Privilege::HostNamespace("user"),
        "-u" | "--user" => return host::user(value),
        "-v" | "--volume" => return host::mount(host::short_mount(value)?.0),
        "--mount" => {
            let mut pairs = value.split(',').filter_map(|pair| pair.split_once('='));
            return host::mount(pairs.find(|(key, _)| matches!(*key, "source" | "src"))?.1);
        }
        _ => return None,
    })
}

/// `containerTemplate(image: …, privileged: true)`, `hostPathVolume(…)` and their like.
pub(super) fn templates(unit: &Unit<'_>, code: Code<'_>) -> Vec<Item> {
    let mut all = Vec::new();
    every_call(code, 0, &mut |call| template(unit, call, &mut all));
    all
}

/// What one of the Kubernetes plugin's templates says, if the call makes one.
pub(super) fn template(unit: &Unit<'_>, call: &Call<'_>, all: &mut Vec<Item>) {
    let setting = |key: &str| {
        let in_body = || {
            let inner = call.body?.calls();
            let inner = inner.into_iter().find(|inner| inner.name == key)?;
            inner.positional(0)
        };
        call.named(key).or_else(in_body)
    };
    match call.short() {
        "containerTemplate" => {
            if let Some(value) = setting("image") {
                all.extend(unit.image(value, ImageRole::Runs).map(in_pod));
            }
            match setting("privileged").map(|value| (value.written(), value.spot())) {
                Some((word, spot)) if word == "true" => {
                    all.push(Item::of(
                        "agent/pod",
                        spot,
                        What::Privilege(Privilege::Privileged),
                    ));
                }
                Some((word, spot)) if word != "false" => {
                    all.push(super::agent::unknown("agent/pod", spot, word));
                }
                _ => {}
            }
        }
        "hostPathVolume" => {
            if let Some(value) = setting("hostPath") {
                let privilege = host_path(&unit.text_or_written(value));
                all.push(Item::of(
                    "agent/pod",
                    value.spot(),
                    What::Privilege(privilege),
                ));
            }
        }
        _ => {}
    }
}

fn in_pod(item: Item) -> Item {
    Item {
        slot: "agent/pod".to_owned(),
        ..item
    }
}

/// Something in a pod's YAML that we do not read.
pub(super) fn unread(slot: &str, spot: Spot, why: String) -> Item {
    let kind = UnresolvedKind::Form;
    let text = "pod".to_owned();
    Item::of(slot, spot, What::Unresolved(Unresolved { kind, text, why }))
}

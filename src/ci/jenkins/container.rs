//! Containers that a pipeline names: images, options of the engine,
//! `docker.…` and the Kubernetes plugin's templates.
//! <https://www.jenkins.io/doc/book/pipeline/docker/>

use super::call::{Call, Code};
use super::work::{Unit, every_call};
use crate::ci::image::parse;
use crate::model::build::{
    ImageRole, ImageUse, Item, Privilege, Spot, Unresolved, UnresolvedKind, What,
};

/// The sockets of container engines, by how their paths end.
const SOCKETS: &[&str] = &[
    "docker.sock",
    "containerd.sock",
    "crio.sock",
    "podman.sock",
    "docker_engine",
    "buildkitd.sock",
];

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

/// A path of the host.
pub(super) fn host_path(path: &str) -> Privilege {
    let path = path.trim();
    match SOCKETS.iter().any(|socket| path.ends_with(socket)) {
        true => Privilege::EngineSocket(path.to_owned()),
        false => Privilege::HostPath(path.to_owned()),
    }
}

/// What options of `docker run` allow.
pub(super) fn engine_options(text: &str, spot: &Spot) -> Vec<Item> {
    let words: Vec<&str> = text
        .split_whitespace()
        .map(|word| word.trim_matches(['"', '\'']))
        .collect();
    let mut all = Vec::new();
    let mut push = |privilege| all.push(Item::of("args", spot.clone(), What::Privilege(privilege)));
    for (at, word) in words.iter().enumerate() {
        let (name, joined) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (*word, None),
        };
        let value = joined.or(words.get(at + 1).copied()).unwrap_or_default();
        match name {
            "--privileged" if joined.is_none_or(|value| value != "false") => {
                push(Privilege::Privileged)
            }
            "--cap-add" => push(Privilege::Capability(
                value.trim_start_matches("CAP_").to_ascii_uppercase(),
            )),
            "--security-opt" if value.contains("unconfined") || value.contains("disable") => {
                push(Privilege::Unconfined(value.to_owned()));
            }
            "--device" => push(Privilege::Device(
                value.split(':').next().unwrap_or(value).to_owned(),
            )),
            "--network" | "--net" if value == "host" => push(Privilege::HostNamespace("network")),
            "--pid" if value == "host" => push(Privilege::HostNamespace("pid")),
            "--ipc" if value == "host" => push(Privilege::HostNamespace("ipc")),
            "--uts" if value == "host" => push(Privilege::HostNamespace("uts")),
            "--userns" if value == "host" => push(Privilege::HostNamespace("user")),
            "-u" | "--user" => {
                let root = matches!(value.split(':').next(), Some("root" | "0"));
                push(if root {
                    Privilege::Root
                } else {
                    Privilege::NotRoot
                });
            }
            "-v" | "--volume" => mounted(value, &mut push),
            "--mount" => mounted_by_keys(value_behind(word, value), &mut push),
            _ => {}
        }
    }
    all
}

fn value_behind<'a>(word: &'a str, value: &'a str) -> &'a str {
    word.strip_prefix("--mount=").unwrap_or(value)
}

fn mounted(value: &str, push: &mut impl FnMut(Privilege)) {
    let source = value.split(':').next().unwrap_or_default();
    if source.starts_with('/') || source.starts_with('~') || value.contains("docker_engine") {
        push(host_path(source));
    }
}

fn mounted_by_keys(value: &str, push: &mut impl FnMut(Privilege)) {
    let source = value
        .split(',')
        .find_map(|pair| pair.strip_prefix("source=").or(pair.strip_prefix("src=")));
    if let Some(source) = source.filter(|source| source.starts_with('/')) {
        push(host_path(source));
    }
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

//! Options of `docker create` that reach for the machine below.

use crate::ci::host;
use crate::model::build::Privilege;

/// What the options of a container reach for.
pub(super) fn of_words(text: &str) -> Vec<Privilege> {
    let words: Vec<&str> = text.split_whitespace().map(unquoted).collect();
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        let (name, value) = match word.split_once('=') {
            Some((name, value)) if name.starts_with('-') => (name, unquoted(value)),
            _ => (*word, words.get(at).copied().unwrap_or_default()),
        };
        all.extend(of_option(name, value));
    }
    all
}

fn unquoted(word: &str) -> &str {
    word.trim_matches(['"', '\''])
}

fn of_option(name: &str, value: &str) -> Option<Privilege> {
    let namespace = |name| (value == "host").then_some(Privilege::HostNamespace(name));
    match name {
        "--privileged" => (value != "false").then_some(Privilege::Privileged),
        "--cap-add" => host::capability(value),
        "--device" => {
            let device = value.split(':').next().unwrap_or_default();
            Some(Privilege::Device(device.to_owned()))
        }
        "--security-opt" => host::security_option(value),
        "--network" | "--net" => namespace("network"),
        "--pid" => namespace("pid"),
        "--ipc" => namespace("ipc"),
        "--userns" => namespace("user"),
        "--uts" => namespace("uts"),
        "-u" | "--user" => host::user(value),
        "-v" | "--volume" => of_volume(value),
        "--mount" => of_mount(value),
        _ => None,
    }
}

fn of_mount(value: &str) -> Option<Privilege> {
    let mut parts = value.split(',').filter_map(|part| part.split_once('='));
    let source = parts.find(|(key, _)| matches!(*key, "source" | "src"))?.1;
    host::mount(source)
}

/// What a volume `source:target` reaches for, if its source is a path.
pub(super) fn of_volume(text: &str) -> Option<Privilege> {
    host::mount(host::short_mount(text)?.0)
}

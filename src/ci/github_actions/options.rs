//! Options of `docker create` that reach for the machine below.

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
    Some(match name {
        "--privileged" if value != "false" => Privilege::Privileged,
        "--cap-add" => Privilege::Capability(value.to_ascii_uppercase()),
        "--device" => Privilege::Device(value.split(':').next().unwrap_or_default().to_owned()),
        "--security-opt" if is_unconfined(value) => Privilege::Unconfined(value.to_owned()),
        "--network" | "--net" if value == "host" => Privilege::HostNamespace("network"),
        "--pid" if value == "host" => Privilege::HostNamespace("pid"),
        "--ipc" if value == "host" => Privilege::HostNamespace("ipc"),
        "--userns" if value == "host" => Privilege::HostNamespace("user"),
        "--uts" if value == "host" => Privilege::HostNamespace("uts"),
        "-u" | "--user" if is_root(value) => Privilege::Root,
        "-v" | "--volume" => return of_volume(value),
        "--mount" => return of_mount(value),
        _ => return None,
    })
}

fn is_root(user: &str) -> bool {
    matches!(user.split(':').next(), Some("root" | "0"))
}

fn is_unconfined(value: &str) -> bool {
    value.contains("unconfined")
        || value.contains("label=disable")
        || value.contains("label:disable")
}

fn of_mount(value: &str) -> Option<Privilege> {
    let mut parts = value.split(',').filter_map(|part| part.split_once('='));
    let source = parts.find(|(key, _)| matches!(*key, "source" | "src"))?.1;
    of_path(source)
}

/// What a volume `source:target` reaches for, if its source is a path.
pub(super) fn of_volume(text: &str) -> Option<Privilege> {
    let (source, _) = text.split_once(':')?;
    of_path(source)
}

fn of_path(path: &str) -> Option<Privilege> {
    const SOCKETS: &[&str] = &[
        "docker.sock",
        "podman.sock",
        "containerd.sock",
        "crio.sock",
        "docker_engine",
    ];
    if SOCKETS.iter().any(|socket| path.contains(socket)) {
        return Some(Privilege::EngineSocket(path.to_owned()));
    }
    let host = path.starts_with('/') || path.starts_with('~') || path.starts_with("..");
    host.then(|| Privilege::HostPath(path.to_owned()))
}

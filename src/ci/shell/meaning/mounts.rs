//! What a mount or a security option of a container engine opens.

use crate::model::build::Privilege;

const SOCKETS: &[&str] = &[
    "docker.sock",
    "podman.sock",
    "containerd.sock",
    "crio.sock",
    "buildkitd.sock",
];
/// What every container has (<https://docs.docker.com/engine/containers/run/>).
const DEFAULT_CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// What a path of the host is, mounted into a container.
pub(super) fn of_path(source: &str) -> Option<Privilege> {
    if SOCKETS.iter().any(|socket| source.ends_with(socket)) || source.contains("docker_engine") {
        return Some(Privilege::EngineSocket(source.to_owned()));
    }
    let host = source.starts_with('/') || source.starts_with('~') || source.starts_with("$HOME");
    host.then(|| Privilege::HostPath(source.to_owned()))
}

/// `-v source:target`.
pub(super) fn of_volume(volume: &str) -> Option<Privilege> {
    of_path(volume.split(':').next().unwrap_or(volume))
}

/// `--mount type=bind,source=…`.
pub(super) fn of_mount(mount: &str) -> Option<Privilege> {
    let source = mount.split(',').find_map(|part| {
        let (key, value) = part.split_once('=')?;
        matches!(key, "source" | "src").then_some(value)
    });
    source.and_then(of_path)
}

/// `--cap-add`.
pub(super) fn of_capability(name: &str) -> Option<Privilege> {
    let name = name.to_ascii_uppercase();
    let name = name.strip_prefix("CAP_").unwrap_or(&name);
    let usual = DEFAULT_CAPABILITIES.contains(&name);
    (!usual && !name.is_empty()).then(|| Privilege::Capability(name.to_owned()))
}

/// `--security-opt`.
pub(super) fn of_security(option: &str) -> Option<Privilege> {
    let lower = option.to_ascii_lowercase();
    let opens = lower.contains("unconfined")
        || lower.contains("label=disable")
        || lower.contains("label:disable")
        || lower.contains("no-new-privileges=false")
        || lower.contains("no-new-privileges:false");
    opens.then(|| Privilege::Unconfined(option.to_owned()))
}

//! What a container is given of its host, in the words of container engines:
//! mounts, capabilities, confinement, the engine's own API.
//!
//! <https://docs.docker.com/reference/cli/docker/container/run/>, capabilities(7).
//! Does not know where the words stand, nor whether anything is allowed.

use crate::model::build::Privilege;

/// Sockets and pipes of container engines, by the end of their path.
const SOCKETS: &[&str] = &[
    "docker.sock",
    "containerd.sock",
    "crio.sock",
    "podman.sock",
    "buildkitd.sock",
    "cri-dockerd.sock",
    "dockershim.sock",
    "docker_engine",
    "balena-engine.sock",
];

/// What Docker gives a container without being asked (moby: `oci/caps/defaults.go`).
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

/// What the host's side of a mount gives. `None` for a named volume and for a
/// path beside the file.
pub(crate) fn mount(source: &str) -> Option<Privilege> {
    let source = source.trim();
    let plain = source.trim_end_matches(['/', '\\']).replace('\\', "/");
    if SOCKETS.iter().any(|socket| plain.ends_with(socket)) {
        return Some(Privilege::EngineSocket(source.to_owned()));
    }
    is_host_path(source).then(|| Privilege::HostPath(source.to_owned()))
}

/// Whether a path is the host's own: absolute, someone's home, a drive.
fn is_host_path(text: &str) -> bool {
    let mut bytes = text.bytes();
    let drive = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && bytes.next() == Some(b':')
        && matches!(bytes.next(), Some(b'/' | b'\\'));
    let home = [
        "$HOME",
        "${HOME}",
        "${HOME:-",
        "%USERPROFILE%",
        "${USERPROFILE",
    ];
    drive
        || text.starts_with(['/', '~'])
        || text.starts_with("\\\\")
        || home.iter().any(|word| text.starts_with(word))
        || leaves_folder(text)
}

/// Three folders up is outside any project's own tree as far as anyone can tell.
fn leaves_folder(text: &str) -> bool {
    text.starts_with("../../../")
}

/// The two sides of a mount in its short form: `source:target:options`. A
/// drive letter belongs to the path, and so does a colon in `${X:-y}`. `None`
/// for a volume without a source.
pub(crate) fn short_mount(text: &str) -> Option<(&str, &str)> {
    let drive =
        text.len() > 2 && text.as_bytes()[1] == b':' && matches!(text.as_bytes()[2], b'/' | b'\\');
    let from = if drive { 2 } else { 0 };
    let mut open = 0_usize;
    for (at, letter) in text.char_indices().filter(|(at, _)| *at >= from) {
        match letter {
            '{' => open += 1,
            '}' => open = open.saturating_sub(1),
            ':' if open == 0 => return Some((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    None
}

/// A capability beyond the default ones.
pub(crate) fn capability(name: &str) -> Option<Privilege> {
    let name = name.trim().to_ascii_uppercase();
    let name = name.strip_prefix("CAP_").unwrap_or(&name);
    let usual = name.is_empty() || DEFAULT_CAPABILITIES.contains(&name);
    (!usual).then(|| Privilege::Capability(name.to_owned()))
}

/// A security option that switches confinement off: `seccomp=unconfined`,
/// `apparmor:unconfined`, `label=disable`, `systempaths=unconfined`.
pub(crate) fn security_option(text: &str) -> Option<Privilege> {
    let text = text.trim().to_ascii_lowercase().replacen(':', "=", 1);
    let (_, value) = text.split_once('=')?;
    matches!(value, "unconfined" | "disable").then_some(Privilege::Unconfined(text))
}

/// An engine's API without TLS: a TCP address with the plain port, or with
/// none, which is the plain one.
pub(crate) fn engine_api(url: &str) -> Option<Privilege> {
    let lower = url.trim().to_ascii_lowercase();
    let rest = lower
        .strip_prefix("tcp://")
        .or_else(|| lower.strip_prefix("http://"))?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let after_host = authority.rsplit_once(']').map_or(authority, |(_, end)| end);
    let port = after_host.rsplit_once(':').map(|(_, port)| port);
    let plain = matches!(port, None | Some("2375")) || lower.starts_with("http://");
    plain.then(|| Privilege::OpenEngineApi(url.trim().to_owned()))
}

/// What a variable of a container engine's client or of `docker:dind` says:
/// `DOCKER_HOST`, `DOCKER_TLS_CERTDIR`, `DOCKER_TLS_VERIFY`.
pub(crate) fn engine_variable(name: &str, value: &str) -> Option<Privilege> {
    let off = |text: &str| Privilege::OpenEngineApi(text.to_owned());
    match name {
        "DOCKER_HOST" | "CONTAINER_HOST" => engine_api(value),
        "DOCKER_TLS_CERTDIR" if value.trim().is_empty() => Some(off("DOCKER_TLS_CERTDIR is empty")),
        "DOCKER_TLS_VERIFY" if matches!(value.trim(), "" | "0") => {
            Some(off("DOCKER_TLS_VERIFY is off"))
        }
        _ => None,
    }
}

/// Whether a user is root, by name or number; `None` if only the run knows.
pub(crate) fn user(text: &str) -> Option<Privilege> {
    let name = text.trim().split(':').next().unwrap_or_default();
    if name.is_empty() || name.contains(['$', '{']) {
        return None;
    }
    let root = matches!(
        name.to_ascii_lowercase().as_str(),
        "root" | "containeradministrator" | "administrator"
    ) || name.bytes().all(|byte| byte == b'0');
    Some(if root {
        Privilege::Root
    } else {
        Privilege::NotRoot
    })
}

#[cfg(test)]
mod tests {
    use super::{
        capability, engine_api, engine_variable, mount, security_option, short_mount, user,
    };
    use crate::model::build::Privilege;

    #[test]
    fn mounts_are_sockets_paths_of_the_host_or_neither() {
        for socket in [
            "/var/run/docker.sock",
            "/run/containerd/containerd.sock/",
            "//./pipe/docker_engine",
            r"\\.\pipe\docker_engine",
            "${XDG_RUNTIME_DIR}/podman/podman.sock",
        ] {
            assert!(
                matches!(mount(socket), Some(Privilege::EngineSocket(_))),
                "{socket}"
            );
        }
        for path in [
            "/",
            "/etc",
            "~/.aws",
            "$HOME/.ssh",
            "C:/Users",
            "../../../x",
        ] {
            assert!(
                matches!(mount(path), Some(Privilege::HostPath(_))),
                "{path}"
            );
        }
        for beside in ["data", "./data", "../data", "."] {
            assert_eq!(mount(beside), None, "{beside}");
        }
        assert_eq!(short_mount("C:/a:/b:ro"), Some(("C:/a", "/b:ro")));
        assert_eq!(short_mount("${D:-/a}:/b"), Some(("${D:-/a}", "/b")));
        assert_eq!(short_mount("/only"), None);
    }

    #[test]
    fn rights_have_one_spelling() {
        assert_eq!(
            capability("cap_sys_admin"),
            Some(Privilege::Capability("SYS_ADMIN".into()))
        );
        assert_eq!(capability("CHOWN"), None);
        assert_eq!(
            security_option("seccomp:unconfined"),
            Some(Privilege::Unconfined("seccomp=unconfined".into()))
        );
        assert_eq!(security_option("no-new-privileges:true"), None);
        assert_eq!(user("0:0"), Some(Privilege::Root));
        assert_eq!(user("app"), Some(Privilege::NotRoot));
        assert_eq!(user("$U"), None);
    }

    #[test]
    fn an_engine_without_tls_is_told_by_its_port() {
        for open in [
            "tcp://docker:2375",
            "tcp://0.0.0.0",
            "TCP://[::1]:2375/",
            "http://x:9",
        ] {
            assert!(engine_api(open).is_some(), "{open}");
        }
        for shut in [
            "tcp://docker:2376",
            "unix:///var/run/docker.sock",
            "ssh://a@b",
        ] {
            assert_eq!(engine_api(shut), None, "{shut}");
        }
        assert!(engine_variable("DOCKER_TLS_CERTDIR", "").is_some());
        assert!(engine_variable("DOCKER_TLS_CERTDIR", "/certs").is_none());
    }
}

//! Where GitLab includes come from, by their text alone.

use crate::model::build::{CodeKind, CodeSource, CodeUse, Pin};

/// `include: remote`. A URL of a forge's raw file is a file of a repository.
pub(super) fn remote(url: &str, integrity: Option<&str>) -> CodeUse {
    let bare = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
    let host = host.rsplit('@').next().unwrap_or(host).to_ascii_lowercase();
    let (name, version, file) = raw_file(&host, path).unwrap_or((path, "", ""));
    let (pin, version) = match integrity {
        Some(digest) => (Pin::Exact, digest),
        None => (Pin::of_git(version), version),
    };
    CodeUse {
        kind: CodeKind::Include,
        source: if url.contains('$') {
            CodeSource::Dynamic(url.to_owned())
        } else {
            CodeSource::Elsewhere {
                host,
                name: name.to_owned(),
                path: file.to_owned(),
            }
        },
        pin,
        version: version.to_owned(),
        comment: None,
    }
}

/// Repository, version and path of a URL of a raw file.
fn raw_file<'a>(host: &str, path: &'a str) -> Option<(&'a str, &'a str, &'a str)> {
    if let Some((name, rest)) = path.split_once("/-/raw/") {
        let (version, file) = rest.split_once('/')?;
        return Some((name, version, file));
    }
    if host == "raw.githubusercontent.com" {
        let second = path.find('/')? + 1;
        let end = second + path[second..].find('/')?;
        let (version, file) = path[end + 1..].split_once('/')?;
        return Some((&path[..end], version, file));
    }
    None
}

/// `include: project`.
pub(super) fn project(name: &str, path: &str, version: &str) -> CodeUse {
    let dynamic = name.contains('$') || version.contains('$');
    CodeUse {
        kind: CodeKind::Include,
        source: if name.contains('$') {
            CodeSource::Dynamic(format!("{name}/{path}"))
        } else {
            CodeSource::Elsewhere {
                host: String::new(),
                name: name.to_owned(),
                path: path.trim_start_matches('/').to_owned(),
            }
        },
        pin: if dynamic {
            Pin::Branch
        } else {
            Pin::of_git(version)
        },
        version: version.to_owned(),
        comment: None,
    }
}

/// `include: component`: `host/group/project/name@version`.
pub(super) fn component(text: &str) -> CodeUse {
    let (address, version) = text.split_once('@').unwrap_or((text, ""));
    let (host, rest) = address.split_once('/').unwrap_or(("", address));
    let own = matches!(
        host,
        "$CI_SERVER_FQDN" | "${CI_SERVER_FQDN}" | "$CI_SERVER_HOST" | "${CI_SERVER_HOST}"
    );
    let (name, component) = rest.rsplit_once('/').unwrap_or((rest, ""));
    let dynamic = (host.contains('$') && !own) || rest.contains('$');
    CodeUse {
        kind: CodeKind::Component,
        source: if dynamic {
            CodeSource::Dynamic(address.to_owned())
        } else {
            CodeSource::Elsewhere {
                host: if own {
                    String::new()
                } else {
                    host.to_ascii_lowercase()
                },
                name: name.to_owned(),
                path: component.to_owned(),
            }
        },
        pin: match version {
            "~latest" => Pin::Branch,
            _ if version.contains('$') => Pin::Branch,
            _ => Pin::of_git(version),
        },
        version: version.to_owned(),
        comment: None,
    }
}

/// The name of a component of this project at the commit that is built.
pub(super) fn own_component(text: &str) -> Option<&str> {
    let (address, version) = text.split_once('@')?;
    if !matches!(version, "$CI_COMMIT_SHA" | "${CI_COMMIT_SHA}") {
        return None;
    }
    let (_, rest) = address.split_once('/')?;
    let own = ["$CI_PROJECT_PATH/", "${CI_PROJECT_PATH}/"];
    let name = own.iter().find_map(|prefix| rest.strip_prefix(prefix))?;
    (!name.is_empty() && !name.contains(['/', '$'])).then_some(name)
}

/// Whether a template of GitLab's own looks for weaknesses.
pub(super) fn is_security_template(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let scans = [
        "sast",
        "secret-detection",
        "dependency-scanning",
        "container-scanning",
        "dast",
        "license-scanning",
        "code-quality",
        "fuzz",
        "api-security",
        "secure-binaries",
    ];
    scans.iter().any(|scan| name.contains(scan))
}

/// Whether a path matches GitLab's wildcards: `*` inside a folder, `**` over folders.
pub(super) fn is_match(pattern: &[u8], path: &[u8]) -> bool {
    // One row of the table of a pattern's beginnings against the path's.
    let mut row: Vec<bool> = vec![false; path.len() + 1];
    row[0] = true;
    let mut at = 0;
    while at < pattern.len() {
        let over = pattern[at..].starts_with(b"**");
        if pattern[at] == b'*' {
            for end in 1..=path.len() {
                row[end] = row[end] || (row[end - 1] && (over || path[end - 1] != b'/'));
            }
        } else {
            for end in (1..=path.len()).rev() {
                row[end] = row[end - 1] && path[end - 1] == pattern[at];
            }
            row[0] = false;
        }
        at += if over { 2 } else { 1 };
    }
    row[path.len()]
}

#[cfg(test)]
mod tests {
    use super::{component, is_match, own_component, project, remote};
    use crate::model::build::Pin;

    #[test]
    fn wildcards_stay_inside_folders_unless_doubled() {
        let is = |pattern: &str, path: &str| is_match(pattern.as_bytes(), path.as_bytes());
        assert!(is("ci/*.yml", "ci/a.yml") && !is("ci/*.yml", "ci/b/a.yml"));
        assert!(is("ci/**.yml", "ci/a.yml") && is("ci/**.yml", "ci/b/a.yml"));
        assert!(is("ci/**/*.yml", "ci/b/c/a.yml") && !is("ci/**/*.yml", "ci/a.yml"));
    }

    #[test]
    fn sources_and_their_pins_are_told_apart() {
        assert_eq!(project("a/b", "/x.yml", "").pin, Pin::None);
        assert_eq!(project("a/b", "x.yml", &"0".repeat(40)).pin, Pin::Exact);
        let raw = remote("https://gitlab.com/a/b/-/raw/main/x.yml", None);
        assert_eq!(
            (raw.source.to_string(), raw.pin),
            ("gitlab.com/a/b/x.yml".into(), Pin::Branch)
        );
        assert_eq!(
            remote("https://a.example/x.yml", Some("sha256-x")).pin,
            Pin::Exact
        );
        assert_eq!(component("gitlab.com/c/sast/sast@~latest").pin, Pin::Branch);
        assert_eq!(component("$CI_SERVER_FQDN/c/sast/sast@1.0.0").pin, Pin::Tag);
        let own = "$CI_SERVER_FQDN/$CI_PROJECT_PATH/lint@$CI_COMMIT_SHA";
        assert_eq!(own_component(own), Some("lint"));
    }
}

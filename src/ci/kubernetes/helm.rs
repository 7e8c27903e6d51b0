//! Helm: charts from elsewhere, and the values that fill templates.
//!
//! Templates are not rendered: what charts call an image, a security context
//! or a volume in their values has much the same form everywhere.

use super::container::environment;
use super::gitops::{code, pin_of_chart};
use super::object::{Reading, setting};
use super::rights;
use super::template::VALUE;
use crate::ci::host;
use crate::ci::image;
use crate::ci::notes::Notes;
use crate::ci::secret::{is_literal, is_secret_name};
use crate::ci::yaml::tree::{Node, Value};
use crate::model::build::{
    CodeKind, CodeSource, CodeUse, ImageRole, ImageUse, Literal, Registry, RegistryKind, Target,
    TargetKind, What,
};

/// Deepest mapping of values that is looked into.
const MAX_DEPTH: usize = 24;

/// `Chart.yaml`, `Chart.lock`.
pub(super) fn chart(notes: &mut Notes<'_>, root: &Node) {
    for dependency in root
        .get("dependencies")
        .map(Node::items)
        .unwrap_or_default()
    {
        let part = |key: &str| dependency.text_of(key).unwrap_or_default();
        let (name, version) = (part("name"), part("version"));
        let code = match part("repository") {
            "" => own(name, version),
            url if url.starts_with("file:") => own(url, version),
            url if url.starts_with(['@', ':']) || url.starts_with("alias:") => CodeUse {
                kind: CodeKind::Chart,
                source: CodeSource::Elsewhere {
                    host: String::new(),
                    name: url.to_owned(),
                    path: name.to_owned(),
                },
                pin: pin_of_chart(version),
                version: version.to_owned(),
                comment: None,
            },
            url => code(CodeKind::Chart, url, version, name),
        };
        notes.at(dependency, format!("dependencies/{name}"), What::Code(code));
    }
}

/// A chart of the same tree.
fn own(path: &str, version: &str) -> CodeUse {
    CodeUse {
        kind: CodeKind::Chart,
        source: CodeSource::OwnTree(path.to_owned()),
        pin: pin_of_chart(version),
        version: version.to_owned(),
        comment: None,
    }
}

/// `helmfile.yaml`.
pub(super) fn helmfile(notes: &mut Notes<'_>, root: &Node) {
    let list = |key: &str| root.get(key).map(Node::items).unwrap_or_default();
    let repositories: Vec<_> = list("repositories")
        .iter()
        .filter_map(|one| Some((one.text_of("name")?, one.text_of("url")?)))
        .collect();
    for release in list("releases") {
        let part = |key: &str| release.text_of(key).unwrap_or_default();
        let name = part("name");
        let (prefix, path) = part("chart").split_once('/').unwrap_or(("", part("chart")));
        let known = repositories.iter().find(|(name, _)| *name == prefix);
        let code = match known {
            _ if part("chart").starts_with(['.', '/']) => own(part("chart"), part("version")),
            Some((_, url)) => code(CodeKind::Chart, url, part("version"), path),
            None => code(CodeKind::Chart, part("chart"), part("version"), ""),
        };
        notes.at(release, format!("releases/{name}/chart"), What::Code(code));
        if let Some(node) = release.get("namespace") {
            let (kind, name) = (
                TargetKind::Namespace,
                node.text().unwrap_or_default().to_owned(),
            );
            let slot = format!("releases/{}/namespace", part("name"));
            notes.at(node, slot, What::Target(Target { kind, name }));
        }
    }
}

/// `values.yaml`.
pub(super) fn values(reading: &mut Reading<'_, '_, '_>, root: &Node) {
    let keys = [["global", "imageRegistry"], ["global", "registry"]];
    let global = keys.iter().find_map(|keys| root.at(keys));
    let registry = global.and_then(Node::text).filter(|text| !text.is_empty());
    if let (Some(node), Some(url)) = (global, registry) {
        let what = What::Registry(Registry {
            ecosystem: "docker",
            kind: RegistryKind::Instead,
            url: url.to_owned(),
        });
        reading.notes.at(node, "global/imageRegistry", what);
    }
    look(reading, root, "", registry, MAX_DEPTH);
}

fn look(
    reading: &mut Reading<'_, '_, '_>,
    node: &Node,
    slot: &str,
    registry: Option<&str>,
    left: usize,
) {
    let Some(left) = left.checked_sub(1) else {
        return reading.notes.odd(node, slot, "it is too deep to be read");
    };
    if matches!(node.value, Value::List(_)) {
        for item in node.items() {
            let name = item.text_of("name").unwrap_or_default();
            let inner = if name.is_empty() {
                slot.to_owned()
            } else {
                format!("{slot}/{name}")
            };
            look(reading, item, &inner, registry, left);
        }
        return;
    }
    if matches!(node.value, Value::Map(_)) {
        let before = reading.notes.items.len();
        let notes = &mut reading.notes;
        rights::namespaces(notes, node);
        environment(notes, node);
        if let Some(path) = node.at(&["hostPath", "path"])
            && let Some(privilege) = path.text().and_then(host::mount)
        {
            notes.at(path, "hostPath", What::Privilege(privilege));
        }
        for (key, value) in node.pairs() {
            let key = key.text().unwrap_or_default();
            one(notes, node, key, value, registry);
        }
        for item in notes
            .items
            .iter_mut()
            .skip(before)
            .filter(|_| !slot.is_empty())
        {
            item.slot = format!("{slot}/{}", item.slot);
        }
    }
    for (key, value) in node.pairs() {
        let key = key.text().unwrap_or_default();
        let inner = if slot.is_empty() {
            key.to_owned()
        } else {
            format!("{slot}/{key}")
        };
        look(reading, value, &inner, registry, left);
    }
}

/// One key of a mapping of values.
fn one(notes: &mut Notes<'_>, holder: &Node, key: &str, value: &Node, registry: Option<&str>) {
    let lower = key.to_ascii_lowercase();
    if lower.ends_with("securitycontext") {
        rights::security_context(notes, Some(value), None);
    } else if lower.ends_with("image") || lower == "repository" && holder.get("tag").is_some() {
        image_of(notes, holder, key, value, registry);
    } else if lower == "type" && holder.get("port").or_else(|| holder.get("ports")).is_some() {
        let text = value.text().unwrap_or_default();
        if matches!(text, "LoadBalancer" | "NodePort") {
            setting(
                notes,
                value,
                "type".to_owned(),
                "kubernetes.service-type",
                text,
            );
        }
    } else if let Some(text) = value.text()
        && is_secret_name(key)
        && is_literal(text)
        && !value.is_null()
    {
        notes.at(
            value,
            key,
            What::Literal(Literal {
                name: key.to_owned(),
            }),
        );
    }
}

/// `image: {registry, repository, tag, digest}`, `image: text` with the tag beside it.
fn image_of(notes: &mut Notes<'_>, holder: &Node, key: &str, value: &Node, registry: Option<&str>) {
    let map = matches!(value.value, Value::Map(_));
    if !map && key == "repository" && is_part_of_image(holder) {
        return;
    }
    let of = if map { value } else { holder };
    let part = |keys: &[&str]| {
        let found = keys.iter().find_map(|key| of.text_of(key));
        found.filter(|text| !text.is_empty())
    };
    let name = match value.text() {
        Some(text) => text,
        None => part(&["repository", "name", "image"]).unwrap_or_default(),
    };
    if name.is_empty() || name.contains(VALUE) {
        return;
    }
    let host = part(&["registry"]).filter(|_| map).or(registry);
    let mut text = host.map_or_else(|| name.to_owned(), |host| format!("{host}/{name}"));
    let last = text.rsplit('/').next().unwrap_or_default();
    if !last.contains([':', '@']) {
        let tag = part(if map {
            &["tag", "version"]
        } else {
            &["tag", "imageTag"]
        });
        match tag {
            Some(tag) => text = format!("{text}:{tag}"),
            // Charts fill an empty tag with their own version.
            None if map && of.get("tag").is_some() => text.push_str(":appVersion"),
            None => {}
        }
    }
    if let Some(digest) = part(&["digest", "sha"]).filter(|digest| digest.starts_with("sha")) {
        text = format!("{text}@{digest}");
    }
    if let Some(image) = image::parse(&text, &|_| None) {
        let role = ImageRole::Deployed;
        notes.at(value, key, What::Image(ImageUse { role, image }));
    }
}

/// Whether `repository` is already read as the part of an `image`: then there
/// is nothing else in the mapping but parts of one.
fn is_part_of_image(holder: &Node) -> bool {
    let parts = [
        "repository",
        "tag",
        "registry",
        "digest",
        "pullPolicy",
        "pullSecrets",
    ];
    let pairs = holder.pairs();
    pairs
        .iter()
        .all(|(key, _)| key.text().is_some_and(|key| parts.contains(&key)))
}

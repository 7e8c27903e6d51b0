//! Kustomizations: bases from elsewhere, images put in place of others, patches.
//! <https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/>.

use bstr::{BString, ByteSlice};

use super::gitops::code;
use super::manifest_items;
use super::object::Reading;
use crate::ci::compose::{beside, remote_code};
use crate::ci::image;
use crate::ci::notes::{Notes, unresolved};
use crate::ci::secret::is_literal;
use crate::ci::text::decode;
use crate::ci::yaml::tree::{Node, parse};
use crate::ci::{recognise, recognise_content};
use crate::model::build::{
    CodeKind, ImageRole, ImageUse, Literal, Privilege, Spot, Target, TargetKind, UnresolvedKind,
    What,
};

/// Reads `kustomization.yaml`.
pub(super) fn read(reading: &mut Reading<'_, '_, '_>, root: &Node) {
    let list = |key: &str| root.get(key).map(Node::one_or_many).unwrap_or_default();
    for key in [
        "resources",
        "bases",
        "components",
        "crds",
        "configurations",
        "generators",
        "transformers",
    ] {
        for node in list(key) {
            let Some(text) = node.text() else { continue };
            if is_remote(reading, text) {
                let spot = reading.notes.spot_of(node);
                reading.closure.elsewhere(&spot, "kustomize base", text);
                let code = remote_code(text, CodeKind::Manifests);
                reading.notes.put(spot, key, What::Code(code));
            } else if text.contains('\n') {
                embedded(&mut reading.notes, node, key);
            } else {
                local(reading, node, key, text);
            }
        }
    }
    let notes = &mut reading.notes;
    list("images")
        .into_iter()
        .for_each(|node| image_change(notes, node));
    if let Some(node) = root.get("namespace") {
        let (kind, name) = (
            TargetKind::Namespace,
            node.text().unwrap_or_default().to_owned(),
        );
        notes.at(node, "namespace", What::Target(Target { kind, name }));
    }
    for chart in list("helmCharts") {
        let part = |key: &str| chart.text_of(key).unwrap_or_default();
        let code = code(CodeKind::Chart, part("repo"), part("version"), part("name"));
        notes.at(
            chart,
            format!("helmCharts/{}", part("name")),
            What::Code(code),
        );
    }
    for generator in list("secretGenerator") {
        for node in generator
            .get("literals")
            .map(Node::one_or_many)
            .unwrap_or_default()
        {
            literal(notes, node);
        }
    }
    for key in ["patches", "patchesStrategicMerge", "patchesJson6902"] {
        for node in list(key) {
            let patch = node.get("patch").unwrap_or(node);
            embedded(notes, patch, key);
            json_patch(notes, patch);
        }
    }
}

/// Whether an entry is no path of the tree: a URL, or a host's name with a folder.
fn is_remote(reading: &mut Reading<'_, '_, '_>, text: &str) -> bool {
    if text.contains('\n') || text.starts_with(['.', '/']) {
        return false;
    }
    let first = text.split('/').next().unwrap_or_default();
    let host = text.contains("?ref=") || first.contains('.') && text.contains('/');
    let clear = text.contains("://") || text.starts_with("git@") || text.starts_with("git::");
    let beside = beside(reading.notes.path, text);
    let is_there = |path: BString| reading.closure.has(path.as_bstr());
    clear || host && !beside.is_some_and(is_there)
}

/// A file or a folder of the same tree. A file that is a manifest by neither
/// name nor content is read here: kustomize does not ask what it is called.
fn local(reading: &mut Reading<'_, '_, '_>, node: &Node, key: &str, text: &str) {
    let spot = reading.notes.spot_of(node);
    let Some(path) = beside(reading.notes.path, text) else {
        let why = "it leads out of the repository";
        return reading
            .notes
            .put(spot, key, unresolved(UnresolvedKind::Include, text, why));
    };
    let inside = |name: &str| BString::from([path.as_slice(), b"/", name.as_bytes()].concat());
    let files = ["kustomization.yaml", "kustomization.yml", "Kustomization"].map(inside);
    let folder = files
        .into_iter()
        .find(|file| reading.closure.has(file.as_bstr()));
    let named = folder.unwrap_or(path);
    match reading
        .closure
        .open(&spot, "kustomize base", named.as_bstr(), 1)
    {
        Ok(opened) => {
            let path = opened.path.as_bstr();
            let known = recognise(path, &[]).or_else(|| recognise_content(path, &opened.content));
            if known.is_none()
                && let Ok(text) = decode(&opened.content)
            {
                let first = Spot {
                    path: opened.path.clone(),
                    line: 1,
                    column: 1,
                };
                manifest_items(text, &first, &mut reading.notes.items);
            }
        }
        Err(missing) => reading.notes.put(spot, key, What::Unresolved(missing)),
    }
}

fn image_change(notes: &mut Notes<'_>, node: &Node) {
    let name = node.text_of("name").unwrap_or_default();
    let new = node.text_of("newName").unwrap_or(name);
    let mut text = new.to_owned();
    if let Some(tag) = node.text_of("newTag") {
        text = format!("{text}:{tag}");
    }
    if let Some(digest) = node.text_of("digest") {
        text = format!("{text}@{digest}");
    }
    if let Some(image) = image::parse(&text, &|_| None) {
        let role = ImageRole::Deployed;
        notes.at(
            node,
            format!("images/{name}"),
            What::Image(ImageUse { role, image }),
        );
    }
}

fn literal(notes: &mut Notes<'_>, node: &Node) {
    let pair = node.text().and_then(|text| text.split_once('='));
    if let Some((name, _)) = pair.filter(|(_, value)| is_literal(value)) {
        let name = name.to_owned();
        notes.at(
            node,
            format!("secretGenerator/{name}"),
            What::Literal(Literal { name }),
        );
    }
}

/// A manifest that stands in the file as text.
fn embedded(notes: &mut Notes<'_>, node: &Node, slot: &str) {
    let Some(text) = node.text().filter(|text| text.contains('\n')) else {
        return;
    };
    let first = Spot {
        line: node.line_of_text(0),
        ..notes.spot_of(node)
    };
    let before = notes.items.len();
    manifest_items(text, &first, &mut notes.items);
    for item in notes.items.iter_mut().skip(before) {
        item.slot = format!("{slot}/{}", item.slot);
    }
}

/// `[{op: add, path: /spec/…/privileged, value: true}]`, in place or as text.
fn json_patch(notes: &mut Notes<'_>, patch: &Node) {
    let inner = patch.text().and_then(|text| parse(text.as_bytes()).ok());
    let offset = if patch.text().is_some() {
        patch.line_of_text(0).saturating_sub(1)
    } else {
        0
    };
    let roots = inner.unwrap_or_default();
    let lists = roots.iter().map(AsRef::as_ref).chain([patch]);
    for operation in lists.flat_map(Node::items) {
        let path = operation.text_of("path").unwrap_or_default();
        let Some(value) = operation.get("value") else {
            continue;
        };
        let last = path.rsplit('/').next().unwrap_or_default();
        let what = match (last, value.is_true(), value.text()) {
            ("privileged", true, _) => What::Privilege(Privilege::Privileged),
            ("hostNetwork", true, _) => What::Privilege(Privilege::HostNamespace("network")),
            ("hostPID", true, _) => What::Privilege(Privilege::HostNamespace("pid")),
            ("hostIPC", true, _) => What::Privilege(Privilege::HostNamespace("ipc")),
            ("image", _, Some(text)) => match image::parse(text, &|_| None) {
                Some(image) => What::Image(ImageUse {
                    role: ImageRole::Deployed,
                    image,
                }),
                None => continue,
            },
            _ => match value
                .at(&["hostPath", "path"])
                .and_then(Node::text)
                .and_then(crate::ci::host::mount)
            {
                Some(privilege) => What::Privilege(privilege),
                None => continue,
            },
        };
        notes.on(
            value.line.saturating_add(offset),
            format!("patches{path}"),
            what,
        );
    }
}

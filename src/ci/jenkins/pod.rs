//! Kubernetes manifests that stand in a pipeline's strings, and the pod
//! templates that it names.

use std::sync::Arc;

use bstr::{BString, ByteSlice};

use super::container::{host_path, image, unread};
use super::token::Text;
use super::unit::Unit;
use crate::ci::host::capability;
use crate::ci::kubernetes::manifest_items;
use crate::ci::yaml::tree::{Node, parse};
use crate::model::build::{ImageRole, Item, Privilege, Spot, What};

/// Most values of one manifest that are looked at.
const MAX_NODES: usize = 20_000;

/// Whether a string may be a manifest.
pub(super) fn may_be_manifest(text: &str) -> bool {
    text.contains("kind:") && text.contains('\n')
}

/// What a manifest in a string says.
pub(super) fn items(unit: &Unit<'_>, text: &Text, slot: &str) -> Vec<Item> {
    let source = unit.source;
    let at = |line: u32| {
        let index = usize::try_from(line)
            .unwrap_or(usize::MAX)
            .saturating_sub(1);
        let own = text
            .lines
            .get(index)
            .or(text.lines.last())
            .copied()
            .unwrap_or(1);
        source.spot_of_line(own)
    };
    // Interpolations in braces would be YAML's own.
    let mut plain = text.text.clone();
    for pasted in text.pasted.iter().rev() {
        let name = pasted.expression.replace(
            |letter: char| !letter.is_ascii_alphanumeric() && letter != '_',
            "_",
        );
        plain.replace_range(pasted.range.clone(), &format!("$_{name}"));
    }
    of_text(plain.as_bytes(), slot, &at)
}

/// What a file of manifests says.
pub(super) fn file_items(path: &Arc<BString>, content: &[u8], slot: &str) -> Vec<Item> {
    let at = |line: u32| Spot {
        path: path.clone(),
        line,
        column: 1,
    };
    of_text(content, slot, &at)
}

fn of_text(content: &[u8], slot: &str, at: &dyn Fn(u32) -> Spot) -> Vec<Item> {
    let roots = match parse(content.trim_end_with(|letter| letter == ' ').as_bytes()) {
        Ok(roots) => roots,
        Err(error) => return vec![unread(slot, at(error.line.unwrap_or(1)), error.reason)],
    };
    // A whole manifest is read as one of Kubernetes; a part of one, which the
    // plugin merges into another, need not have a kind or version.
    let whole = |root: &Node| root.get("kind").is_some() && root.get("apiVersion").is_some();
    if roots.iter().all(|root| whole(root)) {
        let read = manifests(content, slot, at);
        if !read.is_empty() {
            return read;
        }
    }
    let mut all = Vec::new();
    let mut left = MAX_NODES;
    for root in &roots {
        look(root, slot, at, (&mut all, &mut left));
    }
    all
}

fn manifests(content: &[u8], slot: &str, at: &dyn Fn(u32) -> Spot) -> Vec<Item> {
    let mut all = Vec::new();
    manifest_items(&content.to_str_lossy(), &at(1), &mut all);
    let first = at(1).line;
    for item in &mut all {
        let own = item.spot.line.saturating_sub(first).saturating_add(1);
        item.spot.line = at(own).line;
        item.slot = format!("{slot}/{}", item.slot);
        // The pod is made for the job, which runs in it.
        if let What::Image(image) = &mut item.what
            && image.role == ImageRole::Deployed
        {
            image.role = ImageRole::Runs;
        }
    }
    all
}

fn look(
    node: &Node,
    slot: &str,
    at: &dyn Fn(u32) -> Spot,
    (all, left): (&mut Vec<Item>, &mut usize),
) {
    if *left == 0 {
        return;
    }
    *left -= 1;
    if *left == 0 {
        return all.push(unread(
            slot,
            at(node.line),
            format!("it has more than {MAX_NODES} values"),
        ));
    }
    for item in node.items() {
        look(item, slot, at, (all, left));
    }
    for (key, value) in node.pairs() {
        let spot = at(value.line);
        let mut push =
            |privilege| all.push(Item::of(slot, spot.clone(), What::Privilege(privilege)));
        match (key.text().unwrap_or_default(), value.text()) {
            ("privileged", _) if value.is_true() => push(Privilege::Privileged),
            ("allowPrivilegeEscalation", _) if value.is_true() => {
                push(Privilege::Unconfined("allowPrivilegeEscalation".to_owned()));
            }
            ("hostNetwork", _) if value.is_true() => push(Privilege::HostNamespace("network")),
            ("hostPID", _) if value.is_true() => push(Privilege::HostNamespace("pid")),
            ("hostIPC", _) if value.is_true() => push(Privilege::HostNamespace("ipc")),
            ("runAsUser", Some("0")) => push(Privilege::Root),
            ("hostPath", _) => {
                if let Some(path) = value.text_of("path").or(value.text()) {
                    push(host_path(path));
                }
            }
            ("add", None) => {
                for name in value.items().iter().filter_map(|one| one.text()) {
                    if let Some(right) = capability(name) {
                        push(right);
                    }
                }
            }
            ("image", Some(text)) => {
                let item = image(text, ImageRole::Runs, spot);
                all.extend(item.map(|item| Item {
                    slot: slot.to_owned(),
                    ..item
                }));
            }
            _ => {}
        }
        look(value, slot, at, (all, left));
    }
}

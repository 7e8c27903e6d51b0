//! Workloads: whatever holds a pod's specification, or something like a container.
//!
//! Kinds are not listed: controllers of every maker embed the same shapes.

use super::container::{Place, container};
use super::object::{Object, Reading};
use crate::ci::yaml::tree::{Node, Value};

/// Deepest mapping that is looked into for containers.
const MAX_DEPTH: usize = 24;

/// The lists of containers of a pod.
const LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// Finds and reads the containers of an object.
pub(super) fn workload(reading: &mut Reading<'_, '_, '_>, object: Object<'_>) {
    let root = match object.kind {
        "PodTemplate" => object.root,
        _ => object.spec(),
    };
    look(reading, object, root, MAX_DEPTH);
}

fn look(reading: &mut Reading<'_, '_, '_>, object: Object<'_>, node: &Node, left: usize) {
    let Some(left) = left.checked_sub(1) else {
        return reading
            .notes
            .odd(node, &object.slot(), "it is too deep to be read");
    };
    match &node.value {
        Value::Scalar { .. } => {}
        Value::List(items) => items
            .iter()
            .for_each(|item| look(reading, object, item, left)),
        Value::Map(_) if is_pod(node) => pod(reading, object, node),
        Value::Map(_) => {
            if is_container(node) {
                let place = Place { object, pod: None };
                container(reading, place, node);
            }
            for (_, value) in node.pairs() {
                look(reading, object, value, left);
            }
        }
    }
}

fn is_pod(node: &Node) -> bool {
    let is_list = |key: &&str| matches!(node.get(key).map(|it| &it.value), Some(Value::List(_)));
    LISTS.iter().any(is_list)
}

/// Something with an image: a step of Tekton, a `container` or `script` of
/// Argo, a field of a resource that an operator turns into one.
fn is_container(node: &Node) -> bool {
    node.text_of("image").is_some_and(|image| !image.is_empty())
}

fn pod(reading: &mut Reading<'_, '_, '_>, object: Object<'_>, pod: &Node) {
    let mut any = false;
    for list in LISTS {
        for node in pod.get(list).map(Node::items).unwrap_or_default() {
            if matches!(node.value, Value::Map(_)) {
                any = true;
                let place = Place {
                    object,
                    pod: Some(pod),
                };
                container(reading, place, node);
            }
        }
    }
    if !any {
        // A patch, or a template that names no container, still shares namespaces.
        super::rights::namespaces(&mut reading.notes, pod);
    }
}

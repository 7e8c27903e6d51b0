//! What a cluster refuses: pod security of namespaces, admission webhooks,
//! Kyverno, Gatekeeper, Sigstore, and who may talk to whom.
//!
//! Settings have values in a normal form of our own, so that a rule can compare
//! their strength: `enforce`, `audit`, `open`, …

use super::object::{Object, normal_form, setting};
use crate::ci::notes::Notes;
use crate::ci::yaml::tree::{Node, Value};

/// The label that says what a namespace's pods may do.
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// Labels of a namespace.
pub(super) fn namespace(notes: &mut Notes<'_>, object: Object<'_>) {
    let label = object.root.at(&["metadata", "labels", ENFORCE]);
    let node = label.unwrap_or(object.root);
    let value = label.and_then(Node::text).unwrap_or("none");
    setting(
        notes,
        node,
        format!("{}/pod-security", object.slot()),
        "kubernetes.pod-security",
        value,
    );
}

/// NetworkPolicy: for each direction `open`, `some`, `none`, or `any` where it
/// does not apply.
pub(super) fn network_policy(notes: &mut Notes<'_>, object: Object<'_>) {
    let spec = object.spec();
    let types: Vec<_> = match spec.get("policyTypes") {
        Some(types) => types
            .one_or_many()
            .into_iter()
            .filter_map(Node::text)
            .collect(),
        None if spec.get("egress").is_some() => vec!["Ingress", "Egress"],
        None => vec!["Ingress"],
    };
    for (kind, key, peers) in [("Ingress", "ingress", "from"), ("Egress", "egress", "to")] {
        let rules = spec.get(key).map(Node::items).unwrap_or_default();
        let value = if !types.contains(&kind) {
            "any"
        } else if rules.iter().any(|rule| is_open(rule, peers)) {
            "open"
        } else if rules.is_empty() {
            "none"
        } else {
            "some"
        };
        let node = spec.get(key).unwrap_or(object.root);
        let slot = format!("{}/{key}", object.slot());
        setting(
            notes,
            node,
            slot,
            &format!("kubernetes.network-policy.{key}"),
            value,
        );
    }
}

/// Whether a rule lets everyone through.
fn is_open(rule: &Node, peers: &str) -> bool {
    let list = rule.get(peers).map(Node::items).unwrap_or_default();
    let is_all = |peer: &Node| {
        let block = peer.at(&["ipBlock", "cidr"]).and_then(Node::text);
        let spaces = peer.get("namespaceSelector");
        let every =
            spaces.is_some_and(|it| matches!(&it.value, Value::Map(pairs) if pairs.is_empty()));
        matches!(block, Some("0.0.0.0/0" | "::/0")) || every && peer.get("podSelector").is_none()
    };
    list.is_empty() || list.iter().any(|peer| is_all(peer))
}

/// Whether an object decides about others.
pub(super) fn is_policy(object: Object<'_>) -> bool {
    let kinds = [
        "ValidatingWebhookConfiguration",
        "MutatingWebhookConfiguration",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ClusterImagePolicy",
    ];
    let groups = [
        "kyverno.io",
        "policies.kyverno.io",
        "constraints.gatekeeper.sh",
    ];
    kinds.contains(&object.kind) || groups.contains(&object.group())
}

/// Reads such an object.
pub(super) fn policy(notes: &mut Notes<'_>, object: Object<'_>) {
    match object.kind {
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => {
            webhooks(notes, object)
        }
        "PolicyException" => {
            let form = normal_form(object.spec());
            exclude(notes, object.root, &object.slot(), &form);
        }
        _ => action(notes, object),
    }
}

fn webhooks(notes: &mut Notes<'_>, object: Object<'_>) {
    for hook in object
        .root
        .get("webhooks")
        .map(Node::items)
        .unwrap_or_default()
    {
        let name = hook.text_of("name").unwrap_or_default();
        let slot = format!("{}/{name}", object.slot());
        let policy = hook.get("failurePolicy");
        let value = match policy.and_then(Node::text) {
            Some("Ignore") => "ignore",
            _ => "enforce",
        };
        let node = policy.unwrap_or(hook);
        setting(
            notes,
            node,
            slot.clone(),
            "kubernetes.admission.action",
            value,
        );
        for key in ["namespaceSelector", "objectSelector"] {
            if let Some(selector) = hook.get(key).filter(|node| !normal_form(node).eq("{}")) {
                exclude(
                    notes,
                    selector,
                    &slot,
                    &format!("{key} {}", normal_form(selector)),
                );
            }
        }
    }
}

/// What happens to what breaks a policy, and what is left out of it.
fn action(notes: &mut Notes<'_>, object: Object<'_>) {
    let spec = object.spec();
    let slot = object.slot();
    let kyverno = object.group().ends_with("kyverno.io");
    let keys = [
        "validationFailureAction",
        "enforcementAction",
        "failurePolicy",
        "mode",
        "validationActions",
    ];
    let node = keys.iter().find_map(|key| spec.get(key));
    let word = node.and_then(|node| node.one_or_many().into_iter().find_map(Node::text));
    let value = strength(word.unwrap_or(if kyverno { "Audit" } else { "Enforce" }));
    let at = node.unwrap_or(object.root);
    setting(
        notes,
        at,
        slot.clone(),
        "kubernetes.admission.action",
        value,
    );
    for rule in spec.get("rules").map(Node::items).unwrap_or_default() {
        let name = rule.text_of("name").unwrap_or_default();
        let own = rule.at(&["validate", "failureAction"]);
        let value = own.and_then(Node::text).map_or(value, strength);
        let slot = format!("{slot}/rules/{name}");
        setting(
            notes,
            own.unwrap_or(rule),
            slot.clone(),
            "kubernetes.admission.action",
            value,
        );
        if let Some(node) = rule.get("exclude") {
            exclude(notes, node, &slot, &normal_form(node));
        }
        for verify in rule
            .get("verifyImages")
            .map(Node::items)
            .unwrap_or_default()
        {
            let of = verify
                .get("imageReferences")
                .map(normal_form)
                .unwrap_or_default();
            let word = verify.text_of("failureAction").map_or(value, strength);
            let value = if verify.get("required").is_some_and(Node::is_false) {
                "ignore"
            } else {
                word
            };
            setting(
                notes,
                verify,
                format!("{slot}/{of}"),
                "kubernetes.admission.verify-images",
                value,
            );
        }
    }
    let excluded = spec.at(&["match", "excludedNamespaces"]);
    for node in excluded.map(Node::one_or_many).unwrap_or_default() {
        exclude(notes, node, &slot, node.text().unwrap_or_default());
    }
}

fn exclude(notes: &mut Notes<'_>, node: &Node, slot: &str, value: &str) {
    setting(
        notes,
        node,
        format!("{slot}/exclude"),
        "kubernetes.admission.exclude",
        value,
    );
}

/// Every maker's word for it.
fn strength(word: &str) -> &'static str {
    match word.to_ascii_lowercase().as_str() {
        "enforce" | "deny" | "fail" => "enforce",
        "ignore" | "scoped" => "ignore",
        _ => "audit",
    }
}

//! Who may do what in a cluster.
//! <https://kubernetes.io/docs/reference/access-authn-authz/rbac/>.

use std::collections::BTreeSet;

use super::object::Object;
use crate::ci::notes::Notes;
use crate::ci::yaml::tree::Node;
use crate::model::build::{AccessGrant, What};

/// The verb of a grant that gives a role; its resource is the role.
const HOLDS: &str = "holds";

fn within(object: Object<'_>) -> String {
    match object.kind.starts_with("Cluster") {
        true => "cluster".to_owned(),
        false => format!("namespace {}", object.namespace),
    }
}

fn texts(node: Option<&Node>) -> Vec<&str> {
    let all = node.map(Node::one_or_many).unwrap_or_default();
    all.into_iter().filter_map(Node::text).collect()
}

/// Role and ClusterRole: each rule is a grant to whoever holds the role.
pub(super) fn role(notes: &mut Notes<'_>, object: Object<'_>) {
    let subject = format!("{} {}", object.kind, object.name);
    for rule in object
        .root
        .get("rules")
        .map(Node::items)
        .unwrap_or_default()
    {
        let groups = texts(rule.get("apiGroups"));
        let names = texts(rule.get("resourceNames"));
        let mut resources: BTreeSet<String> = BTreeSet::new();
        for resource in texts(rule.get("resources")) {
            let mut of_groups: Vec<_> = groups
                .iter()
                .map(|group| qualified(resource, group))
                .collect();
            if of_groups.is_empty() {
                of_groups.push(resource.to_owned());
            }
            for full in of_groups {
                if names.is_empty() {
                    resources.insert(full);
                } else {
                    resources.extend(names.iter().map(|name| format!("{full} {name}")));
                }
            }
        }
        resources.extend(
            texts(rule.get("nonResourceURLs"))
                .into_iter()
                .map(str::to_owned),
        );
        let verbs = texts(rule.get("verbs"))
            .into_iter()
            .map(str::to_ascii_lowercase)
            .collect();
        let grant = AccessGrant {
            subject: subject.clone(),
            verbs,
            resources,
            within: within(object),
        };
        notes.at(
            rule,
            format!("{}/rules", object.slot()),
            What::Access(grant),
        );
    }
    if let Some(node) = object.root.get("aggregationRule") {
        let grant = AccessGrant {
            subject,
            verbs: BTreeSet::from([HOLDS.to_owned()]),
            resources: BTreeSet::from([format!("roles {}", super::object::normal_form(node))]),
            within: within(object),
        };
        notes.at(
            node,
            format!("{}/aggregationRule", object.slot()),
            What::Access(grant),
        );
    }
}

/// `deployments.apps`; plain in the core and where all groups are meant.
fn qualified(resource: &str, group: &str) -> String {
    match group {
        "" | "*" => resource.to_owned(),
        _ => format!("{resource}.{group}"),
    }
}

/// RoleBinding and ClusterRoleBinding: each subject holds the role.
pub(super) fn binding(notes: &mut Notes<'_>, object: Object<'_>) {
    let role = |key| {
        object
            .root
            .at(&["roleRef", key])
            .and_then(Node::text)
            .unwrap_or("?")
    };
    let resource = format!("{} {}", role("kind"), role("name"));
    for node in object
        .root
        .get("subjects")
        .map(Node::items)
        .unwrap_or_default()
    {
        let kind = node.text_of("kind").unwrap_or("?");
        let name = node.text_of("name").unwrap_or("?");
        let subject = match kind {
            "ServiceAccount" => {
                let namespace = node.text_of("namespace").unwrap_or(object.namespace);
                format!("{kind} {namespace}/{name}")
            }
            _ => format!("{} {name}", kind.to_ascii_lowercase()),
        };
        let grant = AccessGrant {
            subject,
            verbs: BTreeSet::from([HOLDS.to_owned()]),
            resources: BTreeSet::from([resource.clone()]),
            within: within(object),
        };
        notes.at(
            node,
            format!("{}/subjects", object.slot()),
            What::Access(grant),
        );
    }
}

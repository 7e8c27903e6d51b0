//! What a pod or container is given of its node.
//! <https://kubernetes.io/docs/concepts/security/pod-security-standards/>.

use crate::ci::host;
use crate::ci::notes::Notes;
use crate::ci::yaml::tree::Node;
use crate::model::build::{Privilege, What};

/// The pod's switches for namespaces of its node.
const NAMESPACES: [(&str, &str); 3] = [
    ("hostNetwork", "network"),
    ("hostPID", "pid"),
    ("hostIPC", "ipc"),
];

/// `hostNetwork`, `hostPID`, `hostIPC`.
pub(super) fn namespaces(notes: &mut Notes<'_>, pod: &Node) {
    for (key, namespace) in NAMESPACES {
        if let Some(node) = pod.get(key).filter(|node| node.is_true()) {
            notes.at(
                node,
                key,
                What::Privilege(Privilege::HostNamespace(namespace)),
            );
        }
    }
}

/// `securityContext` of a container, with what it takes over from its pod's.
pub(super) fn security_context(notes: &mut Notes<'_>, own: Option<&Node>, pod: Option<&Node>) {
    if let Some(own) = own {
        switches(notes, own);
    }
    let pick = |key: &str| {
        own.and_then(|own| own.get(key))
            .or_else(|| pod.and_then(|pod| pod.get(key)))
    };
    let profiles = [
        ("seccompProfile", "seccomp"),
        ("appArmorProfile", "apparmor"),
    ];
    for (key, name) in profiles {
        let node = pick(key).and_then(|profile| profile.get("type"));
        if let Some(node) = node.filter(|node| node.text() == Some("Unconfined")) {
            let what = Privilege::Unconfined(format!("{name}=unconfined"));
            notes.at(
                node,
                format!("securityContext/{key}"),
                What::Privilege(what),
            );
        }
    }
    let windows = pick("windowsOptions").and_then(|options| options.get("hostProcess"));
    if let Some(node) = windows.filter(|node| node.is_true()) {
        notes.at(
            node,
            "securityContext/hostProcess",
            What::Privilege(Privilege::Privileged),
        );
    }
    user(notes, pick("runAsUser"), pick("runAsNonRoot"));
}

fn switches(notes: &mut Notes<'_>, context: &Node) {
    let on = |key: &str| context.get(key).filter(|node| node.is_true());
    if let Some(node) = on("privileged") {
        notes.at(
            node,
            "securityContext/privileged",
            What::Privilege(Privilege::Privileged),
        );
    }
    if let Some(node) = on("allowPrivilegeEscalation") {
        let what = Privilege::Unconfined("allowPrivilegeEscalation".to_owned());
        notes.at(
            node,
            "securityContext/allowPrivilegeEscalation",
            What::Privilege(what),
        );
    }
    if let Some(node) = context
        .get("procMount")
        .filter(|node| node.text() == Some("Unmasked"))
    {
        let what = Privilege::Unconfined("procMount=Unmasked".to_owned());
        notes.at(node, "securityContext/procMount", What::Privilege(what));
    }
    let added = context.at(&["capabilities", "add"]);
    for node in added.map(Node::one_or_many).unwrap_or_default() {
        if let Some(privilege) = node.text().and_then(host::capability) {
            notes.at(
                node,
                "securityContext/capabilities",
                What::Privilege(privilege),
            );
        }
    }
}

fn user(notes: &mut Notes<'_>, id: Option<&Node>, not_root: Option<&Node>) {
    let by_id = id.and_then(|node| Some((node, host::user(node.text()?)?)));
    let by_rule = not_root.filter(|node| node.is_true());
    let told = by_id.or(by_rule.map(|node| (node, Privilege::NotRoot)));
    if let Some((node, privilege)) = told {
        notes.at(node, "user", What::Privilege(privilege));
    }
}

//! One container of a pod, as a job of the model.

use super::object::{Object, Reading, setting};
use super::rights;
use super::template::VALUE;
use crate::ci::closure::Closure;
use crate::ci::host;
use crate::ci::image;
use crate::ci::notes::Notes;
use crate::ci::secret::{has_login, is_literal, is_secret_name};
use crate::ci::secret_words::cloud;
use crate::ci::shell::{self, Dialect, Script};
use crate::ci::words::quoted;
use crate::ci::yaml::tree::Node;
use crate::model::build::{
    CloudKey, ImageRole, ImageUse, Job, JobKind, Lifetime, Literal, SecretName, SecretUse, Target,
    TargetKind, What,
};
use crate::model::text::escape;

/// Where a container stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'n> {
    /// The object.
    pub(super) object: Object<'n>,
    /// The pod's specification, if it is one.
    pub(super) pod: Option<&'n Node>,
}

/// Reads a container.
pub(super) fn container(reading: &mut Reading<'_, '_, '_>, place: Place<'_>, node: &Node) {
    let object = place.object;
    let mut notes = Notes::new(reading.notes.path);
    let name = node.text_of("name").unwrap_or("container");
    if let Some(at) = node.get("image") {
        image_of(&mut notes, at, reading.rendered);
    }
    of_pod(&mut notes, place, node);
    let pod_context = place.pod.and_then(|pod| pod.get("securityContext"));
    rights::security_context(&mut notes, node.get("securityContext"), pod_context);
    environment(&mut notes, node);
    for port in node.get("ports").map(Node::items).unwrap_or_default() {
        if let Some(at) = port.get("hostPort") {
            let value = at.text().unwrap_or_default();
            setting(
                &mut notes,
                at,
                "hostPort".to_owned(),
                "kubernetes.host-port",
                value,
            );
        }
    }
    scripts(&mut notes, node, reading.closure);
    reading.jobs.push(Job {
        slot: format!("{}/{name}", object.slot()),
        title: format!(
            "container {} of {} {}",
            escape(name),
            escape(object.kind),
            escape(object.name)
        ),
        kind: JobKind::Workload,
        spot: notes.spot_of(node),
        triggers: Vec::new(),
        runner: None,
        items: notes.items,
    });
}

/// An image, unless only rendering knows it: then the chart's values name it.
fn image_of(notes: &mut Notes<'_>, at: &Node, rendered: bool) {
    let Some(text) = at.text() else {
        return notes.odd(at, "image", "an image is no text");
    };
    if rendered && text.contains(VALUE) {
        return;
    }
    if let Some(image) = image::parse(text, &|_| None) {
        let role = ImageRole::Deployed;
        notes.at(at, "image", What::Image(ImageUse { role, image }));
    }
}

/// What a container shares with its pod.
fn of_pod(notes: &mut Notes<'_>, place: Place<'_>, node: &Node) {
    if let Some(at) = place.object.root.at(&["metadata", "namespace"]) {
        let what = What::Target(Target {
            kind: TargetKind::Namespace,
            name: at.text().unwrap_or_default().to_owned(),
        });
        notes.at(at, "namespace", what);
    }
    let Some(pod) = place.pod else { return };
    rights::namespaces(notes, pod);
    for key in ["serviceAccountName", "automountServiceAccountToken"] {
        let Some(at) = pod.get(key) else { continue };
        let (name, value) = (
            format!("kubernetes.{}", kebab(key)),
            at.text().unwrap_or_default(),
        );
        if key == "serviceAccountName" || at.is_true() {
            setting(notes, at, key.to_owned(), &name, value);
        }
    }
    for volume in pod.get("volumes").map(Node::items).unwrap_or_default() {
        let name = volume.text_of("name").unwrap_or_default();
        if !mounts(node, name) && is_mounted(pod, name) {
            continue;
        }
        let slot = format!("volumes/{name}");
        if let Some(path) = volume.at(&["hostPath", "path"])
            && let Some(privilege) = path.text().and_then(host::mount)
        {
            notes.at(path, slot.clone(), What::Privilege(privilege));
        }
        let secret = volume.at(&["secret", "secretName"]);
        if let Some(secret) = secret {
            notes.at(secret, slot, What::Secret(secret_use(secret, None, None)));
        }
    }
}

fn kebab(key: &str) -> &'static str {
    match key {
        "serviceAccountName" => "service-account",
        _ => "automount-token",
    }
}

fn mounts(container: &Node, volume: &str) -> bool {
    let mounts = container
        .get("volumeMounts")
        .map(Node::items)
        .unwrap_or_default();
    mounts
        .iter()
        .any(|mount| mount.text_of("name") == Some(volume))
}

/// Whether any container mounts a volume; one that none mounts counts for all.
fn is_mounted(pod: &Node, volume: &str) -> bool {
    let lists = ["initContainers", "containers", "ephemeralContainers"];
    let mut all = lists
        .iter()
        .flat_map(|list| pod.get(list).map(Node::items).unwrap_or_default());
    all.any(|container| mounts(container, volume))
}

fn secret_use(name: &Node, key: Option<&str>, variable: Option<&str>) -> SecretUse {
    let name = name.text().unwrap_or_default();
    let full = key.map_or_else(|| name.to_owned(), |key| format!("{name}/{key}"));
    SecretUse {
        name: SecretName::Named(full),
        lifetime: Lifetime::Lasting,
        variable: variable.map(str::to_owned),
    }
}

/// `env` and `envFrom`.
pub(super) fn environment(notes: &mut Notes<'_>, container: &Node) {
    for entry in container.get("env").map(Node::items).unwrap_or_default() {
        let name = entry.text_of("name").unwrap_or_default();
        let slot = format!("env/{name}");
        if let Some(at) = entry.get("value") {
            let text = at.text().unwrap_or_default();
            if let Some(privilege) = host::engine_variable(name, text) {
                notes.at(at, slot.clone(), What::Privilege(privilege));
            }
            if is_secret_name(name) && is_literal(text) || has_login(text) {
                let name = name.to_owned();
                notes.at(at, slot.clone(), What::Literal(Literal { name }));
            }
        }
        if let Some(of) = entry.at(&["valueFrom", "secretKeyRef"])
            && let Some(secret) = of.get("name")
        {
            let what = secret_use(secret, of.text_of("key"), Some(name));
            if let Some(cloud) = cloud(name) {
                let key = CloudKey {
                    cloud,
                    name: name.to_owned(),
                };
                notes.at(secret, slot.clone(), What::CloudKey(key));
            }
            notes.at(secret, slot, What::Secret(what));
        }
    }
    for entry in container
        .get("envFrom")
        .map(Node::items)
        .unwrap_or_default()
    {
        if let Some(secret) = entry.at(&["secretRef", "name"]) {
            notes.at(
                secret,
                "envFrom",
                What::Secret(secret_use(secret, None, None)),
            );
        }
    }
}

fn scripts(notes: &mut Notes<'_>, container: &Node, closure: &mut Closure<'_>) {
    let exec = |keys: &[&str]| {
        container
            .at(keys)
            .map(|node| vec![node])
            .unwrap_or_default()
    };
    let words: Vec<&Node> = match container.get("command") {
        Some(command) => [Some(command), container.get("args")]
            .into_iter()
            .flatten()
            .collect(),
        None => Vec::new(),
    };
    let script = container.get("script").or_else(|| container.get("source"));
    let all = [
        ("command", words),
        ("script", script.into_iter().collect()),
        (
            "lifecycle/postStart",
            exec(&["lifecycle", "postStart", "exec", "command"]),
        ),
        (
            "lifecycle/preStop",
            exec(&["lifecycle", "preStop", "exec", "command"]),
        ),
        ("livenessProbe", exec(&["livenessProbe", "exec", "command"])),
        (
            "readinessProbe",
            exec(&["readinessProbe", "exec", "command"]),
        ),
        ("startupProbe", exec(&["startupProbe", "exec", "command"])),
    ];
    for (order, (slot, lists)) in all.into_iter().enumerate() {
        let order = u32::try_from(order).unwrap_or(u32::MAX);
        script_of(notes, slot, &lists, order, closure);
    }
}

/// Shell text, or words that make a command.
fn script_of(
    notes: &mut Notes<'_>,
    slot: &str,
    lists: &[&Node],
    order: u32,
    closure: &mut Closure<'_>,
) {
    let words: Vec<&Node> = lists.iter().flat_map(|list| list.one_or_many()).collect();
    let Some(first) = words.first() else { return };
    let texts: Vec<_> = words.iter().filter_map(|word| word.text()).collect();
    let text = match (slot, texts.as_slice()) {
        ("script", [text]) => (*text).to_owned(),
        _ => quoted(&texts),
    };
    // Of words, the script given to `sh -c` is the one with lines.
    let long = words
        .iter()
        .find(|word| word.text().is_some_and(|text| text.contains('\n')));
    let at = long.unwrap_or(first);
    let script = Script {
        text: &text,
        path: notes.path,
        line: &|line| at.line_of_text(line),
        column: at.column,
        slot,
        order,
        script: order,
        dialect: Dialect::Posix,
        depth: 0,
    };
    notes.items.extend(shell::read(&script, closure));
}

//! What Argo CD and Flux deploy by themselves: from where, to where, and
//! whether anybody is asked.

use super::object::{Object, Reading};
use crate::ci::compose::remote_code;
use crate::ci::notes::Notes;
use crate::ci::yaml::tree::Node;
use crate::model::build::{
    AccessGrant, CodeKind, CodeSource, CodeUse, Gate, GateKind, Guard, GuardKind, Job, JobKind,
    Pin, Target, TargetKind, What,
};
use crate::model::text::escape;

/// Whether an object names what is deployed.
pub(super) fn is_source(object: Object<'_>) -> bool {
    let argo = ["Application", "ApplicationSet", "AppProject"];
    let group = object.group();
    group == "argoproj.io" && argo.contains(&object.kind) || group.ends_with("toolkit.fluxcd.io")
}

/// Reads such an object: one job, but for projects.
pub(super) fn read(reading: &mut Reading<'_, '_, '_>, object: Object<'_>) {
    let mut notes = Notes::new(reading.notes.path);
    match object.kind {
        "AppProject" => return project(&mut reading.notes, object),
        "Application" => application(&mut notes, object.spec()),
        "ApplicationSet" => {
            let template = object.spec().at(&["template", "spec"]);
            application(&mut notes, template.unwrap_or(object.spec()));
        }
        "Kustomization" => flux_target(&mut notes, object.spec()),
        "HelmRelease" => {
            release(&mut notes, object.spec());
            flux_target(&mut notes, object.spec());
        }
        _ => flux_source(&mut notes, object),
    }
    reading.jobs.push(Job {
        slot: object.slot(),
        title: format!("{} {}", escape(object.kind), escape(object.name)),
        kind: JobKind::Workload,
        spot: notes.spot_of(object.root),
        triggers: Vec::new(),
        runner: None,
        items: notes.items,
    });
}

fn target(notes: &mut Notes<'_>, node: Option<&Node>, slot: &str, kind: TargetKind) {
    if let Some((node, name)) = node.and_then(|node| Some((node, node.text()?.to_owned()))) {
        notes.at(node, slot, What::Target(Target { kind, name }));
    }
}

fn application(notes: &mut Notes<'_>, spec: &Node) {
    let one = spec.get("source").into_iter();
    let many = spec
        .get("sources")
        .map(Node::one_or_many)
        .unwrap_or_default();
    for source in one.chain(many) {
        let Some(url) = source.get("repoURL") else {
            continue;
        };
        let chart = source.text_of("chart");
        let kind = if chart.is_some() {
            CodeKind::Chart
        } else {
            CodeKind::Manifests
        };
        let version = source.text_of("targetRevision").unwrap_or_default();
        let path = chart.or_else(|| source.text_of("path")).unwrap_or_default();
        let code = code(kind, url.text().unwrap_or_default(), version, path);
        notes.at(url, "source", What::Code(code));
    }
    let to = |key: &str| spec.at(&["destination", key]);
    target(
        notes,
        to("server"),
        "destination/server",
        TargetKind::Cluster,
    );
    target(notes, to("name"), "destination/name", TargetKind::Cluster);
    target(
        notes,
        to("namespace"),
        "destination/namespace",
        TargetKind::Namespace,
    );
    let automated = spec.at(&["syncPolicy", "automated"]);
    if automated.is_none_or(|node| node.get("enabled").is_some_and(Node::is_false)) {
        // Somebody has to start the synchronisation.
        let (kind, name) = (GateKind::Manual, "sync".to_owned());
        notes.at(spec, "syncPolicy", What::Gate(Gate { kind, name }));
    }
}

/// Code by its URL, with a version that stands elsewhere.
pub(super) fn code(kind: CodeKind, url: &str, version: &str, path: &str) -> CodeUse {
    let mut code = remote_code(url, kind);
    if !version.is_empty() {
        version.clone_into(&mut code.version);
        code.pin = match kind {
            CodeKind::Chart => pin_of_chart(version),
            _ => Pin::of_git(version),
        };
    }
    if let CodeSource::Elsewhere { path: own, .. } = &mut code.source
        && own.is_empty()
    {
        path.clone_into(own);
    }
    code
}

/// A chart's version is fixed by its number; ranges are not.
pub(super) fn pin_of_chart(version: &str) -> Pin {
    if version.contains("sha256:") {
        return Pin::Exact;
    }
    let range = version.contains(['^', '~', '*', '>', '<', ' ', '|', 'x', 'X']);
    match Pin::of_git(version) {
        Pin::Tag if range => Pin::MovingTag,
        pin => pin,
    }
}

fn project(notes: &mut Notes<'_>, object: Object<'_>) {
    let list = |key: &str| {
        object
            .spec()
            .get(key)
            .map(Node::one_or_many)
            .unwrap_or_default()
    };
    let sources = list("sourceRepos");
    for destination in list("destinations") {
        let part = |key: &str| destination.text_of(key).unwrap_or("*");
        let grant = AccessGrant {
            subject: format!("project {}", object.name),
            verbs: ["deploy".to_owned()].into(),
            resources: sources
                .iter()
                .filter_map(|node| node.text())
                .map(str::to_owned)
                .collect(),
            within: format!("{} {}", part("server"), part("namespace")),
        };
        notes.at(
            destination,
            format!("{}/destinations", object.slot()),
            What::Access(grant),
        );
    }
}

/// GitRepository, HelmRepository, OCIRepository, Bucket.
fn flux_source(notes: &mut Notes<'_>, object: Object<'_>) {
    let spec = object.spec();
    let Some(url) = spec.get("url").or_else(|| spec.get("endpoint")) else {
        return;
    };
    let keys = ["commit", "digest", "tag", "semver", "name", "branch"];
    let reference = keys.iter().find_map(|key| spec.at(&["ref", key]));
    let version = reference.and_then(Node::text).unwrap_or_default();
    let mut code = code(
        CodeKind::Manifests,
        url.text().unwrap_or_default(),
        version,
        "",
    );
    if version.starts_with("sha256:") {
        code.pin = Pin::Exact;
    }
    notes.at(url, "source", What::Code(code));
    if let Some(verify) = spec.get("verify") {
        let (kind, tool) = (GuardKind::Verify, "flux".to_owned());
        notes.at(verify, "verify", What::Guard(Guard { kind, tool }));
    }
}

fn flux_target(notes: &mut Notes<'_>, spec: &Node) {
    target(
        notes,
        spec.get("targetNamespace"),
        "targetNamespace",
        TargetKind::Namespace,
    );
    let secret = spec.at(&["kubeConfig", "secretRef", "name"]);
    target(notes, secret, "kubeConfig", TargetKind::Cluster);
    let source = spec.get("sourceRef").and_then(|node| node.get("name"));
    if let Some(node) = source {
        let path = spec.text_of("path").unwrap_or_default();
        let code = named(
            CodeKind::Manifests,
            node.text().unwrap_or_default(),
            path,
            "",
        );
        notes.at(node, "sourceRef", What::Code(code));
    }
}

fn release(notes: &mut Notes<'_>, spec: &Node) {
    let Some(chart) = spec.at(&["chart", "spec"]) else {
        return;
    };
    let Some(node) = chart.get("chart") else {
        return;
    };
    let source = chart
        .at(&["sourceRef", "name"])
        .and_then(Node::text)
        .unwrap_or_default();
    let version = chart.text_of("version").unwrap_or_default();
    let code = named(
        CodeKind::Chart,
        source,
        node.text().unwrap_or_default(),
        version,
    );
    notes.at(node, "chart", What::Code(code));
}

/// Code of a source that another object of the cluster describes.
fn named(kind: CodeKind, name: &str, path: &str, version: &str) -> CodeUse {
    CodeUse {
        kind,
        source: CodeSource::Elsewhere {
            host: String::new(),
            name: name.to_owned(),
            path: path.to_owned(),
        },
        pin: pin_of_chart(version),
        version: version.to_owned(),
        comment: None,
    }
}

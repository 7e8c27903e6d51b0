//! A Compose file: its services, what it includes, its volumes.

use std::rc::Rc;
use std::sync::Arc;

use bstr::{BString, ByteSlice};

use super::build::remote_code;
use super::environment::DotEnv;
use super::service::{Reading, Source, beside, open};
use crate::ci::closure::Closure;
use crate::ci::files::MAX_CLOSURE_DEPTH;
use crate::ci::host;
use crate::ci::notes::{Notes, sorted};
use crate::ci::yaml::tree::{Node, Value};
use crate::model::build::{Blueprint, CodeKind, Job, JobKind, What};
use crate::model::text::escape;

/// Reads the file into the blueprint.
pub(super) fn read(
    path: &Arc<BString>,
    roots: &[Rc<Node>],
    blueprint: &mut Blueprint,
    closure: &mut Closure<'_>,
) {
    let mut jobs = Vec::new();
    let mut notes = Notes::new(path);
    for root in roots {
        let source = Source {
            path: path.clone(),
            root: root.clone(),
            depth: 0,
        };
        let dot_env = dot_env(&source, closure);
        one(&source, &dot_env, closure, &mut notes, &mut jobs);
    }
    blueprint.items = notes.items;
    blueprint.jobs = sorted(jobs);
}

/// The variables of `.env` beside the file, if it uses any.
fn dot_env(source: &Source, closure: &mut Closure<'_>) -> DotEnv {
    let notes = Notes::new(&source.path);
    let path = beside(&source.path, ".env").filter(|path| closure.has(path.as_bstr()));
    let opened = path.and_then(|path| {
        let spot = notes.spot_of(&source.root);
        closure
            .open(&spot, "environment file", path.as_bstr(), 1)
            .ok()
    });
    let text = opened.map(|opened| opened.content.to_str_lossy().into_owned());
    DotEnv::parse(&text.unwrap_or_default())
}

fn one(
    source: &Source,
    dot_env: &DotEnv,
    closure: &mut Closure<'_>,
    file: &mut Notes<'_>,
    jobs: &mut Vec<Job>,
) {
    let mut notes = Notes::new(&source.path);
    if !matches!(source.root.value, Value::Map(_)) && !source.root.is_null() {
        notes.odd(&source.root, "file", "the file is no mapping");
    }
    for (key, service) in source.services() {
        let name = key.text().unwrap_or_default();
        let mut reading = Reading::new(closure, dot_env);
        reading.service(source, service, MAX_CLOSURE_DEPTH);
        let (items, builds) = (reading.items, reading.builds);
        jobs.push(Job {
            slot: format!("services/{name}"),
            title: format!("service {}", escape(name)),
            kind: JobKind::Workload,
            spot: notes.spot_of(key),
            triggers: Vec::new(),
            runner: None,
            items,
        });
        jobs.extend(builds.into_iter().map(|job| Job {
            slot: format!("services/{name}/build/{}", job.slot),
            ..job
        }));
    }
    volumes(&source.root, dot_env, &mut notes);
    if let Some(include) = source.root.get("include") {
        for entry in include.one_or_many() {
            included(source, entry, dot_env, closure, &mut notes, jobs);
        }
    }
    file.items.extend(notes.items);
}

/// Named volumes that are folders of the host.
fn volumes(root: &Node, dot_env: &DotEnv, notes: &mut Notes<'_>) {
    for (key, volume) in root.get("volumes").map(Node::pairs).unwrap_or_default() {
        let Some(device) = volume.at(&["driver_opts", "device"]) else {
            continue;
        };
        let privilege = device
            .text()
            .and_then(|text| host::mount(&dot_env.or_written(text)));
        if let Some(privilege) = privilege {
            let slot = format!("volumes/{}", key.text().unwrap_or_default());
            notes.at(device, slot, What::Privilege(privilege));
        }
    }
}

/// `include: [path, {path: [...]}]`.
fn included(
    source: &Source,
    entry: &Node,
    dot_env: &DotEnv,
    closure: &mut Closure<'_>,
    notes: &mut Notes<'_>,
    jobs: &mut Vec<Job>,
) {
    let paths = match entry.get("path") {
        Some(paths) => paths.one_or_many(),
        None => vec![entry],
    };
    for node in paths {
        let Some(name) = node.text().map(|text| dot_env.or_written(text)) else {
            notes.odd(node, "include", "it names no path");
            continue;
        };
        if name.contains("://") || name.starts_with("git@") {
            let spot = notes.spot_of(node);
            closure.elsewhere(&spot, "include", &name);
            let code = remote_code(&name, CodeKind::Include);
            notes.put(spot, "include", What::Code(code));
            continue;
        }
        match open(closure, notes, node, &name, source.depth + 1) {
            Ok(inner) => one(&inner, dot_env, closure, notes, jobs),
            Err(what) => notes.at(node, "include", *what),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::ci::MemoryFiles;
    use crate::ci::told::{model, told};

    #[test]
    fn a_service_has_what_it_extends_and_merges() {
        let tree = MemoryFiles::default()
            .with("compose.yaml", "x-base: &base\n  image: a:1\n  cap_add: [SYS_ADMIN]\nservices:\n  web:\n    <<: *base\n    image: b:${TAG}\n    extends: {file: base/common.yml, service: app}\n  gone:\n    extends: nothing\n")
            .with(".env", "TAG=2 \n# no\n")
            .with("base/common.yml", "services:\n  app:\n    image: c\n    privileged: yes\n    environment: {A_TOKEN: abc, B_TOKEN: $SECRET_B}\n    extends: app\n");
        let model = model(tree, "compose.yaml");
        let told = told(&model);
        let bound = told
            .iter()
            .filter(|line| line.contains("extends more than"))
            .count();
        assert_eq!(bound, 1, "{told:#?}");
        let without: Vec<_> = told
            .iter()
            .filter(|line| !line.contains("unresolved app"))
            .collect();
        assert_eq!(
            without,
            [
                "compose.yaml:10 services/gone/extends: unresolved nothing: there is no service of this name",
                "compose.yaml:7 services/web/image: Deployed docker.io/library/b:2",
                "compose.yaml:3 services/web/cap_add: Capability(\"SYS_ADMIN\")",
                "base/common.yml:4 services/web/privileged: Privileged",
                "base/common.yml:5 services/web/environment/A_TOKEN: literal A_TOKEN",
                "base/common.yml:5 services/web/environment/B_TOKEN: Named(\"SECRET_B\")",
            ]
        );
    }

    #[test]
    fn rights_are_seen_in_every_spelling() {
        let text = "services:\n  a:\n    build:\n      context: .\n      dockerfile: build/image.txt\n      network: host\n      args: [NPM_TOKEN=abc]\n    volumes:\n      - /var/run/docker.sock:/s\n      - {type: bind, source: /etc, target: /e}\n      - data:/d\n      - ./x:/x\n    network_mode: \"host\"\n    user: root\n    ports: ['127.0.0.1:80:80', '8080:80', 9]\n    environment:\n      - DOCKER_HOST=tcp://d:2375\n      - DOCKER_TLS_CERTDIR=\n    networks: [prod]\nnetworks: {prod: {name: pay-prod}}\n";
        let tree = MemoryFiles::default()
            .with("docker-compose.yml", text)
            .with("build/image.txt", "FROM evil/x\n");
        assert_eq!(
            told(&model(tree, "docker-compose.yml")),
            [
                "docker-compose.yml:6 services/a/build/network: HostNamespace(\"network\")",
                "docker-compose.yml:7 services/a/build/args/NPM_TOKEN: literal NPM_TOKEN",
                "docker-compose.yml:13 services/a/network_mode: HostNamespace(\"network\")",
                "docker-compose.yml:14 services/a/user: Root",
                "docker-compose.yml:9 services/a/volumes//s: EngineSocket(\"/var/run/docker.sock\")",
                "docker-compose.yml:10 services/a/volumes//e: HostPath(\"/etc\")",
                "docker-compose.yml:15 services/a/ports/127.0.0.1:80: compose.port = 127.0.0.1:80",
                "docker-compose.yml:15 services/a/ports/0.0.0.0:8080: compose.port = 0.0.0.0:8080",
                "docker-compose.yml:15 services/a/ports/0.0.0.0:: compose.port = 0.0.0.0:",
                "docker-compose.yml:17 services/a/environment/DOCKER_HOST: OpenEngineApi(\"tcp://d:2375\")",
                "docker-compose.yml:18 services/a/environment/DOCKER_TLS_CERTDIR: OpenEngineApi(\"DOCKER_TLS_CERTDIR is empty\")",
                "docker-compose.yml:19 services/a/networks: Network pay-prod",
                "build/image.txt:1 services/a/build/stage/final/from: Base docker.io/evil/x",
            ]
        );
    }
}
